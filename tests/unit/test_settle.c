/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts: what goes out for each, once, from any thread, while the wire is down, and after the
 * subscription or the client has gone. */
#include <stdio.h>

#include "delivery.h"
#include "fake_stream.h"
#include "unit.h"

static struct fake_stream stream;

/* What the handler does. */
struct script {
    enum nexus_verdict verdict;
    int64_t retry_delay; /* -1: not set */
    bool settle_inside;
    struct nexus_delivery *held;
    int calls;
};

static struct script script;

static enum nexus_verdict handle(const struct nexus_json_event *event,
                                 struct nexus_delivery *delivery, void *data)
{
    struct script *plan = data;

    ck_assert_str_eq(event->channel, "kbIngested");
    plan->calls++;
    plan->held = delivery;
    if (plan->retry_delay >= 0)
        ck_assert_int_eq(nexus_delivery_set_retry_delay(delivery, plan->retry_delay, NULL),
                         NEXUS_OK);
    if (plan->settle_inside)
        ck_assert_int_eq(nexus_delivery_settle(delivery, NEXUS_ACK, NULL), NEXUS_OK);
    return plan->verdict;
}

static struct nexus_subscription *begin(enum nexus_verdict verdict)
{
    struct nexus_subscription *subscription = NULL;
    struct nexus_error err = NEXUS_ERROR_INIT;

    script = (struct script){.verdict = verdict, .retry_delay = -1};
    fake_stream_open(&stream, NULL);
    unit_ok(nexus_subscribe_json(stream.client, "kbIngested", NULL, handle, &script, NULL,
                                 &subscription, &err),
            &err);
    return subscription;
}

static uint64_t counter(enum nx_counter which)
{
    return atomic_load(&stream.client->counters[which]);
}

static uint64_t hand_out(struct nexus_subscription *subscription)
{
    uint64_t number = fake_event(&stream, subscription);

    ck_assert_int_eq(fake_dispatch(&stream), 1);
    return number;
}

START_TEST(each_verdict_has_its_word)
{
    static const struct {
        enum nexus_verdict verdict;
        int64_t delay;
        const char *word;
        enum nx_counter counter;
    } cases[] = {
        {NEXUS_ACK, -1, "+ACK", NX_HANDLED},
        {NEXUS_REJECT, -1, "+TERM", NX_REJECTED},
        {NEXUS_RETRY, -1, "-NAK {\"delay\":1000000000}", NX_RETRIED},
        {NEXUS_RETRY, 0, "-NAK", NX_RETRIED},
        {NEXUS_RETRY, 86400000, "-NAK {\"delay\":86400000000000}", NX_RETRIED},
        {(enum nexus_verdict)0, -1, "-NAK {\"delay\":1000000000}", NX_RETRIED},
        {(enum nexus_verdict)99, -1, "-NAK {\"delay\":1000000000}", NX_RETRIED},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_subscription *subscription = begin(cases[i].verdict);
        uint64_t number;
        script.retry_delay = cases[i].delay;
        number = hand_out(subscription);
        ck_assert_str_eq(fake_last(stream.wire, "$JS.ACK", NULL)->body, cases[i].word);
        ck_assert_str_eq(fake_last(stream.wire, "$JS.ACK", NULL)->subject,
                         fake_reply(subscription, number, 1));
        ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", NULL), 1);
        ck_assert_uint_eq(counter(cases[i].counter), 1);
        ck_assert_uint_eq(counter(NX_IN_HAND), 0);
        fake_stream_close(&stream);
    }
}
END_TEST

START_TEST(a_deferred_delivery_waits_for_its_verdict)
{
    static const struct {
        enum nexus_verdict verdict;
        const char *word;
    } cases[] = {
        {NEXUS_ACK, "+ACK"}, {NEXUS_RETRY, "-NAK {\"delay\":1000000000}"}, {NEXUS_REJECT, "+TERM"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_subscription *subscription = begin(NEXUS_DEFER);
        uint64_t number = hand_out(subscription);
        ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", NULL), 0);
        ck_assert_uint_eq(counter(NX_DEFERRED), 1);
        ck_assert_uint_eq(counter(NX_IN_HAND), 1);
        ck_assert_str_eq(nexus_delivery_causal_id(script.held), "evt-0000abcd");
        ck_assert_int_eq(nexus_delivery_settle(script.held, cases[i].verdict, NULL), NEXUS_OK);
        fake_letters(&stream);
        ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, cases[i].word), 1);
        ck_assert_uint_eq(counter(NX_IN_HAND), 0);
        fake_stream_close(&stream);
    }
}
END_TEST

START_TEST(an_unsound_verdict_gives_it_back)
{
    struct nexus_subscription *subscription = begin(NEXUS_DEFER);
    struct nexus_error err = NEXUS_ERROR_INIT;
    uint64_t number = hand_out(subscription);

    unit_expect(nexus_delivery_settle(script.held, NEXUS_DEFER, &err), &err, NEXUS_E_INVALID,
                "verdict", NULL);
    ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "-NAK"), 1);
    unit_expect(nexus_delivery_settle(NULL, NEXUS_ACK, &err), &err, NEXUS_E_INVALID, "delivery",
                NULL);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(settling_inside_the_handler_counts_once)
{
    struct nexus_subscription *subscription = begin(NEXUS_DEFER);
    uint64_t number;

    script.settle_inside = true;
    number = hand_out(subscription);
    ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "+ACK"), 1);
    script.verdict = NEXUS_REJECT; /* too late: it has been settled */
    number = hand_out(subscription);
    ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "+ACK"), 1);
    ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "+TERM"), 0);
    ck_assert_uint_eq(counter(NX_HANDLED), 2);
    ck_assert_uint_eq(counter(NX_REJECTED), 0);
    ck_assert_uint_eq(counter(NX_IN_HAND), 0);
    fake_stream_close(&stream);
}
END_TEST

static enum nexus_verdict look_at_setters(const struct nexus_json_event *event,
                                          struct nexus_delivery *delivery, void *data)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    char reason[600];

    (void)event;
    (void)data;
    unit_expect(nexus_delivery_set_retry_delay(delivery, -1, &err), &err, NEXUS_E_INVALID,
                "milliseconds", NULL);
    unit_expect(nexus_delivery_set_retry_delay(delivery, 86400001, &err), &err, NEXUS_E_INVALID,
                "milliseconds", NULL);
    unit_expect(nexus_delivery_set_reason(delivery, NULL, &err), &err, NEXUS_E_INVALID, "reason",
                NULL);
    memset(reason, 'a', sizeof(reason));
    memcpy(reason + 253, "\xd0\xb6\xd0\xb6", 4); /* the second one does not fit */
    reason[599] = 0;
    unit_ok(nexus_delivery_set_reason(delivery, reason, &err), &err);
    ck_assert_uint_eq(strlen(delivery->reason), 255);
    ck_assert_str_eq(delivery->reason + 252, "a\xd0\xb6");
    reason[253] = 'a';
    reason[254] = '\xd0'; /* half a character stays out */
    unit_ok(nexus_delivery_set_reason(delivery, reason, &err), &err);
    unit_ok(nexus_delivery_set_reason(delivery, "line\nbreak \xff", &err), &err);
    ck_assert_str_eq(delivery->reason, "line?break ?");
    unit_ok(nexus_delivery_in_progress(delivery, &err), &err);
    ck_assert_int_eq(nexus_delivery_settle(delivery, NEXUS_ACK, NULL), NEXUS_OK);
    unit_expect(nexus_delivery_set_retry_delay(delivery, 5, &err), &err, NEXUS_E_SETTLED, NULL,
                NULL);
    unit_expect(nexus_delivery_set_reason(delivery, "x", &err), &err, NEXUS_E_SETTLED, NULL, NULL);
    unit_expect(nexus_delivery_in_progress(delivery, &err), &err, NEXUS_E_SETTLED, NULL, NULL);
    unit_expect(nexus_delivery_settle(delivery, NEXUS_ACK, &err), &err, NEXUS_E_SETTLED, NULL,
                NULL);
    return NEXUS_DEFER;
}

START_TEST(setters_check_their_values_and_the_time)
{
    struct nexus_subscription *subscription = NULL;
    uint64_t number;

    fake_stream_open(&stream, NULL);
    ck_assert_int_eq(nexus_subscribe_json(stream.client, NULL, NULL, look_at_setters, NULL, NULL,
                                          &subscription, NULL),
                     NEXUS_OK);
    number = hand_out(subscription);
    ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "+WPI"), 1);
    ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "+ACK"), 1);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", NULL), 2);
    fake_stream_close(&stream);
}
END_TEST

/* ---- the wire is down */

START_TEST(verdicts_wait_for_the_wire)
{
    struct nexus_subscription *subscription = begin(NEXUS_ACK);
    uint64_t numbers[20];

    for (size_t i = 0; i < 20; i++)
        numbers[i] = fake_event(&stream, subscription);
    fake_down(stream.wire);
    script.verdict = NEXUS_ACK;
    for (size_t i = 0; i < 10; i++)
        nx_subscriptions_serve(stream.client);
    script.verdict = NEXUS_RETRY;
    for (size_t i = 10; i < 20; i++)
        nx_subscriptions_serve(stream.client);
    ck_assert_int_eq(script.calls, 20);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", NULL), 0);
    fake_up(stream.wire);
    for (size_t i = 0; i < 20; i++)
        ck_assert_uint_eq(
            fake_verdicts(&stream, subscription, numbers[i], i < 10 ? "+ACK" : "-NAK"), 1);
    fake_down(stream.wire);
    fake_up(stream.wire);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", NULL), 20);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(verdicts_outlive_their_subscription)
{
    struct nexus_subscription *subscription = begin(NEXUS_DEFER);
    uint64_t number = hand_out(subscription);
    char reply[256];

    snprintf(reply, sizeof(reply), "%s", fake_reply(subscription, number, 1));
    fake_down(stream.wire);
    nexus_subscription_destroy(subscription);
    ck_assert_int_eq(nexus_delivery_settle(script.held, NEXUS_ACK, NULL), NEXUS_OK);
    fake_up(stream.wire);
    ck_assert_uint_eq(fake_count(stream.wire, reply, "+ACK"), 1);
    ck_assert_ptr_null(stream.client->subscriptions);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(late_verdicts_are_bounded)
{
    struct nexus_subscription *subscription = begin(NEXUS_ACK);
    uint32_t limit = 2 * subscription->options.queue_messages + 64;

    fake_down(stream.wire);
    for (uint32_t i = 0; i < limit + 50; i++) {
        fake_event(&stream, subscription);
        nx_subscriptions_serve(stream.client);
    }
    ck_assert_uint_eq(subscription->late_count, limit);
    fake_up(stream.wire);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", "+ACK"), limit);
    ck_assert_uint_eq(subscription->late_count, 0);
    fake_stream_close(&stream);
}
END_TEST

/* ---- the end of things */

START_TEST(queued_messages_go_back_when_a_subscription_ends)
{
    struct nexus_subscription *subscription = begin(NEXUS_DEFER);
    uint64_t first = hand_out(subscription);
    char prefix[256];

    for (int i = 0; i < 9; i++)
        fake_event(&stream, subscription);
    snprintf(prefix, sizeof(prefix), "%s", subscription->ack_prefix);
    ck_assert_uint_eq(counter(NX_QUEUED), 9);
    nexus_subscription_destroy(subscription);
    ck_assert_uint_eq(counter(NX_QUEUED), 0);
    ck_assert_uint_eq(fake_count(stream.wire, prefix, "-NAK"), 9);
    ck_assert_int_eq(fake_dispatch(&stream), 0);
    ck_assert_uint_eq(counter(NX_IN_HAND), 1);
    ck_assert_int_eq(nexus_delivery_settle(script.held, NEXUS_ACK, NULL), NEXUS_OK);
    ck_assert_uint_eq(fake_count(stream.wire, prefix, "+ACK"), 1);
    ck_assert_uint_eq(first, 1);
    ck_assert_ptr_null(stream.client->subscriptions);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(settling_after_the_client_is_a_clear_no)
{
    struct nexus_subscription *subscription = begin(NEXUS_DEFER);
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_delivery *held;
    int in_memory = -1;

    hand_out(subscription);
    held = script.held;
    stream.wire->in_memory_at_end = &in_memory;
    nexus_client_destroy(stream.client);
    ck_assert_int_eq(in_memory, -1); /* the delivery keeps what it needs */
    ck_assert_str_eq(nexus_delivery_subject(held), KB_SUBJECT);
    ck_assert_str_eq(nexus_delivery_stream(held), "NEXUS");
    unit_expect(nexus_delivery_in_progress(held, &err), &err, NEXUS_E_CLOSED, NULL, NULL);
    unit_expect(nexus_delivery_settle(held, NEXUS_ACK, &err), &err, NEXUS_E_CLOSED, "client", NULL);
    ck_assert_int_eq(in_memory, 0);
}
END_TEST

START_TEST(what_is_in_hand_goes_back_with_the_client)
{
    struct nexus_subscription *subscription = begin(NEXUS_DEFER);
    uint64_t number = hand_out(subscription);

    nx_subscriptions_abandon(stream.client);
    ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "-NAK"), 1);
    ck_assert_uint_eq(counter(NX_IN_HAND), 0);
    nx_subscriptions_abandon(stream.client);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", NULL), 1);
    ck_assert_int_eq(nexus_delivery_settle(script.held, NEXUS_ACK, NULL), NEXUS_E_CLOSED);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", NULL), 1);
    nexus_subscription_destroy(subscription);
    fake_stream_close(&stream);
}
END_TEST

/* ---- threads */

#define THREADS 4
#define EACH    250

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct nexus_delivery *held[THREADS * EACH];
    size_t count, taken;
};

static enum nexus_verdict put_into_pool(const struct nexus_json_event *event,
                                        struct nexus_delivery *delivery, void *data)
{
    struct pool *pool = data;

    (void)event;
    pthread_mutex_lock(&pool->lock);
    pool->held[pool->count++] = delivery;
    pthread_cond_signal(&pool->more);
    pthread_mutex_unlock(&pool->lock);
    return NEXUS_DEFER;
}

static void *settle_from_pool(void *data)
{
    struct pool *pool = data;

    for (int i = 0; i < EACH; i++) {
        struct nexus_delivery *delivery;
        pthread_mutex_lock(&pool->lock);
        while (pool->taken == pool->count)
            pthread_cond_wait(&pool->more, &pool->lock);
        delivery = pool->held[pool->taken++];
        pthread_mutex_unlock(&pool->lock);
        /* Getters are for any thread, also while the handler has not returned yet. */
        ck_assert_str_eq(nexus_delivery_causal_id(delivery), "evt-0000abcd");
        ck_assert_str_eq(nexus_delivery_vector_clock(delivery), "{\"edge-1\":7}");
        ck_assert_int_eq(nexus_delivery_settle(delivery, NEXUS_ACK, NULL), NEXUS_OK);
    }
    return NULL;
}

START_TEST(threads_settle_while_handlers_run)
{
    static struct pool pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};
    struct nexus_subscription *subscription = NULL;
    pthread_t threads[THREADS];

    pool.count = pool.taken = 0;
    fake_stream_open(&stream, NULL);
    ck_assert_int_eq(nexus_subscribe_json(stream.client, NULL, NULL, put_into_pool, &pool, NULL,
                                          &subscription, NULL),
                     NEXUS_OK);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, settle_from_pool, &pool);
    for (int i = 0; i < THREADS * EACH; i++) {
        fake_event(&stream, subscription);
        fake_dispatch(&stream);
        if (i % 100 == 99)
            fake_pass(&stream, 10000);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(counter(NX_HANDLED), THREADS * EACH);
    ck_assert_uint_eq(counter(NX_IN_HAND), 0);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", "+ACK"), THREADS * EACH);
    fake_stream_close(&stream);
}
END_TEST

UNIT_MAIN("settle", each_verdict_has_its_word, a_deferred_delivery_waits_for_its_verdict,
          an_unsound_verdict_gives_it_back, settling_inside_the_handler_counts_once,
          setters_check_their_values_and_the_time, verdicts_wait_for_the_wire,
          verdicts_outlive_their_subscription, late_verdicts_are_bounded,
          queued_messages_go_back_when_a_subscription_ends, settling_after_the_client_is_a_clear_no,
          what_is_in_hand_goes_back_with_the_client, threads_settle_while_handlers_run)
