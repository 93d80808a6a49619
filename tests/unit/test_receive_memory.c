/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of the receiving half fails in turn. Nothing crashes, nothing leaks, and no
 * message is taken for handled that was not. */
#include <stdio.h>

#include "delivery.h"
#include "fake_stream.h"
#include "requests.h"
#include "unit.h"

/* Allocations of this thread until one fails; negative: none does. */
static _Thread_local int left = -1;
static _Thread_local int guarded;
static _Thread_local bool struck;

static bool strike(void)
{
    if (guarded || left < 0 || left-- > 0)
        return false;
    left = -1;
    struck = true;
    return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return strike() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return strike() ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    return strike() ? NULL : __real_realloc(memory, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return strike() ? NULL : __real_strdup(text);
}

static void guard_fakes(bool enter)
{
    guarded += enter ? 1 : -1;
}

static void arm(int allowed)
{
    fake_guard = guard_fakes;
    struck = false;
    left = allowed;
}

/* Whether an allocation failed since. */
static bool disarm(void)
{
    left = -1;
    return struck;
}

static struct fake_stream stream;
static int handled;
static struct nexus_delivery *held;
static enum nexus_verdict verdict;

static enum nexus_verdict handle(const struct nexus_json_event *event,
                                 struct nexus_delivery *delivery, void *data)
{
    (void)data;
    handled++;
    held = delivery;
    guard_fakes(true); /* Check allocates, too */
    /* The getters never fail, whatever the memory is like. */
    ck_assert_str_eq(nexus_delivery_payload(delivery), event->payload);
    ck_assert_str_eq(nexus_delivery_causal_id(delivery), "evt-0000abcd");
    ck_assert_str_eq(nexus_delivery_vector_clock(delivery), "{\"edge-1\":7}");
    ck_assert_uint_eq(strlen(nexus_delivery_traceparent(delivery)), 55);
    guard_fakes(false);
    return verdict;
}

static void on_error(struct nexus_subscription *subscription, const struct nexus_error *err,
                     void *data)
{
    (void)subscription;
    (void)err;
    (*(int *)data)++;
}

static struct nexus_subscription *begin(enum nexus_verdict what, int *errors)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *subscription = NULL;

    handled = 0;
    held = NULL;
    verdict = what;
    fake_stream_open(&stream, NULL);
    if (errors)
        ck_assert_int_eq(
            nexus_subscribe_options_set_error_callback(options, on_error, errors, NULL), NEXUS_OK);
    ck_assert_int_eq(
        nexus_subscribe_json(stream.client, NULL, NULL, handle, NULL, options, &subscription, NULL),
        NEXUS_OK);
    nexus_subscribe_options_destroy(options);
    return subscription;
}

static uint64_t counter(enum nx_counter which)
{
    return atomic_load(&stream.client->counters[which]);
}

START_TEST(subscribing)
{
    for (int allowed = 0;; allowed++) {
        struct nexus_subscription *subscription = NULL;
        struct nexus_error err = NEXUS_ERROR_INIT;
        int code;
        fake_stream_open(&stream, NULL);
        arm(allowed);
        code = nexus_subscribe_json(stream.client, NULL, NULL, handle, NULL, NULL, &subscription,
                                    &err);
        if (!disarm()) {
            unit_ok(code, &err);
            ck_assert_int_gt(allowed, 5);
            fake_stream_close(&stream);
            break;
        }
        unit_expect(code, &err, NEXUS_E_MEMORY, NULL, NULL);
        ck_assert_ptr_null(subscription);
        ck_assert_ptr_null(stream.client->subscriptions);
        fake_stream_close(&stream);
    }
}
END_TEST

START_TEST(receiving)
{
    for (int allowed = 0;; allowed++) {
        struct nexus_subscription *subscription = begin(NEXUS_ACK, NULL);
        uint64_t number;
        bool failed;
        int code;
        arm(allowed);
        number = fake_event(&stream, subscription);
        code = nexus_client_dispatch(stream.client, 0, NULL);
        failed = disarm();
        ck_assert_int_ge(code, 0);
        /* Handled and acked, or given back, or never taken, and then it comes by itself. */
        ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "+ACK"), (size_t)handled);
        ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "+TERM"), 0);
        ck_assert_uint_le(fake_verdicts(&stream, subscription, number, NULL), 1);
        ck_assert_uint_eq(counter(NX_POISON), 0);
        ck_assert_uint_eq(counter(NX_IN_HAND) + counter(NX_QUEUED), 0);
        /* The next one finds everything in order. */
        fake_event(&stream, subscription);
        ck_assert_int_eq(fake_dispatch(&stream), 1);
        fake_stream_close(&stream);
        ck_assert(failed || handled == 2);
        if (!failed && allowed > 3)
            break;
        ck_assert(failed);
    }
}
END_TEST

START_TEST(settling_while_the_wire_is_down)
{
    for (int allowed = 0; allowed < 2; allowed++) {
        struct nexus_subscription *subscription = begin(NEXUS_DEFER, NULL);
        int code;
        fake_event(&stream, subscription);
        fake_dispatch(&stream);
        fake_down(stream.wire);
        arm(allowed);
        code = nexus_delivery_settle(held, NEXUS_ACK, NULL);
        ck_assert(disarm() == (allowed == 0));
        ck_assert_int_eq(code, NEXUS_OK);
        fake_up(stream.wire);
        /* A verdict that could not be kept is lost, and the event comes again. */
        ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", "+ACK"), allowed == 0 ? 0 : 1);
        ck_assert_uint_eq(counter(NX_IN_HAND), 0);
        fake_stream_close(&stream);
    }
}
END_TEST

START_TEST(losing_the_consumer)
{
    for (int allowed = 0; allowed < 12; allowed++) {
        int errors = 0;
        struct nexus_subscription *subscription = begin(NEXUS_ACK, &errors);
        stream.exists = false;
        fake_pull_status(&stream, subscription, 0, 409, "Consumer Deleted", NULL);
        arm(allowed);
        fake_pass(&stream, 150);
        disarm();
        for (int i = 0; i < 3 && stream.creates < 2; i++)
            fake_pass(&stream, 10000);
        fake_dispatch(&stream);
        ck_assert_uint_eq(stream.creates, 2);
        ck_assert_int_eq(subscription->pull.state, NX_PULL_RUNNING);
        ck_assert_int_le(errors, 1);
        fake_stream_close(&stream);
    }
}
END_TEST

START_TEST(renewing)
{
    for (int allowed = 0; allowed < 2; allowed++) {
        struct nexus_subscription *subscription = begin(NEXUS_DEFER, NULL);
        fake_event(&stream, subscription);
        fake_pass(&stream, 8000);
        fake_pass(&stream, 8000);
        arm(allowed);
        fake_pass(&stream, 8000);
        disarm();
        fake_pass(&stream, 16000);
        ck_assert_uint_ge(fake_count(stream.wire, "$JS.ACK", "+WPI"), 1);
        fake_stream_close(&stream);
    }
}
END_TEST

START_TEST(ending)
{
    for (int allowed = 0; allowed < 6; allowed++) {
        struct nexus_subscription *subscription = begin(NEXUS_DEFER, NULL);
        fake_event(&stream, subscription);
        fake_dispatch(&stream);
        fake_event(&stream, subscription);
        arm(allowed);
        nx_subscriptions_abandon(stream.client);
        disarm();
        ck_assert_uint_eq(counter(NX_IN_HAND) + counter(NX_QUEUED), 0);
        ck_assert_int_eq(nexus_delivery_settle(held, NEXUS_ACK, NULL), NEXUS_E_CLOSED);
        fake_stream_close(&stream);
    }
}
END_TEST

START_TEST(asking)
{
    for (int allowed = 0;; allowed++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        int code;
        fake_stream_open(&stream, NULL);
        stream.answer = "{\"success\":true}";
        arm(allowed);
        code = nexus_delete_durable(stream.client, NULL, "x", &err);
        if (!disarm()) {
            unit_ok(code, &err);
            fake_stream_close(&stream);
            break;
        }
        unit_expect(code, &err, NEXUS_E_MEMORY, NULL, NULL);
        fake_stream_close(&stream);
    }
}
END_TEST

UNIT_MAIN("receive_memory", subscribing, receiving, settling_while_the_wire_is_down,
          losing_the_consumer, renewing, ending, asking)
