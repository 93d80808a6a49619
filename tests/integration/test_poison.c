/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of foreign publishers that are not what their subject says: none reaches a handler, each
 * is reported, counted by kind and terminated, and the events around it are delivered. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

#define ENVELOPE(tenant, payload) \
    "{\"causal_id\":\"evt-9f3ac21d\",\"vector_clock\":{\"n\":1},\"payload\":" payload tenant "}"
#define GOOD       "{\"document_id\":\"d\",\"facts_extracted\":1}"
#define SAME       ",\"tenant\":\"" TEST_TENANT "\""
#define KB_SUBJECT TEST_SIMPLE_SUBJECT

/* One hostile message, the code it is reported with, and the place that the report names. */
struct hostile {
    const char *subject;
    const char *body;
    size_t length; /* 0: strlen */
    int code;
    const char *where; /* a part of it; NULL: any */
    size_t counter;    /* offset in struct nexus_client_stats */
};

#define COUNTER(name) offsetof(struct nexus_client_stats, name)

static const struct hostile hostiles[] = {
    {KB_SUBJECT, "", 0, NEXUS_E_JSON, NULL, COUNTER(poison_json)},
    {KB_SUBJECT, "not json", 0, NEXUS_E_JSON, NULL, COUNTER(poison_json)},
    {KB_SUBJECT, "{}{}", 0, NEXUS_E_JSON, NULL, COUNTER(poison_json)},
    {KB_SUBJECT, "{\"a\":\"\xc0\xaf\"}", 0, NEXUS_E_JSON, NULL, COUNTER(poison_json)},
    {KB_SUBJECT,
     ENVELOPE(SAME, "{\"document_id\":\"a\",\"document_id\":\"b\",\"facts_extracted\":1}"), 0,
     NEXUS_E_JSON, "document_id", COUNTER(poison_json)},
    {KB_SUBJECT, "{\"a\":1}\0", 8, NEXUS_E_JSON, NULL, COUNTER(poison_json)},
    {KB_SUBJECT, "[]", 0, NEXUS_E_VALIDATION, NULL, COUNTER(poison_envelope)},
    {KB_SUBJECT, "{}", 0, NEXUS_E_VALIDATION, NULL, COUNTER(poison_envelope)},
    {KB_SUBJECT, "{\"causal_id\":7,\"vector_clock\":{},\"payload\":" GOOD "}", 0,
     NEXUS_E_VALIDATION, "causal_id", COUNTER(poison_envelope)},
    {KB_SUBJECT, "{\"causal_id\":\"\",\"vector_clock\":{\"n\":-1},\"payload\":" GOOD "}", 0,
     NEXUS_E_VALIDATION, "vector_clock", COUNTER(poison_envelope)},
    {KB_SUBJECT, "{\"causal_id\":\"\",\"vector_clock\":{},\"payload\":[]}", 0, NEXUS_E_VALIDATION,
     "payload", COUNTER(poison_envelope)},
    {KB_SUBJECT, ENVELOPE(",\"tenant\":\"salon-002\"", GOOD), 0, NEXUS_E_TENANT, "tenant",
     COUNTER(poison_tenant)},
    {KB_SUBJECT, ENVELOPE(",\"tenant\":null", GOOD), 0, NEXUS_E_VALIDATION, "tenant",
     COUNTER(poison_envelope)},
    {KB_SUBJECT, ENVELOPE(SAME, "{\"document_id\":\"d\"}"), 0, NEXUS_E_VALIDATION,
     "payload.facts_extracted", COUNTER(poison_payload)},
    {KB_SUBJECT, ENVELOPE(SAME, "{\"document_id\":3,\"facts_extracted\":1}"), 0, NEXUS_E_VALIDATION,
     "payload.document_id", COUNTER(poison_payload)},
    {KB_SUBJECT, ENVELOPE(SAME, "{\"document_id\":\"d\",\"facts_extracted\":9007199254740993}"), 0,
     NEXUS_E_VALIDATION, "payload.facts_extracted", COUNTER(poison_payload)},
    {"nexus._core.edge.health.edge-2",
     ENVELOPE("", "{\"node_id\":\"edge-1\",\"status\":\"healthy\"}"), 0, NEXUS_E_TENANT, "node_id",
     COUNTER(poison_tenant)},
    {"nexus.salon-001.no.such_channel", ENVELOPE(SAME, "{}"), 0, NEXUS_E_CHANNEL, NULL,
     COUNTER(poison_channel)},
    {"nexus.salon-001", ENVELOPE(SAME, "{}"), 0, NEXUS_E_CHANNEL, NULL, COUNTER(poison_channel)},
    {"nexus._private.kb.ingested", ENVELOPE("", GOOD), 0, NEXUS_E_CHANNEL, NULL,
     COUNTER(poison_channel)},
};

#define HOSTILES (sizeof hostiles / sizeof hostiles[0])

struct seen {
    int events;
    int poisons;
    const struct hostile *expected;
};

static enum nexus_verdict on_json(const struct nexus_json_event *event,
                                  struct nexus_delivery *delivery, void *data)
{
    struct seen *seen = data;
    (void)delivery;
    ck_assert_str_eq(event->payload, GOOD);
    seen->events++;
    return NEXUS_ACK;
}

static void on_poison(struct nexus_subscription *subscription, const struct nexus_poison *poison,
                      void *data)
{
    struct seen *seen = data;
    const struct hostile *expected = seen->expected;
    size_t length = expected->length != 0 ? expected->length : strlen(expected->body);
    ck_assert_ptr_nonnull(subscription);
    ck_assert_uint_ge(poison->size, offsetof(struct nexus_poison, body_length) + sizeof(size_t));
    ck_assert_str_eq(poison->subject, expected->subject);
    ck_assert_str_eq(poison->stream, "NEXUS");
    ck_assert_uint_eq(poison->sequence, 2);
    ck_assert_uint_eq(poison->body_length, length);
    ck_assert_mem_eq(poison->body, expected->body, length);
    ck_assert_msg(poison->err->code == expected->code, "%s: %s: %s",
                  nexus_status_name(poison->err->code), poison->err->where, poison->err->message);
    ck_assert_msg(expected->where == NULL || strstr(poison->err->where, expected->where) != NULL,
                  "%s: %s", poison->err->where, poison->err->message);
    seen->poisons++;
}

static struct nexus_client *listen_to_all(struct seen *seen)
{
    struct nexus_client *client = test_client("listener");
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *subscription = NULL;
    OK(nexus_subscribe_options_set_poison_callback(options, on_poison, seen, err));
    OK(nexus_subscribe_json(client, NULL, NULL, on_json, seen, options, &subscription, err));
    nexus_subscribe_options_destroy(options);
    return client;
}

static bool is_done(struct test_raw *raw, const char *durable)
{
    jsConsumerInfo *info = test_raw_consumer(raw, "NEXUS", durable);
    bool done = info != NULL && info->NumPending == 0 && info->NumAckPending == 0;
    jsConsumerInfo_Destroy(info);
    return done;
}

START_TEST(a_poison_message_is_reported_and_ended)
{
    const struct hostile *hostile = &hostiles[_i];
    struct seen seen = {.expected = hostile};
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    test_raw_text(&raw, KB_SUBJECT, ENVELOPE(SAME, GOOD));
    test_raw_publish(&raw, hostile->subject, hostile->body,
                     hostile->length != 0 ? hostile->length : strlen(hostile->body), NULL);
    test_raw_text(&raw, KB_SUBJECT, ENVELOPE(SAME, GOOD));
    struct nexus_client *client = listen_to_all(&seen);
    DISPATCH_UNTIL(client, seen.events == 2 && seen.poisons == 1);
    WAIT_UNTIL(is_done(&raw, "listener-all-all"));
    struct nexus_client_stats stats = test_stats(client);
    ck_assert_uint_eq(stats.poison, 1);
    uint64_t counter;
    memcpy(&counter, (const char *)&stats + hostile->counter, sizeof counter);
    ck_assert_uint_eq(counter, 1);
    ck_assert_uint_eq(stats.handled, 2);
    ck_assert_uint_eq(stats.redelivered, 0);
    nexus_client_destroy(client);
    test_raw_close(&raw);
}
END_TEST

START_TEST(a_body_above_the_limit_is_poison)
{
    struct nexus_client_options *options = test_options("listener");
    OK(nexus_client_options_set_max_body(options, 1024, err));
    struct nexus_client *client = test_client_of(options);
    struct test_seen seen = {0};
    struct test_raw raw;
    char large[2049];
    memset(large, ' ', 2048);
    memcpy(large, ENVELOPE(SAME, GOOD), strlen(ENVELOPE(SAME, GOOD)));
    large[2048] = '\0';
    test_raw_open(&raw, test_server.url);
    test_raw_text(&raw, KB_SUBJECT, large);
    test_raw_text(&raw, KB_SUBJECT, ENVELOPE(SAME, GOOD));
    test_subscribe(client, NULL, &seen, NULL);
    DISPATCH_UNTIL(client, seen.count == 1 && test_stats(client).poison_size == 1);
    WAIT_UNTIL(is_done(&raw, "listener-kb_ingested-all"));
    nexus_client_destroy(client);
    test_raw_close(&raw);
}
END_TEST

START_TEST(a_foreign_but_sound_event_is_delivered)
{
    struct nexus_client *client = test_client("listener");
    struct test_seen seen = {0};
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    /* No tenant, spaces, other order, integers as 1.0 and 2e0, unknown members in both places. */
    test_raw_text(&raw, KB_SUBJECT,
                  " { \"payload\" : {\"facts_extracted\":1.0,\"new\":[],\"document_id\":\"\"},"
                  "\"vector_clock\":{},\"trace\":{\"a\":1},\"causal_id\":\"\"} ");
    test_raw_text(&raw, KB_SUBJECT,
                  ENVELOPE("", "{\"document_id\":\"d\",\"facts_extracted\":2e0}"));
    test_subscribe(client, NULL, &seen, NULL);
    DISPATCH_UNTIL(client, seen.count == 2);
    ck_assert_int_eq(seen.numbers[0], 1);
    ck_assert_int_eq(seen.numbers[1], 2);
    ck_assert_uint_eq(test_stats(client).poison, 0);
    nexus_client_destroy(client);
    test_raw_close(&raw);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("poison");
    TCase *stream = test_case_with_stream(suite, "poison");
    tcase_add_loop_test(stream, a_poison_message_is_reported_and_ended, 0, (int)HOSTILES);
    tcase_add_test(stream, a_body_above_the_limit_is_poison);
    tcase_add_test(stream, a_foreign_but_sound_event_is_delivered);
    return test_main(suite);
}
