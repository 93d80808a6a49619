/* SPDX-License-Identifier: Apache-2.0 */
/* Events that are prepared now and published later: by the same client, by another process's,
 * twice, and whatever the server does meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

static struct nexus_prepared *prepare(struct nexus_client *client, int number,
                                      const struct nexus_publish_options *options)
{
    struct nexus_kb_ingested event = NEXUS_KB_INGESTED_INIT;
    struct nexus_prepared *prepared = NULL;

    event.document_id = "doc-1";
    event.facts_extracted = number;
    OK(nexus_prepare_kb_ingested(client, TEST_TENANT, &event, options, &prepared, err));
    return prepared;
}

/* What another process makes of the bytes. */
static struct nexus_prepared *copy(const struct nexus_prepared *prepared)
{
    struct nexus_prepared *read = NULL;
    size_t length;
    const void *bytes = nexus_prepared_bytes(prepared, &length);

    OK(nexus_prepared_read(bytes, length, &read, err));
    return read;
}

static uint64_t stored(void)
{
    struct test_raw raw;
    uint64_t count;

    test_raw_open(&raw, test_server.url);
    count = test_raw_count(&raw, "NEXUS");
    test_raw_close(&raw);
    return count;
}

START_TEST(another_process_publishes_what_was_prepared)
{
    struct nexus_client *till = test_client("till"), *relay = test_client("relay");
    struct nexus_prepared *prepared = prepare(till, 7, NULL);
    struct nexus_prepared *read = copy(prepared);
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct test_raw raw;
    size_t length;

    OK(nexus_publish_prepared(relay, read, NULL, &receipt, err));
    ck_assert(!receipt.duplicate);
    ck_assert_str_eq(receipt.message_id, nexus_prepared_message_id(prepared));
    ck_assert_str_eq(receipt.causal_id, nexus_prepared_causal_id(prepared));
    test_raw_open(&raw, test_server.url);
    natsMsg *message = test_raw_get(&raw, "NEXUS", receipt.sequence);
    ck_assert_str_eq(natsMsg_GetSubject(message), TEST_SIMPLE_SUBJECT);
    const char *body = nexus_prepared_body(prepared, &length);
    ck_assert_uint_eq((size_t)natsMsg_GetDataLength(message), length);
    ck_assert_mem_eq(natsMsg_GetData(message), body, length);
    ck_assert_ptr_nonnull(strstr(body, "\"vector_clock\":{\"till\":"));
    for (size_t i = 0; i < nexus_prepared_header_count(prepared); i++) {
        const char *value = NULL;
        natsMsgHeader_Get(message, nexus_prepared_header_name(prepared, i), &value);
        ck_assert_str_eq(value, nexus_prepared_header_value(prepared, i));
    }
    natsMsg_Destroy(message);
    test_raw_close(&raw);
    nexus_prepared_destroy(read);
    nexus_prepared_destroy(prepared);
    nexus_client_destroy(relay);
    nexus_client_destroy(till);
}
END_TEST

START_TEST(publishing_it_twice_stores_it_once)
{
    struct nexus_client *first = test_client("first"), *second = test_client("second");
    struct nexus_prepared *prepared = prepare(first, 1, NULL);
    struct nexus_receipt one = NEXUS_RECEIPT_INIT, two = NEXUS_RECEIPT_INIT;

    OK(nexus_publish_prepared(first, prepared, NULL, &one, err));
    OK(nexus_publish_prepared(second, prepared, NULL, &two, err));
    ck_assert(!one.duplicate && two.duplicate);
    ck_assert_uint_eq(one.sequence, two.sequence);
    ck_assert_uint_eq(stored(), 1);
    nexus_prepared_destroy(prepared);
    nexus_client_destroy(second);
    nexus_client_destroy(first);
}
END_TEST

START_TEST(a_callback_makes_it_asynchronous)
{
    enum { COUNT = 200 };
    struct nexus_client *client = test_client("relay");
    struct nexus_publish_options *options = nexus_publish_options_new();
    static struct test_report reports[COUNT];

    memset(reports, 0, sizeof reports);
    for (int i = 0; i < COUNT; i++) {
        struct nexus_prepared *prepared = prepare(client, i, NULL);
        OK(nexus_publish_options_set_callback(options, test_on_report, &reports[i], err));
        OK(nexus_publish_prepared(client, prepared, options, NULL, err));
        nexus_prepared_destroy(prepared); /* its bytes have been copied */
    }
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(test_reported(reports, COUNT, NEXUS_OK), COUNT);
    for (int i = 0; i < COUNT; i++)
        ck_assert_uint_eq(reports[i].sequence, (uint64_t)i + 1);
    nexus_publish_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(what_an_event_is_is_fixed_when_it_is_prepared)
{
    struct nexus_client *client = test_client("till");
    struct nexus_publish_options *options = nexus_publish_options_new();
    struct nexus_publish_options *others = nexus_publish_options_new();
    struct nexus_prepared *prepared;
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;

    OK(nexus_publish_options_set_message_id(options, "invoice-17", err));
    OK(nexus_publish_options_set_causal_id(options, "evt-0badcafe", err));
    prepared = prepare(client, 1, options);
    ck_assert_str_eq(nexus_prepared_message_id(prepared), TEST_TENANT ":invoice-17");
    ck_assert_str_eq(nexus_prepared_causal_id(prepared), "evt-0badcafe");
    OK(nexus_publish_options_set_message_id(others, "invoice-18", err));
    OK(nexus_publish_options_set_causal_id(others, "evt-11111111", err));
    OK(nexus_publish_prepared(client, prepared, others, &receipt, err));
    ck_assert_str_eq(receipt.message_id, TEST_TENANT ":invoice-17");
    ck_assert_str_eq(receipt.causal_id, "evt-0badcafe");
    nexus_prepared_destroy(prepared);
    nexus_publish_options_destroy(others);
    nexus_publish_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(it_is_checked_when_it_is_prepared)
{
    struct nexus_client *client = test_client("till");
    struct nexus_kb_ingested event = NEXUS_KB_INGESTED_INIT;
    struct nexus_prepared *out = (struct nexus_prepared *)&event;
    struct nexus_error error = NEXUS_ERROR_INIT;

    FAILS(NEXUS_E_SUBJECT, nexus_prepare_kb_ingested(client, "a b", &event, NULL, &out, err));
    ck_assert_ptr_null(out);
    FAILS(NEXUS_E_INVALID, nexus_prepare_kb_ingested(client, "a", NULL, NULL, &out, err));
    FAILS(NEXUS_E_INVALID, nexus_prepare_kb_ingested(client, "a", &event, NULL, NULL, err));
    FAILS(NEXUS_E_CHANNEL, nexus_prepare_json(client, "none", "a", "{}", NULL, &out, err));
    FAILS(NEXUS_E_JSON, nexus_prepare_json(client, "bookingCreated", "a", "{", NULL, &out, err));
    ck_assert_int_eq(nexus_prepare_json(client, "telegramMessage", NULL,
                                        "{\"direction\":\"inbound\",\"chat_id\":1.5}", NULL, &out,
                                        &error),
                     NEXUS_E_VALIDATION);
    ck_assert_str_eq(error.where, "payload.chat_id");
    FAILS(NEXUS_E_INVALID, nexus_publish_prepared(client, NULL, NULL, NULL, err));
    ck_assert_uint_eq(test_stats(client).published, 0);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(what_was_signed_at_preparation_is_believed)
{
    static struct test_seen seen;
    const char *subjects[] = {"nexus.salon-001.>", NULL};
    struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
    struct nexus_client_options *options = test_options("till");
    struct nexus_signer *signer = NULL;
    struct nexus_trust *trust = NULL;
    char *key = NULL;

    memset(&seen, 0, sizeof seen);
    OK(nexus_signer_generate("till-1", &signer, err));
    OK(nexus_signer_public(signer, NEXUS_KEY_JWK, &key, err));
    OK(nexus_trust_new(&trust, err));
    rule.subjects = subjects;
    OK(nexus_trust_add(trust, key, &rule, err));
    nexus_free(key);
    OK(nexus_client_options_set_signer(options, signer, NEXUS_SIGNING_TREE, err));
    struct nexus_client *till = test_client_of(options), *relay = test_client("relay");
    options = test_options("ledger");
    OK(nexus_client_options_set_trust(options, trust, NEXUS_TRUST_REQUIRE, err));
    struct nexus_client *ledger = test_client_of(options);
    struct nexus_subscription *subscription = test_subscribe(ledger, TEST_TENANT, &seen, NULL);
    struct nexus_prepared *prepared = prepare(till, 5, NULL), *read = copy(prepared);
    /* The relay has no key: it can only pass on what it was given. */
    OK(nexus_publish_prepared(relay, read, NULL, NULL, err));
    DISPATCH_UNTIL(ledger, seen.count == 1);
    ck_assert_int_eq(seen.numbers[0], 5);
    ck_assert_uint_eq(test_stats(ledger).verified, 1);
    ck_assert_uint_eq(test_stats(ledger).poison, 0);
    nexus_prepared_destroy(read);
    nexus_prepared_destroy(prepared);
    nexus_subscription_destroy(subscription);
    nexus_client_destroy(ledger);
    nexus_client_destroy(relay);
    nexus_client_destroy(till);
    nexus_trust_destroy(trust);
    nexus_signer_destroy(signer);
}
END_TEST

START_TEST(a_server_that_dies_in_between_stores_it_once)
{
    struct nexus_client *client = test_client("relay");
    struct nexus_publish_options *options = nexus_publish_options_new();
    struct nexus_prepared *prepared = prepare(client, 1, NULL);
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct test_report report = {0};

    OK(nexus_publish_prepared(client, prepared, NULL, NULL, err));
    test_server_kill(&test_server);
    OK(nexus_publish_options_set_callback(options, test_on_report, &report, err));
    OK(nexus_publish_options_set_deadline(options, TEST_LIMIT_MILLISECONDS, err));
    OK(nexus_publish_prepared(client, prepared, options, NULL, err));
    ck_assert(test_server_restart(&test_server));
    DISPATCH_UNTIL(client, report.calls);
    ck_assert_int_eq(report.code, NEXUS_OK);
    OK(nexus_publish_prepared(client, prepared, NULL, &receipt, err));
    ck_assert(receipt.duplicate);
    ck_assert_uint_eq(stored(), 1);
    nexus_prepared_destroy(prepared);
    nexus_publish_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(preparing_needs_no_server_and_a_limit_is_the_senders)
{
    struct nexus_client *client = test_client("till");
    struct nexus_client_options *options = test_options("small");
    struct nexus_prepared *prepared = NULL;
    char payload[4096];

    OK(nexus_client_options_set_max_body(options, 1024, err));
    struct nexus_client *small = test_client_of(options);
    test_server_kill(&test_server);
    snprintf(payload, sizeof payload, "{\"text\":\"%02000d\"}", 0);
    OK(nexus_prepare_json(client, "bookingCreated", "a", payload, NULL, &prepared, err));
    FAILS(NEXUS_E_TOO_LARGE, nexus_publish_prepared(small, prepared, NULL, NULL, err));
    nexus_prepared_destroy(prepared);
    OK(nexus_client_close(client, 0, err));
    FAILS(NEXUS_E_CLOSED,
          nexus_prepare_json(client, "bookingCreated", "a", "{}", NULL, &prepared, err));
    ck_assert_ptr_null(prepared);
    nexus_client_destroy(small);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prepared");
    TCase *stream = test_case_with_stream(suite, "with a stream");
    tcase_add_test(stream, another_process_publishes_what_was_prepared);
    tcase_add_test(stream, publishing_it_twice_stores_it_once);
    tcase_add_test(stream, a_callback_makes_it_asynchronous);
    tcase_add_test(stream, what_an_event_is_is_fixed_when_it_is_prepared);
    tcase_add_test(stream, it_is_checked_when_it_is_prepared);
    tcase_add_test(stream, what_was_signed_at_preparation_is_believed);
    tcase_add_test(stream, a_server_that_dies_in_between_stores_it_once);
    tcase_add_test(stream, preparing_needs_no_server_and_a_limit_is_the_senders);
    return test_main(suite);
}
