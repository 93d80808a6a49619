/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts: what ACK, RETRY, REJECT and DEFER make of a delivery, and when settling is possible. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

#define DURABLE "settler-kb_ingested-all"

/* What the handler is to do, and what it saw. */
struct script {
    struct nexus_client *client;
    enum nexus_verdict verdicts[8]; /* by call; 0: ACK */
    int64_t retry_delay;            /* set when above 0 */
    int calls;
    uint64_t counts[8];
    int64_t times[8];
    struct nexus_delivery *held;
    struct nexus_subscription *subscription;
};

static enum nexus_verdict follow(const struct nexus_kb_ingested *event,
                                 struct nexus_delivery *delivery, void *data)
{
    struct script *script = data;
    (void)event;
    ck_assert_int_lt(script->calls, 8);
    int call = script->calls++;
    enum nexus_verdict verdict = script->verdicts[call];
    script->counts[call] = nexus_delivery_count(delivery);
    script->times[call] = test_now();
    if (verdict == NEXUS_RETRY && script->retry_delay > 0) {
        OK(nexus_delivery_set_retry_delay(delivery, script->retry_delay, err));
        OK(nexus_delivery_set_reason(delivery, "the printer is out of paper", err));
    }
    if (verdict == NEXUS_DEFER) {
        script->held = delivery;
    }
    return verdict != 0 ? verdict : NEXUS_ACK;
}

static void begin(struct script *script, const struct nexus_subscribe_options *options)
{
    script->client = test_client("settler");
    OK(nexus_subscribe_kb_ingested(script->client, NULL, follow, script, options,
                                   &script->subscription, err));
}

/* Whether the server has nothing left to deliver and nothing unacknowledged. */
static bool is_done(struct test_raw *raw, const char *durable)
{
    jsConsumerInfo *info = test_raw_consumer(raw, "NEXUS", durable);
    ck_assert_ptr_nonnull(info);
    bool done = info->NumPending == 0 && info->NumAckPending == 0;
    jsConsumerInfo_Destroy(info);
    return done;
}

static void expect_done(const char *durable)
{
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    WAIT_UNTIL(is_done(&raw, durable));
    test_raw_close(&raw);
}

START_TEST(retry_comes_again_after_the_delay)
{
    struct script script = {.verdicts = {NEXUS_RETRY, NEXUS_RETRY}, .retry_delay = 300};
    begin(&script, NULL);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.calls == 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(script.counts[i], (uint64_t)i + 1);
    }
    ck_assert_int_ge(script.times[1] - script.times[0], 290);
    expect_done(DURABLE);
    struct nexus_client_stats stats = test_stats(script.client);
    ck_assert_uint_eq(stats.retried, 2);
    ck_assert_uint_eq(stats.handled, 1);
    ck_assert_uint_eq(stats.redelivered, 2);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(retry_without_a_delay_takes_the_subscriptions)
{
    struct script script = {.verdicts = {NEXUS_RETRY}};
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    OK(nexus_subscribe_options_set_retry_delay(options, 200, err));
    begin(&script, options);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.calls == 2);
    ck_assert_int_ge(script.times[1] - script.times[0], 190);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(reject_ends_it)
{
    struct script script = {.verdicts = {NEXUS_REJECT}};
    begin(&script, NULL);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    OK(test_publish(script.client, 2, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.calls == 2);
    expect_done(DURABLE);
    ck_assert_uint_eq(test_stats(script.client).rejected, 1);
    ck_assert_uint_eq(test_stats(script.client).handled, 1);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(max_deliver_gives_up)
{
    struct script script = {.verdicts = {NEXUS_RETRY, NEXUS_RETRY, NEXUS_RETRY}};
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    OK(nexus_subscribe_options_set_max_deliver(options, 2, err));
    OK(nexus_subscribe_options_set_retry_delay(options, 0, err));
    begin(&script, options);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.calls == 2);
    OK(test_publish(script.client, 2, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.calls == 4);
    ck_assert_uint_eq(script.counts[0], 1);
    ck_assert_uint_eq(script.counts[1], 2);
    ck_assert_uint_eq(script.counts[2], 1);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(deferred_and_settled_in_the_same_thread)
{
    struct script script = {.verdicts = {NEXUS_DEFER}};
    begin(&script, NULL);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.held != NULL);
    ck_assert_uint_eq(test_stats(script.client).deferred, 1);
    ck_assert_uint_eq(test_stats(script.client).in_hand, 1);
    ck_assert_str_eq(nexus_delivery_channel(script.held), "kbIngested");
    OK(nexus_delivery_in_progress(script.held, err));
    OK(nexus_delivery_settle(script.held, NEXUS_ACK, err));
    expect_done(DURABLE);
    ck_assert_uint_eq(test_stats(script.client).in_hand, 0);
    nexus_client_destroy(script.client);
}
END_TEST

static enum nexus_verdict settle_at_once(const struct nexus_kb_ingested *event,
                                         struct nexus_delivery *delivery, void *data)
{
    int *calls = data;
    (void)event;
    (*calls)++;
    OK(nexus_delivery_settle(delivery, NEXUS_ACK, err));
    return NEXUS_DEFER;
}

START_TEST(deferred_may_be_settled_before_the_handler_returns)
{
    struct nexus_client *client = test_client("settler");
    struct nexus_subscription *subscription = NULL;
    int calls = 0;
    OK(nexus_subscribe_kb_ingested(client, NULL, settle_at_once, &calls, NULL, &subscription, err));
    OK(test_publish(client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(client, calls == 1);
    expect_done(DURABLE);
    ck_assert_uint_eq(test_stats(client).handled, 1);
    nexus_client_destroy(client);
}
END_TEST

static void *settle_with_ack(void *data)
{
    OK(nexus_delivery_settle(data, NEXUS_ACK, err));
    return NULL;
}

START_TEST(deferred_and_settled_after_the_subscription_is_gone)
{
    struct script script = {.verdicts = {NEXUS_DEFER}};
    pthread_t thread;
    begin(&script, NULL);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.held != NULL);
    nexus_subscription_destroy(script.subscription);
    ck_assert_str_eq(nexus_delivery_consumer(script.held), DURABLE);
    ck_assert_int_eq(pthread_create(&thread, NULL, settle_with_ack, script.held), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    expect_done(DURABLE);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(deferred_and_settled_after_the_client_is_gone)
{
    struct script script = {.verdicts = {NEXUS_DEFER}};
    begin(&script, NULL);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.held != NULL);
    nexus_client_destroy(script.client);
    ck_assert_str_eq(nexus_delivery_subject(script.held), TEST_SIMPLE_SUBJECT);
    FAILS(NEXUS_E_CLOSED, nexus_delivery_settle(script.held, NEXUS_ACK, err));
}
END_TEST

START_TEST(deferred_then_retried)
{
    struct script script = {.verdicts = {NEXUS_DEFER}};
    begin(&script, NULL);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.held != NULL);
    OK(nexus_delivery_set_retry_delay(script.held, 0, err));
    OK(nexus_delivery_settle(script.held, NEXUS_RETRY, err));
    DISPATCH_UNTIL(script.client, script.calls == 2);
    ck_assert_uint_eq(script.counts[1], 2);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(a_delay_out_of_range_is_refused)
{
    struct script script = {.verdicts = {NEXUS_DEFER}};
    begin(&script, NULL);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.held != NULL);
    FAILS(NEXUS_E_INVALID, nexus_delivery_set_retry_delay(script.held, -1, err));
    FAILS(NEXUS_E_INVALID, nexus_delivery_set_retry_delay(script.held, 86400001, err));
    OK(nexus_delivery_settle(script.held, NEXUS_ACK, err));
    expect_done(DURABLE);
    nexus_client_destroy(script.client);
}
END_TEST

static enum nexus_verdict destroy_own(const struct nexus_kb_ingested *event,
                                      struct nexus_delivery *delivery, void *data)
{
    struct script *script = data;
    (void)event;
    (void)delivery;
    script->calls++;
    nexus_subscription_destroy(script->subscription);
    return NEXUS_ACK;
}

static int distinct(const struct test_seen *seen, int count)
{
    int found = 0;
    for (int number = 0; number < count; number++) {
        bool there = false;
        for (int i = 0; i < seen->count; i++) {
            there = there || seen->numbers[i] == number;
        }
        found += there;
    }
    return found;
}

START_TEST(a_handler_may_destroy_its_own_subscription)
{
    struct script script = {.client = test_client("settler")};
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct test_raw raw;
    /* So long that only giving back explains that the others come. */
    OK(nexus_subscribe_options_set_ack_wait(options, 3600000, err));
    for (int i = 0; i < 10; i++) {
        OK(test_publish(script.client, i, NULL, NULL, err));
    }
    OK(nexus_subscribe_kb_ingested(script.client, NULL, destroy_own, &script, options,
                                   &script.subscription, err));
    DISPATCH_UNTIL(script.client, test_stats(script.client).handled == 1);
    struct test_seen seen = {0};
    test_subscribe(script.client, NULL, &seen, options);
    DISPATCH_UNTIL(script.client, distinct(&seen, 10) == 9);
    ck_assert_int_eq(script.calls, 1);
    test_raw_open(&raw, test_server.url);
    DISPATCH_UNTIL(script.client, is_done(&raw, DURABLE));
    test_raw_close(&raw);
    ck_assert_int_eq(seen.count, 9);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(script.client);
}
END_TEST

static enum nexus_verdict be_slow(const struct nexus_kb_ingested *event,
                                  struct nexus_delivery *delivery, void *data)
{
    int *calls = data;
    (void)event;
    (void)delivery;
    (*calls)++;
    /* Longer than three ack waits: the passing of time is what is tested. */
    poll(NULL, 0, 3500);
    return NEXUS_ACK;
}

START_TEST(a_slow_handler_keeps_its_lease)
{
    struct nexus_client *client = test_client("settler");
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *subscription = NULL;
    struct test_raw raw;
    int calls = 0;
    OK(nexus_subscribe_options_set_ack_wait(options, 1000, err));
    OK(nexus_subscribe_kb_ingested(client, NULL, be_slow, &calls, options, &subscription, err));
    /* The second waits in the queue meanwhile, and must keep its lease there. */
    OK(test_publish(client, 1, NULL, NULL, err));
    OK(test_publish(client, 2, NULL, NULL, err));
    DISPATCH_UNTIL(client, test_stats(client).handled == 2);
    test_raw_open(&raw, test_server.url);
    WAIT_UNTIL(is_done(&raw, DURABLE));
    jsConsumerInfo *info = test_raw_consumer(&raw, "NEXUS", DURABLE);
    ck_assert_uint_eq(info->Delivered.Consumer, 2);
    jsConsumerInfo_Destroy(info);
    ck_assert_int_eq(calls, 2);
    ck_assert_uint_eq(test_stats(client).redelivered, 0);
    test_raw_close(&raw);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(close_gives_queued_deliveries_back_at_once)
{
    struct nexus_client *first = test_client("settler");
    struct nexus_client *second = test_client("settler");
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct test_seen seen = {0};
    /* So long that only giving back explains that the second one gets them. */
    OK(nexus_subscribe_options_set_ack_wait(options, 3600000, err));
    for (int i = 0; i < 20; i++) {
        OK(test_publish(first, i, NULL, NULL, err));
    }
    test_subscribe(first, NULL, &seen, options);
    WAIT_UNTIL(test_stats(first).queued == 20);
    OK(nexus_client_close(first, TEST_LIMIT_MILLISECONDS, err));
    nexus_client_destroy(first);
    ck_assert_int_eq(seen.count, 0);
    test_subscribe(second, NULL, &seen, options);
    DISPATCH_UNTIL(second, distinct(&seen, 20) == 20);
    expect_done(DURABLE);
    ck_assert_int_eq(seen.count, 20);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(second);
}
END_TEST

/* In full flow, with messages on the wire: what was handled is acked, all the rest goes back at
 * once, and nothing comes twice. */
START_TEST(close_in_full_flow_loses_no_ack_and_keeps_nothing)
{
    enum { EVENTS = 3000 };
    struct nexus_client *first = test_client("settler");
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct test_report *reports = calloc(EVENTS, sizeof *reports);
    struct test_seen *seen = calloc(1, sizeof *seen);
    OK(nexus_subscribe_options_set_ack_wait(options, 3600000, err));
    OK(nexus_subscribe_options_set_queue(options, 512, 1 << 20, err));
    for (int i = 0; i < EVENTS; i++) {
        test_publish_async(first, i, &reports[i]);
    }
    OK(nexus_client_flush(first, TEST_LIMIT_MILLISECONDS, err));
    test_subscribe(first, NULL, seen, options);
    DISPATCH_UNTIL(first, seen->count >= 700);
    OK(nexus_client_close(first, TEST_LIMIT_MILLISECONDS, err));
    nexus_client_destroy(first);
    ck_assert_int_lt(seen->count, EVENTS);
    struct nexus_client *second = test_client("settler");
    test_subscribe(second, NULL, seen, options);
    DISPATCH_UNTIL(second, distinct(seen, EVENTS) == EVENTS);
    expect_done(DURABLE);
    ck_assert_int_eq(seen->count, EVENTS);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(second);
    free(reports);
    free(seen);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settle");
    TCase *stream = test_case_with_stream(suite, "settle");
    tcase_add_test(stream, retry_comes_again_after_the_delay);
    tcase_add_test(stream, retry_without_a_delay_takes_the_subscriptions);
    tcase_add_test(stream, reject_ends_it);
    tcase_add_test(stream, max_deliver_gives_up);
    tcase_add_test(stream, deferred_and_settled_in_the_same_thread);
    tcase_add_test(stream, deferred_may_be_settled_before_the_handler_returns);
    tcase_add_test(stream, deferred_and_settled_after_the_subscription_is_gone);
    tcase_add_test(stream, deferred_and_settled_after_the_client_is_gone);
    tcase_add_test(stream, deferred_then_retried);
    tcase_add_test(stream, a_delay_out_of_range_is_refused);
    tcase_add_test(stream, a_handler_may_destroy_its_own_subscription);
    tcase_add_test(stream, a_slow_handler_keeps_its_lease);
    tcase_add_test(stream, close_gives_queued_deliveries_back_at_once);
    tcase_add_test(stream, close_in_full_flow_loses_no_ack_and_keeps_nothing);
    return test_main(suite);
}
