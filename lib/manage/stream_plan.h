/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream should be, member by member, and where one that exists is something else. */
#ifndef NX_STREAM_PLAN_H
#define NX_STREAM_PLAN_H

#include <cjson/cJSON.h>

#include "buf.h"
#include "client.h"
#include "provision_options.h"

/* A member of the configuration, as JSON text. */
struct nx_plan_member {
    const char *name;
    char value[NEXUS_SUBJECT_MAX + 8];
    const char *absent; /* what a server means that leaves it out; NULL: it never does */
};

#define NX_PLAN_MAX 16

struct nx_stream_plan {
    const struct nexus_provision_options *options;
    char stream[NX_STREAM_MAX + 1];
    char subject[NEXUS_SUBJECT_MAX + 1]; /* the one filter of its subjects */
    struct nx_plan_member members[NX_PLAN_MAX];
    size_t count;
};

/* NEXUS_E_INVALID: options that contradict each other or the client's. */
int nx_stream_plan_make(struct nx_stream_plan *plan, const struct nexus_client *client,
                        const struct nexus_provision_options *options, struct nexus_error *err);

/* The configuration to create it with. */
void nx_stream_plan_create(const struct nx_stream_plan *plan, struct nx_buf *out);

/* The configuration `config` of the stream that exists, with the plan's members; what the plan does
 * not know stays as it is. Changes `config`. */
void nx_stream_plan_change(const struct nx_stream_plan *plan, cJSON *config, struct nx_buf *out);

/* Compares what a server says of the stream, calling the options' callback when `tell`. `*found`:
 * how many members differ. NEXUS_E_CONFLICT with the first one in `err`; NEXUS_E_STREAM for an
 * answer without a configuration. */
int nx_stream_plan_compare(const struct nx_stream_plan *plan, const cJSON *answer, bool tell,
                           unsigned *found, struct nexus_error *err);

#endif
