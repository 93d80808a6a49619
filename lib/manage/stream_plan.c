/* SPDX-License-Identifier: Apache-2.0 */
#include "stream_plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dead_stream.h"

/* ---- what is wanted */

static void put_text(struct nx_stream_plan *plan, const char *name, const char *value,
                     const char *absent)
{
    struct nx_plan_member *member = &plan->members[plan->count++];

    member->name = name;
    snprintf(member->value, sizeof(member->value), "%s", value);
    member->absent = absent;
}

static void put_number(struct nx_stream_plan *plan, const char *name, int64_t value,
                       const char *absent)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRId64, value);
    put_text(plan, name, text, absent);
}

static int64_t nanoseconds(int64_t milliseconds, int64_t none)
{
    return milliseconds < 0 ? none : milliseconds * 1000000;
}

/* All of it is known to every server since 2.9; newer ones refuse a member they do not know. */
static void list_events(struct nx_stream_plan *plan, int64_t window_ms)
{
    const struct nexus_provision_options *options = plan->options;
    char subjects[NEXUS_SUBJECT_MAX + 8];

    snprintf(subjects, sizeof(subjects), "[\"%s\"]", plan->subject);
    put_text(plan, "subjects", subjects, NULL);
    put_text(plan, "retention", "\"limits\"", NULL);
    put_text(plan, "storage", options->memory ? "\"memory\"" : "\"file\"", NULL);
    put_text(plan, "discard", "\"old\"", NULL);
    put_number(plan, "num_replicas", options->replicas, NULL);
    put_number(plan, "max_bytes", options->max_bytes, "-1");
    put_number(plan, "max_msgs", options->max_events, "-1");
    put_number(plan, "max_age", nanoseconds(options->max_age_ms, 0), "0");
    put_number(plan, "max_msgs_per_subject", -1, "-1");
    put_number(plan, "max_msg_size", -1, "-1");
    put_number(plan, "duplicate_window", window_ms * 1000000, "0");
    put_text(plan, "no_ack", "false", "false");
}

static void list_dead(struct nx_stream_plan *plan)
{
    const struct nexus_provision_options *options = plan->options;

    put_text(plan, "storage", options->memory ? "\"memory\"" : "\"file\"", NULL);
    put_number(plan, "num_replicas", options->replicas, NULL);
    for (size_t i = 0; i < nx_dead_stream_count && plan->count < NX_PLAN_MAX; i++)
        put_text(plan, nx_dead_stream[i].name, nx_dead_stream[i].value, nx_dead_stream[i].absent);
}

/* How long an event may be sent again after its first attempt: the window is at least that. */
static int64_t horizon(const struct nexus_client *client,
                       const struct nexus_provision_options *options)
{
    int64_t deadline = client->options->publish_deadline_ms;

    return options->horizon_ms > deadline ? options->horizon_ms : deadline;
}

static int choose_window(const struct nexus_client *client,
                         const struct nexus_provision_options *options, int64_t *out,
                         struct nexus_error *err)
{
    int64_t least = horizon(client, options), window = options->duplicate_window_ms;

    if (!window)
        window = least > NX_WINDOW_DEFAULT_MS ? least : NX_WINDOW_DEFAULT_MS;
    if (window < least)
        return nx_fail(err, NEXUS_E_INVALID, "duplicate_window",
                       "%" PRId64 " ms are shorter than the %" PRId64
                       " ms over which an event may be sent again",
                       window, least);
    if (options->max_age_ms >= 0 && window > options->max_age_ms)
        return nx_fail(err, NEXUS_E_INVALID, "duplicate_window",
                       "%" PRId64 " ms are longer than the events' age limit of %" PRId64 " ms",
                       window, options->max_age_ms);
    *out = window;
    return NEXUS_OK;
}

/* The stream's name and subject follow from the part of the events that it holds. */
static int choose_name(struct nx_stream_plan *plan, const struct nexus_client *client,
                       struct nexus_error *err)
{
    const struct nexus_provision_options *options = plan->options;
    const char *part = *options->tenant ? options->tenant : options->domain;
    const char *base = client->options->stream;
    char name[NX_STREAM_MAX + NEXUS_TOKEN_MAX + 2];

    if (*options->tenant && *options->domain)
        return nx_fail(err, NEXUS_E_INVALID, "domain",
                       "a stream holds a tenant's events or a domain's, not both");
    if (options->dead_letters && *part)
        return nx_fail(err, NEXUS_E_INVALID, "dead_letters",
                       "the stream of dead letters is one for all tenants and domains");
    snprintf(plan->subject, sizeof(plan->subject), "%s",
             options->dead_letters ? NX_DEAD_SUBJECTS : "nexus.>");
    if (*part)
        snprintf(plan->subject, sizeof(plan->subject), "nexus.%s%s.>", *options->domain ? "*." : "",
                 part);
    snprintf(name, sizeof(name), "%s%s%s", base, *part ? "-" : "", part);
    if (*options->stream || options->dead_letters)
        snprintf(name, sizeof(name), "%s", *options->stream ? options->stream : NX_DEAD_STREAM);
    if (strlen(name) > NX_STREAM_MAX)
        return nx_fail(err, NEXUS_E_INVALID, "stream", "\"%s\" is longer than %d bytes", name,
                       NX_STREAM_MAX);
    memcpy(plan->stream, name, strlen(name) + 1);
    return NEXUS_OK;
}

int nx_stream_plan_make(struct nx_stream_plan *plan, const struct nexus_client *client,
                        const struct nexus_provision_options *options, struct nexus_error *err)
{
    int64_t window = 0;
    int code;

    *plan = (struct nx_stream_plan){.options = options};
    code = choose_name(plan, client, err);
    if (code == NEXUS_OK && !options->dead_letters)
        code = choose_window(client, options, &window, err);
    if (code != NEXUS_OK)
        return code;
    if (options->dead_letters)
        list_dead(plan);
    else
        list_events(plan, window);
    return NEXUS_OK;
}

void nx_stream_plan_create(const struct nx_stream_plan *plan, struct nx_buf *out)
{
    nx_buf_printf(out, "{\"name\":\"%s\"", plan->stream);
    for (size_t i = 0; i < plan->count; i++)
        nx_buf_printf(out, ",\"%s\":%s", plan->members[i].name, plan->members[i].value);
    nx_buf_putc(out, '}');
}

/* ---- changing */

/* Nanoseconds are beyond the digits that cJSON prints without an exponent, which servers refuse in
 * an integer. False without memory. */
static bool spell_integers(cJSON *item)
{
    cJSON *child;

    if (cJSON_IsNumber(item) && fabs(item->valuedouble) < 9e18 &&
        item->valuedouble == floor(item->valuedouble)) {
        char text[32];
        snprintf(text, sizeof(text), "%" PRId64, (int64_t)item->valuedouble);
        item->valuestring = strdup(text);
        item->type = (item->type & ~0xff) | cJSON_Raw;
        return item->valuestring != NULL;
    }
    cJSON_ArrayForEach(child, item)
    {
        if (!spell_integers(child))
            return false;
    }
    return true;
}

void nx_stream_plan_change(const struct nx_stream_plan *plan, cJSON *config, struct nx_buf *out)
{
    bool sound = spell_integers(config);
    char *text;

    for (size_t i = 0; sound && i < plan->count; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(config, plan->members[i].name);
        sound = cJSON_AddRawToObject(config, plan->members[i].name, plan->members[i].value);
    }
    text = sound ? cJSON_PrintUnformatted(config) : NULL;
    if (text)
        nx_buf_puts(out, text);
    else
        out->failed = true;
    cJSON_free(text);
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
    const struct nx_stream_plan *plan;
    bool tell;
    unsigned found;
    int code;
    struct nexus_error *err;
};

static void difference(struct comparison *comparison, const char *member, const char *actual,
                       const char *wanted)
{
    const struct nexus_provision_options *options = comparison->plan->options;

    comparison->found++;
    if (comparison->tell && options->difference)
        options->difference(member, actual, wanted, options->difference_data);
    if (comparison->code == NEXUS_OK)
        comparison->code =
            nx_fail(comparison->err, NEXUS_E_CONFLICT, member,
                    "stream \"%s\" has %s %s where %s is asked for; nothing was changed",
                    comparison->plan->stream, member, actual, wanted);
}

static void compare_member(struct comparison *comparison, const cJSON *config,
                           const struct nx_plan_member *wanted)
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

int nx_stream_plan_compare(const struct nx_stream_plan *plan, const cJSON *answer, bool tell,
                           unsigned *found, struct nexus_error *err)
{
    struct comparison comparison = {plan, tell, 0, NEXUS_OK, err};
    const cJSON *config = cJSON_GetObjectItemCaseSensitive(answer, "config");

    *found = 0;
    if (!cJSON_IsObject(config))
        return nx_fail(err, NEXUS_E_STREAM, "config",
                       "the server did not say what stream \"%s\" is", plan->stream);
    for (size_t i = 0; i < plan->count; i++)
        compare_member(&comparison, config, &plan->members[i]);
    compare_kind(&comparison, config);
    *found = comparison.found;
    return comparison.code;
}
