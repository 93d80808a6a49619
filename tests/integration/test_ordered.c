/* SPDX-License-Identifier: Apache-2.0 */
/* Reading in order without acks: everything once, through lost consumers and connections. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

struct reader {
    struct nexus_client *client;
    struct nexus_subscription *subscription;
    struct test_seen seen;
    int caught_up;    /* calls */
    int caught_up_at; /* events by then */
};

static void on_caught_up(struct nexus_subscription *subscription, void *data)
{
    struct reader *reader = data;
    ck_assert_ptr_nonnull(subscription);
    reader->caught_up++;
    reader->caught_up_at = reader->seen.count;
}

static struct nexus_subscribe_options *ordered(struct reader *reader)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    OK(nexus_subscribe_options_set_ordered(options, true, err));
    OK(nexus_subscribe_options_set_caught_up_callback(options, on_caught_up, reader, err));
    return options;
}

static void publish(struct reader *reader, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        OK(test_publish(reader->client, i, NULL, NULL, err));
    }
}

static struct reader *begin(int events)
{
    struct reader *reader = calloc(1, sizeof *reader);
    ck_assert_ptr_nonnull(reader);
    reader->client = test_client("replay");
    publish(reader, 0, events);
    return reader;
}

/* Destroys the options. */
static void read_with(struct reader *reader, struct nexus_subscribe_options *options)
{
    reader->subscription = test_subscribe(reader->client, NULL, &reader->seen, options);
    nexus_subscribe_options_destroy(options);
}

static void expect_all(const struct reader *reader, int first, int count)
{
    ck_assert_int_eq(reader->seen.count, count);
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(reader->seen.numbers[i], first + i);
    }
}

static void end(struct reader *reader)
{
    nexus_client_destroy(reader->client);
    free(reader);
}

START_TEST(everything_is_read_once_and_then_told)
{
    struct reader *reader = begin(500);
    struct nexus_subscribe_options *options = ordered(reader);
    reader->seen.verdict = NEXUS_RETRY; /* means nothing here */
    OK(nexus_subscribe_options_set_queue(options, 50, 65536, err));
    read_with(reader, options);
    DISPATCH_UNTIL(reader->client, reader->caught_up == 1);
    ck_assert_int_eq(reader->caught_up_at, 500);
    publish(reader, 500, 5);
    DISPATCH_UNTIL(reader->client, reader->seen.count == 505);
    expect_all(reader, 0, 505);
    ck_assert_int_eq(reader->caught_up, 1);
    ck_assert_uint_eq(test_stats(reader->client).redelivered, 0);
    ck_assert_uint_eq(test_stats(reader->client).ordered_gaps, 0);
    end(reader);
}
END_TEST

START_TEST(an_empty_stream_is_caught_up_at_once)
{
    struct reader *reader = begin(0);
    read_with(reader, ordered(reader));
    DISPATCH_UNTIL(reader->client, reader->caught_up == 1);
    publish(reader, 0, 1);
    DISPATCH_UNTIL(reader->client, reader->seen.count == 1);
    end(reader);
}
END_TEST

START_TEST(reading_begins_where_it_is_told)
{
    struct reader *reader = begin(20);
    struct nexus_subscribe_options *options = ordered(reader);
    OK(nexus_subscribe_options_set_start(options, NEXUS_START_SEQUENCE, 11, err));
    read_with(reader, options);
    DISPATCH_UNTIL(reader->client, reader->caught_up == 1);
    expect_all(reader, 10, 10);
    nexus_subscription_destroy(reader->subscription);
    reader->seen.count = 0;
    options = ordered(reader);
    OK(nexus_subscribe_options_set_start(options, NEXUS_START_LAST_PER_SUBJECT, 0, err));
    read_with(reader, options);
    DISPATCH_UNTIL(reader->client, reader->caught_up == 2);
    expect_all(reader, 19, 1);
    end(reader);
}
END_TEST

START_TEST(nothing_stays_at_the_server)
{
    struct reader *reader = begin(3);
    struct test_raw raw;
    char name[160];
    test_raw_open(&raw, test_server.url);
    read_with(reader, ordered(reader));
    DISPATCH_UNTIL(reader->client, reader->caught_up == 1);
    snprintf(name, sizeof name, "%s", nexus_subscription_durable(reader->subscription));
    jsConsumerInfo *info = test_raw_consumer(&raw, "NEXUS", name);
    ck_assert_ptr_nonnull(info);
    jsConsumerInfo_Destroy(info);
    nexus_subscription_destroy(reader->subscription);
    int64_t deadline = test_now() + TEST_LIMIT_MILLISECONDS;
    while ((info = test_raw_consumer(&raw, "NEXUS", name)) != NULL) {
        jsConsumerInfo_Destroy(info);
        ck_assert_int_lt(test_now(), deadline);
        test_dispatch(reader->client, 5);
    }
    test_raw_close(&raw);
    end(reader);
}
END_TEST

START_TEST(a_lost_connection_costs_nothing)
{
    struct reader *reader = begin(200);
    struct nexus_subscribe_options *options = ordered(reader);
    OK(nexus_subscribe_options_set_queue(options, 20, 65536, err));
    read_with(reader, options);
    DISPATCH_UNTIL(reader->client, reader->seen.count >= 50);
    test_server_kill(&test_server);
    DISPATCH_UNTIL(reader->client, nexus_client_state(reader->client) == NEXUS_STATE_RECONNECTING);
    ck_assert(test_server_restart(&test_server));
    DISPATCH_UNTIL(reader->client, reader->caught_up == 1);
    publish(reader, 200, 10);
    DISPATCH_UNTIL(reader->client, reader->seen.count == 210);
    expect_all(reader, 0, 210);
    end(reader);
}
END_TEST

START_TEST(a_deleted_consumer_is_made_anew_behind_the_last_event)
{
    struct reader *reader = begin(10);
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    read_with(reader, ordered(reader));
    DISPATCH_UNTIL(reader->client, reader->seen.count == 10);
    test_raw_delete_consumer(&raw, "NEXUS", nexus_subscription_durable(reader->subscription));
    publish(reader, 10, 10);
    DISPATCH_UNTIL(reader->client, reader->seen.count == 20);
    expect_all(reader, 0, 20);
    test_raw_close(&raw);
    end(reader);
}
END_TEST

START_TEST(what_excludes_it_is_refused)
{
    struct reader *reader = begin(0);
    struct nexus_subscribe_options *options = ordered(reader);
    struct nexus_subscription *out = NULL;
    OK(nexus_subscribe_options_set_durable(options, "name", err));
    FAILS(NEXUS_E_INVALID, nexus_subscribe_kb_ingested(reader->client, NULL, test_on_event,
                                                       &reader->seen, options, &out, err));
    nexus_subscribe_options_destroy(options);
    options = ordered(reader);
    OK(nexus_subscribe_options_set_workers(options, 2, err));
    FAILS(NEXUS_E_INVALID, nexus_subscribe_kb_ingested(reader->client, NULL, test_on_event,
                                                       &reader->seen, options, &out, err));
    nexus_subscribe_options_destroy(options);
    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_ordered(NULL, true, err));
    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_caught_up_callback(NULL, NULL, NULL, err));
    end(reader);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ordered");
    TCase *stream = test_case_with_stream(suite, "ordered");
    tcase_add_test(stream, everything_is_read_once_and_then_told);
    tcase_add_test(stream, an_empty_stream_is_caught_up_at_once);
    tcase_add_test(stream, reading_begins_where_it_is_told);
    tcase_add_test(stream, nothing_stays_at_the_server);
    tcase_add_test(stream, a_lost_connection_costs_nothing);
    tcase_add_test(stream, a_deleted_consumer_is_made_anew_behind_the_last_event);
    tcase_add_test(stream, what_excludes_it_is_refused);
    return test_main(suite);
}
