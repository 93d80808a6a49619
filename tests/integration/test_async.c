/* SPDX-License-Identifier: Apache-2.0 */
/* Asynchronous publishes: each is reported exactly once, whatever happens to the server, the window
 * or the client. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

#define MANY 5000
#define FEW  50

static void pause_server(void)
{
    ck_assert(test_server_pause(&test_server));
}

static void resume_server(void)
{
    ck_assert(test_server_resume(&test_server));
}

START_TEST(each_is_reported_once_and_in_the_stream)
{
    struct nexus_client *client = test_client("publisher");
    struct test_report *reports = calloc(MANY, sizeof *reports);
    struct test_raw raw;
    for (int i = 0; i < MANY; i++) {
        test_publish_async(client, i, &reports[i]);
    }
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(test_reported(reports, MANY, NEXUS_OK), MANY);
    for (int i = 0; i < MANY; i++) {
        /* One subject: stored in the order of the calls. */
        ck_assert_uint_eq(reports[i].sequence, (uint64_t)i + 1);
    }
    test_raw_open(&raw, test_server.url);
    ck_assert_uint_eq(test_raw_count(&raw, "NEXUS"), MANY);
    test_raw_close(&raw);
    struct nexus_client_stats stats = test_stats(client);
    ck_assert_uint_eq(stats.published, MANY);
    ck_assert_uint_eq(stats.acked, MANY);
    ck_assert_uint_eq(stats.in_flight, 0);
    nexus_client_destroy(client);
    ck_assert_int_eq(test_reported(reports, MANY, NEXUS_OK), MANY);
    free(reports);
}
END_TEST

START_TEST(reports_come_only_inside_dispatch)
{
    struct nexus_client *client = test_client("publisher");
    struct test_report report = {0};
    test_publish_async(client, 1, &report);
    WAIT_UNTIL(test_stats(client).acked == 1);
    ck_assert_int_eq(report.calls, 0);
    DISPATCH_UNTIL(client, report.calls == 1);
    ck_assert_int_eq(report.code, NEXUS_OK);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(destroy_reports_what_is_in_flight)
{
    struct nexus_client *client = test_client("publisher");
    struct test_report reports[FEW] = {{0}};
    test_server_kill(&test_server);
    for (int i = 0; i < FEW; i++) {
        test_publish_async(client, i, &reports[i]);
    }
    nexus_client_destroy(client);
    ck_assert_int_eq(test_reported(reports, FEW, NEXUS_E_CLOSED), FEW);
}
END_TEST

START_TEST(close_waits_no_longer_than_told_and_reports)
{
    struct nexus_client *client = test_client("publisher");
    struct test_report reports[FEW] = {{0}};
    test_server_kill(&test_server);
    for (int i = 0; i < FEW; i++) {
        test_publish_async(client, i, &reports[i]);
    }
    FAILS(NEXUS_E_TIMEOUT, nexus_client_close(client, 200, err));
    ck_assert_int_eq(test_reported(reports, FEW, NEXUS_E_CLOSED), FEW);
    FAILS(NEXUS_E_CLOSED, test_publish(client, 1, NULL, NULL, err));
    nexus_client_destroy(client);
    ck_assert_int_eq(test_reported_any(reports, FEW), FEW);
}
END_TEST

START_TEST(close_waits_for_the_acks)
{
    struct nexus_client *client = test_client("publisher");
    struct test_report reports[FEW] = {{0}};
    for (int i = 0; i < FEW; i++) {
        test_publish_async(client, i, &reports[i]);
    }
    OK(nexus_client_close(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(test_reported(reports, FEW, NEXUS_OK), FEW);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(the_deadline_reports_when_the_server_is_gone)
{
    struct nexus_client_options *options = test_options("publisher");
    OK(nexus_client_options_set_publish_deadline(options, 300, err));
    struct nexus_client *client = test_client_of(options);
    struct test_report reports[FEW] = {{0}};
    test_server_kill(&test_server);
    for (int i = 0; i < FEW; i++) {
        test_publish_async(client, i, &reports[i]);
    }
    DISPATCH_UNTIL(client, test_reported_any(reports, FEW) == FEW);
    ck_assert_int_eq(test_reported(reports, FEW, NEXUS_E_TIMEOUT), FEW);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(without_a_stream_each_is_reported)
{
    struct nexus_client *client = test_client("publisher");
    struct test_report reports[FEW] = {{0}};
    for (int i = 0; i < FEW; i++) {
        test_publish_async(client, i, &reports[i]);
    }
    DISPATCH_UNTIL(client, test_reported_any(reports, FEW) == FEW);
    ck_assert_int_eq(test_reported(reports, FEW, NEXUS_E_NO_STREAM), FEW);
    nexus_client_destroy(client);
}
END_TEST

static struct nexus_client *small_window(uint32_t events)
{
    struct nexus_client_options *options = test_options("publisher");
    OK(nexus_client_options_set_window(options, events, 1 << 20, err));
    return test_client_of(options);
}

START_TEST(a_full_window_refuses_when_told_not_to_wait)
{
    struct nexus_client *client = small_window(8);
    struct nexus_publish_options *options = nexus_publish_options_new();
    struct test_report reports[8] = {{0}};
    struct test_report refused = {0};
    pause_server();
    for (int i = 0; i < 8; i++) {
        test_publish_async(client, i, &reports[i]);
    }
    OK(nexus_publish_options_set_callback(options, test_on_report, &refused, err));
    OK(nexus_publish_options_set_wait_when_full(options, false, err));
    FAILS(NEXUS_E_FULL, test_publish(client, 9, options, NULL, err));
    ck_assert_uint_eq(test_stats(client).in_flight, 8);
    resume_server();
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(test_reported(reports, 8, NEXUS_OK), 8);
    OK(test_publish(client, 9, options, NULL, err));
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    /* The refused one was never accepted, so it is not reported. */
    ck_assert_int_eq(refused.calls, 1);
    nexus_publish_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_full_window_gives_up_at_the_deadline)
{
    struct nexus_client *client = small_window(2);
    struct nexus_publish_options *options = nexus_publish_options_new();
    struct test_report reports[3] = {{0}};
    pause_server();
    test_publish_async(client, 0, &reports[0]);
    test_publish_async(client, 1, &reports[1]);
    OK(nexus_publish_options_set_callback(options, test_on_report, &reports[2], err));
    OK(nexus_publish_options_set_deadline(options, 200, err));
    FAILS(NEXUS_E_FULL, test_publish(client, 2, options, NULL, err));
    resume_server();
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(test_reported(reports, 2, NEXUS_OK), 2);
    ck_assert_int_eq(reports[2].calls, 0);
    nexus_publish_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

static void *publish_blocking(void *data)
{
    OK(test_publish(data, 9, NULL, NULL, err));
    return NULL;
}

START_TEST(a_full_window_lets_go_on_when_there_is_room)
{
    struct nexus_client *client = small_window(4);
    struct test_report reports[4] = {{0}};
    pthread_t thread;
    pause_server();
    for (int i = 0; i < 4; i++) {
        test_publish_async(client, i, &reports[i]);
    }
    ck_assert_int_eq(pthread_create(&thread, NULL, publish_blocking, client), 0);
    resume_server();
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(test_stats(client).acked, 5);
    DISPATCH_UNTIL(client, test_reported(reports, 4, NEXUS_OK) == 4);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(flush_gives_up_in_time_and_can_be_repeated)
{
    struct nexus_client *client = test_client("publisher");
    struct test_report report = {0};
    pause_server();
    test_publish_async(client, 1, &report);
    FAILS(NEXUS_E_TIMEOUT, nexus_client_flush(client, 100, err));
    ck_assert_int_eq(report.calls, 0);
    resume_server();
    OK(nexus_client_flush(client, -1, err));
    ck_assert_int_eq(report.calls, 1);
    OK(nexus_client_flush(client, 0, err));
    nexus_client_destroy(client);
}
END_TEST

struct chain {
    int left;
    int called;
};

static void publish_next(struct nexus_client *client, const struct nexus_receipt *receipt,
                         const struct nexus_error *err, void *data)
{
    struct chain *chain = data;
    (void)receipt;
    ck_assert_ptr_null(err);
    chain->called++;
    if (chain->left-- > 0) {
        struct nexus_publish_options *options = nexus_publish_options_new();
        ck_assert_int_eq(nexus_publish_options_set_callback(options, publish_next, chain, NULL), 0);
        ck_assert_int_eq(test_publish(client, chain->left, options, NULL, NULL), NEXUS_OK);
        nexus_publish_options_destroy(options);
    }
}

static void quiet_publish(struct nexus_client *client, struct test_report *report, int timeout_ms)
{
    struct nexus_publish_options *options = nexus_publish_options_new();
    OK(nexus_publish_options_set_callback(options, test_on_report, report, err));
    OK(nexus_publish_options_set_failures_only(options, true, err));
    OK(nexus_publish_options_set_deadline(options, timeout_ms, err));
    OK(nexus_publish_json(client, "bookingCreated", TEST_TENANT, "{}", options, NULL, err));
    nexus_publish_options_destroy(options);
}

START_TEST(only_failures_are_reported_when_told_so)
{
    struct nexus_client *client = test_client("publisher");
    struct test_report stored = {0}, failed = {0};
    for (int i = 0; i < 2 * MANY; i++) { /* more than may wait for a dispatch */
        quiet_publish(client, &stored, TEST_LIMIT_MILLISECONDS);
    }
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_uint_eq(test_stats(client).acked, 2 * MANY);
    pause_server();
    quiet_publish(client, &failed, 100);
    DISPATCH_UNTIL(client, failed.calls == 1);
    resume_server();
    ck_assert_int_eq(failed.code, NEXUS_E_TIMEOUT);
    nexus_client_destroy(client);
    ck_assert_int_eq(stored.calls, 0);
    ck_assert_int_eq(failed.calls, 1);
}
END_TEST

START_TEST(a_completion_may_publish)
{
    struct nexus_client *client = test_client("publisher");
    struct chain chain = {.left = 300};
    publish_next(client, NULL, NULL, &chain);
    DISPATCH_UNTIL(client, chain.called == 301);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("async");
    TCase *stream = test_case_with_stream(suite, "with a stream");
    tcase_add_test(stream, each_is_reported_once_and_in_the_stream);
    tcase_add_test(stream, reports_come_only_inside_dispatch);
    tcase_add_test(stream, destroy_reports_what_is_in_flight);
    tcase_add_test(stream, close_waits_no_longer_than_told_and_reports);
    tcase_add_test(stream, close_waits_for_the_acks);
    tcase_add_test(stream, the_deadline_reports_when_the_server_is_gone);
    tcase_add_test(stream, a_full_window_refuses_when_told_not_to_wait);
    tcase_add_test(stream, a_full_window_gives_up_at_the_deadline);
    tcase_add_test(stream, a_full_window_lets_go_on_when_there_is_room);
    tcase_add_test(stream, flush_gives_up_in_time_and_can_be_repeated);
    tcase_add_test(stream, only_failures_are_reported_when_told_so);
    tcase_add_test(stream, a_completion_may_publish);
    TCase *server = test_case_with_server(suite, "without a stream");
    tcase_add_test(server, without_a_stream_each_is_reported);
    return test_main(suite);
}
