/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream should be, as nexus_provision() reads it: in place, during the call. */
#ifndef NX_PROVISION_OPTIONS_H
#define NX_PROVISION_OPTIONS_H

#include <nexus/channel.h>
#include <nexus/provision.h>

#include "names.h"

#define NX_WINDOW_DEFAULT_MS 120000

struct nexus_provision_options {
    char stream[NX_STREAM_MAX + 1]; /* "": the client's */
    bool memory;
    unsigned replicas;
    int64_t max_bytes;           /* -1: none */
    int64_t max_events;          /* -1: none */
    int64_t max_age_ms;          /* -1: none; small enough to be given in nanoseconds */
    int64_t duplicate_window_ms; /* 0: as long as is needed */
    int64_t horizon_ms;
    char tenant[NEXUS_TOKEN_MAX + 1]; /* "": all */
    char domain[NEXUS_TOKEN_MAX + 1]; /* "": all */
    bool dead_letters;                /* the stream of those instead */
    bool alone;                       /* without that of dead letters beside it */
    bool change;
    bool dry_run;
    nexus_difference_callback difference; /* or NULL */
    void *difference_data;
};

/* The defaults, for a call without options. */
extern const struct nexus_provision_options nx_provision_defaults;

#endif
