/* SPDX-License-Identifier: Apache-2.0 */
/* The quickstart's book, and the comparison of JSON that it rests on: what must pass passes, and
 * everything that could go wrong is noticed. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "ledger.h"

/* ---- JSON: the same value or another one ---- */

static const struct {
    const char *left;
    const char *right;
    bool same;
} pairs[] = {
    {"{\"a\":1,\"b\":[true,null]}", " { \"b\" : [ true , null ] , \"a\" : 1 } ", true},
    {"10", "10.0", true},
    {"10", "1e1", true},
    {"1200", "12.00E+2", true},
    {"-0", "0.0", true},
    {"0.1", "1e-1", true},
    {"9007199254740991", "9007199254740991.0", true},
    {"9007199254740992", "9007199254740993", false},
    {"12345678901234567890123", "12345678901234567890124", false},
    {"0.30000000000000004", "0.3", false},
    {"1e400", "1e401", false},
    {"5", "-5", false},
    {"5", "\"5\"", false},
    {"\"\\u0416\\n\\/\\ud83e\\udd50\"", "\"\xd0\x96\\u000a/\xf0\x9f\xa5\x90\"", true},
    {"\"a\"", "\"b\"", false},
    {"\"a\"", "\"a \"", false},
    {"[1,2]", "[2,1]", false},
    {"[]", "[null]", false},
    {"{}", "[]", false},
    {"{\"a\":1}", "{\"a\":1,\"b\":null}", false},
    {"{\"a\":{\"b\":1}}", "{\"a\":{\"b\":2}}", false},
    {"{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", false},
    {"true", "false", false},
    {"null", "false", false},
};

START_TEST(canonical_tells_values_apart)
{
    char *left = json_canonical(pairs[_i].left);
    char *right = json_canonical(pairs[_i].right);

    ck_assert_ptr_nonnull(left);
    ck_assert_ptr_nonnull(right);
    ck_assert_msg((strcmp(left, right) == 0) == pairs[_i].same, "%s and %s became %s and %s",
                  pairs[_i].left, pairs[_i].right, left, right);
    free(left);
    free(right);
}
END_TEST

static const char *const unsound[] = {
    "",      " ",     "{",   "}",           "{\"a\"}", "{\"a\":}",  "{\"a\":1,}",
    "[1,]",  "[1 2]", "01",  "1.",          ".5",      "-",         "1e",
    "+1",    "tru",   "nul", "\"",          "\"\\x\"", "\"\\u12\"", "\"\n\"",
    "{} {}", "{} x",  "NaN", "\"\\u0000\"", "{a:1}",   "'a'",       "[1}",
};

START_TEST(what_is_not_json_has_no_canonical_form)
{
    char *text = json_canonical(unsound[_i]);

    ck_assert_msg(text == NULL, "%s became %s", unsound[_i], text);
}
END_TEST

START_TEST(depth_is_limited)
{
    char text[4001];

    memset(text, '[', 2000);
    memset(text + 2000, ']', 2000);
    text[4000] = 0;
    ck_assert_ptr_null(json_canonical(text));
    ck_assert(json_value(text + 1950, 100, NULL));
}
END_TEST

/* ---- the book ---- */

static struct ledger ledger;
static char *complaints;
static size_t complaints_size;
static FILE *table;

static void open_ledger(void)
{
    memset(&ledger, 0, sizeof(ledger));
    ledger.complaints = open_memstream(&complaints, &complaints_size);
    table = fopen("/dev/null", "w");
    ck_assert(ledger.complaints && table);
}

static void close_ledger(void)
{
    ledger_free(&ledger);
    fclose(ledger.complaints);
    fclose(table);
    free(complaints);
}

/* Enters an event and its ack: line 1 has the message id "id-1" and the sequence 1. */
static struct ledger_entry *publish(size_t line)
{
    char channel[] = "telegramMessage";
    char tenant[] = "salon-001";
    char chain[] = "evt-1";
    char payload[] = "{\"chat_id\":9007199254740991,\"text\":\"Привет\"}";
    struct event_line event = {channel, tenant, chain, payload};
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct ledger_entry *entry = ledger_add(&ledger, line, &event);

    ck_assert_ptr_nonnull(entry);
    receipt.sequence = line;
    snprintf(receipt.message_id, sizeof(receipt.message_id), "id-%zu", line);
    ledger_accepted(&ledger, entry, &receipt);
    ledger_stored(&ledger, entry, &receipt);
    return entry;
}

static struct arrival arrival_of(size_t line)
{
    static char id[32];

    snprintf(id, sizeof(id), "id-%zu", line);
    return (struct arrival){id,
                            "telegramMessage",
                            "salon-001",
                            "evt-1",
                            "{ \"text\":\"Привет\", \"chat_id\":9007199254740991.0 }",
                            line};
}

static void arrive(size_t line)
{
    struct arrival arrival = arrival_of(line);

    ledger_arrived(&ledger, &arrival);
}

/* Closes the book on a failure, and looks for what it must say. */
static void must_fail(const char *complaint)
{
    ck_assert(!ledger_close(&ledger, table));
    fflush(ledger.complaints);
    ck_assert_msg(strstr(complaints, complaint) != NULL, "no \"%s\" in: %s", complaint, complaints);
}

START_TEST(all_well)
{
    for (size_t line = 1; line <= 3; line++)
        publish(line);
    ck_assert_uint_eq(ledger.missing, 3);
    arrive(2);
    arrive(1);
    arrive(3);
    ck_assert_uint_eq(ledger.missing, 0);
    ck_assert(ledger_close(&ledger, table));
    fflush(ledger.complaints);
    ck_assert_str_eq(complaints, "");
}
END_TEST

START_TEST(an_event_may_arrive_before_its_ack)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct ledger_entry *entry = publish(1);

    entry->sequence = 0; /* as it was before the ack */
    ledger.missing = 0;
    arrive(1);
    receipt.sequence = 1;
    ledger_stored(&ledger, entry, &receipt);
    ck_assert_uint_eq(ledger.missing, 0);
    ck_assert(ledger_close(&ledger, table));
}
END_TEST

/* Ways in which an arrival can differ from what was published. */
static const struct {
    struct arrival other; /* NULL and 0: as published */
    const char *complaint;
} differences[] = {
    {{.payload = "{\"chat_id\":9007199254740990,\"text\":\"Привет\"}"}, "the payload is another"},
    {{.payload = "{\"chat_id\":9007199254740992,\"text\":\"Привет\"}"}, "the payload is another"},
    {{.payload = "{\"chat_id\":9007199254740991,\"text\":\"Приват\"}"}, "the payload is another"},
    {{.payload = "{\"chat_id\":9007199254740991}"}, "the payload is another"},
    {{.payload = "{\"chat_id\":9007199254740991,\"text\":\"Привет\",\"x\":0}"}, "the payload is"},
    {{.payload = "{\"chat_id\":900719925474099"}, "the payload is another"},
    {{.channel = "agentDream"}, "arrived on channel agentDream"},
    {{.tenant = "salon-002"}, "arrived for tenant salon-002"},
    {{.causal_id = "evt-2"}, "left in chain evt-1, arrived in evt-2"},
    {{.sequence = 2}, "stored as number 1, arrived as 2"},
};

START_TEST(a_difference_is_noticed)
{
    const struct arrival *other = &differences[_i].other;
    struct arrival arrival = arrival_of(1);

    publish(1);
    arrival.payload = other->payload ? other->payload : arrival.payload;
    arrival.channel = other->channel ? other->channel : arrival.channel;
    arrival.tenant = other->tenant ? other->tenant : arrival.tenant;
    arrival.causal_id = other->causal_id ? other->causal_id : arrival.causal_id;
    arrival.sequence = other->sequence ? other->sequence : arrival.sequence;
    ledger_arrived(&ledger, &arrival);
    must_fail(differences[_i].complaint);
}
END_TEST

START_TEST(a_lost_tenant_is_noticed)
{
    struct arrival arrival = arrival_of(1);

    publish(1);
    arrival.tenant = NULL;
    ledger_arrived(&ledger, &arrival);
    must_fail("arrived for tenant (none)");
}
END_TEST

START_TEST(a_loss_is_noticed)
{
    publish(1);
    publish(2);
    arrive(1);
    must_fail("line 2 (telegramMessage): stored, but did not arrive");
}
END_TEST

START_TEST(a_repetition_is_noticed)
{
    publish(1);
    arrive(1);
    arrive(1);
    must_fail("arrived 2 times");
}
END_TEST

START_TEST(a_stranger_is_noticed)
{
    struct arrival arrival = arrival_of(1);

    publish(1);
    arrive(1);
    arrival.message_id = _i ? "id-9" : NULL;
    ledger_arrived(&ledger, &arrival);
    must_fail("was not published here");
}
END_TEST

START_TEST(a_failed_publish_is_noticed)
{
    struct nexus_error err = {NEXUS_E_TIMEOUT, 0, "here", "too late"};
    struct ledger_entry *entry = publish(1);

    entry->sequence = 0;
    ledger_failed(&ledger, entry, &err);
    arrive(1);
    must_fail("not stored: here: too late");
}
END_TEST

START_TEST(nothing_published_proves_nothing)
{
    ck_assert(!ledger_close(&ledger, table));
}
END_TEST

static TCase *json_cases(void)
{
    TCase *tests = tcase_create("json");

    tcase_add_loop_test(tests, canonical_tells_values_apart, 0,
                        (int)(sizeof(pairs) / sizeof(pairs[0])));
    tcase_add_loop_test(tests, what_is_not_json_has_no_canonical_form, 0,
                        (int)(sizeof(unsound) / sizeof(unsound[0])));
    tcase_add_test(tests, depth_is_limited);
    return tests;
}

static TCase *book_cases(void)
{
    TCase *tests = tcase_create("ledger");

    tcase_add_checked_fixture(tests, open_ledger, close_ledger);
    tcase_add_test(tests, all_well);
    tcase_add_test(tests, an_event_may_arrive_before_its_ack);
    tcase_add_loop_test(tests, a_difference_is_noticed, 0,
                        (int)(sizeof(differences) / sizeof(differences[0])));
    tcase_add_test(tests, a_lost_tenant_is_noticed);
    tcase_add_test(tests, a_loss_is_noticed);
    tcase_add_test(tests, a_repetition_is_noticed);
    tcase_add_loop_test(tests, a_stranger_is_noticed, 0, 2);
    tcase_add_test(tests, a_failed_publish_is_noticed);
    tcase_add_test(tests, nothing_published_proves_nothing);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("ledger");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, json_cases());
    suite_add_tcase(suite, book_cases());
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
