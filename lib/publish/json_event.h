/* SPDX-License-Identifier: Apache-2.0 */
/* An event given by its channel's name and as JSON text: read into the channel's struct, and on as
 * any other event, so that there is one codec and one set of rules. */
#ifndef NX_JSON_EVENT_H
#define NX_JSON_EVENT_H

#include "json.h"
#include "subject.h"

struct nx_json_event {
    const struct nexus_channel *channel;
    const char *arguments[NX_PARAMETERS_MAX]; /* as nx_publish_event() takes them; borrowed */
    void *event;                              /* in the arena */
    struct nx_json json;
    struct nx_arena arena;
};

#define NX_JSON_EVENT_INIT                              \
    {                                                   \
        NULL, {NULL}, NULL, NX_JSON_INIT, NX_ARENA_INIT \
    }

/* NEXUS_E_INVALID, NEXUS_E_CHANNEL, NEXUS_E_JSON, NEXUS_E_VALIDATION, NEXUS_E_MEMORY. */
int nx_json_event_read(struct nx_json_event *event, const char *channel, const char *tenant,
                       const char *payload, const struct nexus_publish_options *options,
                       struct nexus_error *err);
void nx_json_event_free(struct nx_json_event *event);

#endif
