/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a publish as the publish engine reads them: in place, during the call. */
#ifndef NX_PUBLISH_OPTIONS_H
#define NX_PUBLISH_OPTIONS_H

#include <nexus/publish.h>

#include "ids.h"
#include "subject.h"

#define NX_MESSAGE_ID_MAX 63

struct nx_argument {
    char name[NEXUS_TOKEN_MAX + 1];
    char value[NEXUS_TOKEN_MAX + 1];
};

struct nexus_publish_options {
    nexus_publish_callback callback; /* NULL: blocking */
    void *data;
    bool failures_only;  /* the callback is not called for events that are stored */
    int64_t deadline_ms; /* 0: the client's */
    bool wait_when_full;
    bool has_chain; /* from set_causal_id() or set_cause(), whichever came last */
    struct nx_chain chain;
    char *tracestate, *baggage;             /* of the cause; NULL: none */
    char message_id[NX_MESSAGE_ID_MAX + 1]; /* "": a fresh one; without the tenant */
    char tenant[NEXUS_TOKEN_MAX + 1];       /* "": none */
    uint32_t argument_count;
    struct nx_argument arguments[NX_PARAMETERS_MAX];
};

/* The defaults, for a publish without options. */
extern const struct nexus_publish_options nx_publish_defaults;

/* The value that was set for an address parameter, or NULL. */
const char *nx_publish_argument(const struct nexus_publish_options *options, const char *name);

#endif
