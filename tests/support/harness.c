/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>

#define CASE_SECONDS 300.0

struct test_server test_server;

void test_expect_failure(int expected, int status, const struct nexus_error *err, const char *call)
{
    ck_assert_msg(status == expected, "%s: %s instead of %s: %s: %s", call,
                  nexus_status_name(status), nexus_status_name(expected), err->where, err->message);
    ck_assert_msg(err->code == expected, "%s: the error object says %s", call,
                  nexus_status_name(err->code));
    ck_assert_msg(err->message[0] != '\0', "%s: no message", call);
}

void test_dispatch(struct nexus_client *client, int timeout_ms)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int count = nexus_client_dispatch(client, timeout_ms, &err);
    ck_assert_msg(count >= 0, "dispatch: %s: %s", nexus_status_name(count), err.message);
}

static void start_server(void)
{
    ck_assert_msg(test_server_start(&test_server, NULL), "the server does not start");
}

static void start_with_stream(void)
{
    start_server();
    test_provision();
}

static void stop(void)
{
    test_server_stop(&test_server);
}

static TCase *new_case(Suite *suite, const char *name, SFun setup)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, CASE_SECONDS);
    tcase_add_checked_fixture(tcase, setup, stop);
    suite_add_tcase(suite, tcase);
    return tcase;
}

TCase *test_case_with_stream(Suite *suite, const char *name)
{
    return new_case(suite, name, start_with_stream);
}

TCase *test_case_with_server(Suite *suite, const char *name)
{
    return new_case(suite, name, start_server);
}

TCase *test_case_bare(Suite *suite, const char *name)
{
    return new_case(suite, name, NULL);
}

int test_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    /* A filter that leaves nothing to run must not look like success. */
    int ran = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed == 0 && ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void print_log(enum nexus_log_level level, const char *line, void *data)
{
    (void)data;
    fprintf(stderr, "log %d: %s\n", (int)level, line);
}

struct nexus_client_options *test_options(const char *service)
{
    struct nexus_client_options *options = nexus_client_options_new();
    ck_assert_ptr_nonnull(options);
    if (test_server.url[0] != '\0') {
        OK(nexus_client_options_set_url(options, test_server.url, err));
    }
    OK(nexus_client_options_set_service(options, service, err));
    OK(nexus_client_options_set_connect_timeout(options, 10000, err));
    OK(nexus_client_options_set_log(options, NEXUS_LOG_WARNING, print_log, NULL, err));
    return options;
}

struct nexus_client *test_client_of(struct nexus_client_options *options)
{
    struct nexus_client *client = NULL;
    OK(nexus_client_new(options, &client, err));
    ck_assert_ptr_nonnull(client);
    nexus_client_options_destroy(options);
    return client;
}

struct nexus_client *test_client(const char *service)
{
    return test_client_of(test_options(service));
}

void test_provision(void)
{
    struct nexus_client *client = test_client("provisioner");
    enum nexus_provision_result result;
    OK(nexus_provision(client, NULL, &result, err));
    ck_assert_int_eq(result, NEXUS_PROVISION_CREATED);
    nexus_client_destroy(client);
}

const char *test_schema_header(const char *channel)
{
    static char text[64];
    snprintf(text, sizeof text, "%s;%s", nexus_contract_version(),
             nexus_channel_fingerprint(nexus_channel_by_name(channel)));
    return text;
}

struct nexus_client_stats test_stats(struct nexus_client *client)
{
    struct nexus_client_stats stats = NEXUS_CLIENT_STATS_INIT;
    OK(nexus_client_stats(client, &stats, err));
    return stats;
}
