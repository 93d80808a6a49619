/* SPDX-License-Identifier: Apache-2.0 */
/* A client's options: defaults, bounds, copies. Secrets are in test_secrets.c. */
#include "options.h"

#include <stdio.h>

#include "unit.h"

#define SECRET "hunter2-correct-horse"

static struct nexus_client_options *options;
static struct nexus_error err;

static void setup(void)
{
    memset(&err, 0, sizeof(err));
    options = nexus_client_options_new();
    ck_assert_ptr_nonnull(options);
}

static struct nx_options *copied(void)
{
    struct nx_options *copy = NULL;

    unit_ok(nx_options_copy(options, &copy, &err), &err);
    return copy;
}

START_TEST(has_the_documented_defaults)
{
    for (int with_object = 0; with_object < 2; with_object++) {
        struct nx_options *copy = NULL;
        setup();
        unit_ok(nx_options_copy(with_object ? options : NULL, &copy, &err), &err);
        ck_assert_str_eq(copy->url, "nats://127.0.0.1:4222");
        ck_assert_str_eq(copy->service, "nexus-client");
        ck_assert_str_eq(copy->node, "nexus-client");
        ck_assert_str_eq(copy->stream, "NEXUS");
        ck_assert_ptr_null(copy->credentials_file);
        ck_assert_ptr_null(copy->user);
        ck_assert_ptr_null(copy->state_directory);
        ck_assert_ptr_null(copy->inbox_prefix);
        ck_assert(!copy->tls && !copy->log && !copy->state_callback);
        ck_assert(copy->wait_for_connection);
        ck_assert_int_eq(copy->connect_timeout_ms, 2000);
        ck_assert_int_eq(copy->publish_deadline_ms, 15000);
        ck_assert_int_eq(copy->ack_timeout_ms, 3000);
        ck_assert_uint_eq(copy->window_events, 2048);
        ck_assert_uint_eq(copy->window_bytes, 16777216);
        ck_assert_uint_eq(copy->max_body, 1048576);
        ck_assert_uint_eq(copy->causal_id_width, 8);
        ck_assert_uint_eq(copy->clock_limit, 64);
        nx_options_destroy(copy);
        nexus_client_options_destroy(options);
    }
}
END_TEST

typedef int (*text_setter)(struct nexus_client_options *options, const char *text,
                           struct nexus_error *err);

#define SETTER(name) nexus_client_options_set_##name

static const struct {
    text_setter set;
    const char *name;
    size_t offset;
    const char *good, *other, *bad;
} texts[] = {
    {SETTER(url), "url", offsetof(struct nx_options, url), "nats://a:1", "tls://b", "http://a"},
    {SETTER(service), "service", offsetof(struct nx_options, service), "crm", "till", "a.b"},
    {SETTER(node), "node", offsetof(struct nx_options, node), "till-2", "till-3", "_core"},
    {SETTER(stream), "stream", offsetof(struct nx_options, stream), "EVENTS", "E2", "a b"},
    {SETTER(credentials_file), "credentials_file", offsetof(struct nx_options, credentials_file),
     "/etc/a.creds", "b.creds", ""},
    {SETTER(nkey_file), "nkey_file", offsetof(struct nx_options, nkey_file), "a.nk", "b.nk", ""},
    {SETTER(token), "token", offsetof(struct nx_options, token), SECRET, "other", "a\nb"},
    {SETTER(tls), "ca_file", offsetof(struct nx_options, tls_ca_file), "ca.pem", "b.pem", ""},
    {SETTER(inbox_prefix), "inbox_prefix", offsetof(struct nx_options, inbox_prefix), "_INBOX.a",
     "_I", "a..b"},
    {SETTER(state_directory), "state_directory", offsetof(struct nx_options, state_directory),
     "/var/lib/x", "y", ""},
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static const char *text_of(const struct nx_options *values, size_t index)
{
    return *(char *const *)(const void *)((const char *)values + texts[index].offset);
}

START_TEST(copies_replaces_refuses_and_resets_texts)
{
    setup();
    for (size_t i = 0; i < TEXTS; i++) {
        char buffer[64];

        snprintf(buffer, sizeof(buffer), "%s", texts[i].good);
        unit_ok(texts[i].set(options, buffer, &err), &err);
        memset(buffer, 'x', sizeof(buffer) - 1);
        ck_assert_str_eq(text_of(&options->values, i), texts[i].good);
        unit_expect(texts[i].set(options, texts[i].bad, &err), &err, NEXUS_E_INVALID, texts[i].name,
                    NULL);
        ck_assert_str_eq(text_of(&options->values, i), texts[i].good);
        unit_ok(texts[i].set(options, texts[i].other, &err), &err);
        ck_assert_str_eq(text_of(&options->values, i), texts[i].other);
        unit_ok(texts[i].set(options, NULL, &err), &err);
        ck_assert_ptr_null(text_of(&options->values, i));
        unit_expect(texts[i].set(NULL, texts[i].good, &err), &err, NEXUS_E_INVALID, "options",
                    "is NULL");
    }
    nexus_client_options_destroy(options);
}
END_TEST

START_TEST(a_copy_lives_by_itself)
{
    struct nx_options *copy;

    setup();
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i].set == SETTER(nkey_file) || texts[i].set == SETTER(token))
            continue; /* one identity at a time */
        unit_ok(texts[i].set(options, texts[i].good, &err), &err);
    }
    unit_ok(nexus_client_options_set_tls_certificate(options, "c.pem", "k.pem", &err), &err);
    copy = copied();
    for (size_t i = 0; i < TEXTS; i++)
        if (text_of(&options->values, i))
            ck_assert_ptr_ne(text_of(copy, i), text_of(&options->values, i));
    nexus_client_options_destroy(options);
    for (size_t i = 0; i < TEXTS; i++)
        if (text_of(copy, i))
            ck_assert_str_eq(text_of(copy, i), texts[i].good);
    ck_assert_str_eq(copy->credentials_file, "/etc/a.creds");
    ck_assert_str_eq(copy->tls_certificate_file, "c.pem");
    ck_assert_str_eq(copy->tls_key_file, "k.pem");
    nx_options_destroy(copy);
    nx_options_destroy(NULL);
    nexus_client_options_destroy(NULL);
}
END_TEST

START_TEST(the_node_is_the_service_by_default)
{
    struct nx_options *copy;

    setup();
    unit_ok(nexus_client_options_set_service(options, "crm", &err), &err);
    copy = copied();
    ck_assert_str_eq(copy->node, "crm");
    nx_options_destroy(copy);
    unit_ok(nexus_client_options_set_node(options, "crm-2", &err), &err);
    copy = copied();
    ck_assert_str_eq(copy->service, "crm");
    ck_assert_str_eq(copy->node, "crm-2");
    nx_options_destroy(copy);
    nexus_client_options_destroy(options);
}
END_TEST

static int set_window_events(struct nexus_client_options *to, int64_t value, struct nexus_error *e)
{
    return nexus_client_options_set_window(to, (uint32_t)value, 65536, e);
}

static int set_window_bytes(struct nexus_client_options *to, int64_t value, struct nexus_error *e)
{
    return nexus_client_options_set_window(to, 1, (size_t)value, e);
}

static int set_max_body(struct nexus_client_options *to, int64_t value, struct nexus_error *e)
{
    return nexus_client_options_set_max_body(to, (size_t)value, e);
}

static int set_width(struct nexus_client_options *to, int64_t value, struct nexus_error *e)
{
    return nexus_client_options_set_causal_id_width(to, (unsigned)value, e);
}

static int set_clock_limit(struct nexus_client_options *to, int64_t value, struct nexus_error *e)
{
    return nexus_client_options_set_clock_limit(to, (unsigned)value, e);
}

START_TEST(numbers_have_both_bounds)
{
    static const struct {
        int (*set)(struct nexus_client_options *to, int64_t value, struct nexus_error *e);
        const char *name;
        int64_t least, most;
    } numbers[] = {
        {nexus_client_options_set_connect_timeout, "connect_timeout", 100, 60000},
        {nexus_client_options_set_publish_deadline, "publish_deadline", 100, 86400000},
        {nexus_client_options_set_ack_timeout, "ack_timeout", 50, 60000},
        {set_window_events, "events", 1, 65536},
        {set_window_bytes, "bytes", 65536, 2147483648},
        {set_max_body, "max_body", 1024, 8388608},
        {set_width, "causal_id_width", 8, 32},
        {set_clock_limit, "clock_limit", 2, 1024},
    };

    setup();
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        int64_t outside[] = {numbers[i].least - 1, numbers[i].most + 1};
        unit_ok(numbers[i].set(options, numbers[i].least, &err), &err);
        unit_ok(numbers[i].set(options, numbers[i].most, &err), &err);
        for (size_t n = 0; n < 2; n++) {
            char message[128];
            snprintf(message, sizeof(message), "%lld is not within %lld to %lld",
                     (long long)outside[n], (long long)numbers[i].least,
                     (long long)numbers[i].most);
            unit_expect(numbers[i].set(options, outside[n], &err), &err, NEXUS_E_INVALID,
                        numbers[i].name, message);
        }
        ck_assert_int_eq(numbers[i].set(options, -1, NULL), NEXUS_E_INVALID);
        ck_assert_int_eq(numbers[i].set(options, INT64_MAX, NULL), NEXUS_E_INVALID);
        unit_expect(numbers[i].set(NULL, numbers[i].least, &err), &err, NEXUS_E_INVALID, "options",
                    "is NULL");
    }
    ck_assert_int_eq(options->values.connect_timeout_ms, 60000);
    ck_assert_int_eq(options->values.publish_deadline_ms, 86400000);
    ck_assert_int_eq(options->values.ack_timeout_ms, 60000);
    ck_assert_uint_eq(options->values.window_events, 1);
    ck_assert_uint_eq(options->values.window_bytes, 2147483648);
    ck_assert_uint_eq(options->values.max_body, 8388608);
    ck_assert_uint_eq(options->values.causal_id_width, 32);
    ck_assert_uint_eq(options->values.clock_limit, 1024);
    nexus_client_options_destroy(options);
}
END_TEST

START_TEST(takes_up_to_32_servers)
{
    char list[33 * 10] = "";

    setup();
    for (int i = 0; i < 32; i++)
        strcat(list, i ? ",nats://h" : "nats://h");
    unit_ok(nexus_client_options_set_url(options, list, &err), &err);
    strcat(list, ",nats://h");
    unit_expect(nexus_client_options_set_url(options, list, &err), &err, NEXUS_E_INVALID, "url",
                "33 servers exceed the limit of 32");
    ck_assert_uint_eq(strlen(options->values.url), strlen(list) - 9);
    nexus_client_options_destroy(options);
}
END_TEST

START_TEST(takes_user_and_password_together)
{
    setup();
    unit_ok(nexus_client_options_set_user(options, "till", SECRET, &err), &err);
    ck_assert_str_eq(options->values.user, "till");
    ck_assert_str_eq(options->values.password, SECRET);
    unit_expect(nexus_client_options_set_user(options, "till", NULL, &err), &err, NEXUS_E_INVALID,
                "password", "must be given together with the user");
    unit_expect(nexus_client_options_set_user(options, NULL, "x", &err), &err, NEXUS_E_INVALID,
                "user", "must be given together with the password");
    unit_expect(nexus_client_options_set_user(options, "", "x", &err), &err, NEXUS_E_INVALID,
                "user", NULL);
    unit_expect(nexus_client_options_set_user(options, "till", "\x01", &err), &err, NEXUS_E_INVALID,
                "password", "a control byte stands at 0");
    ck_assert_str_eq(options->values.user, "till");
    ck_assert_str_eq(options->values.password, SECRET);
    unit_ok(nexus_client_options_set_user(options, NULL, NULL, &err), &err);
    ck_assert_ptr_null(options->values.user);
    ck_assert_ptr_null(options->values.password);
    unit_expect(nexus_client_options_set_user(NULL, "a", "b", &err), &err, NEXUS_E_INVALID,
                "options", "is NULL");
    nexus_client_options_destroy(options);
}
END_TEST

START_TEST(a_certificate_implies_tls)
{
    struct nx_options *copy;

    setup();
    unit_expect(nexus_client_options_set_tls_certificate(options, "c.pem", NULL, &err), &err,
                NEXUS_E_INVALID, "key_file", "must be given together with the certificate_file");
    unit_ok(nexus_client_options_set_tls_certificate(options, "c.pem", "k.pem", &err), &err);
    copy = copied();
    ck_assert(copy->tls);
    nx_options_destroy(copy);
    unit_ok(nexus_client_options_set_tls_certificate(options, NULL, NULL, &err), &err);
    copy = copied();
    ck_assert(!copy->tls && !copy->tls_certificate_file && !copy->tls_key_file);
    nx_options_destroy(copy);
    unit_ok(nexus_client_options_set_tls(options, NULL, &err), &err);
    copy = copied();
    ck_assert(copy->tls && !copy->tls_ca_file);
    nx_options_destroy(copy);
    nexus_client_options_destroy(options);
}
END_TEST

START_TEST(refuses_two_identities)
{
    struct nx_options *copy = NULL;

    setup();
    unit_ok(nexus_client_options_set_token(options, SECRET, &err), &err);
    unit_ok(nexus_client_options_set_nkey_file(options, "a.nk", &err), &err);
    unit_expect(nx_options_copy(options, &copy, &err), &err, NEXUS_E_INVALID, "token",
                "is set beside nkey_file; choose one");
    ck_assert_ptr_null(copy);
    unit_ok(nexus_client_options_set_token(options, NULL, &err), &err);
    nx_options_destroy(copied());
    unit_ok(nexus_client_options_set_user(options, "u", SECRET, &err), &err);
    unit_expect(nx_options_copy(options, &copy, &err), &err, NEXUS_E_INVALID, "user",
                "is set beside nkey_file; choose one");
    nexus_client_options_destroy(options);
}
END_TEST

static void log_line(enum nexus_log_level level, const char *line, void *data)
{
    (void)level;
    (void)line;
    (void)data;
}

static void changed(struct nexus_client *client, enum nexus_client_state state, const char *reason,
                    void *data)
{
    (void)client;
    (void)state;
    (void)reason;
    (void)data;
}

START_TEST(keeps_callbacks)
{
    struct nx_options *copy;
    int mine;

    setup();
    unit_ok(nexus_client_options_set_log(options, NEXUS_LOG_DEBUG, log_line, &mine, &err), &err);
    unit_ok(nexus_client_options_set_state_callback(options, changed, &err, &err), &err);
    unit_ok(nexus_client_options_set_wait_for_connection(options, false, &err), &err);
    unit_expect(
        nexus_client_options_set_log(options, (enum nexus_log_level)5, log_line, &mine, &err), &err,
        NEXUS_E_INVALID, "level", "5 is not within 1 to 4");
    copy = copied();
    ck_assert_int_eq(copy->log_level, NEXUS_LOG_DEBUG);
    ck_assert(copy->log == log_line && copy->log_data == &mine);
    ck_assert(copy->state_callback == changed && copy->state_data == &err);
    ck_assert(!copy->wait_for_connection);
    nx_options_destroy(copy);
    unit_ok(nexus_client_options_set_log(options, (enum nexus_log_level)0, NULL, NULL, &err), &err);
    ck_assert(!options->values.log);
    ck_assert_int_eq(nexus_client_options_set_log(NULL, NEXUS_LOG_DEBUG, NULL, NULL, NULL),
                     NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_client_options_set_state_callback(NULL, NULL, NULL, NULL),
                     NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_client_options_set_wait_for_connection(NULL, true, NULL),
                     NEXUS_E_INVALID);
    nexus_client_options_destroy(options);
}
END_TEST

UNIT_MAIN("options", has_the_documented_defaults, copies_replaces_refuses_and_resets_texts,
          a_copy_lives_by_itself, the_node_is_the_service_by_default, numbers_have_both_bounds,
          takes_up_to_32_servers, takes_user_and_password_together, a_certificate_implies_tls,
          refuses_two_identities, keeps_callbacks)
