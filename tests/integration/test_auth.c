/* SPDX-License-Identifier: Apache-2.0 */
/* Who may connect, and how they say who they are: passwords, tokens, NKeys, credentials, TLS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credentials.h"
#include "harness.h"
#include "simple.h"

static void start(const char *config)
{
    ck_assert_msg(test_server_start(&test_server, config), "the server does not start");
}

static void expect_refused(struct nexus_client_options *options, int expected)
{
    struct nexus_client *client = NULL;
    FAILS(expected, nexus_client_new(options, &client, err));
    ck_assert_ptr_null(client);
    nexus_client_options_destroy(options);
}

/* The client can do its work. */
static void expect_works(struct nexus_client_options *options)
{
    struct nexus_client *client = test_client_of(options);
    struct test_seen seen = {0};
    OK(nexus_provision(client, NULL, NULL, err));
    OK(test_publish(client, 1, NULL, NULL, err));
    test_subscribe(client, NULL, &seen, NULL);
    DISPATCH_UNTIL(client, seen.count == 1);
    OK(nexus_client_close(client, TEST_LIMIT_MILLISECONDS, err));
    nexus_client_destroy(client);
}

START_TEST(user_and_password)
{
    start("authorization { user: anna, password: \"s3cr3t:@/,x\" }");
    struct nexus_client_options *options = test_options("auth");
    OK(nexus_client_options_set_user(options, "anna", "s3cr3t:@/,x", err));
    expect_works(options);
    expect_refused(test_options("auth"), NEXUS_E_AUTH);
    options = test_options("auth");
    OK(nexus_client_options_set_user(options, "anna", "wrong", err));
    expect_refused(options, NEXUS_E_AUTH);
}
END_TEST

START_TEST(user_and_password_in_the_url)
{
    char url[128];
    start("authorization { user: anna, password: secret }");
    snprintf(url, sizeof url, "nats://anna:secret@127.0.0.1:%d", test_server.port);
    struct nexus_client_options *options = test_options("auth");
    OK(nexus_client_options_set_url(options, url, err));
    expect_works(options);
}
END_TEST

START_TEST(token)
{
    start("authorization { token: \"t0ken\" }");
    struct nexus_client_options *options = test_options("auth");
    OK(nexus_client_options_set_token(options, "t0ken", err));
    expect_works(options);
    options = test_options("auth");
    OK(nexus_client_options_set_token(options, "another", err));
    expect_refused(options, NEXUS_E_AUTH);
}
END_TEST

START_TEST(nkey)
{
    struct test_nkey known;
    struct test_nkey unknown;
    char config[256];
    char path[TEST_PATH_SIZE];
    test_nkey_new(&known, 'U');
    test_nkey_new(&unknown, 'U');
    snprintf(config, sizeof config, "authorization { users: [ { nkey: %s } ] }", known.public_key);
    start(config);
    struct nexus_client_options *options = test_options("auth");
    ck_assert(test_server_write(&test_server, "known.nk", known.seed, path));
    OK(nexus_client_options_set_nkey_file(options, path, err));
    expect_works(options);
    options = test_options("auth");
    ck_assert(test_server_write(&test_server, "unknown.nk", unknown.seed, path));
    OK(nexus_client_options_set_nkey_file(options, path, err));
    expect_refused(options, NEXUS_E_AUTH);
    options = test_options("auth");
    OK(nexus_client_options_set_nkey_file(options, "/no/such/seed.nk", err));
    expect_refused(options, NEXUS_E_NOT_FOUND);
}
END_TEST

START_TEST(an_nkey_file_is_checked)
{
    static const char *const texts[] = {"", "SUAnonsense\n", "not a seed", NULL};
    struct test_nkey account;
    struct nexus_client_options *options;
    char path[TEST_PATH_SIZE];
    start(NULL);
    for (int i = 0; texts[i] != NULL; i++) {
        options = test_options("auth");
        ck_assert(test_server_write(&test_server, "bad.nk", texts[i], path));
        OK(nexus_client_options_set_nkey_file(options, path, err));
        struct nexus_client *client = NULL;
        struct nexus_error error = NEXUS_ERROR_INIT;
        int status = nexus_client_new(options, &client, &error);
        ck_assert_msg(status < 0, "'%s' was accepted", texts[i]);
        ck_assert_ptr_null(client);
        nexus_client_options_destroy(options);
    }
    /* Secrets never reach an error's text. */
    test_nkey_new(&account, 'A');
    options = test_options("auth");
    ck_assert(test_server_write(&test_server, "account.nk", account.seed, path));
    OK(nexus_client_options_set_nkey_file(options, path, err));
    struct nexus_client *client = NULL;
    struct nexus_error error = NEXUS_ERROR_INIT;
    ck_assert_int_lt(nexus_client_new(options, &client, &error), 0);
    ck_assert_ptr_null(strstr(error.message, account.seed));
    nexus_client_options_destroy(options);
}
END_TEST

START_TEST(credentials_file)
{
    char *config;
    char *credentials;
    char path[TEST_PATH_SIZE];
    test_operator(&config, &credentials);
    start(config);
    struct nexus_client_options *options = test_options("auth");
    ck_assert(test_server_write(&test_server, "user.creds", credentials, path));
    OK(nexus_client_options_set_credentials_file(options, path, err));
    expect_works(options);
    free(config);
    free(credentials);
    /* Another operator's user. */
    test_operator(&config, &credentials);
    options = test_options("auth");
    ck_assert(test_server_write(&test_server, "stranger.creds", credentials, path));
    OK(nexus_client_options_set_credentials_file(options, path, err));
    expect_refused(options, NEXUS_E_AUTH);
    options = test_options("auth");
    OK(nexus_client_options_set_credentials_file(options, "/no/such/user.creds", err));
    expect_refused(options, NEXUS_E_NOT_FOUND);
    free(config);
    free(credentials);
}
END_TEST

/* ---- TLS ---- */

static void start_tls(const char *more)
{
    char config[TEST_PATH_SIZE * 4];
    char *d = test_server.directory;
    start(NULL);
    ck_assert_msg(test_certificates(d), "openssl failed, see openssl.log in %s", d);
    snprintf(config, sizeof config,
             "tls { cert_file: \"%s/server.pem\", key_file: \"%s/server-key.pem\", "
             "ca_file: \"%s/ca.pem\" %s }",
             d, d, d, more);
    ck_assert(test_server_reconfigure(&test_server, config));
}

static const char *file(const char *name)
{
    static char paths[4][TEST_PATH_SIZE + 64];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", test_server.directory, name);
    return path;
}

START_TEST(tls_with_an_authority)
{
    start_tls("");
    struct nexus_client_options *options = test_options("tls");
    OK(nexus_client_options_set_tls(options, file("ca.pem"), err));
    expect_works(options);
    char url[64];
    snprintf(url, sizeof url, "tls://127.0.0.1:%d", test_server.port);
    options = test_options("tls");
    OK(nexus_client_options_set_url(options, url, err));
    OK(nexus_client_options_set_tls(options, file("ca.pem"), err));
    expect_works(options);
}
END_TEST

START_TEST(tls_refuses_a_server_of_another_authority)
{
    start_tls("");
    struct nexus_client *client = NULL;
    struct nexus_client_options *options = test_options("tls");
    OK(nexus_client_options_set_tls(options, file("other-ca.pem"), err));
    ck_assert_int_lt(nexus_client_new(options, &client, NULL), 0);
    ck_assert_ptr_null(client);
    nexus_client_options_destroy(options);
    /* The system's authorities do not know it either. */
    options = test_options("tls");
    OK(nexus_client_options_set_tls(options, NULL, err));
    ck_assert_int_lt(nexus_client_new(options, &client, NULL), 0);
    nexus_client_options_destroy(options);
    options = test_options("tls");
    OK(nexus_client_options_set_tls(options, "/no/such/ca.pem", err));
    expect_refused(options, NEXUS_E_NOT_FOUND);
}
END_TEST

START_TEST(tls_refuses_a_server_of_another_name)
{
    start_tls("");
    char url[64];
    struct nexus_client *client = NULL;
    struct nexus_client_options *options = test_options("tls");
    /* The certificate is for 127.0.0.1. */
    snprintf(url, sizeof url, "tls://localhost:%d", test_server.port);
    OK(nexus_client_options_set_url(options, url, err));
    OK(nexus_client_options_set_tls(options, file("ca.pem"), err));
    ck_assert_int_lt(nexus_client_new(options, &client, NULL), 0);
    ck_assert_ptr_null(client);
    nexus_client_options_destroy(options);
}
END_TEST

START_TEST(tls_with_a_client_certificate)
{
    start_tls(", verify: true");
    struct nexus_client *client = NULL;
    struct nexus_client_options *options = test_options("tls");
    OK(nexus_client_options_set_tls(options, file("ca.pem"), err));
    OK(nexus_client_options_set_tls_certificate(options, file("client.pem"), file("client-key.pem"),
                                                err));
    expect_works(options);
    options = test_options("tls");
    OK(nexus_client_options_set_tls(options, file("ca.pem"), err));
    ck_assert_int_lt(nexus_client_new(options, &client, NULL), 0);
    ck_assert_ptr_null(client);
    nexus_client_options_destroy(options);
}
END_TEST

START_TEST(tls_survives_a_restart_of_the_server)
{
    start_tls("");
    struct nexus_client_options *options = test_options("tls");
    OK(nexus_client_options_set_tls(options, file("ca.pem"), err));
    struct nexus_client *client = test_client_of(options);
    OK(nexus_provision(client, NULL, NULL, err));
    for (int i = 0; i < 3; i++) {
        struct test_report report = {0};
        test_server_kill(&test_server);
        test_publish_async(client, i, &report);
        ck_assert(test_server_restart(&test_server));
        OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
        ck_assert_int_eq(report.code, NEXUS_OK);
    }
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("auth");
    TCase *bare = test_case_bare(suite, "auth");
    tcase_add_test(bare, user_and_password);
    tcase_add_test(bare, user_and_password_in_the_url);
    tcase_add_test(bare, token);
    tcase_add_test(bare, nkey);
    tcase_add_test(bare, an_nkey_file_is_checked);
    tcase_add_test(bare, credentials_file);
    TCase *tls = test_case_bare(suite, "tls");
    tcase_add_test(tls, tls_with_an_authority);
    tcase_add_test(tls, tls_refuses_a_server_of_another_authority);
    tcase_add_test(tls, tls_refuses_a_server_of_another_name);
    tcase_add_test(tls, tls_with_a_client_certificate);
    tcase_add_test(tls, tls_survives_a_restart_of_the_server);
    return test_main(suite);
}
