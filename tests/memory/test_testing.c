/* SPDX-License-Identifier: Apache-2.0 */
/* What a test can see and make: published events, explained expectations, events in any state. */
#include "memory.h"

static struct nexus_memory *bus;
static struct nexus_client *client;

static void begin(void)
{
    bus = memory_bus();
    client = memory_client(bus, "tested");
    memory_provision(client);
}

static void end(void)
{
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}

static void publish_json(const char *channel, const char *tenant, const char *payload)
{
    OK(nexus_publish_json(client, channel, tenant, payload, NULL, NULL, err));
}

START_TEST(each_event_is_shown_once_with_its_attempts)
{
    struct nexus_published published = NEXUS_PUBLISHED_INIT;
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;

    begin();
    memory_fault(bus, NEXUS_FAULT_DROP, NEXUS_FAULT_ON_ACK, 2);
    OK(memory_publish(client, 1, &receipt, err));
    publish_json("bookingCreated", "salon-002", "{\"booking\":7}");
    ck_assert_uint_eq(nexus_memory_published_count(bus, NULL), 2);
    ck_assert_uint_eq(nexus_memory_published_count(bus, "nexus.salon-002.>"), 1);
    OK(nexus_memory_published(bus, NULL, 0, &published, err));
    ck_assert_str_eq(published.subject, SUBJECT);
    ck_assert_str_eq(published.channel, "kbIngested");
    ck_assert_str_eq(published.message_id, receipt.message_id);
    ck_assert_uint_eq(published.attempts, 3);
    ck_assert_uint_eq(published.sequence, 1);
    ck_assert_ptr_nonnull(nexus_published_header(&published, "traceparent"));
    ck_assert_ptr_null(nexus_published_header(&published, "Traceparent"));
    FAILS(NEXUS_E_NOT_FOUND, nexus_memory_published(bus, NULL, 2, &published, err));
    nexus_memory_forget_published(bus);
    ck_assert_uint_eq(nexus_memory_published_count(bus, NULL), 0);
    end();
}
END_TEST

START_TEST(an_event_that_was_lost_is_shown_as_such)
{
    struct nexus_published published = NEXUS_PUBLISHED_INIT;

    begin();
    memory_fault(bus, NEXUS_FAULT_DROP, NEXUS_FAULT_ON_PUBLISH, 0);
    FAILS(NEXUS_E_TIMEOUT, memory_publish(client, 1, NULL, err));
    OK(nexus_memory_published(bus, NULL, 0, &published, err));
    ck_assert_uint_eq(published.sequence, 0);
    end();
}
END_TEST

START_TEST(expectations_that_hold)
{
    char *why = (char *)"untouched";

    begin();
    publish_json("bookingCreated", "salon-001", "{\"id\":7,\"at\":{\"day\":3,\"hour\":9}}");
    publish_json("bookingCreated", "salon-002", "{\"id\":8}");
    OK(nexus_test_expect_published(bus, "bookingCreated", NULL, NULL, 2, &why, err));
    ck_assert_ptr_null(why);
    OK(nexus_test_expect_published(bus, "bookingCreated", "salon-001", "{\"at\":{\"hour\":9}}", 1,
                                   NULL, err));
    OK(nexus_test_expect_published(bus, "bookingCreated", "salon-003", NULL, 0, NULL, err));
    OK(nexus_test_expect_published(bus, "bookingCreated", NULL, "{\"id\":8}",
                                   NEXUS_TEST_AT_LEAST_ONCE, NULL, err));
    end();
}
END_TEST

START_TEST(a_mismatch_is_explained_member_by_member)
{
    struct nexus_error error = NEXUS_ERROR_INIT;
    char *why = NULL;
    int code;

    begin();
    publish_json("bookingCreated", "salon-002", "{\"id\":7,\"at\":{\"hour\":9}}");
    OK(memory_publish(client, 1, NULL, err));
    code = nexus_test_expect_published(bus, "bookingCreated", "salon-001",
                                       "{\"id\":8,\"at\":{\"hour\":10},\"vip\":true}", 1, &why,
                                       &error);
    ck_assert_int_eq(code, NEXUS_E_NOT_FOUND);
    ck_assert_str_eq(why, "bookingCreated of tenant salon-001 with "
                          "{\"id\":8,\"at\":{\"hour\":10},\"vip\":true}: "
                          "published 0 times, expected 1\n"
                          "published (2):\n"
                          "  #0 nexus.salon-002.booking.created {\"id\":7,\"at\":{\"hour\":9}}\n"
                          "      tenant: \"salon-001\" expected, \"salon-002\" found\n"
                          "      payload.id: 8 expected, 7 found\n"
                          "      payload.at.hour: 10 expected, 9 found\n"
                          "      payload.vip: true expected, nothing found\n"
                          "  #1 nexus.salon-001.kb.ingested "
                          "{\"document_id\":\"doc-1\",\"facts_extracted\":1}\n");
    ck_assert_ptr_nonnull(strstr(error.message, "published 0 times, expected 1"));
    nexus_free(why);
    end();
}
END_TEST

START_TEST(nothing_published_says_so)
{
    char *why = NULL;

    begin();
    ck_assert_int_eq(nexus_test_expect_published(bus, "bookingCreated", NULL, NULL,
                                                 NEXUS_TEST_AT_LEAST_ONCE, &why, NULL),
                     NEXUS_E_NOT_FOUND);
    ck_assert_str_eq(why, "bookingCreated: published never\nnothing was published at all\n");
    nexus_free(why);
    end();
}
END_TEST

START_TEST(unsound_expectations_are_refused)
{
    begin();
    FAILS(NEXUS_E_CHANNEL, nexus_test_expect_published(bus, "nothing", NULL, NULL, 1, NULL, err));
    FAILS(NEXUS_E_JSON,
          nexus_test_expect_published(bus, "bookingCreated", NULL, "[]", 1, NULL, err));
    FAILS(NEXUS_E_INVALID,
          nexus_test_expect_published(bus, "bookingCreated", NULL, NULL, -2, NULL, err));
    FAILS(NEXUS_E_INVALID,
          nexus_test_expect_published(NULL, "bookingCreated", NULL, NULL, 1, NULL, err));
    end();
}
END_TEST

/* ---- events in any state */

static struct nexus_test_event *event_new(void)
{
    struct nexus_test_event *event = NULL;

    OK(nexus_test_event_new("kbIngested", TENANT,
                            "{\"document_id\":\"doc-5\",\"facts_extracted\":5}", &event, err));
    return event;
}

/* Puts the event and a sound one behind it; what became of them. */
static struct nexus_client_stats deliver(struct nexus_test_event *event, struct memory_seen *seen)
{
    struct nexus_client_stats stats = NEXUS_CLIENT_STATS_INIT;
    struct nexus_test_event *sound = event_new();

    memory_subscribe(client, seen, NULL);
    OK(nexus_test_event_put(bus, event, NULL, err));
    OK(nexus_test_event_put(bus, sound, NULL, err));
    while (stats.handled + stats.poison < 2) {
        memory_dispatch(client, 1000);
        OK(nexus_client_stats(client, &stats, err));
    }
    nexus_test_event_destroy(sound);
    nexus_test_event_destroy(event);
    return stats;
}

START_TEST(a_foreign_event_is_delivered)
{
    struct memory_seen seen = {0};

    begin();
    deliver(event_new(), &seen);
    ck_assert_int_eq(seen.count, 2);
    ck_assert_int_eq(seen.numbers[0], 5);
    end();
}
END_TEST

START_TEST(a_redelivered_event_is_counted_on)
{
    struct nexus_test_event *event = event_new();
    struct memory_seen seen = {0};

    begin();
    OK(nexus_test_event_set_delivered(event, 3, err));
    ck_assert_uint_eq(deliver(event, &seen).redelivered, 1);
    ck_assert_uint_eq(seen.deliveries[0], 4);
    ck_assert_uint_eq(seen.deliveries[1], 1);
    end();
}
END_TEST

START_TEST(a_forged_tenant_reaches_no_handler)
{
    struct nexus_test_event *event = event_new();
    struct memory_seen seen = {0};

    begin();
    OK(nexus_test_event_set_tenant(event, "salon-666", err));
    ck_assert_uint_eq(deliver(event, &seen).poison_tenant, 1);
    ck_assert_int_eq(seen.count, 1);
    end();
}
END_TEST

START_TEST(a_signed_event_is_believed_and_a_forged_one_is_not)
{
    struct nexus_signer *signer = NULL;
    struct nexus_trust *trust = NULL;
    struct nexus_client_options *options = nexus_client_options_new();
    const char *subjects[] = {"nexus.>", NULL};
    struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
    struct nexus_test_event *event = event_new();
    struct memory_seen seen = {0};
    char *key = NULL;

    rule.subjects = subjects;
    bus = memory_bus();
    OK(nexus_signer_generate(NULL, &signer, err));
    OK(nexus_signer_public(signer, NEXUS_KEY_JWK, &key, err));
    OK(nexus_trust_new(&trust, err));
    OK(nexus_trust_add(trust, key, &rule, err));
    OK(nexus_client_options_set_url(options, nexus_memory_url(bus), err));
    OK(nexus_client_options_set_trust(options, trust, NEXUS_TRUST_REQUIRE, err));
    OK(nexus_client_new(options, &client, err));
    memory_provision(client);
    OK(nexus_test_event_sign(event, signer, err));
    OK(nexus_test_event_put(bus, event, NULL, err));
    OK(nexus_test_event_set_header(event, "Nats-Msg-Id", NULL, err));
    OK(nexus_test_event_sign(event, signer, err));
    OK(nexus_test_event_set_causal_id(event, "evt-forged", err));
    ck_assert_uint_eq(deliver(event, &seen).poison_signature, 1);
    ck_assert_int_eq(seen.count, 1);
    FAILS(NEXUS_E_INVALID, nexus_test_event_sign(NULL, signer, err));
    nexus_client_options_destroy(options);
    nexus_trust_destroy(trust);
    nexus_signer_destroy(signer);
    nexus_free(key);
    end();
}
END_TEST

START_TEST(an_event_of_an_older_schema_is_delivered_and_noted)
{
    struct nexus_test_event *event = event_new();
    struct memory_seen seen = {0};

    begin();
    OK(nexus_test_event_set_header(event, "Nexus-Schema", "1.4.0", err));
    ck_assert_uint_eq(deliver(event, &seen).schema_drift, 1);
    ck_assert_int_eq(seen.count, 2);
    end();
}
END_TEST

START_TEST(a_broken_envelope_and_a_broken_body)
{
    struct nexus_test_event *event = event_new();
    struct memory_seen seen = {0};

    begin();
    OK(nexus_test_event_set_vector_clock(event, NULL, err));
    ck_assert_uint_eq(deliver(event, &seen).poison_envelope, 1);
    end();
    begin();
    event = event_new();
    memset(&seen, 0, sizeof(seen));
    OK(nexus_test_event_set_body(event, "{\xff", 2, err));
    ck_assert_uint_eq(deliver(event, &seen).poison_json, 1);
    end();
}
END_TEST

START_TEST(an_event_needs_a_stream_and_a_sound_subject)
{
    struct nexus_memory *empty = memory_bus();
    struct nexus_test_event *event = event_new();

    FAILS(NEXUS_E_NO_STREAM, nexus_test_event_put(empty, event, NULL, err));
    FAILS(NEXUS_E_INVALID, nexus_test_event_set_subject(event, "a.*", err));
    FAILS(NEXUS_E_INVALID, nexus_test_event_set_header(event, "", "x", err));
    FAILS(NEXUS_E_INVALID, nexus_test_event_set_time(event, -1, err));
    nexus_test_event_destroy(event);
    event = NULL;
    FAILS(NEXUS_E_CHANNEL, nexus_test_event_new("nothing", TENANT, "{}", &event, err));
    FAILS(NEXUS_E_SUBJECT, nexus_test_event_new("kbIngested", "a.b", "{}", &event, err));
    nexus_memory_close(empty);
}
END_TEST

/* ---- buses */

START_TEST(a_name_is_shared_and_lives_as_long_as_its_users)
{
    struct nexus_memory *first = NULL, *second = NULL, *of = NULL;

    OK(nexus_memory_open("shared", &first, err));
    OK(nexus_memory_open("shared", &second, err));
    ck_assert_ptr_eq(first, second);
    ck_assert_str_eq(nexus_memory_url(first), "memory:shared");
    client = memory_client(first, "one");
    OK(nexus_memory_of(client, &of, err));
    ck_assert_ptr_eq(of, first);
    memory_provision(client);
    nexus_memory_close(first);
    nexus_memory_close(second);
    nexus_memory_close(of);
    OK(nexus_memory_open("shared", &first, err));
    OK(memory_publish(client, 1, NULL, err));
    ck_assert_uint_eq(nexus_memory_published_count(first, NULL), 1);
    nexus_client_destroy(client);
    nexus_memory_close(first);
    /* The last one has taken the stream along. */
    OK(nexus_memory_open("shared", &first, err));
    client = memory_client(first, "two");
    FAILS(NEXUS_E_NO_STREAM, memory_publish(client, 1, NULL, err));
    nexus_client_destroy(client);
    nexus_memory_close(first);
}
END_TEST

START_TEST(unsound_names_are_refused)
{
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_memory *none = NULL;

    FAILS(NEXUS_E_SUBJECT, nexus_memory_open("", &none, err));
    FAILS(NEXUS_E_SUBJECT, nexus_memory_open("a b", &none, err));
    FAILS(NEXUS_E_INVALID, nexus_client_options_set_url(options, "memory:a/b", err));
    FAILS(NEXUS_E_INVALID, nexus_client_options_set_url(options, "memory:a,nats://b", err));
    OK(nexus_client_options_set_url(options, "memory:", err));
    nexus_client_options_destroy(options);
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(private_buses_are_apart)
{
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_client *first = NULL, *second = NULL;

    OK(nexus_client_options_set_url(options, "memory:", err));
    OK(nexus_client_new(options, &first, err));
    OK(nexus_client_new(options, &second, err));
    memory_provision(first);
    OK(memory_publish(first, 1, NULL, err));
    FAILS(NEXUS_E_NO_STREAM, memory_publish(second, 1, NULL, err));
    nexus_client_destroy(first);
    nexus_client_destroy(second);
    nexus_client_options_destroy(options);
}
END_TEST

MEMORY_MAIN("testing", each_event_is_shown_once_with_its_attempts,
            an_event_that_was_lost_is_shown_as_such, expectations_that_hold,
            a_mismatch_is_explained_member_by_member, nothing_published_says_so,
            unsound_expectations_are_refused, a_foreign_event_is_delivered,
            a_redelivered_event_is_counted_on, a_forged_tenant_reaches_no_handler,
            a_signed_event_is_believed_and_a_forged_one_is_not,
            an_event_of_an_older_schema_is_delivered_and_noted, a_broken_envelope_and_a_broken_body,
            an_event_needs_a_stream_and_a_sound_subject,
            a_name_is_shared_and_lives_as_long_as_its_users, unsound_names_are_refused,
            private_buses_are_apart)
