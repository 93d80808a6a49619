/* SPDX-License-Identifier: Apache-2.0 */
/* Handing out: fairness, the handler's thread, and subscriptions that end while handlers run. */
#include <poll.h>
#include <sched.h>
#include <stdio.h>

#include "delivery.h"
#include "fake_stream.h"
#include "unit.h"

static struct fake_stream stream;

static struct nexus_subscription *subscribe(const char *durable, nexus_json_handler handler,
                                            void *data)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *subscription = NULL;
    struct nexus_error err = NEXUS_ERROR_INIT;

    stream.exists = false;
    unit_ok(nexus_subscribe_options_set_durable(options, durable, &err), &err);
    unit_ok(nexus_subscribe_json(stream.client, NULL, NULL, handler, data, options, &subscription,
                                 &err),
            &err);
    nexus_subscribe_options_destroy(options);
    return subscription;
}

/* ---- order and fairness */

struct trace {
    char letters[1024];
    size_t count;
};

struct voice {
    struct trace *trace;
    char letter;
};

static enum nexus_verdict speak(const struct nexus_json_event *event,
                                struct nexus_delivery *delivery, void *data)
{
    struct voice *voice = data;

    (void)event;
    (void)delivery;
    voice->trace->letters[voice->trace->count++] = voice->letter;
    return NEXUS_ACK;
}

START_TEST(a_busy_subscription_does_not_starve_the_others)
{
    struct trace trace = {.count = 0};
    struct voice voices[3] = {{&trace, 'a'}, {&trace, 'b'}, {&trace, 'c'}};
    struct nexus_subscription *subscriptions[3];

    fake_stream_open(&stream, NULL);
    subscriptions[0] = subscribe("a", speak, &voices[0]);
    subscriptions[1] = subscribe("b", speak, &voices[1]);
    subscriptions[2] = subscribe("c", speak, &voices[2]);
    for (int i = 0; i < 300; i++)
        fake_event(&stream, subscriptions[0]);
    fake_event(&stream, subscriptions[1]);
    for (int i = 0; i < 100; i++)
        fake_event(&stream, subscriptions[2]);
    ck_assert_int_eq(fake_dispatch(&stream), 401);
    trace.letters[trace.count] = 0;
    ck_assert_uint_lt(strcspn(trace.letters, "b"), 70);
    ck_assert_uint_lt(strcspn(trace.letters, "c"), 70);
    ck_assert_uint_lt(strcspn(trace.letters, "a"), 70);
    fake_stream_close(&stream);
}
END_TEST

static enum nexus_verdict pause_after_two(const struct nexus_json_event *event,
                                          struct nexus_delivery *delivery, void *data)
{
    struct nexus_subscription **subscription = data;
    struct nexus_error err = NEXUS_ERROR_INIT;

    (void)event;
    if (nexus_delivery_sequence(delivery) == 2)
        unit_ok(nexus_subscription_pause(*subscription, true, &err), &err);
    return NEXUS_ACK;
}

START_TEST(a_paused_subscription_keeps_what_it_has)
{
    struct trace trace = {.count = 0};
    struct voice voice = {&trace, 'b'};
    struct nexus_subscription *paused, *other;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct pollfd due;

    fake_stream_open(&stream, NULL);
    paused = subscribe("a", pause_after_two, &paused);
    for (int i = 0; i < 5; i++)
        fake_event(&stream, paused);
    ck_assert_int_eq(fake_dispatch(&stream), 2); /* it paused itself */
    other = subscribe("b", speak, &voice);
    fake_event(&stream, paused);
    fake_event(&stream, other);
    ck_assert_int_eq(fake_dispatch(&stream), 1); /* others go on */
    due = (struct pollfd){nexus_client_fd(stream.client), POLLIN, 0};
    ck_assert_int_eq(fake_dispatch(&stream), 0);
    ck_assert_int_eq(poll(&due, 1, 0), 0);
    unit_ok(nexus_subscription_pause(paused, false, &err), &err);
    ck_assert_int_eq(poll(&due, 1, 0), 1);
    ck_assert_int_eq(fake_dispatch(&stream), 4);
    ck_assert_int_eq(nexus_subscription_pause(NULL, true, NULL), NEXUS_E_INVALID);
    fake_stream_close(&stream);
}
END_TEST

static enum nexus_verdict check_order(const struct nexus_json_event *event,
                                      struct nexus_delivery *delivery, void *data)
{
    uint64_t *last = data;

    (void)event;
    ck_assert_uint_eq(nexus_delivery_sequence(delivery), *last + 1);
    *last = nexus_delivery_sequence(delivery);
    return NEXUS_ACK;
}

START_TEST(order_is_kept)
{
    struct nexus_subscription *subscription;
    uint64_t last = 0;

    fake_stream_open(&stream, NULL);
    subscription = subscribe("order", check_order, &last);
    for (int i = 0; i < 3000; i++) {
        if (i % 5 == 0)
            fake_dispatch(&stream);
        fake_event(&stream, subscription);
    }
    while (fake_dispatch(&stream))
        ;
    ck_assert_uint_eq(last, 3000);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(acks_leave_together_and_the_last_one_at_once)
{
    struct trace trace = {.count = 0};
    struct voice voice = {&trace, 'x'};
    struct nexus_subscription *subscription;
    size_t urgent = 0;

    fake_stream_open(&stream, NULL);
    subscription = subscribe("acks", speak, &voice);
    fake_pass(&stream, 1000);
    for (int i = 0; i < 50; i++)
        fake_event(&stream, subscription);
    fake_dispatch(&stream);
    for (size_t i = 0; i < stream.wire->sent_count; i++)
        if (strcmp(stream.wire->sent[i].body, "+ACK") == 0)
            urgent += stream.wire->sent[i].urgent;
    ck_assert_uint_eq(urgent, 1);
    ck_assert(stream.wire->sent[stream.wire->sent_count - 1].urgent);
    fake_stream_close(&stream);
}
END_TEST

/* ---- where a handler is */

static enum nexus_verdict see_itself(const struct nexus_json_event *event,
                                     struct nexus_delivery *delivery, void *data)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    (void)event;
    ck_assert_ptr_eq(nx_delivery_current(stream.client), delivery);
    ck_assert_ptr_null(nx_delivery_current(data)); /* another client */
    ck_assert_int_eq(nexus_client_dispatch(stream.client, 0, &err), NEXUS_E_STATE);
    return NEXUS_ACK;
}

START_TEST(a_handler_knows_its_delivery)
{
    struct nexus_subscription *subscription;
    char other;

    fake_stream_open(&stream, NULL);
    subscription = subscribe("self", see_itself, &other);
    fake_event(&stream, subscription);
    ck_assert_int_eq(fake_dispatch(&stream), 1);
    ck_assert_ptr_null(nx_delivery_current(stream.client));
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", "+ACK"), 1);
    fake_stream_close(&stream);
}
END_TEST

/* ---- ends */

static enum nexus_verdict destroy_it(const struct nexus_json_event *event,
                                     struct nexus_delivery *delivery, void *data)
{
    (void)event;
    nexus_subscription_destroy(*(struct nexus_subscription **)data);
    ck_assert_str_eq(nexus_delivery_consumer(delivery), "own");
    return NEXUS_ACK;
}

START_TEST(a_handler_may_destroy_its_own_subscription)
{
    struct nexus_subscription *subscription;

    fake_stream_open(&stream, NULL);
    subscription = subscribe("own", destroy_it, &subscription);
    for (int i = 0; i < 5; i++)
        fake_event(&stream, subscription);
    ck_assert_int_eq(fake_dispatch(&stream), 1);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", "-NAK"), 4);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", "+ACK"), 1);
    ck_assert_ptr_null(stream.client->subscriptions);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(a_handler_may_destroy_another_subscription)
{
    struct trace trace = {.count = 0};
    struct voice voice = {&trace, 'x'};
    struct nexus_subscription *other, *own;

    fake_stream_open(&stream, NULL);
    other = subscribe("other", speak, &voice);
    own = subscribe("own", destroy_it, &other);
    fake_event(&stream, own);
    for (int i = 0; i < 3; i++)
        fake_event(&stream, other);
    fake_dispatch(&stream);
    ck_assert_uint_eq(trace.count + fake_count(stream.wire, "$JS.ACK", "-NAK"), 3);
    fake_stream_close(&stream);
}
END_TEST

static enum nexus_verdict destroy_client(const struct nexus_json_event *event,
                                         struct nexus_delivery *delivery, void *data)
{
    (void)event;
    (void)delivery;
    (void)data;
    nexus_client_destroy(stream.client);
    return NEXUS_ACK;
}

START_TEST(a_handler_may_destroy_the_client)
{
    struct nexus_subscription *subscription;
    struct nexus_error err = NEXUS_ERROR_INIT;
    int in_memory = -1;

    fake_stream_open(&stream, NULL);
    subscription = subscribe("client", destroy_client, NULL);
    for (int i = 0; i < 5; i++)
        fake_event(&stream, subscription);
    stream.wire->in_memory_at_end = &in_memory;
    ck_assert_int_eq(nexus_client_dispatch(stream.client, 0, &err), NEXUS_E_CLOSED);
    ck_assert_int_eq(in_memory, 0);
}
END_TEST

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool inside, open, returned;
};

static void set(struct gate *gate, bool *flag)
{
    pthread_mutex_lock(&gate->lock);
    *flag = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static void await(struct gate *gate, const bool *flag)
{
    pthread_mutex_lock(&gate->lock);
    while (!*flag)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static enum nexus_verdict stay(const struct nexus_json_event *event,
                               struct nexus_delivery *delivery, void *data)
{
    struct gate *gate = data;

    (void)event;
    (void)delivery;
    set(gate, &gate->inside);
    await(gate, &gate->open);
    set(gate, &gate->returned);
    return NEXUS_ACK;
}

static void *dispatch(void *data)
{
    (void)data;
    fake_dispatch(&stream);
    return NULL;
}

/* Opens the gate once the destroying thread has ended the subscription and so is about to wait. */
static void *open_later(void *data)
{
    struct gate *gate = data;
    bool closed = false;

    while (!closed) {
        sched_yield();
        pthread_mutex_lock(&stream.client->lock);
        closed = stream.client->subscriptions->closed;
        pthread_mutex_unlock(&stream.client->lock);
    }
    set(gate, &gate->open);
    return NULL;
}

START_TEST(destroying_waits_for_a_handler_on_another_thread)
{
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false, false};
    struct nexus_subscription *subscription;
    pthread_t dispatcher, opener;

    fake_stream_open(&stream, NULL);
    subscription = subscribe("wait", stay, &gate);
    for (int i = 0; i < 3; i++)
        fake_event(&stream, subscription);
    pthread_create(&dispatcher, NULL, dispatch, NULL);
    await(&gate, &gate.inside);
    pthread_create(&opener, NULL, open_later, &gate);
    nexus_subscription_destroy(subscription);
    ck_assert(gate.returned);
    pthread_join(dispatcher, NULL);
    pthread_join(opener, NULL);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", "+ACK"), 1);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", "-NAK"), 2);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(a_subscription_may_be_destroyed_after_close)
{
    struct trace trace = {.count = 0};
    struct voice voice = {&trace, 'x'};
    struct nexus_subscription *subscription;
    struct nexus_error err = NEXUS_ERROR_INIT;

    fake_stream_open(&stream, NULL);
    subscription = subscribe("close", speak, &voice);
    fake_event(&stream, subscription);
    unit_ok(nexus_client_close(stream.client, 1000, &err), &err);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", "-NAK"), 1);
    ck_assert_str_eq(nexus_subscription_durable(subscription), "close");
    nexus_subscription_destroy(subscription);
    nexus_subscription_destroy(NULL);
    fake_stream_close(&stream);
}
END_TEST

UNIT_MAIN("serve", a_busy_subscription_does_not_starve_the_others,
          a_paused_subscription_keeps_what_it_has, order_is_kept,
          acks_leave_together_and_the_last_one_at_once, a_handler_knows_its_delivery,
          a_handler_may_destroy_its_own_subscription, a_handler_may_destroy_another_subscription,
          a_handler_may_destroy_the_client, destroying_waits_for_a_handler_on_another_thread,
          a_subscription_may_be_destroyed_after_close)
