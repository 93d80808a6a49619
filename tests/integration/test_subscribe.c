/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions: what they read, under which name, where they start, and who shares the work. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

static void publish_numbers(struct nexus_client *client, const char *tenant, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        OK(test_publish_for(client, tenant, i, NULL, NULL, err));
    }
}

START_TEST(a_durable_remembers_its_place)
{
    struct test_seen first = {0};
    struct test_seen second = {0};
    struct nexus_client *client = test_client("crm");
    publish_numbers(client, TEST_TENANT, 0, 5);
    struct nexus_subscription *subscription = test_subscribe(client, NULL, &first, NULL);
    ck_assert_str_eq(nexus_subscription_durable(subscription), "crm-kb_ingested-all");
    ck_assert_str_eq(nexus_subscription_filter(subscription), "nexus.*.kb.ingested");
    DISPATCH_UNTIL(client, first.count == 5);
    OK(nexus_client_close(client, TEST_LIMIT_MILLISECONDS, err));
    nexus_client_destroy(client);

    client = test_client("crm");
    publish_numbers(client, TEST_TENANT, 5, 3);
    test_subscribe(client, NULL, &second, NULL);
    DISPATCH_UNTIL(client, second.count == 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(second.numbers[i], 5 + i);
    }
    nexus_client_destroy(client);
}
END_TEST

START_TEST(destroying_a_subscription_leaves_the_consumer)
{
    struct nexus_client *client = test_client("crm");
    struct test_seen seen = {0};
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    nexus_subscription_destroy(test_subscribe(client, TEST_TENANT, &seen, NULL));
    jsConsumerInfo *info = test_raw_consumer(&raw, "NEXUS", "crm-kb_ingested-salon-001");
    ck_assert_ptr_nonnull(info);
    ck_assert_str_eq(info->Config->FilterSubject, "nexus.salon-001.kb.ingested");
    ck_assert_int_eq(info->Config->AckPolicy, js_AckExplicit);
    ck_assert_int_eq((int)info->Config->MaxAckPending, 2048);
    jsConsumerInfo_Destroy(info);
    OK(nexus_delete_durable(client, NULL, "crm-kb_ingested-salon-001", err));
    ck_assert_ptr_null(test_raw_consumer(&raw, "NEXUS", "crm-kb_ingested-salon-001"));
    FAILS(NEXUS_E_NOT_FOUND, nexus_delete_durable(client, NULL, "crm-kb_ingested-salon-001", err));
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_tenants_subscription_sees_only_that_tenant)
{
    struct nexus_client *client = test_client("crm");
    struct test_seen one = {0};
    struct test_seen all = {0};
    test_subscribe(client, "salon-002", &one, NULL);
    test_subscribe(client, NULL, &all, NULL);
    publish_numbers(client, "salon-001", 0, 4);
    publish_numbers(client, "salon-002", 10, 4);
    publish_numbers(client, "salon-003", 20, 4);
    DISPATCH_UNTIL(client, one.count == 4 && all.count == 12);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(one.numbers[i], 10 + i);
    }
    nexus_client_destroy(client);
}
END_TEST

struct names {
    int count;
    char channels[64][48];
    char tenants[64][64];
};

static enum nexus_verdict note_name(const struct nexus_json_event *event,
                                    struct nexus_delivery *delivery, void *data)
{
    struct names *names = data;
    const char *tenant = nexus_delivery_tenant(delivery);
    ck_assert_int_lt(names->count, 64);
    ck_assert_str_eq(event->channel, nexus_delivery_channel(delivery));
    ck_assert_str_eq(event->payload, nexus_delivery_payload(delivery));
    strncpy(names->channels[names->count], event->channel, 47);
    strncpy(names->tenants[names->count], tenant != NULL ? tenant : "-", 63);
    names->count++;
    return NEXUS_ACK;
}

START_TEST(everything_of_one_tenant_and_everything)
{
    struct nexus_client *client = test_client("audit");
    struct nexus_subscription *tenant = NULL;
    struct nexus_subscription *everything = NULL;
    struct names *of_tenant = calloc(1, sizeof *of_tenant);
    struct names *of_all = calloc(1, sizeof *of_all);
    struct nexus_agent_handoff_ack system = NEXUS_AGENT_HANDOFF_ACK_INIT;
    struct nexus_booking_created booking = NEXUS_BOOKING_CREATED_INIT;
    system.agent = "claw-code";
    booking.json = "{\"seat\":3}";
    OK(nexus_subscribe_json(client, NULL, "salon-001", note_name, of_tenant, NULL, &tenant, err));
    OK(nexus_subscribe_json(client, NULL, NULL, note_name, of_all, NULL, &everything, err));
    ck_assert_str_eq(nexus_subscription_durable(tenant), "audit-all-salon-001");
    ck_assert_str_eq(nexus_subscription_filter(tenant), "nexus.salon-001.>");
    ck_assert_str_eq(nexus_subscription_filter(everything), "nexus.>");
    OK(nexus_publish_booking_created(client, "salon-001", &booking, NULL, NULL, err));
    OK(nexus_publish_booking_created(client, "salon-002", &booking, NULL, NULL, err));
    OK(nexus_publish_agent_handoff_ack(client, &system, NULL, NULL, err));
    OK(test_publish_for(client, "salon-001", 1, NULL, NULL, err));
    DISPATCH_UNTIL(client, of_tenant->count == 2 && of_all->count == 4);
    ck_assert_str_eq(of_tenant->channels[0], "bookingCreated");
    ck_assert_str_eq(of_tenant->channels[1], "kbIngested");
    ck_assert_str_eq(of_all->channels[2], "agentHandoffAck");
    ck_assert_str_eq(of_all->tenants[2], "-");
    ck_assert_str_eq(of_all->tenants[1], "salon-002");
    nexus_client_destroy(client);
    free(of_tenant);
    free(of_all);
}
END_TEST

START_TEST(two_instances_share_the_work)
{
    struct nexus_client *left = test_client("crm");
    struct nexus_client *right = test_client("crm");
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct test_seen *seen = calloc(2, sizeof *seen);
    OK(nexus_subscribe_options_set_queue(options, 4, 65536, err));
    test_subscribe(left, NULL, &seen[0], options);
    test_subscribe(right, NULL, &seen[1], options);
    publish_numbers(left, TEST_TENANT, 0, 200);
    int64_t deadline = test_now() + TEST_LIMIT_MILLISECONDS;
    while (seen[0].count + seen[1].count < 200) {
        ck_assert_msg(test_now() < deadline, "%d and %d", seen[0].count, seen[1].count);
        test_dispatch(left, 5);
        test_dispatch(right, 5);
    }
    ck_assert_int_gt(seen[0].count, 0);
    ck_assert_int_gt(seen[1].count, 0);
    bool handled[200] = {false};
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < seen[side].count; i++) {
            ck_assert(!handled[seen[side].numbers[i]]);
            handled[seen[side].numbers[i]] = true;
        }
    }
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(left);
    nexus_client_destroy(right);
    free(seen);
}
END_TEST

static int first_seen(struct nexus_client *client, const char *durable, enum nexus_start start,
                      int64_t value)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct test_seen *seen = calloc(1, sizeof *seen);
    OK(nexus_subscribe_options_set_durable(options, durable, err));
    OK(nexus_subscribe_options_set_start(options, start, value, err));
    struct nexus_subscription *subscription = test_subscribe(client, NULL, seen, options);
    ck_assert_str_eq(nexus_subscription_durable(subscription), durable);
    publish_numbers(client, TEST_TENANT, 100, 1);
    DISPATCH_UNTIL(client, seen->count > 0 && seen->numbers[seen->count - 1] >= 100);
    int first = seen->numbers[0];
    nexus_subscription_destroy(subscription);
    nexus_subscribe_options_destroy(options);
    free(seen);
    return first;
}

static int64_t stored_at(struct test_raw *raw, uint64_t sequence)
{
    return test_raw_time(raw, "NEXUS", sequence);
}

START_TEST(a_new_consumer_starts_where_it_is_told)
{
    struct nexus_client *client = test_client("crm");
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    publish_numbers(client, TEST_TENANT, 1, 5);
    publish_numbers(client, "salon-002", 6, 1);
    int64_t third = stored_at(&raw, 3);
    ck_assert_int_eq(first_seen(client, "a", NEXUS_START_ALL, 0), 1);
    ck_assert_int_eq(first_seen(client, "n", NEXUS_START_NEW, 0), 100);
    ck_assert_int_eq(first_seen(client, "s", NEXUS_START_SEQUENCE, 4), 4);
    ck_assert_int_eq(first_seen(client, "t", NEXUS_START_TIME, third), 3);
    ck_assert_int_ge(first_seen(client, "l", NEXUS_START_LAST_PER_SUBJECT, 0), 6);
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_consumer_of_another_kind_is_a_conflict)
{
    struct nexus_client *client = test_client("crm");
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *out = NULL;
    struct nexus_error error = NEXUS_ERROR_INIT;
    struct test_seen seen = {0};
    OK(nexus_subscribe_options_set_durable(options, "shared", err));
    test_subscribe(client, "salon-001", &seen, options);
    int status = nexus_subscribe_kb_ingested(client, "salon-002", test_on_event, &seen, options,
                                             &out, &error);
    ck_assert_int_eq(status, NEXUS_E_CONFLICT);
    ck_assert_msg(strstr(error.message, "filter") != NULL, "%s", error.message);
    ck_assert_ptr_null(out);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(what_cannot_be_subscribed_is_refused)
{
    struct nexus_client *client = test_client("crm");
    struct nexus_subscription *out = (struct nexus_subscription *)&client;
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    FAILS(NEXUS_E_SUBJECT,
          nexus_subscribe_kb_ingested(client, "a.*", test_on_event, NULL, NULL, &out, err));
    ck_assert_ptr_null(out);
    FAILS(NEXUS_E_SUBJECT,
          nexus_subscribe_kb_ingested(client, "_core", test_on_event, NULL, NULL, &out, err));
    FAILS(NEXUS_E_CHANNEL,
          nexus_subscribe_json(client, "nope", NULL, note_name, NULL, NULL, &out, err));
    FAILS(NEXUS_E_INVALID, nexus_subscribe_kb_ingested(client, NULL, NULL, NULL, NULL, &out, err));
    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_durable(options, "a.b", err));
    OK(nexus_subscribe_options_set_stream(options, "ELSEWHERE", err));
    FAILS(NEXUS_E_NOT_FOUND,
          nexus_subscribe_kb_ingested(client, NULL, test_on_event, NULL, options, &out, err));
    ck_assert_ptr_null(out);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(streams_of_several_tenants_merge)
{
    static const char *const tenants[] = {"salon-001", "salon-002"};
    static const char *const streams[] = {"ONE", "TWO"};
    struct nexus_client *client = test_client("crm");
    struct test_seen *seen = calloc(1, sizeof *seen);
    struct test_raw raw;
    bool handled[400] = {false};
    test_raw_open(&raw, test_server.url);
    test_raw_delete_stream(&raw, "NEXUS");
    test_raw_stream(&raw, "ONE", "nexus.salon-001.>");
    test_raw_stream(&raw, "TWO", "nexus.salon-002.>");
    for (int i = 0; i < 2; i++) {
        struct nexus_subscribe_options *options = nexus_subscribe_options_new();
        publish_numbers(client, tenants[i], i * 200, 200);
        OK(nexus_subscribe_options_set_stream(options, streams[i], err));
        OK(nexus_subscribe_options_set_durable(options, "merged", err));
        test_subscribe(client, tenants[i], seen, options);
        nexus_subscribe_options_destroy(options);
    }
    WAIT_UNTIL(test_stats(client).queued == 400);
    DISPATCH_UNTIL(client, seen->count == 400);
    bool both = false;
    for (int i = 0; i < 400; i++) {
        ck_assert(!handled[seen->numbers[i]]);
        handled[seen->numbers[i]] = true;
        both |= i > 0 && i < 200 && (seen->numbers[i] < 200) != (seen->numbers[0] < 200);
    }
    ck_assert(both); /* neither waits until the other is empty */
    test_raw_close(&raw);
    nexus_client_destroy(client);
    free(seen);
}
END_TEST

START_TEST(a_small_queue_holds_back_the_pull)
{
    struct nexus_client *client = test_client("crm");
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct test_seen seen = {0};
    publish_numbers(client, TEST_TENANT, 0, 100);
    OK(nexus_subscribe_options_set_queue(options, 5, 65536, err));
    test_subscribe(client, NULL, &seen, options);
    WAIT_UNTIL(test_stats(client).queued == 5);
    ck_assert_uint_eq(test_stats(client).received, 5);
    DISPATCH_UNTIL(client, seen.count == 100);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(seen.numbers[i], i);
    }
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("subscribe");
    TCase *stream = test_case_with_stream(suite, "subscribe");
    tcase_add_test(stream, a_durable_remembers_its_place);
    tcase_add_test(stream, destroying_a_subscription_leaves_the_consumer);
    tcase_add_test(stream, a_tenants_subscription_sees_only_that_tenant);
    tcase_add_test(stream, everything_of_one_tenant_and_everything);
    tcase_add_test(stream, two_instances_share_the_work);
    tcase_add_test(stream, a_new_consumer_starts_where_it_is_told);
    tcase_add_test(stream, a_consumer_of_another_kind_is_a_conflict);
    tcase_add_test(stream, what_cannot_be_subscribed_is_refused);
    tcase_add_test(stream, streams_of_several_tenants_merge);
    tcase_add_test(stream, a_small_queue_holds_back_the_pull);
    return test_main(suite);
}
