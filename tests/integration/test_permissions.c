/* SPDX-License-Identifier: Apache-2.0 */
/* Users with few permissions: what suffices, and that a denial is an error at once and not a
 * timeout. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

/* So long that a test which waits for it is ended by its own timeout: "at once" without a clock. */
#define FOR_EVER 3600000

/* The administrator may everything; the till may publish for one tenant and hear its own answers;
 * the reader may use one consumer that exists. */
static const char config[] =
    "authorization { users: [\n"
    "  { user: admin, password: a }\n"
    "  { user: till, password: t, permissions: {\n"
    "      publish: [\"nexus.salon-001.>\"], subscribe: [\"_TILL.>\"] } }\n"
    "  { user: reader, password: r, permissions: {\n"
    "      publish: [\"$JS.API.CONSUMER.MSG.NEXT.NEXUS.reader-kb_ingested-all\",\n"
    "                \"$JS.API.CONSUMER.INFO.NEXUS.reader-kb_ingested-all\",\n"
    "                \"$JS.ACK.NEXUS.reader-kb_ingested-all.>\"],\n"
    "      subscribe: [\"_READER.>\"] } }\n"
    "] }\n";

static struct nexus_client *client_of(const char *user, const char *password, const char *inbox)
{
    struct nexus_client_options *options = test_options(user);
    OK(nexus_client_options_set_user(options, user, password, err));
    OK(nexus_client_options_set_publish_deadline(options, FOR_EVER, err));
    if (inbox != NULL) {
        OK(nexus_client_options_set_inbox_prefix(options, inbox, err));
    }
    return test_client_of(options);
}

static void start(void)
{
    ck_assert(test_server_start(&test_server, config));
    struct nexus_client *admin = client_of("admin", "a", NULL);
    OK(nexus_provision(admin, NULL, NULL, err));
    nexus_client_destroy(admin);
}

START_TEST(a_publisher_needs_its_subjects_and_its_inbox)
{
    start();
    struct nexus_client *till = client_of("till", "t", "_TILL");
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    for (int i = 0; i < 100; i++) {
        OK(test_publish(till, i, NULL, &receipt, err));
    }
    ck_assert_uint_eq(receipt.sequence, 100);
    nexus_client_destroy(till);
}
END_TEST

START_TEST(a_denied_publish_fails_at_once_and_names_the_subject)
{
    start();
    struct nexus_client *till = client_of("till", "t", "_TILL");
    struct nexus_error error = NEXUS_ERROR_INIT;
    ck_assert_int_eq(test_publish_for(till, "salon-002", 1, NULL, NULL, &error),
                     NEXUS_E_PERMISSION);
    ck_assert_msg(strstr(error.message, "nexus.salon-002.kb.ingested") != NULL ||
                      strstr(error.where, "nexus.salon-002.kb.ingested") != NULL,
                  "%s: %s", error.where, error.message);
    /* Neighbours are not harmed, and it fails again. */
    OK(test_publish(till, 2, NULL, NULL, err));
    FAILS(NEXUS_E_PERMISSION, test_publish_for(till, "salon-002", 3, NULL, NULL, err));
    OK(test_publish(till, 4, NULL, NULL, err));
    nexus_client_destroy(till);
}
END_TEST

START_TEST(denied_and_allowed_publishes_side_by_side)
{
    start();
    struct nexus_client *till = client_of("till", "t", "_TILL");
    struct nexus_publish_options *options = nexus_publish_options_new();
    struct test_report reports[200] = {{0}};
    for (int i = 0; i < 200; i++) {
        OK(nexus_publish_options_set_callback(options, test_on_report, &reports[i], err));
        OK(test_publish_for(till, i % 5 == 0 ? "salon-002" : "salon-001", i, options, NULL, err));
    }
    DISPATCH_UNTIL(till, test_reported_any(reports, 200) == 200);
    for (int i = 0; i < 200; i++) {
        ck_assert_msg(reports[i].code == (i % 5 == 0 ? NEXUS_E_PERMISSION : NEXUS_OK), "%d: %s", i,
                      nexus_status_name(reports[i].code));
    }
    nexus_publish_options_destroy(options);
    nexus_client_destroy(till);
}
END_TEST

START_TEST(what_else_is_denied_says_so)
{
    start();
    struct nexus_client *till = client_of("till", "t", "_TILL");
    struct nexus_subscription *out = NULL;
    struct test_seen seen = {0};
    FAILS(NEXUS_E_PERMISSION, nexus_provision(till, NULL, NULL, err));
    FAILS(NEXUS_E_PERMISSION,
          nexus_subscribe_kb_ingested(till, NULL, test_on_event, &seen, NULL, &out, err));
    FAILS(NEXUS_E_PERMISSION, nexus_delete_durable(till, NULL, "x", err));
    OK(test_publish(till, 1, NULL, NULL, err));
    nexus_client_destroy(till);
}
END_TEST

START_TEST(a_reader_needs_its_consumer_only)
{
    start();
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *out = NULL;
    struct test_seen seen = {0};
    OK(nexus_subscribe_options_set_durable(options, "reader-kb_ingested-all", err));
    struct nexus_client *admin = client_of("admin", "a", NULL);
    /* The administrator makes the consumer; the reader finds it. */
    nexus_subscription_destroy(test_subscribe(admin, NULL, &seen, options));
    struct nexus_client *reader = client_of("reader", "r", "_READER");
    OK(nexus_subscribe_kb_ingested(reader, NULL, test_on_event, &seen, NULL, &out, err));
    for (int i = 0; i < 50; i++) {
        OK(test_publish(admin, i, NULL, NULL, err));
    }
    DISPATCH_UNTIL(reader, seen.count == 50);
    struct test_raw raw;
    char url[128];
    snprintf(url, sizeof url, "nats://admin:a@127.0.0.1:%d", test_server.port);
    test_raw_open(&raw, url);
    jsConsumerInfo *info = NULL;
    int64_t deadline = test_now() + TEST_LIMIT_MILLISECONDS;
    bool acked = false;
    while (!acked) {
        ck_assert(test_now() < deadline);
        info = test_raw_consumer(&raw, "NEXUS", "reader-kb_ingested-all");
        acked = info->NumAckPending == 0 && info->NumPending == 0;
        jsConsumerInfo_Destroy(info);
    }
    test_raw_close(&raw);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(reader);
    nexus_client_destroy(admin);
}
END_TEST

static void on_letter(struct nexus_subscription *subscription,
                      const struct nexus_dead_letter *letter, void *data)
{
    uint64_t *number = data;
    (void)subscription;
    *number = letter->number;
}

static void on_error(struct nexus_subscription *subscription, const struct nexus_error *err,
                     void *data)
{
    int *code = data;
    (void)subscription;
    *code = err->code;
}

/* A tenant's consumer gives up with rights to its own dead letters, and to nothing else; without
 * them the event stays, and the application is told. */
START_TEST(a_tenants_consumer_gives_up_to_its_own_letters)
{
    static const char letters[] = "authorization { users: [\n"
                                  "  { user: admin, password: a }\n"
                                  "  { user: reader, password: r, permissions: {\n"
                                  "      publish: [\"$JS.API.CONSUMER.MSG.NEXT.NEXUS.mine\",\n"
                                  "                \"$JS.API.CONSUMER.INFO.NEXUS.mine\",\n"
                                  "                \"$JS.ACK.NEXUS.mine.>\",\n"
                                  "                \"nexus-dlq.salon-00%d.>\"],\n"
                                  "      subscribe: [\"_READER.>\"] } }\n"
                                  "] }\n";
    for (int tenant = 1; tenant <= 2; tenant++) {
        char text[1024];
        struct nexus_subscribe_options *options = nexus_subscribe_options_new();
        struct nexus_subscription *out = NULL;
        struct test_seen seen = {.verdict = NEXUS_REJECT};
        uint64_t number = 0;
        int code = 0;
        snprintf(text, sizeof text, letters, tenant);
        ck_assert(test_server_start(&test_server, text));
        struct nexus_client *admin = client_of("admin", "a", NULL);
        OK(nexus_provision(admin, NULL, NULL, err));
        OK(nexus_subscribe_options_set_durable(options, "mine", err));
        OK(nexus_subscribe_options_set_dead_letter_callback(options, on_letter, &number, err));
        OK(nexus_subscribe_options_set_error_callback(options, on_error, &code, err));
        nexus_subscription_destroy(test_subscribe(admin, "salon-001", &seen, options));
        struct nexus_client *reader = client_of("reader", "r", "_READER");
        OK(nexus_subscribe_kb_ingested(reader, "salon-001", test_on_event, &seen, options, &out,
                                       err));
        OK(test_publish(admin, 1, NULL, NULL, err));
        DISPATCH_UNTIL(reader, number != 0 || code != 0);
        ck_assert_int_eq(code, tenant == 1 ? NEXUS_OK : NEXUS_E_PERMISSION);
        ck_assert_uint_eq(number, tenant == 1 ? 1 : 0);
        nexus_subscribe_options_destroy(options);
        nexus_client_destroy(reader);
        nexus_client_destroy(admin);
        test_server_stop(&test_server);
    }
}
END_TEST

START_TEST(an_inbox_prefix_is_checked)
{
    static const char *const bad[] = {"",    ".",   "a.", ".a",    "a..b",
                                      "a b", "a.*", ">",  "a\r\n", NULL};
    struct nexus_client_options *options = nexus_client_options_new();
    for (int i = 0; bad[i] != NULL; i++) {
        FAILS(NEXUS_E_INVALID, nexus_client_options_set_inbox_prefix(options, bad[i], err));
    }
    OK(nexus_client_options_set_inbox_prefix(options, "_INBOX.till-2", err));
    OK(nexus_client_options_set_inbox_prefix(options, NULL, err));
    nexus_client_options_destroy(options);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("permissions");
    TCase *bare = test_case_bare(suite, "permissions");
    tcase_add_test(bare, a_publisher_needs_its_subjects_and_its_inbox);
    tcase_add_test(bare, a_denied_publish_fails_at_once_and_names_the_subject);
    tcase_add_test(bare, denied_and_allowed_publishes_side_by_side);
    tcase_add_test(bare, what_else_is_denied_says_so);
    tcase_add_test(bare, a_reader_needs_its_consumer_only);
    tcase_add_test(bare, a_tenants_consumer_gives_up_to_its_own_letters);
    tcase_add_test(bare, an_inbox_prefix_is_checked);
    return test_main(suite);
}
