/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a server: several in the list, dead, mute or strange ones, and connecting later. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "simple.h"
#include "test_socket.h"

static struct nexus_client_options *options_for(const char *url)
{
    struct nexus_client_options *options = test_options("finder");
    OK(nexus_client_options_set_url(options, url, err));
    OK(nexus_client_options_set_connect_timeout(options, 500, err));
    return options;
}

static void expect_no_client(int expected, const char *url)
{
    struct nexus_client_options *options = options_for(url);
    struct nexus_client *client = (struct nexus_client *)options;
    FAILS(expected, nexus_client_new(options, &client, err));
    ck_assert_ptr_null(client);
    nexus_client_options_destroy(options);
}

START_TEST(a_dead_server_in_the_list_is_passed_over)
{
    char url[256];
    for (int round = 0; round < 4; round++) {
        snprintf(url, sizeof url, "nats://127.0.0.1:%d,%s,nats://127.0.0.1:%d", test_free_port(),
                 test_server.url, test_free_port());
        struct nexus_client *client = test_client_of(options_for(url));
        OK(test_publish(client, round, NULL, NULL, err));
        nexus_client_destroy(client);
    }
}
END_TEST

START_TEST(a_mute_server_in_the_list_is_passed_over)
{
    char url[256];
    int port;
    int fd = test_socket_mute(&port);
    snprintf(url, sizeof url, "nats://127.0.0.1:%d,%s", port, test_server.url);
    struct nexus_client *client = test_client_of(options_for(url));
    OK(test_publish(client, 1, NULL, NULL, err));
    nexus_client_destroy(client);
    close(fd);
}
END_TEST

START_TEST(another_server_of_the_list_takes_over)
{
    struct test_server other;
    char url[256];
    ck_assert(test_server_start(&other, NULL));
    snprintf(url, sizeof url, "%s,%s", test_server.url, other.url);
    struct nexus_client *client = test_client_of(options_for(url));
    /* Which one it chose is its own affair: both go away, and the one without a stream returns. */
    test_server_kill(&test_server);
    test_server_kill(&other);
    DISPATCH_UNTIL(client, nexus_client_state(client) == NEXUS_STATE_RECONNECTING);
    ck_assert(test_server_restart(&other));
    DISPATCH_UNTIL(client, nexus_client_state(client) == NEXUS_STATE_CONNECTED);
    OK(nexus_provision(client, NULL, NULL, err));
    OK(test_publish(client, 2, NULL, NULL, err));
    nexus_client_destroy(client);
    test_server_stop(&other);
}
END_TEST

/* Keeps why the connection was lost. */
static void keep_reason(struct nexus_client *client, enum nexus_client_state state,
                        const char *reason, void *data)
{
    (void)client;
    if (state == NEXUS_STATE_RECONNECTING)
        snprintf(data, 256, "%s", reason ? reason : "");
}

START_TEST(a_connection_that_goes_mute_is_replaced)
{
    struct test_server other;
    struct test_report report = {0};
    char reason[256] = "";
    struct nexus_client_options *options;
    ck_assert(test_server_start(&other, NULL));
    options = options_for(other.url);
    OK(nexus_client_options_set_state_callback(options, keep_reason, reason, err));
    OK(nexus_client_options_set_ack_timeout(options, 100, err));
    struct nexus_client *client = test_client_of(options);
    OK(nexus_provision(client, NULL, NULL, err));
    OK(test_publish(client, 1, NULL, NULL, err));
    ck_assert(test_server_pause(&other));
    test_publish_async(client, 2, &report);
    DISPATCH_UNTIL(client, *reason);
    ck_assert_msg(strstr(reason, "silent"), "%s", reason);
    ck_assert(test_server_resume(&other));
    DISPATCH_UNTIL(client, report.calls);
    ck_assert_int_eq(report.code, NEXUS_OK);
    OK(test_publish(client, 3, NULL, NULL, err));
    nexus_client_destroy(client);
    test_server_stop(&other);
}
END_TEST

START_TEST(nobody_there_is_an_error)
{
    char url[128];
    int port;
    int fd = test_socket_mute(&port);
    snprintf(url, sizeof url, "nats://127.0.0.1:%d,nats://127.0.0.1:%d", test_free_port(),
             test_free_port());
    expect_no_client(NEXUS_E_CONNECT, url);
    snprintf(url, sizeof url, "nats://127.0.0.1:%d", port);
    expect_no_client(NEXUS_E_CONNECT, url);
    close(fd);
}
END_TEST

static void *greet_strangely(void *data)
{
    int fd = accept(*(int *)data, NULL, NULL);
    static const char greeting[] = "220 mail.example.com ESMTP\r\n";
    send(fd, greeting, sizeof greeting - 1, MSG_NOSIGNAL);
    char sink[256];
    while (recv(fd, sink, sizeof sink, 0) > 0) {
    }
    close(fd);
    return NULL;
}

START_TEST(a_stranger_is_an_error)
{
    char url[64];
    pthread_t thread;
    int port;
    int fd = test_socket_mute(&port);
    snprintf(url, sizeof url, "nats://127.0.0.1:%d", port);
    ck_assert_int_eq(pthread_create(&thread, NULL, greet_strangely, &fd), 0);
    expect_no_client(NEXUS_E_CONNECT, url);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    close(fd);
}
END_TEST

START_TEST(unusable_urls_are_refused)
{
    static const char *const urls[] = {"",           ",",         "http://127.0.0.1:4222",
                                       "nats://",    "nats://:x", "nats://127.0.0.1:99999",
                                       "nats://a b", NULL};
    struct nexus_client_options *options = nexus_client_options_new();
    for (int i = 0; urls[i] != NULL; i++) {
        struct nexus_error error = NEXUS_ERROR_INIT;
        int status = nexus_client_options_set_url(options, urls[i], &error);
        ck_assert_msg(status == NEXUS_E_INVALID, "%s: %s", urls[i], nexus_status_name(status));
    }
    nexus_client_options_destroy(options);
}
END_TEST

START_TEST(connecting_can_happen_later)
{
    struct test_report reports[20] = {{0}};
    struct test_seen seen = {0};
    test_server_kill(&test_server);
    struct nexus_client_options *options = options_for(test_server.url);
    OK(nexus_client_options_set_wait_for_connection(options, false, err));
    OK(nexus_client_options_set_publish_deadline(options, TEST_LIMIT_MILLISECONDS, err));
    struct nexus_client *client = test_client_of(options);
    ck_assert_int_eq(nexus_client_state(client), NEXUS_STATE_CONNECTING);
    for (int i = 0; i < 20; i++) {
        test_publish_async(client, i, &reports[i]);
    }
    ck_assert_int_eq(test_reported_any(reports, 20), 0);
    ck_assert(test_server_restart(&test_server));
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(test_reported(reports, 20, NEXUS_OK), 20);
    ck_assert_int_eq(nexus_client_state(client), NEXUS_STATE_CONNECTED);
    test_subscribe(client, NULL, &seen, NULL);
    DISPATCH_UNTIL(client, seen.count == 20);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(destroy_while_connecting_does_not_wait)
{
    int port;
    char url[64];
    int fd = test_socket_mute(&port);
    snprintf(url, sizeof url, "nats://127.0.0.1:%d", port);
    struct nexus_client_options *options = options_for(url);
    OK(nexus_client_options_set_connect_timeout(options, 60000, err));
    OK(nexus_client_options_set_wait_for_connection(options, false, err));
    struct nexus_client *client = test_client_of(options);
    int64_t start = test_now();
    nexus_client_destroy(client);
    /* Far from the connect timeout; a bound on hanging, not a measurement. */
    ck_assert_int_lt(test_now() - start, 50000);
    close(fd);
}
END_TEST

/* The attempt to connect goes on when the process ends, and must not need what that takes away. */
START_TEST(a_process_may_end_while_connecting)
{
    for (int i = 0; i < 200; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            struct nexus_client_options *options = options_for("nats://127.0.0.1:9");
            OK(nexus_client_options_set_wait_for_connection(options, false, err));
            nexus_client_destroy(test_client_of(options));
            exit(0);
        }
        ck_assert_int_gt(child, 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(status == 0, "status %d of process %d", status, i);
    }
}
END_TEST

/* A client cannot ask whether there is a JetStream without permissions that it may not have, so it
 * learns at the first use. */
START_TEST(a_server_without_jetstream_says_so)
{
    ck_assert(test_server_start(&test_server, "jetstream: false"));
    struct nexus_client_options *options = options_for(test_server.url);
    OK(nexus_client_options_set_publish_deadline(options, TEST_LIMIT_MILLISECONDS, err));
    struct nexus_client *client = test_client_of(options);
    struct nexus_subscription *out = NULL;
    struct test_seen seen = {0};
    FAILS(NEXUS_E_UNSUPPORTED, nexus_provision(client, NULL, NULL, err));
    FAILS(NEXUS_E_UNSUPPORTED,
          nexus_subscribe_kb_ingested(client, NULL, test_on_event, &seen, NULL, &out, err));
    FAILS(NEXUS_E_UNSUPPORTED, test_publish(client, 1, NULL, NULL, err));
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("connect");
    TCase *stream = test_case_with_stream(suite, "with a server");
    tcase_add_test(stream, a_dead_server_in_the_list_is_passed_over);
    tcase_add_test(stream, a_mute_server_in_the_list_is_passed_over);
    tcase_add_test(stream, another_server_of_the_list_takes_over);
    tcase_add_test(stream, connecting_can_happen_later);
    TCase *bare = test_case_bare(suite, "without one");
    tcase_add_test(bare, a_connection_that_goes_mute_is_replaced);
    tcase_add_test(bare, nobody_there_is_an_error);
    tcase_add_test(bare, a_stranger_is_an_error);
    tcase_add_test(bare, unusable_urls_are_refused);
    tcase_add_test(bare, destroy_while_connecting_does_not_wait);
    tcase_add_test(bare, a_process_may_end_while_connecting);
    tcase_add_test(bare, a_server_without_jetstream_says_so);
    return test_main(suite);
}
