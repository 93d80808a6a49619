/* SPDX-License-Identifier: Apache-2.0 */
/* What the server says of the stream and its consumers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "simple.h"

START_TEST(a_stream_is_described)
{
    struct nexus_client *client = test_client("admin");
    struct nexus_stream_info info = NEXUS_STREAM_INFO_INIT;
    OK(nexus_inspect_stream(client, NULL, &info, err));
    ck_assert_str_eq(info.name, "NEXUS");
    ck_assert_uint_eq(info.events, 0);
    ck_assert_uint_eq(info.last_sequence, 0);
    ck_assert_int_eq(info.last_time, 0);
    for (int i = 0; i < 3; i++)
        OK(test_publish(client, i, NULL, NULL, err));
    OK(nexus_inspect_stream(client, "NEXUS", &info, err));
    ck_assert_uint_eq(info.events, 3);
    ck_assert_uint_gt(info.bytes, 100);
    ck_assert_uint_eq(info.first_sequence, 1);
    ck_assert_uint_eq(info.last_sequence, 3);
    ck_assert_int_gt(info.first_time, INT64_C(1600000000000000000));
    ck_assert_int_ge(info.last_time, info.first_time);
    ck_assert_uint_eq(info.consumers, 0);
    ck_assert_uint_eq(info.replicas, 1);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_consumer_is_described)
{
    struct nexus_client *client = test_client("crm");
    struct nexus_consumer_info info = NEXUS_CONSUMER_INFO_INIT;
    struct test_seen seen = {0};
    for (int i = 0; i < 4; i++)
        OK(test_publish(client, i, NULL, NULL, err));
    test_subscribe(client, TEST_TENANT, &seen, NULL);
    DISPATCH_UNTIL(client, seen.count == 4);
    do /* acks travel on their own */
        OK(nexus_inspect_consumer(client, NULL, "crm-kb_ingested-salon-001", &info, err));
    while (info.acked < 4);
    ck_assert_str_eq(info.name, "crm-kb_ingested-salon-001");
    ck_assert_str_eq(info.filter, TEST_SIMPLE_SUBJECT);
    ck_assert(info.durable);
    ck_assert_uint_eq(info.pending, 0);
    ck_assert_uint_eq(info.unsettled, 0);
    ck_assert_uint_eq(info.deliveries, 4);
    ck_assert_uint_eq(info.delivered, 4);
    ck_assert_int_gt(info.created, INT64_C(1600000000000000000));
    nexus_client_destroy(client);
}
END_TEST

struct list {
    int count;
    bool seen[300];
};

static void note(const struct nexus_consumer_info *consumer, void *data)
{
    struct list *list = data;
    int number = -1;
    ck_assert_int_eq(sscanf(consumer->name, "c-%d", &number), 1);
    ck_assert(number >= 0 && number < 300 && !list->seen[number]);
    list->seen[number] = true;
    list->count++;
}

static void make_consumer(struct nexus_client *client, const char *name)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct test_seen *seen = calloc(1, sizeof(*seen));
    OK(nexus_subscribe_options_set_durable(options, name, err));
    nexus_subscription_destroy(test_subscribe(client, NULL, seen, options));
    nexus_subscribe_options_destroy(options);
    free(seen);
}

START_TEST(every_consumer_is_listed_page_by_page)
{
    struct nexus_client *client = test_client("crm");
    struct list list = {0};
    char name[16];
    OK(nexus_list_consumers(client, NULL, note, &list, err));
    ck_assert_int_eq(list.count, 0);
    for (int i = 0; i < 300; i++) { /* a page of the server's has 256 */
        snprintf(name, sizeof(name), "c-%d", i);
        make_consumer(client, name);
    }
    OK(nexus_list_consumers(client, NULL, note, &list, err));
    ck_assert_int_eq(list.count, 300);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(what_is_not_there_and_what_is_unusable)
{
    struct nexus_client *client = test_client("crm");
    struct nexus_stream_info stream = NEXUS_STREAM_INFO_INIT;
    struct nexus_consumer_info consumer = NEXUS_CONSUMER_INFO_INIT;
    struct list list = {0};
    FAILS(NEXUS_E_NOT_FOUND, nexus_inspect_stream(client, "OTHER", &stream, err));
    FAILS(NEXUS_E_NOT_FOUND, nexus_inspect_consumer(client, NULL, "nobody", &consumer, err));
    FAILS(NEXUS_E_NOT_FOUND, nexus_inspect_consumer(client, "OTHER", "nobody", &consumer, err));
    FAILS(NEXUS_E_NOT_FOUND, nexus_list_consumers(client, "OTHER", note, &list, err));
    FAILS(NEXUS_E_INVALID, nexus_inspect_stream(client, "a b", &stream, err));
    FAILS(NEXUS_E_INVALID, nexus_inspect_stream(client, NULL, NULL, err));
    FAILS(NEXUS_E_INVALID, nexus_inspect_consumer(client, NULL, "a.b", &consumer, err));
    FAILS(NEXUS_E_INVALID, nexus_inspect_consumer(client, NULL, NULL, &consumer, err));
    FAILS(NEXUS_E_INVALID, nexus_list_consumers(client, NULL, NULL, NULL, err));
    stream.size = 0;
    FAILS(NEXUS_E_INVALID, nexus_inspect_stream(client, NULL, &stream, err));
    ck_assert_int_eq(list.count, 0);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inspect");
    TCase *streams = test_case_with_stream(suite, "with a stream");
    tcase_add_test(streams, a_stream_is_described);
    tcase_add_test(streams, a_consumer_is_described);
    tcase_add_test(streams, every_consumer_is_listed_page_by_page);
    tcase_add_test(streams, what_is_not_there_and_what_is_unusable);
    return test_main(suite);
}
