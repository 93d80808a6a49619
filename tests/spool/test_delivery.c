/* SPDX-License-Identifier: Apache-2.0 */
/* Events that go through the spool arrive once and in order, whatever becomes of server and client
 * meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raw.h"
#include "simple.h"
#include "spooling.h"

START_TEST(write_ahead_returns_when_the_disk_has_it)
{
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    for (int i = 0; i < 50; i++) {
        struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
        OK(test_publish(client, i, NULL, &receipt, err));
        ck_assert_int_gt(receipt.spooled_at, 0);
        ck_assert_uint_eq(receipt.sequence, 0);
        ck_assert_str_eq(receipt.stream, "");
        ck_assert_str_ne(receipt.message_id, "");
        ck_assert_str_ne(receipt.causal_id, "");
    }
    spool_drained(client);
    spool_in_stream(0, 49);
    struct nexus_spool_stats stats = spool_stats(client);
    ck_assert_uint_eq(stats.appended, 50);
    ck_assert_uint_eq(stats.drained, 50);
    ck_assert_uint_eq(stats.bytes, 0);
    ck_assert_uint_eq(test_stats(client).published, 50);
    ck_assert_uint_eq(test_stats(client).acked, 50);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(an_outage_of_the_server_is_not_noticed)
{
    struct test_report reports[200] = {{0}};
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    OK(test_publish(client, 0, NULL, NULL, err));
    spool_drained(client);
    test_server_kill(&test_server);
    for (int i = 0; i < 100; i++) {
        test_publish_async(client, 1 + i, &reports[i]);
    }
    DISPATCH_UNTIL(client, test_reported(reports, 100, NEXUS_OK) == 100);
    ck_assert_uint_eq(spool_stats(client).events, 100);
    ck_assert_int_gt(spool_stats(client).oldest_at, 0);
    FAILS(NEXUS_E_TIMEOUT, nexus_client_spool_drain(client, 50, err));
    ck_assert(test_server_restart(&test_server));
    for (int i = 100; i < 200; i++) {
        test_publish_async(client, 1 + i, &reports[i]);
    }
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(test_reported(reports, 200, NEXUS_OK), 200);
    spool_drained(client);
    spool_in_stream(0, 200);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(what_is_left_is_sent_by_the_next_client)
{
    char ids[30][NEXUS_MESSAGE_ID_SIZE];
    test_server_kill(&test_server);
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    for (int i = 0; i < 30; i++) {
        struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
        OK(test_publish(client, i, NULL, &receipt, err));
        memcpy(ids[i], receipt.message_id, sizeof ids[i]);
    }
    nexus_client_destroy(client);
    ck_assert(test_server_restart(&test_server));
    client = spool_client(NEXUS_SPOOL_ALWAYS);
    spool_drained(client);
    spool_in_stream(0, 29);
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    for (int i = 0; i < 30; i++) {
        const char *id = NULL;
        natsMsg *message = test_raw_get(&raw, "NEXUS", (uint64_t)i + 1);
        ck_assert_int_eq(natsMsgHeader_Get(message, "Nats-Msg-Id", &id), NATS_OK);
        ck_assert_str_eq(id, ids[i]);
        natsMsg_Destroy(message);
    }
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(on_outage_leaves_the_disk_alone_while_the_server_acks)
{
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ON_OUTAGE);
    DISPATCH_UNTIL(client, nexus_client_state(client) == NEXUS_STATE_CONNECTED);
    for (int i = 0; i < 20; i++) {
        struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
        OK(test_publish(client, i, NULL, &receipt, err));
        ck_assert_int_eq(receipt.spooled_at, 0);
        ck_assert_uint_eq(receipt.sequence, (uint64_t)i + 1);
    }
    ck_assert_uint_eq(spool_stats(client).appended, 0);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(on_outage_takes_what_cannot_be_sent)
{
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ON_OUTAGE);
    DISPATCH_UNTIL(client, nexus_client_state(client) == NEXUS_STATE_CONNECTED);
    OK(test_publish(client, 0, NULL, NULL, err));
    test_server_kill(&test_server);
    for (int i = 1; i <= 20; i++) {
        struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
        OK(test_publish(client, i, NULL, &receipt, err));
        ck_assert_int_gt(receipt.spooled_at, 0);
    }
    ck_assert_uint_eq(spool_stats(client).events, 20);
    ck_assert(test_server_restart(&test_server));
    spool_drained(client);
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    OK(test_publish(client, 21, NULL, &receipt, err));
    ck_assert_int_eq(receipt.spooled_at, 0);
    spool_in_stream(0, 21);
    nexus_client_destroy(client);
}
END_TEST

/* Sent, and not answered: what is in flight goes to the disk and stays in its order. */
START_TEST(on_outage_takes_what_is_not_acked)
{
    struct test_report reports[60] = {{0}};
    struct nexus_client_options *options = spool_options(NEXUS_SPOOL_ON_OUTAGE);
    OK(nexus_client_options_set_ack_timeout(options, 200, err));
    struct nexus_client *client = test_client_of(options);
    DISPATCH_UNTIL(client, nexus_client_state(client) == NEXUS_STATE_CONNECTED);
    OK(test_publish(client, 0, NULL, NULL, err));
    ck_assert(test_server_pause(&test_server));
    for (int i = 0; i < 30; i++) {
        test_publish_async(client, 1 + i, &reports[i]);
    }
    DISPATCH_UNTIL(client, test_reported(reports, 30, NEXUS_OK) == 30);
    ck_assert_uint_eq(spool_stats(client).events, 30);
    for (int i = 30; i < 60; i++) {
        test_publish_async(client, 1 + i, &reports[i]);
    }
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert(test_server_resume(&test_server));
    spool_drained(client);
    spool_in_stream(0, 60);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(on_outage_leaves_to_the_next_client_what_is_in_flight)
{
    struct test_report reports[40] = {{0}};
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ON_OUTAGE);
    DISPATCH_UNTIL(client, nexus_client_state(client) == NEXUS_STATE_CONNECTED);
    ck_assert(test_server_pause(&test_server));
    for (int i = 0; i < 40; i++) {
        test_publish_async(client, i, &reports[i]);
    }
    nexus_client_destroy(client);
    ck_assert_int_eq(test_reported(reports, 40, NEXUS_OK), 40);
    ck_assert(test_server_resume(&test_server));
    client = spool_client(NEXUS_SPOOL_ON_OUTAGE);
    spool_drained(client);
    spool_in_stream(0, 39);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(closing_waits_for_the_spool_while_connected)
{
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    for (int i = 0; i < 25; i++) {
        OK(test_publish(client, i, NULL, NULL, err));
    }
    DISPATCH_UNTIL(client, nexus_client_state(client) == NEXUS_STATE_CONNECTED);
    OK(nexus_client_close(client, TEST_LIMIT_MILLISECONDS, err));
    nexus_client_destroy(client);
    spool_in_stream(0, 24);
}
END_TEST

/* Those who share a commit share a signature, and each is verified by itself. */
START_TEST(signatures_are_made_before_the_disk_and_hold)
{
    static const char *const subjects[] = {"nexus.>", NULL};
    static struct test_seen seen;
    struct test_report reports[100] = {{0}};
    struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
    struct nexus_signer *signer = NULL;
    struct nexus_trust *trust = NULL;
    char *key = NULL;
    rule.subjects = subjects;
    OK(nexus_signer_generate(NULL, &signer, err));
    OK(nexus_signer_public(signer, NEXUS_KEY_JWK, &key, err));
    OK(nexus_trust_new(&trust, err));
    OK(nexus_trust_add(trust, key, &rule, err));
    struct nexus_client_options *options = spool_options(NEXUS_SPOOL_ALWAYS);
    OK(nexus_client_options_set_signer(options, signer, NEXUS_SIGNING_TREE, err));
    struct nexus_client *client = test_client_of(options);
    for (int i = 0; i < 100; i++) {
        test_publish_async(client, i, &reports[i]);
    }
    spool_drained(client);
    options = test_options("checker");
    OK(nexus_client_options_set_trust(options, trust, NEXUS_TRUST_REQUIRE, err));
    struct nexus_client *checker = test_client_of(options);
    test_subscribe(checker, NULL, &seen, NULL);
    DISPATCH_UNTIL(checker, seen.count == 100);
    ck_assert_uint_eq(test_stats(checker).poison, 0);
    ck_assert_uint_eq(test_stats(checker).verified, 100);
    nexus_client_destroy(checker);
    nexus_client_destroy(client);
    nexus_trust_destroy(trust);
    nexus_signer_destroy(signer);
    nexus_free(key);
}
END_TEST

static Suite *delivery_suite(void)
{
    Suite *suite = suite_create("spool delivery");
    TCase *tcase = test_case_with_stream(suite, "delivery");
    tcase_add_test(tcase, write_ahead_returns_when_the_disk_has_it);
    tcase_add_test(tcase, an_outage_of_the_server_is_not_noticed);
    tcase_add_test(tcase, what_is_left_is_sent_by_the_next_client);
    tcase_add_test(tcase, on_outage_leaves_the_disk_alone_while_the_server_acks);
    tcase_add_test(tcase, on_outage_takes_what_cannot_be_sent);
    tcase_add_test(tcase, on_outage_takes_what_is_not_acked);
    tcase_add_test(tcase, on_outage_leaves_to_the_next_client_what_is_in_flight);
    tcase_add_test(tcase, signatures_are_made_before_the_disk_and_hold);
    tcase_add_test(tcase, closing_waits_for_the_spool_while_connected);
    return suite;
}

int main(void)
{
    return test_main(delivery_suite());
}
