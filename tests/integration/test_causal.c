/* SPDX-License-Identifier: Apache-2.0 */
/* Causality over the wire: chains, trace context and vector clocks, from event to event. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

#define TEXT 300

/* What is worth remembering of a delivery. */
struct note {
    char causal_id[TEXT];
    char traceparent[64];
    char clock[4096];
    char message_id[128];
};

/* Answers number n with number n + 1, up to `last`; notes what it gets. */
struct relay {
    struct nexus_client *client;
    int last;
    int count;
    struct note notes[8];
    struct nexus_delivery *held;
};

static void note_delivery(struct note *note, const struct nexus_delivery *delivery)
{
    const char *id = nexus_delivery_message_id(delivery);
    snprintf(note->causal_id, TEXT, "%s", nexus_delivery_causal_id(delivery));
    snprintf(note->traceparent, sizeof note->traceparent, "%s",
             nexus_delivery_traceparent(delivery));
    snprintf(note->clock, sizeof note->clock, "%s", nexus_delivery_vector_clock(delivery));
    snprintf(note->message_id, sizeof note->message_id, "%s", id != NULL ? id : "");
}

static enum nexus_verdict relay_next(const struct nexus_kb_ingested *event,
                                     struct nexus_delivery *delivery, void *data)
{
    struct relay *relay = data;
    ck_assert_int_lt(relay->count, 8);
    note_delivery(&relay->notes[relay->count++], delivery);
    if (event->facts_extracted < relay->last) {
        OK(test_publish(relay->client, (int)event->facts_extracted + 1, NULL, NULL, err));
    }
    return NEXUS_ACK;
}

static enum nexus_clock_order order_of(const char *left, const char *right)
{
    enum nexus_clock_order order = 0;
    OK(nexus_vector_clock_compare(left, right, &order, err));
    return order;
}

static void listen_and_relay(struct relay *relay, const char *service)
{
    struct nexus_subscription *subscription = NULL;
    relay->client = test_client(service);
    OK(nexus_subscribe_kb_ingested(relay->client, NULL, relay_next, relay, NULL, &subscription,
                                   err));
}

START_TEST(what_a_handler_publishes_joins_the_chain)
{
    struct relay relay = {.last = 3};
    listen_and_relay(&relay, "relay");
    OK(test_publish(relay.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(relay.client, relay.count == 3);
    for (int i = 1; i < 3; i++) {
        const struct note *cause = &relay.notes[i - 1];
        const struct note *effect = &relay.notes[i];
        ck_assert_str_eq(effect->causal_id, cause->causal_id);
        /* 00-<trace id>-<parent id>-<flags>: the trace goes on, the span is another. */
        ck_assert_int_eq(strncmp(effect->traceparent, cause->traceparent, 36), 0);
        ck_assert_str_ne(effect->traceparent, cause->traceparent);
        ck_assert_str_ne(effect->message_id, cause->message_id);
        ck_assert_int_eq(order_of(cause->clock, effect->clock), NEXUS_CLOCK_BEFORE);
    }
    /* The short id is the tail of the trace id. */
    ck_assert_int_eq(strncmp(relay.notes[0].traceparent + 27, relay.notes[0].causal_id + 4, 8), 0);
    nexus_client_destroy(relay.client);
}
END_TEST

START_TEST(outside_of_handlers_each_event_starts_a_chain)
{
    struct nexus_client *client = test_client("publisher");
    struct nexus_publish_options *options = nexus_publish_options_new();
    struct nexus_receipt first = NEXUS_RECEIPT_INIT;
    struct nexus_receipt second = NEXUS_RECEIPT_INIT;
    OK(test_publish(client, 1, NULL, &first, err));
    OK(test_publish(client, 1, NULL, &second, err));
    ck_assert_str_ne(first.causal_id, second.causal_id);
    OK(nexus_publish_options_set_causal_id(options,
                                           "order \xd0\x96"
                                           "42",
                                           err));
    OK(test_publish(client, 1, options, &second, err));
    ck_assert_str_eq(second.causal_id, "order \xd0\x96"
                                       "42");
    FAILS(NEXUS_E_INVALID, nexus_publish_options_set_causal_id(options, "", err));
    nexus_publish_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(the_width_of_causal_ids_can_be_set)
{
    struct nexus_client_options *options = test_options("publisher");
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    OK(nexus_client_options_set_causal_id_width(options, 32, err));
    struct nexus_client *client = test_client_of(options);
    OK(test_publish(client, 1, NULL, &receipt, err));
    ck_assert_uint_eq(strlen(receipt.causal_id), 36);
    nexus_client_destroy(client);
}
END_TEST

static enum nexus_verdict hold(const struct nexus_kb_ingested *event,
                               struct nexus_delivery *delivery, void *data)
{
    struct relay *relay = data;
    note_delivery(&relay->notes[relay->count++], delivery);
    if (event->facts_extracted == 1) {
        relay->held = delivery;
        return NEXUS_DEFER;
    }
    return NEXUS_ACK;
}

static void *publish_because(void *data)
{
    struct relay *relay = data;
    struct nexus_publish_options *options = nexus_publish_options_new();
    OK(nexus_publish_options_set_cause(options, relay->held, err));
    OK(nexus_delivery_settle(relay->held, NEXUS_ACK, err));
    OK(test_publish(relay->client, 2, options, NULL, err));
    nexus_publish_options_destroy(options);
    return NULL;
}

START_TEST(another_thread_can_name_the_cause)
{
    struct relay relay = {.client = test_client("worker")};
    struct nexus_subscription *subscription = NULL;
    pthread_t thread;
    OK(nexus_subscribe_kb_ingested(relay.client, NULL, hold, &relay, NULL, &subscription, err));
    OK(test_publish(relay.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(relay.client, relay.held != NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, publish_because, &relay), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    DISPATCH_UNTIL(relay.client, relay.count == 2);
    ck_assert_str_eq(relay.notes[1].causal_id, relay.notes[0].causal_id);
    ck_assert_int_eq(strncmp(relay.notes[1].traceparent, relay.notes[0].traceparent, 36), 0);
    nexus_client_destroy(relay.client);
}
END_TEST

static void publish_foreign(const char *causal_id, const char *clock, const char *traceparent)
{
    const char *headers[] = {"traceparent", traceparent, NULL};
    struct test_raw raw;
    char body[1024];
    int length = snprintf(body, sizeof body,
                          "{\"causal_id\":\"%s\",\"vector_clock\":%s,"
                          "\"payload\":{\"document_id\":\"d\",\"facts_extracted\":1}}",
                          causal_id, clock);
    test_raw_open(&raw, test_server.url);
    test_raw_publish(&raw, TEST_SIMPLE_SUBJECT, body, (size_t)length,
                     traceparent != NULL ? headers : NULL);
    test_raw_close(&raw);
}

START_TEST(a_foreign_chain_is_carried_on)
{
    struct relay relay = {.last = 2};
    listen_and_relay(&relay, "relay");
    publish_foreign("evt-9f3ac21d", "{}", NULL);
    DISPATCH_UNTIL(relay.client, relay.count == 2);
    ck_assert_int_eq(
        strncmp(relay.notes[0].traceparent, "00-0000000000000000000000009f3ac21d-", 36), 0);
    ck_assert_str_eq(relay.notes[1].causal_id, "evt-9f3ac21d");
    ck_assert_int_eq(strncmp(relay.notes[1].traceparent, relay.notes[0].traceparent, 36), 0);
    nexus_client_destroy(relay.client);
}
END_TEST

START_TEST(a_foreign_trace_is_carried_on)
{
    static const char trace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    struct relay relay = {.last = 2};
    listen_and_relay(&relay, "relay");
    publish_foreign("anything", "{}", trace);
    DISPATCH_UNTIL(relay.client, relay.count == 2);
    ck_assert_str_eq(relay.notes[0].traceparent, trace);
    ck_assert_str_eq(relay.notes[1].causal_id, "anything");
    ck_assert_int_eq(strncmp(relay.notes[1].traceparent, trace, 36), 0);
    nexus_client_destroy(relay.client);
}
END_TEST

START_TEST(an_empty_causal_id_starts_no_chain)
{
    struct relay relay = {.last = 2};
    listen_and_relay(&relay, "relay");
    publish_foreign("", "{}", NULL);
    DISPATCH_UNTIL(relay.client, relay.count == 2);
    ck_assert_str_eq(relay.notes[0].causal_id, "");
    ck_assert_int_eq(strncmp(relay.notes[1].causal_id, "evt-", 4), 0);
    nexus_client_destroy(relay.client);
}
END_TEST

static int64_t counter_of(const char *clock, const char *node)
{
    int64_t counter = -1;
    OK(nexus_vector_clock_get(clock, node, &counter, err));
    return counter;
}

START_TEST(clocks_are_merged_and_ticked)
{
    struct relay relay = {.last = 2};
    char *clock = NULL;
    listen_and_relay(&relay, "relay");
    publish_foreign("evt-1", "{\"till-2\":41,\"\xd1\x83\xd0\xb7\xd0\xb5\xd0\xbb\":7}", NULL);
    DISPATCH_UNTIL(relay.client, relay.count == 2);
    ck_assert_int_eq(counter_of(relay.notes[1].clock, "till-2"), 41);
    ck_assert_int_eq(counter_of(relay.notes[1].clock, "\xd1\x83\xd0\xb7\xd0\xb5\xd0\xbb"), 7);
    ck_assert_int_gt(counter_of(relay.notes[1].clock, "relay"), 1600000000000000LL);
    OK(nexus_client_vector_clock(relay.client, &clock, err));
    ck_assert_int_eq(order_of(clock, relay.notes[1].clock), NEXUS_CLOCK_EQUAL);
    nexus_free(clock);
    nexus_client_destroy(relay.client);
}
END_TEST

static int64_t publish_and_count(const char *directory, const char *node)
{
    struct nexus_client_options *options = test_options("crm");
    char *clock = NULL;
    OK(nexus_client_options_set_node(options, node, err));
    OK(nexus_client_options_set_state_directory(options, directory, err));
    struct nexus_client *client = test_client_of(options);
    OK(test_publish(client, 1, NULL, NULL, err));
    OK(nexus_client_vector_clock(client, &clock, err));
    int64_t counter = counter_of(clock, node);
    nexus_free(clock);
    nexus_client_destroy(client);
    return counter;
}

START_TEST(a_restart_never_reuses_a_counter)
{
    const char *directories[] = {test_server.directory, NULL};
    for (int i = 0; i < 2; i++) {
        int64_t last = 0;
        for (int start = 0; start < 4; start++) {
            int64_t counter = publish_and_count(directories[i], "till-2");
            ck_assert_msg(counter > last, "%" PRId64 " after %" PRId64, counter, last);
            last = counter;
        }
    }
}
END_TEST

START_TEST(a_state_directory_serves_one_process_per_node)
{
    struct nexus_client_options *options = test_options("crm");
    struct nexus_client *second = NULL;
    OK(nexus_client_options_set_state_directory(options, test_server.directory, err));
    struct nexus_client *first = NULL;
    OK(nexus_client_new(options, &first, err));
    FAILS(NEXUS_E_CONFLICT, nexus_client_new(options, &second, err));
    ck_assert_ptr_null(second);
    OK(nexus_client_options_set_node(options, "other", err));
    OK(nexus_client_new(options, &second, err));
    nexus_client_destroy(second);
    OK(nexus_client_options_set_state_directory(options, "/no/such/place", err));
    FAILS(NEXUS_E_NOT_FOUND, nexus_client_new(options, &second, err));
    nexus_client_options_destroy(options);
    nexus_client_destroy(first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("causal");
    TCase *stream = test_case_with_stream(suite, "causal");
    tcase_add_test(stream, what_a_handler_publishes_joins_the_chain);
    tcase_add_test(stream, outside_of_handlers_each_event_starts_a_chain);
    tcase_add_test(stream, the_width_of_causal_ids_can_be_set);
    tcase_add_test(stream, another_thread_can_name_the_cause);
    tcase_add_test(stream, a_foreign_chain_is_carried_on);
    tcase_add_test(stream, a_foreign_trace_is_carried_on);
    tcase_add_test(stream, an_empty_causal_id_starts_no_chain);
    tcase_add_test(stream, clocks_are_merged_and_ticked);
    tcase_add_test(stream, a_restart_never_reuses_a_counter);
    tcase_add_test(stream, a_state_directory_serves_one_process_per_node);
    return test_main(suite);
}
