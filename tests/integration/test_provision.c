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

START_TEST(what_may_be_changed_is_changed_and_the_events_stay)
{
    struct nexus_client *client = test_client("admin");
    struct nexus_provision_options *options = nexus_provision_options_new();
    struct differences differences = {0};
    enum nexus_provision_result result = 0;
    struct test_raw raw;
    OK(nexus_provision(client, NULL, NULL, err));
    for (int i = 0; i < 5; i++)
        OK(test_publish(client, i, NULL, NULL, err));
    OK(nexus_provision_options_set_change(options, true, err));
    OK(nexus_provision_options_set_dry_run(options, true, err));
    OK(nexus_provision_options_set_horizon(options, 86400000, err));
    OK(nexus_provision_options_set_limits(options, -1, 3, 31536000000, err));
    OK(nexus_provision_options_set_difference_callback(options, note_difference, &differences,
                                                       err));
    test_raw_open(&raw, test_server.url);
    OK(nexus_provision(client, options, &result, err));
    ck_assert_int_eq(result, NEXUS_PROVISION_DIFFERENT);
    ck_assert_str_eq(differences.text, "max_msgs:-1>3;max_age:0>31536000000000000;"
                                       "duplicate_window:120000000000>86400000000000;");
    ck_assert_uint_eq(test_raw_count(&raw, "NEXUS"), 5);
    OK(nexus_provision_options_set_dry_run(options, false, err));
    OK(nexus_provision(client, options, &result, err));
    ck_assert_int_eq(result, NEXUS_PROVISION_CHANGED);
    ck_assert_uint_eq(test_raw_count(&raw, "NEXUS"), 3);
    OK(nexus_provision(client, options, &result, err));
    ck_assert_int_eq(result, NEXUS_PROVISION_UNCHANGED);
    OK(nexus_provision_options_set_memory(options, true, err));
    FAILS(NEXUS_E_STREAM, nexus_provision(client, options, NULL, err)); /* for good */
    ck_assert_uint_eq(test_raw_count(&raw, "NEXUS"), 3);
    test_raw_close(&raw);
    nexus_provision_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_stream_for_each_tenant_and_one_for_the_core)
{
    static const char *const tenants[] = {TEST_TENANT, "salon-002", "_core"};
    struct nexus_client *client = test_client("admin");
    struct nexus_provision_options *options = nexus_provision_options_new();
    enum nexus_provision_result result = 0;
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    for (int i = 0; i < 3; i++) {
        OK(nexus_provision_options_set_tenant(options, tenants[i], err));
        OK(nexus_provision(client, options, &result, err));
        ck_assert_int_eq(result, NEXUS_PROVISION_CREATED);
        OK(nexus_provision(client, options, &result, err));
        ck_assert_int_eq(result, NEXUS_PROVISION_UNCHANGED);
    }
    OK(test_publish(client, 1, NULL, &receipt, err));
    ck_assert_str_eq(receipt.stream, "NEXUS-" TEST_TENANT);
    OK(nexus_publish_json(client, "agentDream", NULL, "{}", NULL, &receipt, err));
    ck_assert_str_eq(receipt.stream, "NEXUS-_core");
    FAILS(NEXUS_E_NO_STREAM, test_publish_for(client, "salon-003", 1, NULL, NULL, err));
    /* The one stream for all is in their way, which a dry run tells too. */
    OK(nexus_provision_options_set_tenant(options, NULL, err));
    FAILS(NEXUS_E_CONFLICT, nexus_provision(client, options, NULL, err));
    OK(nexus_provision_options_set_dry_run(options, true, err));
    FAILS(NEXUS_E_CONFLICT, nexus_provision(client, options, NULL, err));
    nexus_provision_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_stream_for_each_domain_covers_the_contract)
{
    struct nexus_client *client = test_client("admin");
    struct nexus_provision_options *options = nexus_provision_options_new();
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    for (size_t i = 0; i < nexus_channel_count(); i++) {
        char domain[64];
        const char *address = nexus_channel_address(nexus_channel_at(i));
        ck_assert_int_eq(sscanf(address, "nexus.%*[^.].%63[^.]", domain), 1);
        OK(nexus_provision_options_set_domain(options, domain, err));
        OK(nexus_provision(client, options, NULL, err));
    }
    OK(test_publish(client, 1, NULL, &receipt, err));
    ck_assert_str_eq(receipt.stream, "NEXUS-kb");
    OK(nexus_publish_json(client, "agentDream", NULL, "{}", NULL, &receipt, err));
    ck_assert_str_eq(receipt.stream, "NEXUS-agent");
    OK(nexus_publish_json(client, "edgeHealth", NULL,
                          "{\"node_id\":\"edge-1\",\"status\":\"healthy\"}", NULL, &receipt, err));
    ck_assert_str_eq(receipt.stream, "NEXUS-edge");
    nexus_provision_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(the_stream_of_dead_letters)
{
    struct nexus_client *client = test_client("admin");
    struct nexus_provision_options *options = nexus_provision_options_new();
    enum nexus_provision_result result = 0;
    struct test_raw raw;
    OK(nexus_provision_options_set_dead_letters(options, true, err));
    OK(nexus_provision_options_set_limits(options, -1, -1, 1000, err)); /* not of these */
    OK(nexus_provision(client, options, &result, err));
    ck_assert_int_eq(result, NEXUS_PROVISION_CREATED);
    OK(nexus_provision(client, options, &result, err));
    ck_assert_int_eq(result, NEXUS_PROVISION_UNCHANGED);
    test_raw_open(&raw, test_server.url);
    jsStreamInfo *info = test_raw_stream_info(&raw, "NEXUS_DLQ");
    ck_assert_str_eq(info->Config->Subjects[0], "nexus-dlq.>");
    ck_assert_int_eq(info->Config->MaxAge, 0);
    ck_assert_int_eq(info->Config->Discard, js_DiscardNew);
    jsStreamInfo_Destroy(info);
    test_raw_close(&raw);
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
    tcase_add_test(server, what_may_be_changed_is_changed_and_the_events_stay);
    tcase_add_test(server, a_stream_for_each_tenant_and_one_for_the_core);
    tcase_add_test(server, a_stream_for_each_domain_covers_the_contract);
    tcase_add_test(server, the_stream_of_dead_letters);
    return test_main(suite);
}
