/* SPDX-License-Identifier: Apache-2.0 */
/* What a delivery tells: every getter, escapes, extras, chains, and nothing made that is not asked
 * for. */
#include "delivery.h"

#include "fake_stream.h"
#include "unit.h"

static struct fake_stream stream;

struct look {
    void (*at)(const struct nexus_json_event *event, struct nexus_delivery *delivery);
    int calls;
};

static enum nexus_verdict run_look(const struct nexus_json_event *event,
                                   struct nexus_delivery *delivery, void *data)
{
    struct look *look = data;

    look->calls++;
    look->at(event, delivery);
    return NEXUS_ACK;
}

static void deliver(void (*at)(const struct nexus_json_event *event,
                               struct nexus_delivery *delivery),
                    const char *subject, const char *const *headers, const char *body)
{
    struct nexus_subscription *subscription = NULL;
    struct look look = {at, 0};

    fake_stream_open(&stream, NULL);
    ck_assert_int_eq(
        nexus_subscribe_json(stream.client, NULL, NULL, run_look, &look, NULL, &subscription, NULL),
        NEXUS_OK);
    fake_deliver(&stream, subscription, subject, headers, body);
    fake_dispatch(&stream);
    ck_assert_int_eq(look.calls, 1);
    fake_stream_close(&stream);
}

#define PAYLOAD "{\"document_id\":\"d\",\"facts_extracted\":1, \"more\":[1,2]}"
#define WHOLE                                                                                  \
    "{\"causal_id\":\"evt-0000abcd\",\"vector_clock\":{ \"a\":1,\"b\":2},\"payload\":" PAYLOAD \
    ",\"tenant\":\"salon-001\",\"extra\":{\"x\":1},\"other\":null}"
#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void look_at_all(const struct nexus_json_event *event, struct nexus_delivery *delivery)
{
    size_t length = 0;

    ck_assert_uint_eq(event->size, sizeof(*event));
    ck_assert_str_eq(event->channel, "kbIngested");
    ck_assert_str_eq(event->payload, PAYLOAD);
    ck_assert_str_eq(nexus_delivery_subject(delivery), KB_SUBJECT);
    ck_assert_str_eq(nexus_delivery_channel(delivery), "kbIngested");
    ck_assert_str_eq(nexus_delivery_tenant(delivery), "salon-001");
    ck_assert_str_eq(nexus_delivery_causal_id(delivery), "evt-0000abcd");
    ck_assert_str_eq(nexus_delivery_traceparent(delivery), TRACE);
    ck_assert_str_eq(nexus_delivery_message_id(delivery), "salon-001:x");
    ck_assert_str_eq(nexus_delivery_vector_clock(delivery), "{ \"a\":1,\"b\":2}");
    ck_assert_str_eq(nexus_delivery_payload(delivery), PAYLOAD);
    ck_assert_str_eq(nexus_delivery_envelope_extra(delivery),
                     "{\"extra\":{\"x\":1},\"other\":null}");
    ck_assert_str_eq(nexus_delivery_body(delivery, &length), WHOLE);
    ck_assert_uint_eq(length, strlen(WHOLE));
    ck_assert_str_eq(nexus_delivery_body(delivery, NULL), WHOLE);
    ck_assert_str_eq(nexus_delivery_header(delivery, "Nats-Msg-Id"), "salon-001:x");
    ck_assert_ptr_null(nexus_delivery_header(delivery, "nats-msg-id"));
    ck_assert_ptr_null(nexus_delivery_header(delivery, NULL));
    ck_assert_str_eq(nexus_delivery_stream(delivery), "NEXUS");
    ck_assert_str_eq(nexus_delivery_consumer(delivery), "test-all-all");
    ck_assert_uint_eq(nexus_delivery_sequence(delivery), 1);
    ck_assert_uint_eq(nexus_delivery_count(delivery), 1);
    ck_assert_uint_eq(nexus_delivery_pending(delivery), 5);
    ck_assert_int_eq(nexus_delivery_time(delivery), 1700000000000000000);
    ck_assert_ptr_eq(nexus_delivery_payload(delivery), event->payload);
}

START_TEST(every_getter_tells)
{
    static const char *const headers[] = {"Nats-Msg-Id", "salon-001:x", "traceparent", TRACE, NULL};

    deliver(look_at_all, KB_SUBJECT, headers, WHOLE);
}
END_TEST

static void look_at_little(const struct nexus_json_event *event, struct nexus_delivery *delivery)
{
    const struct nx_chain *chain = nx_delivery_chain(delivery);

    (void)event;
    ck_assert_str_eq(nexus_delivery_tenant(delivery), "salon-001");
    ck_assert_ptr_null(nexus_delivery_message_id(delivery));
    ck_assert_ptr_null(nexus_delivery_envelope_extra(delivery));
    ck_assert_str_eq(chain->causal_id, "evt-0000abcd");
    ck_assert_mem_eq(nexus_delivery_traceparent(delivery), "00-0000000000000000000000000000abcd-",
                     36);
    ck_assert_ptr_eq(nexus_delivery_traceparent(delivery), nexus_delivery_traceparent(delivery));
}

START_TEST(a_foreign_event_tells_what_there_is)
{
    deliver(look_at_little, KB_SUBJECT, NULL,
            "{\"payload\":{\"document_id\":\"d\",\"facts_extracted\":1},"
            "\"vector_clock\":{},\"causal_id\":\"evt-0000abcd\"}");
}
END_TEST

static void look_at_escapes(const struct nexus_json_event *event, struct nexus_delivery *delivery)
{
    (void)event;
    ck_assert_str_eq(nexus_delivery_causal_id(delivery), "evt-\"0\"\xd0\xb6");
    ck_assert_str_eq(nexus_delivery_tenant(delivery), "salon-001");
    ck_assert_str_eq(nx_delivery_chain(delivery)->causal_id, "evt-\"0\"\xd0\xb6");
}

START_TEST(escapes_are_undone)
{
    deliver(look_at_escapes, KB_SUBJECT, NULL,
            "{\"causal_id\":\"evt-\\\"0\\\"\\u0436\",\"vector_clock\":{},"
            "\"payload\":{\"document_id\":\"d\",\"facts_extracted\":1},"
            "\"tenant\":\"\\u0073alon-001\"}");
}
END_TEST

static void look_at_core(const struct nexus_json_event *event, struct nexus_delivery *delivery)
{
    (void)event;
    ck_assert_str_eq(nexus_delivery_channel(delivery), "edgeHealth");
    ck_assert_str_eq(nexus_delivery_tenant(delivery), "salon-009");
    ck_assert_str_eq(nexus_delivery_causal_id(delivery), "");
    ck_assert_str_eq(nx_delivery_chain(delivery)->causal_id, "");
    ck_assert_uint_eq(strlen(nexus_delivery_traceparent(delivery)), 55);
}

START_TEST(a_system_event_may_be_about_a_tenant)
{
    deliver(look_at_core, "nexus._core.edge.health.edge-1", NULL,
            "{\"causal_id\":\"\",\"vector_clock\":{},\"payload\":{\"node_id\":\"edge-1\","
            "\"status\":\"healthy\"},\"tenant\":\"salon-009\"}");
}
END_TEST

static void look_at_no_tenant(const struct nexus_json_event *event, struct nexus_delivery *delivery)
{
    (void)event;
    ck_assert_ptr_null(nexus_delivery_tenant(delivery));
}

START_TEST(a_system_event_may_be_about_nobody)
{
    deliver(look_at_no_tenant, "nexus._core.tenant.provisioned", NULL,
            "{\"causal_id\":\"\",\"vector_clock\":{},\"payload\":{}}");
}
END_TEST

static void look_at_nothing(const struct nexus_json_event *event, struct nexus_delivery *delivery)
{
    ck_assert_str_eq(event->payload, "{}");
    ck_assert(!delivery->chain_made);
    ck_assert_ptr_null(delivery->texts[NX_TEXT_CAUSAL_ID]);
    ck_assert_ptr_null(delivery->texts[NX_TEXT_VECTOR_CLOCK]);
}

START_TEST(nothing_is_made_before_it_is_asked_for)
{
    deliver(look_at_nothing, "nexus._core.tenant.provisioned", NULL,
            "{\"causal_id\":\"evt-1\",\"vector_clock\":{},\"payload\":{}}");
}
END_TEST

UNIT_MAIN("delivery", every_getter_tells, a_foreign_event_tells_what_there_is, escapes_are_undone,
          a_system_event_may_be_about_a_tenant, a_system_event_may_be_about_nobody,
          nothing_is_made_before_it_is_asked_for)
