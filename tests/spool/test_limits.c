/* SPDX-License-Identifier: Apache-2.0 */
/* What the spool refuses, drops, keeps back and marks; and that each is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raw.h"
#include "simple.h"
#include "spooling.h"

START_TEST(a_full_spool_refuses)
{
    test_server_kill(&test_server);
    struct nexus_client_options *options = spool_options(NEXUS_SPOOL_ALWAYS);
    OK(nexus_client_options_set_spool_limits(options, 10, 0, 0, NEXUS_SPOOL_REFUSE, err));
    struct nexus_client *client = test_client_of(options);
    for (int i = 0; i < 10; i++) {
        OK(test_publish(client, i, NULL, NULL, err));
    }
    FAILS(NEXUS_E_FULL, test_publish(client, 10, NULL, NULL, err));
    ck_assert_uint_eq(spool_stats(client).refused, 1);
    ck_assert_uint_eq(spool_stats(client).events, 10);
    ck_assert(test_server_restart(&test_server));
    spool_drained(client);
    OK(test_publish(client, 10, NULL, NULL, err));
    spool_drained(client);
    spool_in_stream(0, 10);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_spool_full_of_bytes_refuses)
{
    test_server_kill(&test_server);
    struct nexus_client_options *options = spool_options(NEXUS_SPOOL_ALWAYS);
    OK(nexus_client_options_set_spool_limits(options, 0, 65536, 0, NEXUS_SPOOL_REFUSE, err));
    struct nexus_client *client = test_client_of(options);
    int accepted = 0;
    while (accepted < 1000 && test_publish(client, accepted, NULL, NULL, NULL) == NEXUS_OK) {
        accepted++;
    }
    ck_assert_int_gt(accepted, 20);
    ck_assert_int_lt(accepted, 1000);
    ck_assert_uint_le(spool_stats(client).bytes, 65536 + 1024);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(the_oldest_make_room_and_are_reported)
{
    static struct spool_reports reports;
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    memset(&reports, 0, sizeof reports);
    test_server_kill(&test_server);
    struct nexus_client_options *options = spool_options(NEXUS_SPOOL_ALWAYS);
    OK(nexus_client_options_set_spool_limits(options, 10, 0, 0, NEXUS_SPOOL_DROP_OLDEST, err));
    OK(nexus_client_options_set_spool_callback(options, spool_on_report, &reports, err));
    struct nexus_client *client = test_client_of(options);
    OK(test_publish(client, 0, NULL, &receipt, err));
    for (int i = 1; i < 25; i++) {
        OK(test_publish(client, i, NULL, NULL, err));
    }
    DISPATCH_UNTIL(client, reports.counts[NEXUS_SPOOL_DROPPED_FULL] == 15);
    ck_assert_str_eq(reports.first_dropped, receipt.message_id);
    ck_assert_int_eq(reports.last_code, NEXUS_E_FULL);
    ck_assert_uint_eq(spool_stats(client).dropped_full, 15);
    ck_assert_uint_eq(spool_stats(client).events, 10);
    ck_assert(test_server_restart(&test_server));
    spool_drained(client);
    spool_in_stream(15, 24);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(what_is_too_old_is_dropped_and_reported)
{
    static struct spool_reports reports;
    memset(&reports, 0, sizeof reports);
    test_server_kill(&test_server);
    struct nexus_client_options *options = spool_options(NEXUS_SPOOL_ALWAYS);
    OK(nexus_client_options_set_spool_limits(options, 0, 0, 1000, NEXUS_SPOOL_REFUSE, err));
    OK(nexus_client_options_set_spool_callback(options, spool_on_report, &reports, err));
    struct nexus_client *client = test_client_of(options);
    for (int i = 0; i < 5; i++) {
        OK(test_publish(client, i, NULL, NULL, err));
    }
    DISPATCH_UNTIL(client, reports.counts[NEXUS_SPOOL_DROPPED_AGE] == 5);
    ck_assert_int_eq(reports.last_code, NEXUS_E_TIMEOUT);
    ck_assert_uint_eq(spool_stats(client).dropped_age, 5);
    ck_assert_uint_eq(spool_stats(client).events, 0);
    nexus_client_destroy(client);
}
END_TEST

/* No stream takes the subject: nothing is lost, and it goes on when there is one. */
START_TEST(a_subject_without_a_stream_waits)
{
    static struct spool_reports reports;
    memset(&reports, 0, sizeof reports);
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    test_raw_delete_stream(&raw, "NEXUS");
    test_raw_close(&raw);
    struct nexus_client_options *options = spool_options(NEXUS_SPOOL_ALWAYS);
    OK(nexus_client_options_set_spool_callback(options, spool_on_report, &reports, err));
    struct nexus_client *client = test_client_of(options);
    for (int i = 0; i < 40; i++) {
        OK(test_publish(client, i, NULL, NULL, err));
    }
    DISPATCH_UNTIL(client, reports.counts[NEXUS_SPOOL_WAITING] > 0);
    ck_assert_int_eq(reports.last_code, NEXUS_E_NO_STREAM);
    ck_assert_uint_eq(spool_stats(client).waiting_subjects, 1);
    ck_assert_uint_eq(spool_stats(client).events, 40);
    OK(nexus_provision(client, NULL, NULL, err));
    spool_drained(client);
    ck_assert_uint_eq(spool_stats(client).waiting_subjects, 0);
    spool_in_stream(0, 39);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_late_resend_is_marked)
{
    struct nexus_client_options *options = spool_options(NEXUS_SPOOL_ALWAYS);
    OK(nexus_client_options_set_spool_duplicate_window(options, 100, err));
    OK(nexus_client_options_set_ack_timeout(options, 300, err));
    struct nexus_client *client = test_client_of(options);
    OK(test_publish(client, 0, NULL, NULL, err));
    spool_drained(client);
    ck_assert_uint_eq(spool_stats(client).marked, 0);
    ck_assert(test_server_pause(&test_server));
    OK(test_publish(client, 1, NULL, NULL, err));
    WAIT_UNTIL(spool_stats(client).marked == 1);
    test_server_kill(&test_server);
    ck_assert(test_server_restart(&test_server));
    spool_drained(client);
    struct test_raw raw;
    const char *since = NULL;
    test_raw_open(&raw, test_server.url);
    uint64_t count = test_raw_count(&raw, "NEXUS");
    natsMsg *first = test_raw_get(&raw, "NEXUS", 1);
    natsMsg *last = test_raw_get(&raw, "NEXUS", count);
    ck_assert_int_ne(natsMsgHeader_Get(first, "Nexus-Resent", &since), NATS_OK);
    ck_assert_int_eq(natsMsgHeader_Get(last, "Nexus-Resent", &since), NATS_OK);
    ck_assert_int_gt(strtoll(since, NULL, 10), 1600000000000);
    natsMsg_Destroy(first);
    natsMsg_Destroy(last);
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

static Suite *limits_suite(void)
{
    Suite *suite = suite_create("spool limits");
    TCase *tcase = test_case_with_stream(suite, "limits");
    tcase_add_test(tcase, a_full_spool_refuses);
    tcase_add_test(tcase, a_spool_full_of_bytes_refuses);
    tcase_add_test(tcase, the_oldest_make_room_and_are_reported);
    tcase_add_test(tcase, what_is_too_old_is_dropped_and_reported);
    tcase_add_test(tcase, a_subject_without_a_stream_waits);
    tcase_add_test(tcase, a_late_resend_is_marked);
    return suite;
}

int main(void)
{
    return test_main(limits_suite());
}
