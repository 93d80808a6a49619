/* SPDX-License-Identifier: Apache-2.0 */
/* Events that are given up on: where they go, and that none is lost on the way. */
#include "dead_letters.h"

START_TEST(a_rejected_event_becomes_a_letter_with_all_it_had)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct shown shown;
    struct test_raw raw;
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 7, NULL, &receipt, err));
    DISPATCH_UNTIL(script.client, script.letters == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    look(script.client, &shown);
    ck_assert_int_eq(shown.count, 1);
    ck_assert_int_eq(shown.letter.reason, NEXUS_DEAD_REJECTED);
    ck_assert_str_eq(shown.err.message, "the document is upside down");
    ck_assert_str_eq(shown.subject, TEST_SIMPLE_SUBJECT);
    ck_assert_str_eq(shown.stream, "NEXUS");
    ck_assert_uint_eq(shown.letter.sequence, receipt.sequence);
    ck_assert_str_eq(shown.consumer, DURABLE);
    ck_assert_uint_eq(shown.letter.deliveries, 1);
    ck_assert_str_eq(shown.message_id, receipt.message_id);
    ck_assert_str_eq(shown.schema, test_schema_header("kbIngested"));
    ck_assert_int_gt(shown.letter.time, 1600000000000000000);
    ck_assert_uint_eq(script.number, shown.letter.number);
    ck_assert_int_eq(script.reason, NEXUS_DEAD_REJECTED);
    test_raw_open(&raw, test_server.url);
    ck_assert_int_eq(shown.letter.stored, test_raw_time(&raw, "NEXUS", receipt.sequence));
    natsMsg *original = test_raw_get(&raw, "NEXUS", receipt.sequence);
    natsMsg *letter = test_raw_get(&raw, LETTERS, shown.letter.number);
    ck_assert_str_eq(natsMsg_GetSubject(letter), "nexus-dlq.salon-001.kb.ingested");
    ck_assert_int_eq(natsMsg_GetDataLength(original), natsMsg_GetDataLength(letter));
    ck_assert_mem_eq(natsMsg_GetData(original), natsMsg_GetData(letter),
                     (size_t)natsMsg_GetDataLength(original));
    ck_assert_str_eq(shown.body, natsMsg_GetData(original));
    natsMsg_Destroy(original);
    natsMsg_Destroy(letter);
    test_raw_close(&raw);
    ck_assert_uint_eq(test_stats(script.client).dead_lettered, 1);
    ck_assert_uint_eq(test_stats(script.client).rejected, 1);
    ck_assert_uint_eq(test_stats(script.client).in_hand, 0);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(an_event_is_given_up_after_the_last_delivery)
{
    struct script script = {.verdict = NEXUS_RETRY};
    struct nexus_subscribe_options *options = options_of(&script);
    struct shown shown;
    OK(nexus_subscribe_options_set_max_deliver(options, 3, err));
    begin(&script, options);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.letters == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    ck_assert_int_eq(script.calls, 3);
    look(script.client, &shown);
    ck_assert_int_eq(shown.letter.reason, NEXUS_DEAD_EXHAUSTED);
    ck_assert_uint_eq(shown.letter.deliveries, 3);
    ck_assert_str_eq(shown.err.message, "the document is upside down");
    ck_assert_uint_eq(test_stats(script.client).exhausted, 1);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(poison_is_kept_as_it_came)
{
    static const char body[] = "{\"causal_id\": not json \001\r\n";
    static const char *const headers[] = {"X-Origin", "a till",      "Nexus-Dead-Reason",
                                          "a lie",    "Nats-Msg-Id", "salon-001:strange",
                                          NULL};
    struct script script = {0};
    struct shown shown;
    struct test_raw raw;
    begin(&script, options_of(&script));
    test_raw_open(&raw, test_server.url);
    test_raw_publish(&raw, TEST_SIMPLE_SUBJECT, body, sizeof body - 1, headers);
    test_raw_close(&raw);
    DISPATCH_UNTIL(script.client, script.letters == 1);
    ck_assert_int_eq(script.calls, 0);
    look(script.client, &shown);
    ck_assert_int_eq(shown.count, 1);
    ck_assert_int_eq(shown.letter.reason, NEXUS_DEAD_POISON);
    ck_assert_int_eq(shown.err.code, NEXUS_E_JSON);
    ck_assert_uint_eq(shown.letter.body_length, sizeof body - 1);
    ck_assert_str_eq(shown.body, body);
    ck_assert_str_eq(shown.message_id, "salon-001:strange");
    nexus_client_destroy(script.client);
}
END_TEST

/* Nothing is lost while nobody takes letters, and the handler that said never is not asked again.
 */
START_TEST(without_a_stream_for_letters_the_event_stays)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    test_raw_delete_stream(&raw, LETTERS);
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.errors == 1);
    ck_assert_int_eq(script.code, NEXUS_E_NO_STREAM);
    ck_assert_int_eq(script.calls, 1);
    ck_assert(!consumer_is_done(DURABLE));
    ck_assert_uint_ge(test_stats(script.client).dead_letters_failed, 1);
    test_raw_stream(&raw, LETTERS, "nexus-dlq.>");
    DISPATCH_UNTIL(script.client, script.letters == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    ck_assert_int_eq(script.calls, 1);
    ck_assert_uint_eq(test_raw_count(&raw, LETTERS), 1);
    test_raw_close(&raw);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(reporting_only_stores_nothing)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct nexus_subscribe_options *options = options_of(&script);
    OK(nexus_subscribe_options_set_dead_letters(options, NEXUS_DEAD_LETTERS_REPORT, err));
    begin(&script, options);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.letters == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    ck_assert_uint_eq(script.number, 0);
    ck_assert_uint_eq(letters_stored(), 0);
    ck_assert_uint_eq(test_stats(script.client).dead_lettered, 0);
    ck_assert_uint_eq(test_stats(script.client).in_hand, 0);
    nexus_client_destroy(script.client);
}
END_TEST

static void *reject(void *data)
{
    OK(nexus_delivery_settle(data, NEXUS_REJECT, err));
    return NULL;
}

START_TEST(a_deferred_event_is_given_up_when_the_subscription_is_gone)
{
    struct script script = {.verdict = NEXUS_DEFER};
    pthread_t thread;
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.held != NULL);
    nexus_subscription_destroy(script.subscription);
    ck_assert_int_eq(pthread_create(&thread, NULL, reject, script.held), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    WAIT_UNTIL(letters_stored() == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    DISPATCH_UNTIL(script.client, test_stats(script.client).in_hand == 0);
    ck_assert_int_eq(script.letters, 0);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(closing_waits_for_letters_on_their_way)
{
    struct script script = {.verdict = NEXUS_REJECT};
    begin(&script, options_of(&script));
    for (int i = 0; i < 50; i++) {
        OK(test_publish(script.client, i, NULL, NULL, err));
    }
    WAIT_UNTIL(test_stats(script.client).queued == 50);
    test_dispatch(script.client, 0);
    int asked = script.calls;
    ck_assert_int_gt(asked, 0);
    OK(nexus_client_close(script.client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_uint_eq(test_stats(script.client).dead_lettered, (uint64_t)asked);
    nexus_client_destroy(script.client);
    ck_assert_uint_eq(letters_stored(), (uint64_t)asked);
}
END_TEST

/* Letters on their way when the client ends are not lost: the event comes again. */
START_TEST(destroying_gives_back_what_is_being_given_up)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct script second = {.verdict = NEXUS_ACK};
    struct test_raw raw;
    struct nexus_subscribe_options *options = options_of(&script);
    OK(nexus_subscribe_options_set_ack_wait(options, 3600000, err));
    test_raw_open(&raw, test_server.url);
    test_raw_delete_stream(&raw, LETTERS);
    test_raw_close(&raw);
    begin(&script, options);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.calls == 1);
    nexus_client_destroy(script.client);
    begin(&second, options_of(&second));
    DISPATCH_UNTIL(second.client, second.calls == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    nexus_client_destroy(second.client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dead letters");
    TCase *stream = test_case_with_stream(suite, "dead letters");
    tcase_add_test(stream, a_rejected_event_becomes_a_letter_with_all_it_had);
    tcase_add_test(stream, an_event_is_given_up_after_the_last_delivery);
    tcase_add_test(stream, poison_is_kept_as_it_came);
    tcase_add_test(stream, without_a_stream_for_letters_the_event_stays);
    tcase_add_test(stream, reporting_only_stores_nothing);
    tcase_add_test(stream, a_deferred_event_is_given_up_when_the_subscription_is_gone);
    tcase_add_test(stream, closing_waits_for_letters_on_their_way);
    tcase_add_test(stream, destroying_gives_back_what_is_being_given_up);
    return test_main(suite);
}
