/* SPDX-License-Identifier: Apache-2.0 */
/* Provisioning: creating once, checking ever after, changing never. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

struct differences {
    int count;
    char text[2048];
};

static void note_difference(const char *member, const char *actual, const char *wanted, void *data)
{
    struct differences *differences = data;
    size_t used = strlen(differences->text);
    snprintf(differences->text + used, sizeof differences->text - used, "%s:%s>%s;", member, actual,
             wanted);
    differences->count++;
}

START_TEST(it_creates_once_and_agrees_ever_after)
{
    struct nexus_client *client = test_client("admin");
    enum nexus_provision_result result = 0;
    struct test_raw raw;
    OK(nexus_provision(client, NULL, &result, err));
    ck_assert_int_eq(result, NEXUS_PROVISION_CREATED);
    for (int i = 0; i < 3; i++) {
        OK(nexus_provision(client, NULL, &result, err));
        ck_assert_int_eq(result, NEXUS_PROVISION_UNCHANGED);
    }
    OK(nexus_provision(client, NULL, NULL, err));
    test_raw_open(&raw, test_server.url);
    jsStreamInfo *info = test_raw_stream_info(&raw, "NEXUS");
    ck_assert_int_eq(info->Config->SubjectsLen, 1);
    ck_assert_str_eq(info->Config->Subjects[0], "nexus.>");
    ck_assert_int_eq(info->Config->Storage, js_FileStorage);
    ck_assert_int_eq((int)info->Config->Replicas, 1);
    ck_assert_int_eq(info->Config->Retention, js_LimitsPolicy);
    ck_assert_int_eq(info->Config->Duplicates, 120LL * 1000000000LL);
    jsStreamInfo_Destroy(info);
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(differences_are_reported_and_nothing_is_changed)
{
    struct nexus_client *client = test_client("admin");
    struct nexus_provision_options *options = nexus_provision_options_new();
    struct nexus_error error = NEXUS_ERROR_INIT;
    struct differences differences = {0};
    struct test_raw raw;
    OK(nexus_provision(client, NULL, NULL, err));
    OK(test_publish(client, 1, NULL, NULL, err));
    OK(nexus_provision_options_set_duplicate_window(options, 60000, err));
    OK(nexus_provision_options_set_limits(options, 1 << 30, 5, 3600000, err));
    OK(nexus_provision_options_set_memory(options, true, err));
    OK(nexus_provision_options_set_difference_callback(options, note_difference, &differences,
                                                       err));
    ck_assert_int_eq(nexus_provision(client, options, NULL, &error), NEXUS_E_CONFLICT);
    ck_assert_msg(differences.count == 5, "%s", differences.text);
    ck_assert_ptr_nonnull(strstr(differences.text, "storage:\"file\">\"memory\";"));
    ck_assert_ptr_nonnull(strstr(differences.text, "max_bytes:-1>1073741824;"));
    ck_assert_ptr_nonnull(strstr(differences.text, "max_msgs:-1>5;"));
    ck_assert_ptr_nonnull(strstr(differences.text, "max_age:0>3600000000000;"));
    ck_assert_ptr_nonnull(strstr(differences.text, "duplicate_window:120000000000>60000000000;"));
    /* The first one is in the error too. */
    char first[64];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(differences.text, ":"), differences.text);
    ck_assert_msg(strstr(error.message, first) != NULL || strstr(error.where, first) != NULL,
                  "%s: %s", error.where, error.message);
    test_raw_open(&raw, test_server.url);
    ck_assert_uint_eq(test_raw_count(&raw, "NEXUS"), 1);
    test_raw_close(&raw);
    enum nexus_provision_result result = 0;
    OK(nexus_provision(client, NULL, &result, err));
    ck_assert_int_eq(result, NEXUS_PROVISION_UNCHANGED);
    nexus_provision_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_dry_run_only_looks)
{
    struct nexus_client *client = test_client("admin");
    struct nexus_provision_options *options = nexus_provision_options_new();
    enum nexus_provision_result result = 0;
    OK(nexus_provision_options_set_dry_run(options, true, err));
    OK(nexus_provision(client, options, &result, err));
    ck_assert_int_eq(result, NEXUS_PROVISION_MISSING);
    FAILS(NEXUS_E_NO_STREAM, test_publish(client, 1, NULL, NULL, err));
    OK(nexus_provision(client, NULL, NULL, err));
    OK(nexus_provision(client, options, &result, err));
    ck_assert_int_eq(result, NEXUS_PROVISION_UNCHANGED);
    nexus_provision_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(another_stream_with_the_subjects_is_a_conflict)
{
    struct nexus_client *client = test_client("admin");
    struct nexus_error error = NEXUS_ERROR_INIT;
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    test_raw_stream(&raw, "OTHER", "nexus.salon-001.>");
    ck_assert_int_eq(nexus_provision(client, NULL, NULL, &error), NEXUS_E_CONFLICT);
    ck_assert_str_ne(error.message, "");
    /* Publishing does not care which stream covers the subject. */
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    OK(test_publish(client, 1, NULL, &receipt, err));
    ck_assert_str_eq(receipt.stream, "OTHER");
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_stream_of_another_name)
{
    struct nexus_client_options *client_options = test_options("admin");
    struct nexus_provision_options *options = nexus_provision_options_new();
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct test_seen seen = {0};
    OK(nexus_client_options_set_stream(client_options, "EVENTS-2", err));
    struct nexus_client *client = test_client_of(client_options);
    OK(nexus_provision_options_set_memory(options, true, err));
    OK(nexus_provision(client, options, NULL, err));
    OK(test_publish(client, 5, NULL, &receipt, err));
    ck_assert_str_eq(receipt.stream, "EVENTS-2");
    test_subscribe(client, NULL, &seen, NULL);
    DISPATCH_UNTIL(client, seen.count == 1);
    FAILS(NEXUS_E_INVALID, nexus_provision_options_set_stream(options, "a.b", err));
    FAILS(NEXUS_E_INVALID, nexus_provision_options_set_replicas(options, 6, err));
    FAILS(NEXUS_E_INVALID, nexus_provision_options_set_replicas(options, 0, err));
    nexus_provision_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("provision");
    TCase *server = test_case_with_server(suite, "provision");
    tcase_add_test(server, it_creates_once_and_agrees_ever_after);
    tcase_add_test(server, differences_are_reported_and_nothing_is_changed);
    tcase_add_test(server, a_dry_run_only_looks);
    tcase_add_test(server, another_stream_with_the_subjects_is_a_conflict);
    tcase_add_test(server, a_stream_of_another_name);
    return test_main(suite);
}
