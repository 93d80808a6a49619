/* SPDX-License-Identifier: Apache-2.0 */
/* Signed events from one client to another: every kind of signature, in order, over the ends of
 * clients and servers; and trust that changes while events flow. */
#include <nexus/nexus.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "signed.h"
#include "simple.h"

#define MANY 3000

static void expect_in_order(int count)
{
    ck_assert_int_eq(seen.count, count);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(seen.numbers[i], i);
}

static void publish_many(struct nexus_client *client, struct test_report *reports, int count)
{
    for (int i = 0; i < count; i++)
        test_publish_async(client, i, &reports[i]);
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(test_reported(reports, count, NEXUS_OK), count);
}

/* ---- kinds of signatures */

START_TEST(each_kind_arrives_verified_and_in_order)
{
    struct test_report *reports = calloc(MANY, sizeof *reports);
    struct nexus_client *sender, *receiver;
    struct nexus_client_stats sent;

    set_up();
    sender = signing_client(kinds[_i]);
    publish_many(sender, reports, MANY);
    sent = test_stats(sender);
    ck_assert_uint_eq(sent.signed_events, MANY);
    if (kinds[_i] == NEXUS_SIGNING_SINGLE)
        ck_assert_uint_eq(sent.signatures, MANY);
    else
        ck_assert_uint_lt(sent.signatures, MANY / 2);
    receiver = trusting_client("receiver", NEXUS_TRUST_REQUIRE);
    test_subscribe(receiver, NULL, &seen, NULL);
    DISPATCH_UNTIL(receiver, seen.count + (int)test_stats(receiver).poison >= MANY);
    expect_in_order(MANY);
    ck_assert_uint_eq(test_stats(receiver).verified, MANY);
    ck_assert_uint_eq(test_stats(receiver).verifications, sent.signatures);
    nexus_client_destroy(sender);
    nexus_client_destroy(receiver);
    free(reports);
}
END_TEST

/* Blocking and asynchronous events of one subject, mixed: none overtakes another. */
START_TEST(blocking_ones_do_not_overtake)
{
    struct test_report *reports = calloc(MANY, sizeof *reports);
    struct nexus_client *sender, *receiver;

    set_up();
    sender = signing_client(kinds[_i]);
    for (int i = 0; i < MANY; i++)
        if (i % 100 == 99)
            OK(test_publish(sender, i, NULL, NULL, err));
        else
            test_publish_async(sender, i, &reports[i]);
    OK(nexus_client_flush(sender, TEST_LIMIT_MILLISECONDS, err));
    receiver = trusting_client("receiver", NEXUS_TRUST_REQUIRE);
    test_subscribe(receiver, NULL, &seen, NULL);
    DISPATCH_UNTIL(receiver, seen.count >= MANY);
    expect_in_order(MANY);
    nexus_client_destroy(sender);
    nexus_client_destroy(receiver);
    free(reports);
}
END_TEST

START_TEST(a_lone_event_is_signed_alone)
{
    struct test_report report = {0};
    struct nexus_client *sender;

    set_up();
    sender = signing_client(NEXUS_SIGNING_AUTO);
    OK(test_publish(sender, 0, NULL, NULL, err));
    test_publish_async(sender, 1, &report);
    DISPATCH_UNTIL(sender, report.calls == 1);
    ck_assert_uint_eq(test_stats(sender).signatures, 2);
    nexus_client_destroy(sender);
}
END_TEST

START_TEST(a_window_of_one_is_enough)
{
    struct nexus_client_options *options = test_options("sender");
    struct test_report *reports = calloc(200, sizeof *reports);
    struct nexus_client *sender;

    set_up();
    OK(nexus_client_options_set_signer(options, signer, NEXUS_SIGNING_TREE, err));
    OK(nexus_client_options_set_window(options, 1, 65536, err));
    sender = test_client_of(options);
    for (int i = 0; i < 200; i++) {
        test_publish_async(sender, i, &reports[i]);
        DISPATCH_UNTIL(sender, reports[i].calls == 1);
    }
    nexus_client_destroy(sender);
    free(reports);
}
END_TEST

struct publisher {
    struct nexus_client *client;
    struct test_report *reports;
    int count;
};

static void *publish_alongside(void *data)
{
    struct publisher *publisher = data;

    for (int i = 0; i < publisher->count; i++)
        if (i % 50 == 49)
            OK(test_publish(publisher->client, i, NULL, NULL, err));
        else
            test_publish_async(publisher->client, i, &publisher->reports[i]);
    return NULL;
}

START_TEST(threads_share_signatures)
{
    struct publisher publishers[4];
    pthread_t threads[4];
    struct nexus_client *sender, *receiver;

    set_up();
    sender = signing_client(kinds[_i]);
    for (int i = 0; i < 4; i++) {
        publishers[i] = (struct publisher){sender, calloc(500, sizeof(struct test_report)), 500};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, publish_alongside, &publishers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    OK(nexus_client_flush(sender, TEST_LIMIT_MILLISECONDS, err));
    receiver = trusting_client("receiver", NEXUS_TRUST_REQUIRE);
    test_subscribe(receiver, NULL, &seen, NULL);
    DISPATCH_UNTIL(receiver, seen.count + (int)test_stats(receiver).poison >= 2000);
    ck_assert_int_eq(seen.count, 2000);
    for (int i = 0; i < 4; i++)
        free(publishers[i].reports);
    nexus_client_destroy(sender);
    nexus_client_destroy(receiver);
}
END_TEST

/* ---- ends */

START_TEST(every_event_has_one_end_when_destroyed)
{
    struct test_report *reports = calloc(500, sizeof *reports);
    struct nexus_client *sender;

    set_up();
    sender = signing_client(NEXUS_SIGNING_TREE);
    for (int i = 0; i < 500; i++)
        test_publish_async(sender, i, &reports[i]);
    nexus_client_destroy(sender);
    ck_assert_int_eq(test_reported_any(reports, 500), 500);
    free(reports);
}
END_TEST

START_TEST(a_restarted_server_gets_all_of_them_once)
{
    struct test_report *reports = calloc(MANY, sizeof *reports);
    struct nexus_client *sender, *receiver;

    set_up();
    sender = signing_client(NEXUS_SIGNING_AUTO);
    for (int i = 0; i < 1000; i++)
        test_publish_async(sender, i, &reports[i]);
    test_server_kill(&test_server);
    for (int i = 1000; i < 1500; i++)
        test_publish_async(sender, i, &reports[i]);
    ck_assert(test_server_restart(&test_server));
    OK(nexus_client_flush(sender, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(test_reported(reports, 1500, NEXUS_OK), 1500);
    receiver = trusting_client("receiver", NEXUS_TRUST_REQUIRE);
    test_subscribe(receiver, NULL, &seen, NULL);
    DISPATCH_UNTIL(receiver, seen.count >= 1500);
    expect_in_order(1500);
    nexus_client_destroy(sender);
    nexus_client_destroy(receiver);
    free(reports);
}
END_TEST

/* ---- trust that changes */

START_TEST(unsigned_ones_are_refused_or_permitted)
{
    struct nexus_client *sender, *strict, *lenient;
    static struct test_seen permitted;

    set_up();
    memset(&permitted, 0, sizeof permitted);
    sender = test_client("sender");
    OK(test_publish(sender, 0, NULL, NULL, err));
    strict = trusting_client("strict", NEXUS_TRUST_REQUIRE);
    lenient = trusting_client("lenient", NEXUS_TRUST_PERMIT);
    test_subscribe(strict, NULL, &seen, NULL);
    test_subscribe(lenient, NULL, &permitted, NULL);
    DISPATCH_UNTIL(strict, test_stats(strict).poison_unsigned == 1);
    DISPATCH_UNTIL(lenient, permitted.count == 1);
    ck_assert_int_eq(seen.count, 0);
    ck_assert_uint_eq(test_stats(lenient).verified, 0);
    nexus_client_destroy(sender);
    nexus_client_destroy(strict);
    nexus_client_destroy(lenient);
}
END_TEST

START_TEST(revoking_and_rotating_take_effect_while_events_flow)
{
    struct nexus_signer *next = make_signer("till-2");
    struct nexus_client_options *options = test_options("next");
    struct nexus_client *old_sender, *new_sender, *receiver;

    set_up();
    old_sender = signing_client(NEXUS_SIGNING_AUTO);
    OK(nexus_client_options_set_signer(options, next, NEXUS_SIGNING_AUTO, err));
    new_sender = test_client_of(options);
    receiver = trusting_client("receiver", NEXUS_TRUST_REQUIRE);
    test_subscribe(receiver, NULL, &seen, NULL);
    OK(test_publish(new_sender, 0, NULL, NULL, err));
    DISPATCH_UNTIL(receiver, test_stats(receiver).poison_unknown_key == 1);
    allow(trust, next, "nexus.salon-001.>", NULL); /* both are good for a while */
    OK(test_publish(new_sender, 0, NULL, NULL, err));
    OK(test_publish(old_sender, 1, NULL, NULL, err));
    DISPATCH_UNTIL(receiver, seen.count == 2);
    OK(nexus_trust_revoke(trust, "till-1", err));
    OK(test_publish(old_sender, 2, NULL, NULL, err));
    OK(test_publish(new_sender, 2, NULL, NULL, err));
    DISPATCH_UNTIL(receiver, seen.count == 3);
    ck_assert_uint_eq(test_stats(receiver).poison_revoked, 1);
    expect_in_order(3);
    nexus_client_destroy(old_sender);
    nexus_client_destroy(new_sender);
    nexus_client_destroy(receiver);
    nexus_signer_destroy(next);
}
END_TEST

START_TEST(a_stream_can_be_read_again_from_its_start)
{
    struct nexus_client *sender, *receiver;
    struct nexus_subscription *subscription;

    set_up();
    sender = signing_client(NEXUS_SIGNING_AUTO);
    for (int i = 0; i < 3; i++)
        OK(test_publish(sender, i, NULL, NULL, err));
    receiver = trusting_client("receiver", NEXUS_TRUST_REQUIRE);
    for (int round = 0; round < 2; round++) {
        seen.count = 0;
        subscription = test_subscribe(receiver, NULL, &seen, NULL);
        DISPATCH_UNTIL(receiver, seen.count == 3);
        expect_in_order(3);
        nexus_subscription_destroy(subscription);
        OK(nexus_delete_durable(receiver, NULL, "receiver-kb_ingested-all", err));
    }
    ck_assert_uint_eq(test_stats(receiver).poison, 0);
    nexus_client_destroy(sender);
    nexus_client_destroy(receiver);
}
END_TEST

/* ---- capabilities */

static char *grant(struct nexus_signer *core, struct nexus_signer *producer, const char *subject)
{
    const char *subjects[] = {subject, NULL};
    struct nexus_capability_grant what = NEXUS_CAPABILITY_GRANT_INIT;
    char *key = NULL, *token = NULL;

    OK(nexus_signer_public(producer, NEXUS_KEY_PEM, &key, err));
    what.issuer = "core";
    what.subject = "till-9";
    what.public_key = key;
    what.subjects = subjects;
    what.not_after = 4000000000;
    what.id = "token-9";
    OK(nexus_capability_issue(core, &what, &token, err));
    nexus_free(key);
    return token;
}

static enum nexus_verdict on_announced(const struct nexus_json_event *event,
                                       struct nexus_delivery *delivery, void *data)
{
    (void)delivery;
    ck_assert_str_eq(event->channel, "capTokenIssued");
    ck_assert_ptr_nonnull(strstr(event->payload, "\"token_id\":\"token-9\""));
    ck_assert_ptr_null(strstr(event->payload, "eyJ"));
    ++*(int *)data;
    return NEXUS_ACK;
}

START_TEST(a_receiver_that_knows_the_core_key_accepts_what_is_granted)
{
    struct nexus_signer *core = make_signer("core-1"), *producer = make_signer(NULL);
    char *token = grant(core, producer, "nexus.salon-001.kb.*");
    struct nexus_client_options *options = test_options("producer");
    struct nexus_subscription *audit = NULL;
    struct nexus_client *sender, *receiver, *auditor;
    int announced = 0;

    set_up();
    allow(trust, core, NULL, "nexus.>");
    OK(nexus_client_options_set_signer(options, producer, kinds[_i], err));
    OK(nexus_client_options_set_capability(options, token, err));
    sender = test_client_of(options);
    receiver = trusting_client("receiver", NEXUS_TRUST_REQUIRE);
    test_subscribe(receiver, NULL, &seen, NULL);
    OK(test_publish(sender, 0, NULL, NULL, err));
    OK(test_publish(sender, 1, NULL, NULL, err));
    DISPATCH_UNTIL(receiver, seen.count == 2);
    OK(test_publish_for(sender, "salon-002", 2, NULL, NULL, err));
    DISPATCH_UNTIL(receiver, test_stats(receiver).poison_not_allowed == 1);
    OK(nexus_trust_revoke(trust, "token-9", err));
    OK(test_publish(sender, 3, NULL, NULL, err));
    DISPATCH_UNTIL(receiver, test_stats(receiver).poison_revoked == 1);
    auditor = test_client("auditor");
    OK(nexus_subscribe_json(auditor, "capTokenIssued", NULL, on_announced, &announced, NULL, &audit,
                            err));
    OK(nexus_capability_announce(sender, token, NULL, NULL, err));
    DISPATCH_UNTIL(auditor, announced == 1);
    nexus_free(token);
    nexus_client_destroy(sender);
    nexus_client_destroy(receiver);
    nexus_client_destroy(auditor);
    nexus_signer_destroy(core);
    nexus_signer_destroy(producer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signed");
    TCase *tcase = test_case_with_stream(suite, "signed");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, each_kind_arrives_verified_and_in_order, 0, 3);
    tcase_add_loop_test(tcase, blocking_ones_do_not_overtake, 0, 3);
    tcase_add_test(tcase, a_lone_event_is_signed_alone);
    tcase_add_test(tcase, a_window_of_one_is_enough);
    tcase_add_loop_test(tcase, threads_share_signatures, 0, 3);
    tcase_add_test(tcase, every_event_has_one_end_when_destroyed);
    tcase_add_test(tcase, a_restarted_server_gets_all_of_them_once);
    tcase_add_test(tcase, unsigned_ones_are_refused_or_permitted);
    tcase_add_test(tcase, revoking_and_rotating_take_effect_while_events_flow);
    tcase_add_test(tcase, a_stream_can_be_read_again_from_its_start);
    tcase_add_loop_test(tcase, a_receiver_that_knows_the_core_key_accepts_what_is_granted, 0, 3);
    return test_main(suite);
}
