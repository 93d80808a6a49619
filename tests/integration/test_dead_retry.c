/* SPDX-License-Identifier: Apache-2.0 */
/* Dead letters that are looked at, and sent back. */
#include "dead_letters.h"

/* ---- the way back */

/* The stream remembers message ids for two minutes; these are about what comes after. */
static void forget_ids(void)
{
    struct nexus_provision_options *options = nexus_provision_options_new();
    struct nexus_client_options *brief = test_options("provisioner");
    OK(nexus_client_options_set_publish_deadline(brief, 1000, err));
    struct nexus_client *client = test_client_of(brief);
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    test_raw_delete_stream(&raw, "NEXUS");
    test_raw_close(&raw);
    OK(nexus_provision_options_set_duplicate_window(options, 1000, err));
    OK(nexus_provision(client, options, NULL, err));
    nexus_provision_options_destroy(options);
    nexus_client_destroy(client);
}

static bool sent_back(struct nexus_client *client, uint64_t number, struct nexus_receipt *receipt)
{
    struct nexus_error error = NEXUS_ERROR_INIT;
    int code = nexus_dead_letter_retry(client, NULL, number, 0, receipt, &error);
    ck_assert_msg(code == NEXUS_OK || code == NEXUS_E_REPLAY, "%s: %s", error.where, error.message);
    return code == NEXUS_OK;
}

START_TEST(a_letter_goes_back_byte_for_byte)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct nexus_receipt first = NEXUS_RECEIPT_INIT, second = NEXUS_RECEIPT_INIT;
    struct shown shown;
    struct test_raw raw;
    forget_ids();
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 1, NULL, &first, err));
    DISPATCH_UNTIL(script.client, script.letters == 1);
    script.verdict = NEXUS_ACK;
    OK(nexus_dead_letter_retry(script.client, NULL, script.number, NEXUS_DEAD_LETTER_DRY_RUN, NULL,
                               err));
    ck_assert_uint_eq(letters_stored(), 1);
    WAIT_UNTIL(sent_back(script.client, script.number, &second));
    ck_assert_uint_eq(second.sequence, first.sequence + 1);
    ck_assert_str_eq(second.message_id, first.message_id);
    DISPATCH_UNTIL(script.client, script.calls == 2);
    test_raw_open(&raw, test_server.url);
    natsMsg *before = test_raw_get(&raw, "NEXUS", first.sequence);
    natsMsg *after = test_raw_get(&raw, "NEXUS", second.sequence);
    static const char *const names[] = {"Nats-Msg-Id", "traceparent", "Nexus-Schema"};
    ck_assert_str_eq(natsMsg_GetSubject(before), natsMsg_GetSubject(after));
    ck_assert_str_eq(natsMsg_GetData(before), natsMsg_GetData(after));
    for (int i = 0; i < 3; i++) {
        const char *one = NULL, *two = NULL;
        ck_assert_int_eq(natsMsgHeader_Get(before, names[i], &one), NATS_OK);
        ck_assert_int_eq(natsMsgHeader_Get(after, names[i], &two), NATS_OK);
        ck_assert_str_eq(one, two);
    }
    const char *own = NULL;
    ck_assert_int_eq(natsMsgHeader_Get(after, "Nexus-Dead-Reason", &own), NATS_NOT_FOUND);
    natsMsg_Destroy(before);
    natsMsg_Destroy(after);
    test_raw_close(&raw);
    look(script.client, &shown);
    ck_assert_int_eq(shown.count, 0);
    FAILS(NEXUS_E_NOT_FOUND,
          nexus_dead_letter_retry(script.client, NULL, script.number, 0, NULL, err));
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(an_id_that_is_remembered_is_said_to_be)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct nexus_receipt first = NEXUS_RECEIPT_INIT, second = NEXUS_RECEIPT_INIT;
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 1, NULL, &first, err));
    DISPATCH_UNTIL(script.client, script.letters == 1);
    script.verdict = NEXUS_ACK;
    FAILS(NEXUS_E_REPLAY,
          nexus_dead_letter_retry(script.client, NULL, script.number, 0, NULL, err));
    ck_assert_uint_eq(letters_stored(), 1);
    OK(nexus_dead_letter_retry(script.client, NULL, script.number, NEXUS_DEAD_LETTER_NEW_ID,
                               &second, err));
    ck_assert_int_eq(strncmp(second.message_id, "salon-001:", 10), 0);
    ck_assert_str_ne(second.message_id, first.message_id);
    DISPATCH_UNTIL(script.client, script.calls == 2);
    ck_assert_uint_eq(letters_stored(), 0);
    nexus_client_destroy(script.client);
}
END_TEST

/* As large as the server takes a message: the letter's own headers do not fit beside it. */
START_TEST(what_leaves_no_room_stays_in_its_stream)
{
    enum { SIZE = 1048576 - 200 };
    struct script script = {0};
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct shown shown;
    struct test_raw raw;
    char *body = malloc(SIZE);
    ck_assert_ptr_nonnull(body);
    memset(body, '{', SIZE);
    begin(&script, options_of(&script));
    test_raw_open(&raw, test_server.url);
    uint64_t sequence = test_raw_publish(&raw, TEST_SIMPLE_SUBJECT, body, SIZE, NULL);
    DISPATCH_UNTIL(script.client, script.letters == 1);
    look(script.client, &shown);
    ck_assert(shown.letter.body_missing);
    ck_assert_ptr_null(shown.letter.body);
    ck_assert_uint_eq(shown.letter.sequence, sequence);
    OK(nexus_dead_letter_retry(script.client, NULL, script.number, 0, &receipt, err));
    natsMsg *after = test_raw_get(&raw, "NEXUS", receipt.sequence);
    ck_assert_int_eq(natsMsg_GetDataLength(after), SIZE);
    ck_assert_mem_eq(natsMsg_GetData(after), body, SIZE);
    natsMsg_Destroy(after);
    test_raw_close(&raw);
    nexus_client_destroy(script.client);
    free(body);
}
END_TEST

/* What a tenant may write below nexus-dlq.<tenant> must not become another tenant's event. */
START_TEST(a_forged_letter_is_not_sent_back)
{
    static const char *const subjects[] = {"nexus.salon-002.kb.ingested",
                                           "$JS.API.STREAM.DELETE.NEXUS", "nexus.salon-001.>",
                                           "nexus.salon-001.kb.ingested x"};
    static const int codes[] = {NEXUS_E_TENANT, NEXUS_E_SUBJECT, NEXUS_E_SUBJECT, NEXUS_E_SUBJECT};
    struct nexus_client *client = test_client("operator");
    struct test_raw raw;
    uint64_t number;
    test_raw_open(&raw, test_server.url);
    for (int i = 0; i < 4; i++) {
        const char *const headers[] = {"Nexus-Dead-Subject",
                                       subjects[i],
                                       "Nexus-Dead-Stream",
                                       "NEXUS",
                                       "Nexus-Dead-Sequence",
                                       "1",
                                       "Nexus-Dead-Reason",
                                       "rejected",
                                       NULL};
        number = test_raw_publish(&raw, "nexus-dlq.salon-001.kb.ingested", "{}", 2, headers);
        FAILS(codes[i], nexus_dead_letter_retry(client, NULL, number, 0, NULL, err));
    }
    number = test_raw_text(&raw, "nexus-dlq.salon-001.kb.ingested", "{}");
    FAILS(NEXUS_E_JSON, nexus_dead_letter_retry(client, NULL, number, 0, NULL, err));
    ck_assert_uint_eq(test_raw_count(&raw, "NEXUS"), 0);
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(letters_are_found_by_filter_and_removed)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct nexus_dead_letter_filter filter = NEXUS_DEAD_LETTER_FILTER_INIT;
    struct shown shown = {0};
    uint64_t count = 0;
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 1, NULL, NULL, err));
    OK(test_publish_for(script.client, "salon-002", 2, NULL, NULL, err));
    OK(test_publish(script.client, 3, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.letters == 3);
    filter.subject = "nexus.salon-001.>";
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 2);
    filter.limit = 1;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 1);
    filter.limit = 0;
    filter.from = shown.numbers[0] + 1;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 1);
    filter = (struct nexus_dead_letter_filter)NEXUS_DEAD_LETTER_FILTER_INIT;
    filter.reason = NEXUS_DEAD_POISON;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 0);
    filter.reason = NEXUS_DEAD_REJECTED;
    filter.consumer = DURABLE;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 3);
    filter.since = shown.letter.time;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 1);
    filter.since = 0;
    filter.until = shown.letter.time;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 2);
    OK(nexus_dead_letter_delete(script.client, NULL, 1, err));
    FAILS(NEXUS_E_NOT_FOUND, nexus_dead_letter_delete(script.client, NULL, 1, err));
    ck_assert_uint_eq(letters_stored(), 2);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(what_cannot_be_asked_is_refused)
{
    struct nexus_client *client = test_client("operator");
    struct nexus_dead_letter_filter filter = NEXUS_DEAD_LETTER_FILTER_INIT;
    FAILS(NEXUS_E_INVALID, nexus_dead_letters(client, NULL, NULL, NULL, NULL, err));
    filter.subject = "booking.created";
    FAILS(NEXUS_E_INVALID, nexus_dead_letters(client, &filter, on_shown, NULL, NULL, err));
    filter.subject = "nexus.a\",\"x\":\"";
    FAILS(NEXUS_E_INVALID, nexus_dead_letters(client, &filter, on_shown, NULL, NULL, err));
    filter.subject = NULL;
    filter.stream = "no.such";
    FAILS(NEXUS_E_INVALID, nexus_dead_letters(client, &filter, on_shown, NULL, NULL, err));
    filter.stream = "NOWHERE";
    FAILS(NEXUS_E_NOT_FOUND, nexus_dead_letters(client, &filter, on_shown, NULL, NULL, err));
    filter.size = 0;
    FAILS(NEXUS_E_INVALID, nexus_dead_letters(client, &filter, on_shown, NULL, NULL, err));
    FAILS(NEXUS_E_INVALID, nexus_dead_letter_retry(client, NULL, 1, 16, NULL, err));
    FAILS(NEXUS_E_NOT_FOUND, nexus_dead_letter_retry(client, NULL, 1, 0, NULL, err));
    FAILS(NEXUS_E_NOT_FOUND, nexus_dead_letter_retry(client, "NOWHERE", 1, 0, NULL, err));
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dead letters retried");
    TCase *stream = test_case_with_stream(suite, "dead letters retried");
    tcase_add_test(stream, a_letter_goes_back_byte_for_byte);
    tcase_add_test(stream, an_id_that_is_remembered_is_said_to_be);
    tcase_add_test(stream, what_leaves_no_room_stays_in_its_stream);
    tcase_add_test(stream, a_forged_letter_is_not_sent_back);
    tcase_add_test(stream, letters_are_found_by_filter_and_removed);
    tcase_add_test(stream, what_cannot_be_asked_is_refused);
    return test_main(suite);
}
