/* SPDX-License-Identifier: Apache-2.0 */
/* Every channel: published typed, received typed, all members equal, and the delivery says what the
 * receipt says. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "sample.h"

#define TENANT "salon-001"

struct expected {
    void *event;
    struct nexus_receipt receipt;
};

struct roundtrip {
    struct nexus_client *client;
    struct expected sent[TEST_VARIANT_COUNT];
    int received;
    int passed_on;
};

static void check_delivery(const struct test_channel *channel, struct nexus_delivery *delivery,
                           const struct nexus_receipt *receipt)
{
    char subject[300];
    const char *brace = strchr(channel->address, '{');
    const char *value = channel->has_tenant ? TENANT : TEST_NODE;
    if (brace == NULL) {
        snprintf(subject, sizeof subject, "%s", channel->address);
    } else {
        snprintf(subject, sizeof subject, "%.*s%s%s", (int)(brace - channel->address),
                 channel->address, value, strchr(brace, '}') + 1);
    }
    ck_assert_str_eq(nexus_delivery_subject(delivery), subject);
    ck_assert_str_eq(nexus_delivery_channel(delivery), channel->name);
    ck_assert_pstr_eq(nexus_delivery_tenant(delivery), channel->has_tenant ? TENANT : NULL);
    ck_assert_str_eq(nexus_delivery_message_id(delivery), receipt->message_id);
    ck_assert_str_eq(nexus_delivery_header(delivery, "Nats-Msg-Id"), receipt->message_id);
    ck_assert_str_eq(nexus_delivery_header(delivery, "Nexus-Schema"),
                     test_schema_header(channel->name));
    ck_assert_str_eq(nexus_delivery_causal_id(delivery), receipt->causal_id);
    ck_assert_str_eq(nexus_delivery_stream(delivery), receipt->stream);
    ck_assert_uint_eq(nexus_delivery_sequence(delivery), receipt->sequence);
    ck_assert_uint_eq(nexus_delivery_count(delivery), 1);
    ck_assert_int_gt(nexus_delivery_time(delivery), 1600000000LL * 1000000000LL);
    size_t length = 0;
    const char *body = nexus_delivery_body(delivery, &length);
    ck_assert_uint_eq(strlen(body), length);
    ck_assert_ptr_nonnull(strstr(body, nexus_delivery_payload(delivery)));
    OK(nexus_validate_json(channel->name, nexus_delivery_payload(delivery), err));
}

static enum nexus_verdict on_event(const struct test_channel *channel, const void *event,
                                   struct nexus_delivery *delivery, void *data)
{
    struct roundtrip *trip = data;
    ck_assert_int_lt(trip->received, TEST_VARIANT_COUNT);
    const struct expected *expected = &trip->sent[trip->received];
    const char *difference = test_sample_difference(channel, expected->event, event);
    ck_assert_msg(difference == NULL, "%s, %s: member %s came back different; the payload is %s",
                  channel->name, test_variant_name((enum test_variant)trip->received), difference,
                  nexus_delivery_payload(delivery));
    check_delivery(channel, delivery, &expected->receipt);
    trip->received++;
    return NEXUS_ACK;
}

static void publish_all(struct roundtrip *trip, const struct test_channel *channel)
{
    for (int variant = 0; variant < TEST_VARIANT_COUNT; variant++) {
        struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
        void *event = test_sample_new(channel, (enum test_variant)variant, variant + 1);
        OK(channel->publish(trip->client, TENANT, event, NULL, &receipt, err));
        ck_assert_str_eq(receipt.stream, "NEXUS");
        ck_assert(!receipt.duplicate);
        trip->sent[variant] = (struct expected){event, receipt};
    }
}

/* tcase_add_loop_test gives the index as _i. */
START_TEST(every_member_comes_back)
{
    const struct test_channel *channel = &test_channels[_i];
    struct roundtrip trip = {.client = test_client("roundtrip")};
    struct test_sink sink = {on_event, &trip};
    struct nexus_subscription *subscription = NULL;
    publish_all(&trip, channel);
    OK(channel->subscribe(trip.client, NULL, &sink, NULL, &subscription, err));
    DISPATCH_UNTIL(trip.client, trip.received == TEST_VARIANT_COUNT);
    OK(nexus_client_close(trip.client, 10000, err));
    struct nexus_client_stats stats = test_stats(trip.client);
    ck_assert_uint_eq(stats.acked, TEST_VARIANT_COUNT);
    ck_assert_uint_eq(stats.handled, TEST_VARIANT_COUNT);
    ck_assert_uint_eq(stats.poison + stats.redelivered + stats.schema_drift + stats.failed, 0);
    nexus_client_destroy(trip.client);
    for (int variant = 0; variant < TEST_VARIANT_COUNT; variant++) {
        test_sample_destroy(channel, trip.sent[variant].event);
    }
}
END_TEST

static enum nexus_verdict pass_on(const struct test_channel *channel, const void *event,
                                  struct nexus_delivery *delivery, void *data)
{
    struct roundtrip *trip = data;
    const char *difference = test_sample_difference(channel, trip->sent[TEST_EXTRA].event, event);
    ck_assert_msg(difference == NULL, "%s: %s", channel->name, difference);
    if (trip->received++ == 0) {
        struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
        OK(channel->publish(trip->client, TENANT, event, NULL, &receipt, err));
        ck_assert_str_eq(receipt.causal_id, nexus_delivery_causal_id(delivery));
        trip->passed_on++;
    }
    return NEXUS_ACK;
}

START_TEST(nothing_is_lost_when_an_event_is_passed_on)
{
    const struct test_channel *channel = &test_channels[_i];
    struct roundtrip trip = {.client = test_client("pass-on")};
    struct test_sink sink = {pass_on, &trip};
    struct nexus_subscription *subscription = NULL;
    void *event = test_sample_new(channel, TEST_EXTRA, 7);
    trip.sent[TEST_EXTRA].event = event;
    OK(channel->subscribe(trip.client, NULL, &sink, NULL, &subscription, err));
    OK(channel->publish(trip.client, TENANT, event, NULL, NULL, err));
    DISPATCH_UNTIL(trip.client, trip.received == 2);
    ck_assert_int_eq(trip.passed_on, 1);
    nexus_client_destroy(trip.client);
    test_sample_destroy(channel, event);
}
END_TEST

START_TEST(the_table_and_the_registry_agree)
{
    ck_assert_uint_eq(test_channel_count, 27);
    ck_assert_uint_eq(nexus_channel_count(), test_channel_count);
    for (size_t i = 0; i < test_channel_count; i++) {
        const struct test_channel *expected = &test_channels[i];
        const struct nexus_channel *channel = nexus_channel_by_name(expected->name);
        ck_assert_ptr_nonnull(channel);
        ck_assert_str_eq(nexus_channel_c_name(channel), expected->c_name);
        ck_assert_str_eq(nexus_channel_address(channel), expected->address);
        ck_assert(nexus_channel_has_tenant(channel) == expected->has_tenant);
        ck_assert_uint_eq(nexus_channel_parameter_count(channel), expected->parameters);
        ck_assert_uint_eq(nexus_channel_member_count(channel), expected->member_count);
        ck_assert(nexus_channel_is_open(channel) == (expected->member_count == 0));
        for (size_t j = 0; j < expected->member_count; j++) {
            struct nexus_member member = NEXUS_MEMBER_INIT;
            OK(nexus_channel_member(channel, j, &member, err));
            ck_assert_str_eq(member.name, expected->members[j].name);
            ck_assert_int_eq(member.kind, expected->members[j].kind);
            ck_assert(member.required == expected->members[j].required);
            ck_assert_uint_eq(member.max_length, expected->members[j].max_length);
            ck_assert_pstr_eq(member.format, expected->members[j].format);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("roundtrip");
    TCase *bare = test_case_bare(suite, "registry");
    tcase_add_test(bare, the_table_and_the_registry_agree);
    TCase *channels = test_case_with_stream(suite, "channels");
    tcase_add_loop_test(channels, every_member_comes_back, 0, (int)test_channel_count);
    tcase_add_loop_test(channels, nothing_is_lost_when_an_event_is_passed_on, 0,
                        (int)test_channel_count);
    return test_main(suite);
}
