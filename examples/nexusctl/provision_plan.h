/* SPDX-License-Identifier: Apache-2.0 */
/* The streams that one call of `nexusctl provision` is about, and what is found of each. */
#ifndef PROVISION_PLAN_H
#define PROVISION_PLAN_H

#include <nexus/nexus.h>

#define PLAN_STREAMS_MAX 1000

struct plan_difference {
    char *member;
    char *actual; /* JSON */
    char *wanted; /* JSON */
};

struct plan_stream {
    char name[NEXUS_STREAM_NAME_SIZE];
    const char *tenant; /* or NULL */
    char domain[NEXUS_TOKEN_MAX + 1];
    bool dead_letters;
    enum nexus_provision_result result; /* 0: it differs, and must not be changed */
    struct plan_difference *differences;
    size_t difference_count;
};

struct plan {
    struct nexus_provision_options *options;
    const char *base; /* the name, or what names begin with */
    const char **tenants;
    size_t tenant_count;
    bool per_domain, no_dead_letters, dry_run, change, json, quiet;
    int64_t bytes, events, age_ms;
    struct plan_stream *streams;
    size_t count;
    bool failed; /* no memory in between */
};

/* Which streams there shall be. False without memory. */
bool plan_streams(struct plan *plan);

/* Looks at every stream, and changes none. */
int plan_look(struct plan *plan, struct nexus_client *client, struct nexus_error *err);

/* Creates what is missing, changes what differs. */
int plan_apply(struct plan *plan, struct nexus_client *client, struct nexus_error *err);

/* Whether anything is missing or different; different and not to be changed. */
bool plan_open(const struct plan *plan);
size_t plan_conflicts(const struct plan *plan);

/* Prints what was found (or done). */
void plan_print(const struct plan *plan);

void plan_free(struct plan *plan);

#endif
