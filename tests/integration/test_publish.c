/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking publishes: receipts, refusals before the wire, and failures that name their cause. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

/* So long that a test which waits for it is ended by its own timeout: "at once" without a clock. */
#define FOR_EVER 3600000

static struct nexus_client *patient_client(void)
{
    struct nexus_client_options *options = test_options("publisher");
    OK(nexus_client_options_set_publish_deadline(options, FOR_EVER, err));
    return test_client_of(options);
}

START_TEST(a_receipt_tells_where_the_event_went)
{
    struct nexus_client *client = test_client("publisher");
    char first_id[NEXUS_MESSAGE_ID_SIZE] = "";
    for (uint64_t sequence = 1; sequence <= 3; sequence++) {
        struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
        OK(test_publish(client, 1, NULL, &receipt, err));
        ck_assert_uint_eq(receipt.sequence, sequence);
        ck_assert_str_eq(receipt.stream, "NEXUS");
        ck_assert(!receipt.duplicate);
        ck_assert_ptr_nonnull(strstr(receipt.message_id, TEST_TENANT));
        ck_assert_str_ne(receipt.message_id, first_id);
        ck_assert_uint_eq(strlen(receipt.causal_id), strlen("evt-9f3ac21d"));
        ck_assert_int_eq(strncmp(receipt.causal_id, "evt-", 4), 0);
        memcpy(first_id, receipt.message_id, sizeof first_id);
    }
    OK(test_publish(client, 2, NULL, NULL, err));
    nexus_client_destroy(client);
}
END_TEST

static bool same_header(natsMsg *message, const char *name, const char *value)
{
    const char *found = NULL;
    return natsMsgHeader_Get(message, name, &found) == NATS_OK && strcmp(found, value) == 0;
}

START_TEST(the_stream_holds_what_the_receipt_says)
{
    struct nexus_client *client = test_client("publisher");
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct test_raw raw;
    OK(test_publish(client, 41, NULL, &receipt, err));
    test_raw_open(&raw, test_server.url);
    natsMsg *message = test_raw_get(&raw, receipt.stream, receipt.sequence);
    ck_assert_ptr_nonnull(message);
    ck_assert_str_eq(natsMsg_GetSubject(message), TEST_SIMPLE_SUBJECT);
    ck_assert(same_header(message, "Nats-Msg-Id", receipt.message_id));
    ck_assert(same_header(message, "Nexus-Schema", test_schema_header("kbIngested")));
    char start[400];
    snprintf(start, sizeof start,
             "{\"causal_id\":\"%s\",\"vector_clock\":{\"publisher\":", receipt.causal_id);
    ck_assert_int_eq(strncmp(natsMsg_GetData(message), start, strlen(start)), 0);
    const char *end = "},\"payload\":{\"document_id\":\"doc-41\",\"facts_extracted\":41},"
                      "\"tenant\":\"" TEST_TENANT "\"}";
    ck_assert_ptr_nonnull(strstr(natsMsg_GetData(message), end));
    natsMsg_Destroy(message);
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_message_id_of_the_callers_own_is_stored_once)
{
    struct nexus_client *client = test_client("publisher");
    struct nexus_publish_options *options = nexus_publish_options_new();
    struct nexus_receipt first = NEXUS_RECEIPT_INIT;
    struct nexus_receipt second = NEXUS_RECEIPT_INIT;
    struct nexus_receipt other = NEXUS_RECEIPT_INIT;
    OK(nexus_publish_options_set_message_id(options, "invoice-17", err));
    OK(test_publish(client, 1, options, &first, err));
    OK(test_publish(client, 1, options, &second, err));
    ck_assert(!first.duplicate);
    ck_assert(second.duplicate);
    ck_assert_uint_eq(second.sequence, first.sequence);
    ck_assert_str_eq(second.message_id, first.message_id);
    /* Deduplication is stream-wide; another tenant's id must not collide with this one's. */
    OK(test_publish_for(client, "salon-002", 1, options, &other, err));
    ck_assert(!other.duplicate);
    ck_assert_uint_eq(test_stats(client).duplicates, 1);
    nexus_publish_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_refused_event_never_reaches_the_wire)
{
    static const char *const tenants[] = {
        "",         "_core", "a.b",     "a b", "*", ">", "-a", "$SYS", "a\r\nPUB x 0\r\n\r\n",
        "\xd0\xb0", "a\tb",  "salon/1", NULL};
    struct nexus_client *client = test_client("publisher");
    struct nexus_agent_handoff incomplete = NEXUS_AGENT_HANDOFF_INIT;
    struct nexus_kb_ingested sized = NEXUS_KB_INGESTED_INIT;
    struct test_raw raw;
    for (int i = 0; tenants[i] != NULL; i++) {
        FAILS(NEXUS_E_SUBJECT, test_publish_for(client, tenants[i], 1, NULL, NULL, err));
    }
    FAILS(NEXUS_E_VALIDATION, nexus_publish_agent_handoff(client, &incomplete, NULL, NULL, err));
    sized.size = 4;
    FAILS(NEXUS_E_INVALID, nexus_publish_kb_ingested(client, "a", &sized, NULL, NULL, err));
    FAILS(NEXUS_E_CHANNEL, nexus_publish_json(client, "noSuchChannel", "a", "{}", NULL, NULL, err));
    FAILS(NEXUS_E_JSON,
          nexus_publish_json(client, "bookingCreated", "a", "{\"a\":1,\"a\":2}", NULL, NULL, err));
    FAILS(NEXUS_E_VALIDATION,
          nexus_publish_json(client, "bookingCreated", "a", "[]", NULL, NULL, err));
    test_raw_open(&raw, test_server.url);
    ck_assert_uint_eq(test_raw_count(&raw, "NEXUS"), 0);
    test_raw_close(&raw);
    ck_assert_uint_eq(test_stats(client).published, 0);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(an_error_names_the_member)
{
    struct nexus_client *client = test_client("publisher");
    struct nexus_error error = NEXUS_ERROR_INIT;
    int status = nexus_publish_json(
        client, "telegramMessage", NULL,
        "{\"direction\":\"inbound\",\"chat_id\":9007199254740993,\"text\":\"x\"}", NULL, NULL,
        &error);
    ck_assert_int_eq(status, NEXUS_E_VALIDATION);
    ck_assert_str_eq(error.where, "payload.chat_id");
    ck_assert_ptr_nonnull(strstr(error.message, "9007199254740993 exceeds 2^53-1"));
    nexus_client_destroy(client);
}
END_TEST

START_TEST(without_a_stream_it_fails_at_once_and_names_the_command)
{
    struct nexus_client *client = patient_client();
    struct nexus_error error = NEXUS_ERROR_INIT;
    ck_assert_int_eq(test_publish(client, 1, NULL, NULL, &error), NEXUS_E_NO_STREAM);
    ck_assert_msg(strstr(error.where, TEST_SIMPLE_SUBJECT) != NULL ||
                      strstr(error.message, TEST_SIMPLE_SUBJECT) != NULL,
                  "%s: %s", error.where, error.message);
    ck_assert_msg(strstr(error.message, "nexusctl provision") != NULL, "%s", error.message);
    ck_assert_uint_eq(test_stats(client).failed, 1);
    /* Once there is one, the same client goes on. */
    OK(nexus_provision(client, NULL, NULL, err));
    OK(test_publish(client, 2, NULL, NULL, err));
    nexus_client_destroy(client);
}
END_TEST

/* Publishes an event with a text of `length` bytes. */
static int publish_long(struct nexus_client *client, size_t length, struct nexus_receipt *receipt,
                        struct nexus_error *err)
{
    struct nexus_agent_handoff_ack event = NEXUS_AGENT_HANDOFF_ACK_INIT;
    char *agent = malloc(length + 1);
    memset(agent, 'x', length);
    agent[length] = '\0';
    event.agent = agent;
    int status = nexus_publish_agent_handoff_ack(client, &event, NULL, receipt, err);
    free(agent);
    return status;
}

static size_t body_length(struct test_raw *raw, uint64_t sequence)
{
    natsMsg *message = test_raw_get(raw, "NEXUS", sequence);
    size_t length = (size_t)natsMsg_GetDataLength(message);
    natsMsg_Destroy(message);
    return length;
}

START_TEST(a_full_body_passes_and_one_byte_more_does_not)
{
    struct nexus_client_options *options = test_options("publisher");
    OK(nexus_client_options_set_max_body(options, 65536, err));
    struct nexus_client *client = test_client_of(options);
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    OK(publish_long(client, 60000, &receipt, err));
    size_t fits = 65536 - (body_length(&raw, receipt.sequence) - 60000);
    OK(publish_long(client, fits, &receipt, err));
    ck_assert_uint_eq(body_length(&raw, receipt.sequence), 65536);
    FAILS(NEXUS_E_TOO_LARGE, publish_long(client, fits + 1, NULL, err));
    ck_assert_uint_eq(test_raw_count(&raw, "NEXUS"), 2);
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(the_deadline_ends_a_publish_when_the_server_is_gone)
{
    struct nexus_client *client = test_client("publisher");
    struct nexus_publish_options *options = nexus_publish_options_new();
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    OK(nexus_publish_options_set_deadline(options, 300, err));
    OK(test_publish(client, 1, NULL, NULL, err));
    test_server_kill(&test_server);
    FAILS(NEXUS_E_TIMEOUT, test_publish(client, 2, options, &receipt, err));
    ck_assert_ptr_nonnull(strstr(receipt.message_id, TEST_TENANT));
    ck_assert_uint_eq(receipt.sequence, 0);
    nexus_publish_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_system_event_says_whom_it_is_about)
{
    struct nexus_client *client = test_client("publisher");
    struct nexus_publish_options *options = nexus_publish_options_new();
    struct nexus_tenant_provisioned event = NEXUS_TENANT_PROVISIONED_INIT;
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct test_raw raw;
    event.json = "{}";
    OK(nexus_publish_options_set_tenant(options, "sto-002", err));
    OK(nexus_publish_tenant_provisioned(client, &event, options, &receipt, err));
    test_raw_open(&raw, test_server.url);
    natsMsg *message = test_raw_get(&raw, "NEXUS", receipt.sequence);
    ck_assert_str_eq(natsMsg_GetSubject(message), "nexus._core.tenant.provisioned");
    ck_assert_ptr_nonnull(
        strstr(natsMsg_GetData(message), "\"payload\":{},\"tenant\":\"sto-002\"}"));
    natsMsg_Destroy(message);
    OK(nexus_publish_tenant_provisioned(client, &event, NULL, &receipt, err));
    message = test_raw_get(&raw, "NEXUS", receipt.sequence);
    ck_assert_ptr_null(strstr(natsMsg_GetData(message), "\"tenant\""));
    natsMsg_Destroy(message);
    test_raw_close(&raw);
    nexus_publish_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("publish");
    TCase *stream = test_case_with_stream(suite, "with a stream");
    tcase_add_test(stream, a_receipt_tells_where_the_event_went);
    tcase_add_test(stream, the_stream_holds_what_the_receipt_says);
    tcase_add_test(stream, a_message_id_of_the_callers_own_is_stored_once);
    tcase_add_test(stream, a_refused_event_never_reaches_the_wire);
    tcase_add_test(stream, an_error_names_the_member);
    tcase_add_test(stream, a_full_body_passes_and_one_byte_more_does_not);
    tcase_add_test(stream, the_deadline_ends_a_publish_when_the_server_is_gone);
    tcase_add_test(stream, a_system_event_says_whom_it_is_about);
    TCase *server = test_case_with_server(suite, "without a stream");
    tcase_add_test(server, without_a_stream_it_fails_at_once_and_names_the_command);
    return test_main(suite);
}
