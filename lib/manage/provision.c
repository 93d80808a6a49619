/* SPDX-License-Identifier: Apache-2.0 */
/* The stream: created when it is missing, compared when it is there, never changed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "provision_options.h"
#include "requests.h"

#define SUBJECTS "[\"nexus.>\"]"

/* The members that are asked for, as JSON texts. */
struct wanted {
    const char *name;
    char value[32];
    const char *absent; /* what a server means that leaves it out; NULL: it never does */
};

#define WANTED_MAX 12

static size_t put_text(struct wanted *out, const char *name, const char *value, const char *absent)
{
    out->name = name;
    snprintf(out->value, sizeof(out->value), "%s", value);
    out->absent = absent;
    return 1;
}

static size_t put_number(struct wanted *out, const char *name, int64_t value, const char *absent)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)value);
    return put_text(out, name, text, absent);
}

static int64_t nanoseconds(int64_t milliseconds, int64_t none)
{
    return milliseconds < 0 ? none : milliseconds * 1000000;
}

/* All of it is known to every server since 2.9; newer ones refuse a member they do not know. */
static size_t list_wanted(const struct nexus_provision_options *options, struct wanted *out)
{
    size_t n = 0;

    n += put_text(out + n, "subjects", SUBJECTS, NULL);
    n += put_text(out + n, "retention", "\"limits\"", NULL);
    n += put_text(out + n, "storage", options->memory ? "\"memory\"" : "\"file\"", NULL);
    n += put_text(out + n, "discard", "\"old\"", NULL);
    n += put_number(out + n, "num_replicas", options->replicas, NULL);
    n += put_number(out + n, "max_bytes", options->max_bytes, "-1");
    n += put_number(out + n, "max_msgs", options->max_events, "-1");
    n += put_number(out + n, "max_age", nanoseconds(options->max_age_ms, 0), "0");
    n += put_number(out + n, "max_msgs_per_subject", -1, "-1");
    n += put_number(out + n, "max_msg_size", -1, "-1");
    n += put_number(out + n, "duplicate_window", options->duplicate_window_ms * 1000000, "0");
    n += put_text(out + n, "no_ack", "false", "false");
    return n;
}

static void create_body(const char *stream, const struct wanted *wanted, size_t count,
                        struct nx_buf *out)
{
    nx_buf_printf(out, "{\"name\":\"%s\"", stream);
    for (size_t i = 0; i < count; i++)
        nx_buf_printf(out, ",\"%s\":%s", wanted[i].name, wanted[i].value);
    nx_buf_putc(out, '}');
}

/* ---- comparing */

/* The server's value as JSON text; integers as digits, which cJSON does not do for large ones. */
static char *print(const cJSON *value)
{
    struct nx_buf text = NX_BUF_INIT;
    char *taken;

    if (!cJSON_IsNumber(value) || fabs(value->valuedouble) > 9e18 ||
        value->valuedouble != floor(value->valuedouble))
        return cJSON_PrintUnformatted(value);
    nx_buf_int64(&text, (int64_t)value->valuedouble);
    taken = nx_buf_take(&text);
    nx_buf_free(&text);
    return taken;
}

/* Arrays of strings are sets. */
static bool same_set(const cJSON *actual, const char *wanted)
{
    cJSON *set = cJSON_Parse(wanted);
    const cJSON *element;
    bool same = set && cJSON_IsArray(actual);

    cJSON_ArrayForEach(element, set)
    {
        const cJSON *other;
        bool found = false;
        cJSON_ArrayForEach(other, actual)
        {
            found = found || cJSON_Compare(element, other, true);
        }
        same = same && found;
    }
    same = same && cJSON_GetArraySize(actual) == cJSON_GetArraySize(set);
    cJSON_Delete(set);
    return same;
}

struct comparison {
    const struct nexus_provision_options *options;
    const char *stream;
    int code;
    struct nexus_error *err;
};

static void difference(struct comparison *comparison, const char *member, const char *actual,
                       const char *wanted)
{
    const struct nexus_provision_options *options = comparison->options;

    if (options->difference)
        options->difference(member, actual, wanted, options->difference_data);
    if (comparison->code == NEXUS_OK)
        comparison->code =
            nx_fail(comparison->err, NEXUS_E_CONFLICT, member,
                    "stream \"%s\" has %s %s where %s is asked for; nothing was changed",
                    comparison->stream, member, actual, wanted);
}

static void compare_member(struct comparison *comparison, const cJSON *config,
                           const struct wanted *wanted)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(config, wanted->name);
    char *text = NULL;
    const char *actual;

    if (value && !(text = print(value))) {
        comparison->code = nx_no_memory(comparison->err);
        return;
    }
    actual = text ? text : wanted->absent ? wanted->absent : "null";
    if (wanted->value[0] == '[' ? !same_set(value, wanted->value)
                                : strcmp(actual, wanted->value) != 0)
        difference(comparison, wanted->name, actual, wanted->value);
    cJSON_free(text);
}

/* A stream that is a copy of another, or is sealed, takes no events. */
static void compare_kind(struct comparison *comparison, const cJSON *config)
{
    const cJSON *sealed = cJSON_GetObjectItemCaseSensitive(config, "sealed");
    const cJSON *mirror = cJSON_GetObjectItemCaseSensitive(config, "mirror");

    if (cJSON_IsTrue(sealed))
        difference(comparison, "sealed", "true", "false");
    if (cJSON_IsObject(mirror)) {
        char *text = cJSON_PrintUnformatted(mirror);
        difference(comparison, "mirror", text ? text : "{}", "null");
        cJSON_free(text);
    }
}

static int compare(const struct nexus_provision_options *options, const char *stream,
                   const struct wanted *wanted, size_t count, const cJSON *answer,
                   struct nexus_error *err)
{
    struct comparison comparison = {options, stream, NEXUS_OK, err};
    const cJSON *config = cJSON_GetObjectItemCaseSensitive(answer, "config");

    if (!cJSON_IsObject(config))
        return nx_fail(err, NEXUS_E_STREAM, "config",
                       "the server did not say what stream \"%s\" is", stream);
    for (size_t i = 0; i < count; i++)
        compare_member(&comparison, config, &wanted[i]);
    compare_kind(&comparison, config);
    return comparison.code;
}

/* ---- asking the server */

struct call {
    struct nexus_client *client;
    const struct nexus_provision_options *options;
    const char *stream;
    int64_t deadline;
    struct wanted wanted[WANTED_MAX];
    size_t count;
};

static int ask(const struct call *call, const char *verb, struct nx_buf *body, cJSON **answer,
               struct nexus_error *err)
{
    struct nx_buf subject = NX_BUF_INIT;
    const char *body_text = nx_buf_text(body);
    int code;

    nx_buf_printf(&subject, "$JS.API.STREAM.%s.%s", verb, call->stream);
    code = nx_buf_text(&subject) && body_text
               ? nx_request(call->client, subject.data, body_text, call->deadline, answer, err)
               : nx_no_memory(err);
    nx_buf_free(&subject);
    nx_buf_free(body);
    return code;
}

/* NEXUS_E_NOT_FOUND: it is not there. */
static int look(const struct call *call, struct nexus_error *err)
{
    struct nx_buf body = NX_BUF_INIT;
    cJSON *answer = NULL;
    int code = ask(call, "INFO", &body, &answer, err);

    if (code == NEXUS_OK)
        code = compare(call->options, call->stream, call->wanted, call->count, answer, err);
    cJSON_Delete(answer);
    return code;
}

/* The answer says what was made: an old server leaves out what it does not know. `*taken`: nothing
 * was made, since the name or the subjects are in use. */
static int create(const struct call *call, bool *taken, struct nexus_error *err)
{
    struct nx_buf body = NX_BUF_INIT;
    cJSON *answer = NULL;
    int code;

    create_body(call->stream, call->wanted, call->count, &body);
    code = ask(call, "CREATE", &body, &answer, err);
    *taken = code == NEXUS_E_CONFLICT;
    if (code == NEXUS_OK)
        code = compare(call->options, call->stream, call->wanted, call->count, answer, err);
    cJSON_Delete(answer);
    return code;
}

static int check_options(const struct nexus_provision_options *options, struct nexus_error *err)
{
    if (options->max_age_ms < 0 || options->duplicate_window_ms <= options->max_age_ms)
        return NEXUS_OK;
    return nx_fail(err, NEXUS_E_INVALID, "duplicate_window",
                   "%lld ms are longer than the events' age limit of %lld ms",
                   (long long)options->duplicate_window_ms, (long long)options->max_age_ms);
}

/* Looks, creates what is missing, and looks again when another process was faster. */
static int provision(const struct call *call, enum nexus_provision_result *result,
                     struct nexus_error *err)
{
    struct nexus_error second = NEXUS_ERROR_INIT;
    bool taken;
    int code = look(call, err);

    *result = NEXUS_PROVISION_UNCHANGED;
    if (code != NEXUS_E_NOT_FOUND)
        return code;
    *result = NEXUS_PROVISION_MISSING;
    if (call->options->dry_run)
        return NEXUS_OK;
    *result = NEXUS_PROVISION_CREATED;
    code = create(call, &taken, err);
    if (!taken)
        return code;
    code = look(call, &second);
    *result = NEXUS_PROVISION_UNCHANGED;
    if (code == NEXUS_E_NOT_FOUND)
        return NEXUS_E_CONFLICT; /* not this one: another stream has the subjects */
    if (code != NEXUS_OK && err)
        *err = second;
    return code;
}

int nexus_provision(struct nexus_client *client, const struct nexus_provision_options *options,
                    enum nexus_provision_result *result, struct nexus_error *err)
{
    struct call call = {.client = client};
    enum nexus_provision_result found;
    int code = nx_client_usable(client, err);

    if (code != NEXUS_OK)
        return code;
    call.options = options ? options : &nx_provision_defaults;
    call.stream = *call.options->stream ? call.options->stream : client->options->stream;
    call.deadline = client->wire->ops->now(client->wire) + NX_CALL_TIMEOUT_NS;
    if ((code = check_options(call.options, err)) != NEXUS_OK)
        return code;
    call.count = list_wanted(call.options, call.wanted);
    code = provision(&call, &found, err);
    if (code == NEXUS_OK && result)
        *result = found;
    if (code == NEXUS_OK)
        nx_log(client, NEXUS_LOG_INFO, "provisioned", "stream=%s result=%d", call.stream,
               (int)found);
    return code;
}
