/* SPDX-License-Identifier: Apache-2.0 */
#include "provision_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../json_text.h"

/* ---- which */

static struct plan_stream *add(struct plan *plan, const char *separator, const char *part)
{
    struct plan_stream *stream = &plan->streams[plan->count++];

    snprintf(stream->name, sizeof(stream->name), "%s%s%s", plan->base, separator, part);
    return stream;
}

static void add_domain(struct plan *plan, const struct nexus_channel *channel)
{
    char domain[NEXUS_TOKEN_MAX + 1];

    if (sscanf(nexus_channel_address(channel), "nexus.%*[^.].%63[^.]", domain) != 1)
        return;
    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->streams[i].domain, domain) == 0)
            return;
    memcpy(add(plan, "-", domain)->domain, domain, sizeof(domain));
}

bool plan_streams(struct plan *plan)
{
    plan->streams = calloc(plan->tenant_count + nexus_channel_count() + 2, sizeof(*plan->streams));
    if (!plan->streams)
        return false;
    for (size_t i = 0; i < plan->tenant_count; i++)
        add(plan, "-", plan->tenants[i])->tenant = plan->tenants[i];
    for (size_t i = 0; plan->per_domain && i < nexus_channel_count(); i++)
        add_domain(plan, nexus_channel_at(i));
    if (!plan->count)
        add(plan, "", "");
    if (!plan->no_dead_letters) {
        struct plan_stream *dead = &plan->streams[plan->count++];
        snprintf(dead->name, sizeof(dead->name), "NEXUS_DLQ");
        dead->dead_letters = true;
    }
    return true;
}

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        for (size_t j = 0; j < plan->streams[i].difference_count; j++) {
            free(plan->streams[i].differences[j].member);
            free(plan->streams[i].differences[j].actual);
            free(plan->streams[i].differences[j].wanted);
        }
        free(plan->streams[i].differences);
    }
    free(plan->streams);
    free(plan->tenants);
    nexus_provision_options_destroy(plan->options);
}

/* ---- asking the library */

struct target {
    struct plan *plan;
    struct plan_stream *stream;
};

static void on_difference(const char *member, const char *actual, const char *wanted, void *data)
{
    struct target *target = data;
    struct plan_stream *stream = target->stream;
    struct plan_difference *grown =
        realloc(stream->differences, (stream->difference_count + 1) * sizeof(*grown));

    if (!grown) {
        target->plan->failed = true;
        return;
    }
    stream->differences = grown;
    grown += stream->difference_count++;
    *grown = (struct plan_difference){strdup(member), strdup(actual), strdup(wanted)};
    if (!grown->member || !grown->actual || !grown->wanted)
        target->plan->failed = true;
}

static int aim(struct plan *plan, const struct plan_stream *stream, struct nexus_error *err)
{
    struct nexus_provision_options *options = plan->options;
    int code = nexus_provision_options_set_stream(options, stream->name, err);

    if (code == NEXUS_OK)
        code = nexus_provision_options_set_tenant(options, stream->tenant, err);
    if (code == NEXUS_OK)
        code = nexus_provision_options_set_domain(options, *stream->domain ? stream->domain : NULL,
                                                  err);
    if (code == NEXUS_OK)
        code = nexus_provision_options_set_dead_letters(options, stream->dead_letters, err);
    if (code == NEXUS_OK) /* it is in the plan by itself, or is not wanted */
        code = nexus_provision_options_set_alone(options, true, err);
    return code;
}

static int look_at(struct plan *plan, struct plan_stream *stream, struct nexus_client *client,
                   struct nexus_error *err)
{
    struct target target = {plan, stream};
    int code =
        nexus_provision_options_set_difference_callback(plan->options, on_difference, &target, err);

    if (code == NEXUS_OK)
        code = aim(plan, stream, err);
    if (code == NEXUS_OK)
        code = nexus_provision(client, plan->options, &stream->result, err);
    if (code == NEXUS_E_CONFLICT && stream->difference_count) {
        stream->result = 0;
        code = NEXUS_OK;
    }
    return plan->failed ? NEXUS_E_MEMORY : code;
}

int plan_look(struct plan *plan, struct nexus_client *client, struct nexus_error *err)
{
    int code = nexus_provision_options_set_dry_run(plan->options, true, err);

    for (size_t i = 0; code == NEXUS_OK && i < plan->count; i++)
        code = look_at(plan, &plan->streams[i], client, err);
    return code;
}

int plan_apply(struct plan *plan, struct nexus_client *client, struct nexus_error *err)
{
    int code = nexus_provision_options_set_dry_run(plan->options, false, err);

    if (code == NEXUS_OK)
        code = nexus_provision_options_set_difference_callback(plan->options, NULL, NULL, err);
    for (size_t i = 0; code == NEXUS_OK && i < plan->count; i++) {
        struct plan_stream *stream = &plan->streams[i];
        if (stream->result == NEXUS_PROVISION_UNCHANGED)
            continue;
        code = aim(plan, stream, err);
        if (code == NEXUS_OK)
            code = nexus_provision(client, plan->options, &stream->result, err);
    }
    return code;
}

/* ---- telling */

bool plan_open(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->streams[i].result != NEXUS_PROVISION_UNCHANGED)
            return true;
    return false;
}

size_t plan_conflicts(const struct plan *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += plan->streams[i].result == 0 ? plan->streams[i].difference_count : 0;
    return count;
}

static const struct {
    const char *name;
    const char *sentence;
} results[] = {
    [0] = {"different", "is there, and is not what is asked for"},
    [NEXUS_PROVISION_CREATED] = {"created", "has been created"},
    [NEXUS_PROVISION_UNCHANGED] = {"unchanged", "is there, and as asked for"},
    [NEXUS_PROVISION_MISSING] = {"missing", "is not there; it will be created"},
    [NEXUS_PROVISION_CHANGED] = {"changed", "has been changed"},
    [NEXUS_PROVISION_DIFFERENT] = {"different", "is there, and will be changed"},
};

/* The one of all streams that is furthest from "unchanged". */
static const char *overall(const struct plan *plan)
{
    static const char *const order[] = {"different", "missing", "changed", "created"};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        for (size_t j = 0; j < plan->count; j++)
            if (strcmp(results[plan->streams[j].result].name, order[i]) == 0)
                return order[i];
    return "unchanged";
}

static void print_json(const struct plan *plan)
{
    const char *comma = "";

    printf("{\"result\":\"%s\",\"streams\":[", overall(plan));
    for (size_t i = 0; i < plan->count; i++) {
        printf("%s{\"stream\":", i ? "," : "");
        json_put_string(stdout, plan->streams[i].name);
        printf(",\"result\":\"%s\"}", results[plan->streams[i].result].name);
    }
    printf("],\"differences\":[");
    for (size_t i = 0; i < plan->count; i++)
        for (size_t j = 0; j < plan->streams[i].difference_count; j++) {
            const struct plan_difference *one = &plan->streams[i].differences[j];
            printf("%s{\"stream\":", comma);
            json_put_string(stdout, plan->streams[i].name);
            printf(",\"member\":");
            json_put_string(stdout, one->member);
            printf(",\"actual\":%s,\"wanted\":%s}", one->actual, one->wanted);
            comma = ",";
        }
    puts("]}");
}

static void print_stream(const struct plan *plan, const struct plan_stream *stream)
{
    bool told = stream->result == NEXUS_PROVISION_CHANGED; /* before it was */

    if (!plan->quiet || stream->result == 0 || stream->result == NEXUS_PROVISION_DIFFERENT)
        printf("%s %s\n", stream->name, results[stream->result].sentence);
    for (size_t i = 0; !told && i < stream->difference_count; i++) {
        const struct plan_difference *one = &stream->differences[i];
        if (i == 0)
            printf("  %-22s %-22s %s\n", "member", "is", "asked for");
        printf("  %-22s %-22s %s\n", one->member, one->actual, one->wanted);
    }
}

void plan_print(const struct plan *plan)
{
    if (plan->json) {
        print_json(plan);
        return;
    }
    for (size_t i = 0; i < plan->count; i++)
        print_stream(plan, &plan->streams[i]);
    fflush(stdout);
}
