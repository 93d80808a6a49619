/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions whose consumer or stream goes away at the server, or whose server does: reported,
 * and the work goes on when it can. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

#define DURABLE "outage-kb_ingested-all"

struct errors {
    int count;
    int last;
};

static void on_error(struct nexus_subscription *subscription, const struct nexus_error *error,
                     void *data)
{
    struct errors *errors = data;
    ck_assert_str_eq(nexus_subscription_durable(subscription), DURABLE);
    ck_assert_str_ne(error->message, "");
    errors->count++;
    errors->last = error->code;
}

static struct nexus_client *listen_with(struct test_seen *seen, struct errors *errors)
{
    struct nexus_client *client = test_client("outage");
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    OK(nexus_subscribe_options_set_error_callback(options, on_error, errors, err));
    OK(nexus_subscribe_options_set_ack_wait(options, 1000, err));
    test_subscribe(client, NULL, seen, options);
    nexus_subscribe_options_destroy(options);
    return client;
}

static bool has_seen(const struct test_seen *seen, int number)
{
    for (int i = 0; i < seen->count; i++) {
        if (seen->numbers[i] == number) {
            return true;
        }
    }
    return false;
}

START_TEST(a_deleted_consumer_is_reported_and_made_again)
{
    struct test_seen seen = {0};
    struct errors errors = {0};
    struct test_raw raw;
    struct nexus_client *client = listen_with(&seen, &errors);
    OK(test_publish(client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(client, has_seen(&seen, 1));
    test_raw_open(&raw, test_server.url);
    test_raw_delete_consumer(&raw, "NEXUS", DURABLE);
    DISPATCH_UNTIL(client, errors.count > 0);
    OK(test_publish(client, 2, NULL, NULL, err));
    DISPATCH_UNTIL(client, has_seen(&seen, 2));
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

/* What was published while nobody kept the consumer's place is not lost either. */
START_TEST(a_consumer_that_began_with_new_events_is_made_again_where_it_was)
{
    struct nexus_client *client = test_client("outage");
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct test_seen seen = {0};
    struct test_raw raw;
    for (int i = 0; i < 5; i++) {
        OK(test_publish(client, 100 + i, NULL, NULL, err));
    }
    OK(nexus_subscribe_options_set_start(options, NEXUS_START_NEW, 0, err));
    struct nexus_subscription *subscription = test_subscribe(client, NULL, &seen, options);
    OK(test_publish(client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(client, seen.count == 1);
    nexus_client_destroy(client);

    /* Binds to the consumer, and so learns where it stands. */
    client = test_client("outage");
    subscription = test_subscribe(client, NULL, &seen, options);
    test_raw_open(&raw, test_server.url);
    test_raw_delete_consumer(&raw, "NEXUS", nexus_subscription_durable(subscription));
    test_raw_close(&raw);
    for (int i = 2; i < 10; i++) {
        OK(test_publish(client, i, NULL, NULL, err));
    }
    DISPATCH_UNTIL(client, seen.count == 9);
    for (int i = 0; i < 9; i++) {
        ck_assert_int_eq(seen.numbers[i], i + 1);
    }
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_deleted_stream_is_reported_and_its_successor_found)
{
    struct test_seen seen = {0};
    struct errors errors = {0};
    struct test_raw raw;
    struct nexus_client *client = listen_with(&seen, &errors);
    OK(test_publish(client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(client, has_seen(&seen, 1));
    test_raw_open(&raw, test_server.url);
    test_raw_delete_stream(&raw, "NEXUS");
    DISPATCH_UNTIL(client, errors.count > 0);
    FAILS(NEXUS_E_NO_STREAM, test_publish(client, 2, NULL, NULL, err));
    OK(nexus_provision(client, NULL, NULL, err));
    OK(test_publish(client, 3, NULL, NULL, err));
    DISPATCH_UNTIL(client, has_seen(&seen, 3));
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_restarted_server_goes_on_where_it_was)
{
    struct test_seen seen = {0};
    struct errors errors = {0};
    struct nexus_client *client = listen_with(&seen, &errors);
    for (int i = 0; i < 5; i++) {
        OK(test_publish(client, i, NULL, NULL, err));
        DISPATCH_UNTIL(client, has_seen(&seen, i));
        ck_assert(test_server_restart(&test_server));
        DISPATCH_UNTIL(client, test_stats(client).connects == (uint64_t)i + 2);
    }
    OK(test_publish(client, 5, NULL, NULL, err));
    DISPATCH_UNTIL(client, has_seen(&seen, 5));
    nexus_client_destroy(client);
}
END_TEST

static enum nexus_verdict keep_delivery(const struct nexus_kb_ingested *event,
                                        struct nexus_delivery *delivery, void *data)
{
    struct nexus_delivery **kept = data;
    (void)event;
    if (nexus_delivery_count(delivery) > 1) {
        return NEXUS_ACK;
    }
    *kept = delivery;
    return NEXUS_DEFER;
}

START_TEST(a_verdict_waits_for_the_connection)
{
    struct nexus_client *client = test_client("outage");
    struct nexus_subscription *subscription = NULL;
    struct nexus_delivery *kept = NULL;
    struct test_raw raw;
    OK(nexus_subscribe_kb_ingested(client, NULL, keep_delivery, &kept, NULL, &subscription, err));
    OK(test_publish(client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(client, kept != NULL);
    test_server_kill(&test_server);
    DISPATCH_UNTIL(client, nexus_client_state(client) == NEXUS_STATE_RECONNECTING);
    OK(nexus_delivery_settle(kept, NEXUS_ACK, err));
    ck_assert(test_server_restart(&test_server));
    DISPATCH_UNTIL(client, nexus_client_state(client) == NEXUS_STATE_CONNECTED);
    test_raw_open(&raw, test_server.url);
    bool done = false;
    int64_t deadline = test_now() + TEST_LIMIT_MILLISECONDS;
    while (!done) {
        ck_assert(test_now() < deadline);
        jsConsumerInfo *info = test_raw_consumer(&raw, "NEXUS", DURABLE);
        done = info->NumAckPending == 0 && info->NumPending == 0;
        jsConsumerInfo_Destroy(info);
        test_dispatch(client, 20);
    }
    ck_assert_uint_eq(test_stats(client).redelivered, 0);
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(counters_read_as_json_too)
{
    struct nexus_client *client = test_client("outage");
    char *text = NULL;
    for (int i = 0; i < 3; i++) {
        OK(test_publish(client, i, NULL, NULL, err));
    }
    OK(nexus_client_stats_json(client, &text, err));
    ck_assert_ptr_nonnull(strstr(text, "\"published\":3,\"acked\":3,\"duplicates\":0,"));
    ck_assert_ptr_nonnull(strstr(text, "\"connects\":1,\"disconnects\":0"));
    nexus_free(text);
    struct nexus_client_stats older = {.size = offsetof(struct nexus_client_stats, duplicates)};
    older.duplicates = 77;
    OK(nexus_client_stats(client, &older, err));
    ck_assert_uint_eq(older.acked, 3);
    ck_assert_uint_eq(older.duplicates, 77);
    older.size = 3;
    FAILS(NEXUS_E_INVALID, nexus_client_stats(client, &older, err));
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outage");
    TCase *stream = test_case_with_stream(suite, "outage");
    tcase_add_test(stream, a_deleted_consumer_is_reported_and_made_again);
    tcase_add_test(stream, a_consumer_that_began_with_new_events_is_made_again_where_it_was);
    tcase_add_test(stream, a_deleted_stream_is_reported_and_its_successor_found);
    tcase_add_test(stream, a_restarted_server_goes_on_where_it_was);
    tcase_add_test(stream, a_verdict_waits_for_the_connection);
    tcase_add_test(stream, counters_read_as_json_too);
    return test_main(suite);
}
