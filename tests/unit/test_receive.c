/* SPDX-License-Identifier: Apache-2.0 */
/* What a message must be before a handler sees it, and what each failure counts as. */
#include <stdio.h>

#include "delivery.h"
#include "fake_stream.h"
#include "unit.h"

#define TENANT ",\"tenant\":\"salon-001\""
#define GOOD   "{\"document_id\":\"d\",\"facts_extracted\":1}"
#define BODY(payload, tail) \
    "{\"causal_id\":\"evt-1\",\"vector_clock\":{\"edge-1\":7},\"payload\":" payload tail "}"
#define EDGE "nexus._core.edge.health.edge-1"

static struct fake_stream stream;

struct seen {
    int events;
    int poisons;
    struct nexus_error error;
    char subject[256];
    uint64_t sequence;
};

static struct seen seen;

static enum nexus_verdict on_event(const struct nexus_json_event *event,
                                   struct nexus_delivery *delivery, void *data)
{
    (void)event;
    (void)delivery;
    (void)data;
    seen.events++;
    return NEXUS_ACK;
}

static void on_poison(struct nexus_subscription *subscription, const struct nexus_poison *poison,
                      void *data)
{
    (void)subscription;
    (void)data;
    seen.poisons++;
    seen.error = *poison->err;
    seen.sequence = poison->sequence;
    snprintf(seen.subject, sizeof(seen.subject), "%s", poison->subject);
    ck_assert_uint_eq(poison->size, sizeof(*poison));
    ck_assert_str_eq(poison->stream, "NEXUS");
    ck_assert_uint_eq(strlen(poison->body), poison->body_length);
}

static struct nexus_subscription *begin(const char *channel, const char *tenant)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *subscription = NULL;
    struct nexus_error err = NEXUS_ERROR_INIT;

    memset(&seen, 0, sizeof(seen));
    fake_stream_open(&stream, NULL);
    unit_ok(nexus_subscribe_options_set_poison_callback(options, on_poison, NULL, &err), &err);
    unit_ok(nexus_subscribe_json(stream.client, channel, tenant, on_event, NULL, options,
                                 &subscription, &err),
            &err);
    nexus_subscribe_options_destroy(options);
    return subscription;
}

static uint64_t counter(enum nx_counter which)
{
    return atomic_load(&stream.client->counters[which]);
}

static uint64_t clock_of(const char *node)
{
    char *text = NULL;
    int64_t value = -1;

    ck_assert_int_eq(nexus_client_vector_clock(stream.client, &text, NULL), NEXUS_OK);
    ck_assert_int_eq(nexus_vector_clock_get(text, node, &value, NULL), NEXUS_OK);
    nexus_free(text);
    return (uint64_t)value;
}

struct hostile {
    const char *subject;
    const char *body;
    int code;
    const char *where;
    enum nx_counter counter;
};

static const struct hostile hostiles[] = {
    {KB_SUBJECT, "", NEXUS_E_JSON, NULL, NX_POISON_JSON},
    {KB_SUBJECT, "{", NEXUS_E_JSON, NULL, NX_POISON_JSON},
    {KB_SUBJECT, BODY(GOOD, TENANT) "x", NEXUS_E_JSON, NULL, NX_POISON_JSON},
    {KB_SUBJECT, "[]", NEXUS_E_VALIDATION, NULL, NX_POISON_ENVELOPE},
    {KB_SUBJECT, "{\"vector_clock\":{\"edge-1\":7},\"payload\":{}}", NEXUS_E_VALIDATION,
     "causal_id", NX_POISON_ENVELOPE},
    {KB_SUBJECT, BODY("[]", TENANT), NEXUS_E_VALIDATION, "payload", NX_POISON_ENVELOPE},
    {KB_SUBJECT, BODY(GOOD, ",\"tenant\":\"salon-002\""), NEXUS_E_TENANT, "tenant",
     NX_POISON_TENANT},
    {KB_SUBJECT, BODY("{\"document_id\":\"d\"}", TENANT), NEXUS_E_VALIDATION,
     "payload.facts_extracted", NX_POISON_PAYLOAD},
    {KB_SUBJECT, BODY("{\"document_id\":\"d\",\"facts_extracted\":1.5}", TENANT),
     NEXUS_E_VALIDATION, "payload.facts_extracted", NX_POISON_PAYLOAD},
    {EDGE, BODY("{\"node_id\":\"edge-2\",\"status\":\"healthy\"}", ""), NEXUS_E_TENANT,
     "payload.node_id", NX_POISON_TENANT},
    {"nexus.salon-001.no.such", BODY(GOOD, TENANT), NEXUS_E_CHANNEL, "nexus.salon-001.no.such",
     NX_POISON_CHANNEL},
    {"nexus._core.kb.ingested", BODY(GOOD, ""), NEXUS_E_CHANNEL, "nexus._core.kb.ingested",
     NX_POISON_CHANNEL},
};

START_TEST(poison_reaches_no_handler_and_does_not_come_again)
{
    const struct hostile *hostile = &hostiles[_i];
    struct nexus_subscription *subscription = begin(NULL, NULL);
    uint64_t number = fake_deliver(&stream, subscription, hostile->subject, NULL, hostile->body);

    ck_assert_int_eq(fake_dispatch(&stream), 1);
    ck_assert_int_eq(seen.events, 0);
    ck_assert_int_eq(seen.poisons, 1);
    ck_assert_msg(seen.error.code == hostile->code, "%s: %s: %s",
                  nexus_status_name(seen.error.code), seen.error.where, seen.error.message);
    if (hostile->where)
        ck_assert_str_eq(seen.error.where, hostile->where);
    ck_assert_str_eq(seen.subject, hostile->subject);
    ck_assert_uint_eq(seen.sequence, number);
    ck_assert_uint_eq(counter(hostile->counter), 1);
    ck_assert_uint_eq(counter(NX_POISON), 1);
    ck_assert_uint_eq(counter(NX_IN_HAND), 0);
    ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "+TERM"), 1);
    ck_assert_str_eq(fake_last(stream.wire, "$JS.ACK", NULL)->body, "+TERM");
    ck_assert_uint_eq(clock_of("edge-1"), 0); /* its clock is not believed either */
    /* A neighbour is not harmed. */
    fake_event(&stream, subscription);
    ck_assert_int_eq(fake_dispatch(&stream), 1);
    ck_assert_int_eq(seen.events, 1);
    ck_assert_uint_eq(clock_of("edge-1"), 7);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(a_body_above_the_limit_is_not_read)
{
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_subscription *subscription = NULL;
    char body[1100];

    ck_assert_int_eq(nexus_client_options_set_max_body(options, 1024, NULL), NEXUS_OK);
    fake_stream_open(&stream, options);
    nexus_client_options_destroy(options);
    memset(&seen, 0, sizeof(seen));
    ck_assert_int_eq(
        nexus_subscribe_json(stream.client, NULL, NULL, on_event, NULL, NULL, &subscription, NULL),
        NEXUS_OK);
    memset(body, ' ', sizeof(body));
    memcpy(body, KB_BODY("evt-1"), strlen(KB_BODY("evt-1")));
    body[1025] = 0;
    fake_deliver(&stream, subscription, KB_SUBJECT, NULL, body);
    body[1024] = 0;
    fake_deliver(&stream, subscription, KB_SUBJECT, NULL, body);
    fake_dispatch(&stream);
    ck_assert_int_eq(seen.events, 1);
    ck_assert_uint_eq(counter(NX_POISON_SIZE), 1);
    fake_stream_close(&stream);
}
END_TEST

/* What its filter does not let through is not the subscription's to judge: it goes back, and the
 * consumer is looked at, since somebody must have changed it. */
START_TEST(a_subscription_gets_only_what_it_asked_for)
{
    static const char *const strays[] = {"nexus.salon-002.kb.ingested",
                                         "nexus.salon-001.booking.created", EDGE, "other.subject"};

    for (size_t i = 0; i < 4; i++) {
        struct nexus_subscription *subscription = begin("kbIngested", "salon-001");
        uint64_t number = fake_deliver(&stream, subscription, strays[i], NULL, BODY("{}", ""));
        ck_assert_int_eq(fake_dispatch(&stream), 0);
        ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "-NAK"), 1);
        ck_assert_int_eq(subscription->pull.state, NX_PULL_WAITING);
        fake_event(&stream, subscription);
        fake_dispatch(&stream);
        ck_assert_int_eq(seen.events, 1);
        ck_assert_int_eq(seen.poisons, 0);
        fake_stream_close(&stream);
    }
}
END_TEST

START_TEST(everything_of_a_tenant_is_only_of_that_tenant)
{
    struct nexus_subscription *subscription = begin(NULL, "salon-001");

    ck_assert_str_eq(nexus_subscription_filter(subscription), "nexus.salon-001.>");
    ck_assert_str_eq(nexus_subscription_durable(subscription), "test-all-salon-001");
    fake_deliver(&stream, subscription, "nexus.salon-001.booking.created", NULL, BODY("{}", ""));
    fake_event(&stream, subscription);
    fake_deliver(&stream, subscription, "nexus.salon-002.kb.ingested", NULL, BODY(GOOD, ""));
    fake_deliver(&stream, subscription, EDGE, NULL,
                 BODY("{\"node_id\":\"edge-1\",\"status\":\"healthy\"}", ""));
    fake_dispatch(&stream);
    ck_assert_int_eq(seen.events, 2);
    ck_assert_uint_eq(counter(NX_POISON), 0);
    fake_stream_close(&stream);
}
END_TEST

/* Whoever knows the inbox can write to it; a verdict would be our message on a subject of theirs.
 */
static const char *own_inbox(void)
{
    static char subject[300];

    snprintf(subject, sizeof(subject), "%s.p19.1", stream.client->inbox);
    return subject;
}

START_TEST(a_message_from_outside_the_stream_is_never_answered)
{
    static const char *const replies[] = {NULL, "", "nexus.salon-001.kb.ingested",
                                          "$JS.ACK.OTHER.test-all-all.1.1.1.1.1",
                                          "$JS.ACK.NEXUS.other.1.1.1.1.1"};
    struct nexus_subscription *subscription = begin(NULL, NULL);
    size_t before = stream.wire->sent_count;
    uint32_t outstanding = subscription->pull.outstanding;

    for (size_t i = 0; i < 5; i++)
        fake_message(stream.wire, subscription->listener, KB_SUBJECT, replies[i], NULL,
                     KB_BODY("evt-1"));
    ck_assert_int_eq(fake_dispatch(&stream), 0);
    ck_assert_int_eq(seen.events, 0);
    ck_assert_uint_eq(stream.wire->sent_count, before);
    ck_assert_uint_eq(subscription->pull.outstanding, outstanding);
    /* Past the server: the inbox is its subject, and the delivery that it names another's. */
    fake_message(stream.wire, subscription->listener, own_inbox(), fake_reply(subscription, 7, 1),
                 NULL, KB_BODY("evt-1"));
    ck_assert_int_eq(fake_dispatch(&stream), 0);
    ck_assert_uint_eq(stream.wire->sent_count, before);
    ck_assert_uint_eq(counter(NX_POISON_CHANNEL), 6);
    ck_assert_uint_eq(counter(NX_POISON), 6);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(drift_is_counted_and_delivered)
{
    static const char *const versions[] = {"1.9.0;%s", "2.0.0;0123456789abcdef", "2.0.0",
                                           "",         "2.0.0;%s;more",          "%s"};
    const struct nexus_channel *channel = nexus_channel_by_name("kbIngested");
    struct nexus_subscription *subscription = begin(NULL, NULL);
    char text[128];
    const char *headers[] = {"Nexus-Schema", text, NULL};

    snprintf(text, sizeof(text), "%s;%s", nexus_contract_version(),
             nexus_channel_fingerprint(channel));
    fake_deliver(&stream, subscription, KB_SUBJECT, headers, KB_BODY("evt-1"));
    fake_deliver(&stream, subscription, KB_SUBJECT, NULL, KB_BODY("evt-1"));
    fake_dispatch(&stream);
    ck_assert_uint_eq(counter(NX_SCHEMA_DRIFT), 0);
    for (size_t i = 0; i < 6; i++) {
        size_t at = strcspn(versions[i], "%");
        snprintf(text, sizeof(text), "%.*s%s%s", (int)at, versions[i],
                 versions[i][at] ? nexus_channel_fingerprint(channel) : "",
                 versions[i][at] ? versions[i] + at + 2 : "");
        fake_deliver(&stream, subscription, KB_SUBJECT, headers, KB_BODY("evt-1"));
        fake_dispatch(&stream);
        ck_assert_uint_eq(counter(NX_SCHEMA_DRIFT), i + 1);
    }
    ck_assert_int_eq(seen.events, 8);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(redeliveries_are_counted)
{
    struct nexus_subscription *subscription = begin(NULL, NULL);

    fake_message(stream.wire, subscription->listener, KB_SUBJECT, fake_reply(subscription, 4, 3),
                 NULL, KB_BODY("evt-1"));
    fake_dispatch(&stream);
    ck_assert_int_eq(seen.events, 1);
    ck_assert_uint_eq(counter(NX_REDELIVERED), 1);
    fake_stream_close(&stream);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("receive");
    TCase *tcase = tcase_create("receive");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, poison_reaches_no_handler_and_does_not_come_again, 0,
                        sizeof(hostiles) / sizeof(hostiles[0]));
    tcase_add_test(tcase, a_body_above_the_limit_is_not_read);
    tcase_add_test(tcase, a_subscription_gets_only_what_it_asked_for);
    tcase_add_test(tcase, everything_of_a_tenant_is_only_of_that_tenant);
    tcase_add_test(tcase, a_message_from_outside_the_stream_is_never_answered);
    tcase_add_test(tcase, drift_is_counted_and_delivered);
    tcase_add_test(tcase, redeliveries_are_counted);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
