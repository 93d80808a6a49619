/* SPDX-License-Identifier: Apache-2.0 */
/* Events whose vector clocks say that they come out of order: counted, told, held back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "raw.h"

#define SUBJECT "nexus.salon-001.kb.ingested"

struct seen {
    int count;
    int numbers[64]; /* of the events handled, in order */
    int told;
    enum nexus_disorder disorder; /* the last one told */
    bool held;
    char event_clock[128];
    char seen_clock[256];
    enum nexus_verdict verdict; /* of the first delivery of each; 0: ACK */
};

static struct test_raw raw;
static struct nexus_client *client;
static struct nexus_subscription *subscription;

static enum nexus_verdict on_event(const struct nexus_kb_ingested *event,
                                   struct nexus_delivery *delivery, void *data)
{
    struct seen *seen = data;
    ck_assert_int_lt(seen->count, 64);
    seen->numbers[seen->count++] = (int)event->facts_extracted;
    OK(nexus_delivery_set_retry_delay(delivery, 0, err));
    return seen->verdict != 0 && nexus_delivery_count(delivery) == 1 ? seen->verdict : NEXUS_ACK;
}

static void on_disorder(struct nexus_subscription *which, const struct nexus_causality *what,
                        void *data)
{
    struct seen *seen = data;
    ck_assert_ptr_eq(which, subscription);
    ck_assert_uint_ge(what->size, sizeof *what);
    ck_assert_str_eq(what->event_clock, nexus_delivery_vector_clock(what->delivery));
    seen->told++;
    seen->disorder = what->disorder;
    seen->held = what->held;
    snprintf(seen->event_clock, sizeof seen->event_clock, "%s", what->event_clock);
    snprintf(seen->seen_clock, sizeof seen->seen_clock, "%s", what->seen_clock);
}

/* An event of somebody with this clock. */
static void put(int number, const char *clock)
{
    char body[512];
    snprintf(body, sizeof body,
             "{\"causal_id\":\"c\",\"vector_clock\":%s,\"payload\":{\"document_id\":\"d\","
             "\"facts_extracted\":%d},\"tenant\":\"salon-001\"}",
             clock, number);
    test_raw_text(&raw, SUBJECT, body);
}

static struct seen *begin(uint32_t hold, int64_t milliseconds, uint32_t workers)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct seen *seen = calloc(1, sizeof *seen);
    ck_assert_ptr_nonnull(seen);
    client = test_client("judge");
    test_raw_open(&raw, test_server.url);
    OK(nexus_subscribe_options_set_causality_callback(options, on_disorder, seen, err));
    OK(nexus_subscribe_options_set_hold_back(options, hold, milliseconds, err));
    OK(nexus_subscribe_options_set_workers(options, workers, err));
    OK(nexus_subscribe_kb_ingested(client, NULL, on_event, seen, options, &subscription, err));
    nexus_subscribe_options_destroy(options);
    return seen;
}

static void end(struct seen *seen)
{
    test_raw_close(&raw);
    nexus_client_destroy(client);
    free(seen);
}

static void expect_numbers(const struct seen *seen, int count, const int *numbers)
{
    ck_assert_int_eq(seen->count, count);
    ck_assert_mem_eq(seen->numbers, numbers, (size_t)count * sizeof *numbers);
}

START_TEST(what_is_in_order_is_not_told)
{
    struct seen *seen = begin(0, 1, 0);
    put(1, "{\"a\":10,\"b\":20}"); /* the base, whatever it builds on */
    put(2, "{\"a\":11,\"b\":20}");
    put(3, "{\"a\":11,\"b\":21}");
    put(4, "{\"a\":11,\"b\":21,\"c\":1}"); /* a new node that has seen all */
    put(5, "{\"a\":15}");                  /* skips, as nodes may whose other events go elsewhere */
    put(6, "{}");
    DISPATCH_UNTIL(client, seen->count == 6);
    ck_assert_int_eq(seen->told, 0);
    ck_assert_uint_eq(test_stats(client).causal_gaps, 0);
    ck_assert_uint_eq(test_stats(client).causal_inversions, 0);
    end(seen);
}
END_TEST

START_TEST(a_gap_is_told_with_both_clocks)
{
    struct seen *seen = begin(0, 1, 0);
    put(1, "{\"a\":10,\"b\":20}");
    put(2, "{\"a\":11,\"b\":21}"); /* a builds on b's 21, which has not come */
    DISPATCH_UNTIL(client, seen->count == 2);
    ck_assert_int_eq(seen->told, 1);
    ck_assert_int_eq(seen->disorder, NEXUS_DISORDER_GAP);
    ck_assert(!seen->held);
    ck_assert_str_eq(seen->event_clock, "{\"a\":11,\"b\":21}");
    ck_assert_str_eq(seen->seen_clock, "{\"a\":10,\"b\":20}");
    put(3, "{\"b\":21}"); /* here it comes, too late */
    DISPATCH_UNTIL(client, seen->count == 3);
    ck_assert_int_eq(seen->told, 2);
    ck_assert_int_eq(seen->disorder, NEXUS_DISORDER_INVERSION);
    ck_assert_str_eq(seen->seen_clock, "{\"a\":11,\"b\":21}");
    ck_assert_uint_eq(test_stats(client).causal_gaps, 1);
    ck_assert_uint_eq(test_stats(client).causal_inversions, 1);
    end(seen);
}
END_TEST

START_TEST(what_is_delivered_again_is_not_judged_again)
{
    struct seen *seen = begin(0, 1, 0);
    seen->verdict = NEXUS_RETRY;
    put(1, "{\"a\":10}");
    put(2, "{\"a\":11}");
    DISPATCH_UNTIL(client, seen->count == 4);
    ck_assert_int_eq(seen->told, 0);
    end(seen);
}
END_TEST

START_TEST(workers_judge_too)
{
    struct seen *seen = begin(0, 1, 2);
    put(1, "{\"a\":10,\"b\":20}");
    put(2, "{\"a\":11,\"b\":21}");
    WAIT_UNTIL(test_stats(client).handled == 2);
    ck_assert_uint_eq(test_stats(client).causal_gaps, 1);
    end(seen);
}
END_TEST

START_TEST(what_has_a_gap_waits_for_its_cause)
{
    struct seen *seen = begin(10, 60000, 0);
    const int wanted[] = {1, 3, 2, 5, 4};
    put(1, "{\"a\":10,\"b\":20}");
    put(2, "{\"a\":11,\"b\":21}");
    DISPATCH_UNTIL(client, seen->told == 1);
    ck_assert(seen->held);
    ck_assert_int_eq(seen->count, 1);
    ck_assert_uint_eq(test_stats(client).causal_held, 1);
    put(3, "{\"b\":21}");
    DISPATCH_UNTIL(client, seen->count == 3);
    ck_assert_uint_eq(test_stats(client).causal_held, 0);
    put(4, "{\"a\":12,\"b\":23}"); /* needs b's 23, … */
    put(5, "{\"b\":23}");          /* … whose 22 went elsewhere */
    DISPATCH_UNTIL(client, seen->count == 5);
    expect_numbers(seen, 5, wanted);
    DISPATCH_UNTIL(client, test_stats(client).handled == 5);
    ck_assert_uint_eq(test_stats(client).causal_inversions, 0);
    ck_assert_uint_eq(test_stats(client).causal_overdue, 0);
    end(seen);
}
END_TEST

START_TEST(a_chain_comes_undone_from_its_first_link)
{
    struct seen *seen = begin(10, 60000, 0);
    const int wanted[] = {1, 2, 3, 4, 5};
    put(1, "{\"a\":10}");
    put(5, "{\"a\":10,\"b\":1,\"c\":1,\"d\":1,\"e\":1}");
    put(4, "{\"a\":10,\"b\":1,\"c\":1,\"d\":1}");
    put(3, "{\"a\":10,\"b\":1,\"c\":1}");
    put(2, "{\"a\":10,\"b\":1}");
    DISPATCH_UNTIL(client, seen->count == 5);
    expect_numbers(seen, 5, wanted);
    end(seen);
}
END_TEST

START_TEST(waiting_ends_at_the_deadline)
{
    struct seen *seen = begin(10, 300, 0);
    put(1, "{\"a\":10,\"b\":20}");
    put(2, "{\"a\":11,\"b\":21}");
    put(3, "{\"a\":12,\"b\":21}");
    DISPATCH_UNTIL(client, seen->count == 3);
    const int wanted[] = {1, 2, 3};
    expect_numbers(seen, 3, wanted);
    ck_assert_uint_eq(test_stats(client).causal_gaps, 2);
    ck_assert_uint_ge(test_stats(client).causal_overdue, 1);
    ck_assert_uint_eq(test_stats(client).causal_held, 0);
    end(seen);
}
END_TEST

START_TEST(only_so_many_are_held)
{
    struct seen *seen = begin(1, 60000, 0);
    put(1, "{\"a\":10,\"b\":20}");
    put(2, "{\"a\":11,\"b\":21}");
    put(3, "{\"c\":5,\"d\":9}");
    DISPATCH_UNTIL(client, seen->count == 2);
    const int wanted[] = {1, 3};
    expect_numbers(seen, 2, wanted);
    ck_assert_uint_eq(test_stats(client).causal_held, 1);
    end(seen);
}
END_TEST

START_TEST(what_is_held_goes_back_at_the_end)
{
    struct seen *seen = begin(10, 60000, 0);
    put(1, "{\"a\":10,\"b\":20}");
    put(2, "{\"a\":11,\"b\":21}");
    DISPATCH_UNTIL(client, test_stats(client).causal_held == 1);
    OK(nexus_client_close(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_uint_eq(test_stats(client).in_hand, 0);
    end(seen);
    seen = begin(10, 60000, 0);
    DISPATCH_UNTIL(client, seen->count == 1);
    ck_assert_int_eq(seen->numbers[0], 2);
    nexus_subscription_destroy(subscription);
    end(seen);
}
END_TEST

START_TEST(holding_and_workers_do_not_go_together)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    client = test_client("judge");
    OK(nexus_subscribe_options_set_hold_back(options, 1, 1000, err));
    OK(nexus_subscribe_options_set_workers(options, 1, err));
    FAILS(NEXUS_E_INVALID,
          nexus_subscribe_kb_ingested(client, NULL, on_event, NULL, options, &subscription, err));
    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_hold_back(options, 10001, 1, err));
    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_hold_back(options, 1, 0, err));
    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_causality_callback(NULL, NULL, NULL, err));
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("causality");
    TCase *stream = test_case_with_stream(suite, "causality");
    tcase_add_test(stream, what_is_in_order_is_not_told);
    tcase_add_test(stream, a_gap_is_told_with_both_clocks);
    tcase_add_test(stream, what_is_delivered_again_is_not_judged_again);
    tcase_add_test(stream, workers_judge_too);
    tcase_add_test(stream, what_has_a_gap_waits_for_its_cause);
    tcase_add_test(stream, a_chain_comes_undone_from_its_first_link);
    tcase_add_test(stream, waiting_ends_at_the_deadline);
    tcase_add_test(stream, only_so_many_are_held);
    tcase_add_test(stream, what_is_held_goes_back_at_the_end);
    tcase_add_test(stream, holding_and_workers_do_not_go_together);
    return test_main(suite);
}
