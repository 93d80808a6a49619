/* SPDX-License-Identifier: Apache-2.0 */
/* Provisioning against a scripted server: what is created, compared and reported. */
#include <nexus/provision.h>
#include <stdio.h>

#include "fake_wire.h"
#include "unit.h"

#define SAME                                                                                \
    "\"subjects\":[\"nexus.>\"],\"retention\":\"limits\",\"storage\":\"file\",\"discard\":" \
    "\"old\","                                                                              \
    "\"num_replicas\":1,\"max_bytes\":-1,\"max_msgs\":-1,\"max_age\":0,"                    \
    "\"max_msgs_per_subject\":-1,\"max_msg_size\":-1,\"duplicate_window\":120000000000"
#define STREAM(config) "{\"config\":{\"name\":\"NEXUS\"," config "}}"
#define MISSING        "{\"error\":{\"err_code\":10059,\"description\":\"stream not found\"}}"

static struct nexus_client *client;
static struct fake_wire *wire;

struct script {
    const char *info[4]; /* one answer after the other */
    const char *create, *update, *names;
    size_t infos, creates;
    char differences[1024];
};

static struct script script;

static void answer(struct fake_wire *of, const struct fake_sent *sent, void *data)
{
    const char *text;

    (void)data;
    if (strncmp(sent->subject, "$JS.API.STREAM.", 15) != 0)
        return;
    if (strstr(sent->subject, ".NAMES"))
        text = script.names ? script.names : "{\"total\":0,\"streams\":null}";
    else if (strstr(sent->subject, ".UPDATE."))
        text = script.update;
    else if (strstr(sent->subject, ".INFO.NEXUS_DLQ") && !script.info[script.infos])
        text = "{\"config\":{\"name\":\"NEXUS_DLQ\"}}";
    else if (strstr(sent->subject, ".INFO."))
        text = script.info[script.infos++];
    else
        text = script.create, script.creates++;
    ck_assert_ptr_nonnull(text);
    fake_message(of, NX_LISTENER_REQUESTS, sent->reply, NULL, NULL, text);
}

static void on_difference(const char *member, const char *actual, const char *wanted, void *data)
{
    size_t used = strlen(script.differences);

    ck_assert_ptr_eq(data, &script);
    snprintf(script.differences + used, sizeof(script.differences) - used, "%s:%s>%s;", member,
             actual, wanted);
}

static int provision(const struct nexus_provision_options *options,
                     enum nexus_provision_result *result, struct nexus_error *err)
{
    int code;

    client = fake_client_new(NULL);
    wire = fake_wire_of(client);
    wire->on_send = answer;
    code = nexus_provision(client, options, result, err);
    return code;
}

static struct nexus_provision_options *options_new(void)
{
    struct nexus_provision_options *options = nexus_provision_options_new();

    ck_assert_int_eq(
        nexus_provision_options_set_difference_callback(options, on_difference, &script, NULL),
        NEXUS_OK);
    return options;
}

START_TEST(a_missing_stream_is_created)
{
    enum nexus_provision_result result = 0;
    struct nexus_error err = NEXUS_ERROR_INIT;

    script = (struct script){.info = {MISSING}, .create = STREAM(SAME)};
    unit_ok(provision(NULL, &result, &err), &err);
    ck_assert_int_eq(result, NEXUS_PROVISION_CREATED);
    ck_assert_str_eq(fake_last(wire, "$JS.API.STREAM.CREATE.NEXUS", NULL)->body,
                     "{\"name\":\"NEXUS\"," SAME ",\"no_ack\":false}");
    fake_client_free(client);
}
END_TEST

START_TEST(what_is_asked_for_is_told)
{
    struct nexus_provision_options *options = options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;
    const char *body;

    script = (struct script){.info = {MISSING}, .create = STREAM(SAME)};
    unit_ok(nexus_provision_options_set_stream(options, "OTHER", &err), &err);
    unit_ok(nexus_provision_options_set_memory(options, true, &err), &err);
    unit_ok(nexus_provision_options_set_replicas(options, 3, &err), &err);
    unit_ok(nexus_provision_options_set_limits(options, 1000000, 2000, 31536000000, &err), &err);
    unit_ok(nexus_provision_options_set_duplicate_window(options, 604800000, &err), &err);
    /* The answer says something else: an old server that did not understand. */
    ck_assert_int_eq(provision(options, NULL, &err), NEXUS_E_CONFLICT);
    body = fake_last(wire, "$JS.API.STREAM.CREATE.OTHER", NULL)->body;
    ck_assert_ptr_nonnull(strstr(body, "\"storage\":\"memory\""));
    ck_assert_ptr_nonnull(strstr(body, "\"num_replicas\":3"));
    ck_assert_ptr_nonnull(strstr(body, "\"max_bytes\":1000000,\"max_msgs\":2000"));
    ck_assert_ptr_nonnull(strstr(body, "\"max_age\":31536000000000000"));
    ck_assert_ptr_nonnull(strstr(body, "\"duplicate_window\":604800000000000"));
    ck_assert_str_eq(script.differences, "storage:\"file\">\"memory\";num_replicas:1>3;"
                                         "max_bytes:-1>1000000;max_msgs:-1>2000;"
                                         "max_age:0>31536000000000000;"
                                         "duplicate_window:120000000000>604800000000000;");
    nexus_provision_options_destroy(options);
    fake_client_free(client);
}
END_TEST

START_TEST(each_difference_is_reported)
{
    static const struct {
        const char *config;
        const char *differences;
    } cases[] = {
        {SAME, ""},
        {SAME ",\"no_ack\":false,\"sealed\":false,\"unknown\":1", ""},
        {"\"subjects\":[\"nexus.>\"],\"retention\":\"limits\",\"storage\":\"file\","
         "\"discard\":\"old\",\"num_replicas\":1,\"duplicate_window\":120000000000",
         ""}, /* what is left out means no limit */
        {SAME ",\"no_ack\":true", "no_ack:true>false;"},
        {SAME ",\"sealed\":true", "sealed:true>false;"},
        {SAME ",\"mirror\":{\"name\":\"X\"}", "mirror:{\"name\":\"X\"}>null;"},
        {"\"subjects\":[\"nexus.>\",\"more\"],\"retention\":\"limits\",\"storage\":\"file\","
         "\"discard\":\"old\",\"num_replicas\":1,\"duplicate_window\":120000000000",
         "subjects:[\"nexus.>\",\"more\"]>[\"nexus.>\"];"},
        {"\"subjects\":[\"nexus.>\"],\"retention\":\"workqueue\",\"storage\":\"file\","
         "\"discard\":\"new\",\"num_replicas\":1,\"duplicate_window\":120000000000",
         "retention:\"workqueue\">\"limits\";discard:\"new\">\"old\";"},
        {"\"subjects\":[\"nexus.>\"]",
         "retention:null>\"limits\";storage:null>\"file\";discard:null>\"old\";"
         "num_replicas:null>1;duplicate_window:0>120000000000;"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_provision_options *options = options_new();
        struct nexus_error err = NEXUS_ERROR_INIT;
        enum nexus_provision_result result = 0;
        char text[1024];
        int code;
        snprintf(text, sizeof(text), "{\"config\":{\"name\":\"NEXUS\",%s}}", cases[i].config);
        script = (struct script){.info = {text}};
        code = provision(options, &result, &err);
        ck_assert_str_eq(script.differences, cases[i].differences);
        ck_assert_int_eq(code, *cases[i].differences ? NEXUS_E_CONFLICT : NEXUS_OK);
        ck_assert_int_eq(result, *cases[i].differences ? 0 : NEXUS_PROVISION_UNCHANGED);
        ck_assert_uint_eq(script.creates, 0);
        if (*cases[i].differences)
            ck_assert_mem_eq(err.where, cases[i].differences, strlen(err.where));
        nexus_provision_options_destroy(options);
        fake_client_free(client);
    }
}
END_TEST

START_TEST(a_dry_run_changes_nothing)
{
    struct nexus_provision_options *options = options_new();
    enum nexus_provision_result result = 0;
    struct nexus_error err = NEXUS_ERROR_INIT;

    script = (struct script){.info = {MISSING}};
    ck_assert_int_eq(nexus_provision_options_set_dry_run(options, true, NULL), NEXUS_OK);
    unit_ok(provision(options, &result, &err), &err);
    ck_assert_int_eq(result, NEXUS_PROVISION_MISSING);
    ck_assert_uint_eq(script.creates, 0);
    nexus_provision_options_destroy(options);
    fake_client_free(client);
}
END_TEST

START_TEST(another_process_may_be_faster)
{
    static const char in_use[] = "{\"error\":{\"err_code\":10058,\"description\":\"in use\"}}";
    enum nexus_provision_result result = 0;
    struct nexus_error err = NEXUS_ERROR_INIT;

    script = (struct script){.info = {MISSING, STREAM(SAME)}, .create = in_use};
    unit_ok(provision(NULL, &result, &err), &err);
    ck_assert_int_eq(result, NEXUS_PROVISION_UNCHANGED);
    fake_client_free(client);
    script = (struct script){.info = {MISSING, STREAM("\"subjects\":[\"x\"]")}, .create = in_use};
    ck_assert_int_eq(provision(NULL, &result, &err), NEXUS_E_CONFLICT);
    ck_assert_str_eq(err.where, "subjects");
    fake_client_free(client);
}
END_TEST

START_TEST(another_stream_may_have_the_subjects)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    script = (struct script){
        .info = {MISSING, MISSING},
        .create = "{\"error\":{\"err_code\":10065,\"description\":\"subjects overlap\"}}"};
    unit_expect(provision(NULL, NULL, &err), &err, NEXUS_E_CONFLICT, NULL,
                "the server says: subjects overlap (10065)");
    fake_client_free(client);
}
END_TEST

START_TEST(refusals_are_handed_on)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    script = (struct script){
        .info = {MISSING},
        .create = "{\"error\":{\"err_code\":10074,\"description\":\"replicas > 1\"}}"};
    unit_expect(provision(NULL, NULL, &err), &err, NEXUS_E_STREAM, NULL,
                "the server says: replicas > 1 (10074)");
    fake_client_free(client);
    script = (struct script){
        .info = {"{\"error\":{\"err_code\":10039,\"description\":\"not enabled\"}}"}};
    unit_expect(provision(NULL, NULL, &err), &err, NEXUS_E_UNSUPPORTED, NULL, NULL);
    fake_client_free(client);
    script = (struct script){.info = {"{}"}};
    unit_expect(provision(NULL, NULL, &err), &err, NEXUS_E_STREAM, "config", NULL);
    fake_client_free(client);
}
END_TEST

START_TEST(a_window_longer_than_the_events_live_is_refused)
{
    struct nexus_provision_options *options = options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;

    script = (struct script){.info = {NULL}};
    ck_assert_int_eq(nexus_provision_options_set_limits(options, -1, -1, 60000, NULL), NEXUS_OK);
    unit_expect(provision(options, NULL, &err), &err, NEXUS_E_INVALID, "duplicate_window", NULL);
    unit_expect(nexus_provision(NULL, options, NULL, &err), &err, NEXUS_E_INVALID, "client", NULL);
    nexus_provision_options_destroy(options);
    fake_client_free(client);
}
END_TEST

START_TEST(a_change_keeps_what_it_does_not_know)
{
    struct nexus_provision_options *options = options_new();
    enum nexus_provision_result result = 0;
    struct nexus_error err = NEXUS_ERROR_INIT;
    const char *body;

    script = (struct script){
        .info = {STREAM("\"retention\":\"limits\",\"storage\":\"file\",\"discard\":\"old\","
                        "\"num_replicas\":1,\"subjects\":[\"nexus.a.>\"],"
                        "\"duplicate_window\":604800000000000,\"new_member\":{\"a\":"
                        "604800000000001,\"b\":[1.5,true]}")},
        .update = STREAM(SAME)};
    ck_assert_int_eq(nexus_provision_options_set_change(options, true, NULL), NEXUS_OK);
    unit_ok(provision(options, &result, &err), &err);
    ck_assert_int_eq(result, NEXUS_PROVISION_CHANGED);
    body = fake_last(wire, "$JS.API.STREAM.UPDATE.NEXUS", NULL)->body;
    ck_assert_ptr_nonnull(strstr(body, "\"new_member\":{\"a\":604800000000001,\"b\":[1.5,true]}"));
    ck_assert_ptr_nonnull(strstr(body, "\"subjects\":[\"nexus.>\"]"));
    ck_assert_ptr_nonnull(strstr(body, "\"duplicate_window\":120000000000"));
    ck_assert_ptr_nonnull(strstr(body, "\"name\":\"NEXUS\""));
    nexus_provision_options_destroy(options);
    fake_client_free(client);
}
END_TEST

START_TEST(a_change_that_the_server_ignores_or_refuses_is_told)
{
    struct nexus_provision_options *options = options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;

    ck_assert_int_eq(nexus_provision_options_set_change(options, true, NULL), NEXUS_OK);
    script = (struct script){.info = {STREAM("\"storage\":\"file\"")},
                             .update = STREAM("\"storage\":\"file\"")};
    ck_assert_int_eq(provision(options, NULL, &err), NEXUS_E_CONFLICT);
    fake_client_free(client);
    script = (struct script){
        .info = {STREAM("\"storage\":\"memory\"")},
        .update = "{\"error\":{\"err_code\":10052,\"description\":\"can not change storage\"}}"};
    unit_expect(provision(options, NULL, &err), &err, NEXUS_E_STREAM, NULL,
                "the server says: can not change storage (10052)");
    fake_client_free(client);
    nexus_provision_options_destroy(options);
}
END_TEST

START_TEST(a_dry_run_sees_who_has_the_subjects)
{
    struct nexus_provision_options *options = options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;

    script = (struct script){.info = {MISSING}, .names = "{\"total\":1,\"streams\":[\"OTHER\"]}"};
    ck_assert_int_eq(nexus_provision_options_set_dry_run(options, true, NULL), NEXUS_OK);
    unit_expect(provision(options, NULL, &err), &err, NEXUS_E_CONFLICT, "subjects",
                "stream \"OTHER\" has subjects that overlap with \"nexus.>\"");
    nexus_provision_options_destroy(options);
    fake_client_free(client);
}
END_TEST

START_TEST(a_window_is_at_least_the_horizon)
{
    struct nexus_provision_options *options = options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;

    script = (struct script){.info = {MISSING}, .create = STREAM(SAME)};
    unit_ok(nexus_provision_options_set_horizon(options, 3600000, &err), &err);
    ck_assert_int_eq(provision(options, NULL, &err), NEXUS_E_CONFLICT); /* what SAME says */
    ck_assert_str_eq(script.differences, "duplicate_window:120000000000>3600000000000;");
    fake_client_free(client);
    unit_ok(nexus_provision_options_set_duplicate_window(options, 3599999, &err), &err);
    unit_expect(provision(options, NULL, &err), &err, NEXUS_E_INVALID, "duplicate_window",
                "3599999 ms are shorter than the 3600000 ms over which an event may be sent again");
    fake_client_free(client);
    unit_ok(nexus_provision_options_set_horizon(options, 0, &err), &err);
    unit_ok(nexus_provision_options_set_duplicate_window(options, 1000, &err), &err);
    unit_expect(provision(options, NULL, &err), &err, NEXUS_E_INVALID, "duplicate_window", NULL);
    fake_client_free(client);
    nexus_provision_options_destroy(options);
}
END_TEST

START_TEST(a_stream_may_hold_a_part)
{
    struct nexus_provision_options *options = options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;

    script = (struct script){.info = {MISSING, MISSING, MISSING}, .create = STREAM(SAME)};
    unit_ok(nexus_provision_options_set_tenant(options, "_core", &err), &err);
    ck_assert_int_eq(provision(options, NULL, &err), NEXUS_E_CONFLICT);
    ck_assert_ptr_nonnull(strstr(fake_last(wire, "$JS.API.STREAM.CREATE.NEXUS-_core", NULL)->body,
                                 "\"subjects\":[\"nexus._core.>\"]"));
    fake_client_free(client);
    unit_ok(nexus_provision_options_set_domain(options, "booking", &err), &err);
    unit_expect(provision(options, NULL, &err), &err, NEXUS_E_INVALID, "domain", NULL);
    fake_client_free(client);
    unit_ok(nexus_provision_options_set_tenant(options, NULL, &err), &err);
    ck_assert_int_eq(provision(options, NULL, &err), NEXUS_E_CONFLICT);
    ck_assert_ptr_nonnull(strstr(fake_last(wire, "$JS.API.STREAM.CREATE.NEXUS-booking", NULL)->body,
                                 "\"subjects\":[\"nexus.*.booking.>\"]"));
    fake_client_free(client);
    unit_ok(nexus_provision_options_set_dead_letters(options, true, &err), &err);
    unit_expect(provision(options, NULL, &err), &err, NEXUS_E_INVALID, "dead_letters", NULL);
    fake_client_free(client);
    unit_ok(nexus_provision_options_set_domain(options, NULL, &err), &err);
    ck_assert_int_eq(provision(options, NULL, &err), NEXUS_E_CONFLICT);
    ck_assert_ptr_nonnull(strstr(fake_last(wire, "$JS.API.STREAM.CREATE.NEXUS_DLQ", NULL)->body,
                                 "\"subjects\":[\"nexus-dlq.>\"]"));
    fake_client_free(client);
    unit_expect(nexus_provision_options_set_domain(options, "none", &err), &err, NEXUS_E_INVALID,
                "domain", "the contract has no domain \"none\"");
    ck_assert_int_eq(nexus_provision_options_set_tenant(options, "a.b", &err), NEXUS_E_SUBJECT);
    nexus_provision_options_destroy(options);
}
END_TEST

UNIT_MAIN("provision", a_change_keeps_what_it_does_not_know,
          a_change_that_the_server_ignores_or_refuses_is_told, a_dry_run_sees_who_has_the_subjects,
          a_window_is_at_least_the_horizon, a_stream_may_hold_a_part, a_missing_stream_is_created,
          what_is_asked_for_is_told, each_difference_is_reported, a_dry_run_changes_nothing,
          another_process_may_be_faster, another_stream_may_have_the_subjects,
          refusals_are_handed_on, a_window_longer_than_the_events_live_is_refused)
