/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream should be, as nexus_provision() reads it: in place, during the call. */
#ifndef NX_PROVISION_OPTIONS_H
#define NX_PROVISION_OPTIONS_H

#include <nexus/provision.h>

#include "names.h"

struct nexus_provision_options {
    char stream[NX_STREAM_MAX + 1]; /* "": the client's */
    bool memory;
    unsigned replicas;
    int64_t max_bytes;  /* -1: none */
    int64_t max_events; /* -1: none */
    int64_t max_age_ms; /* -1: none; small enough to be given in nanoseconds */
    int64_t duplicate_window_ms;
    bool dry_run;
    nexus_difference_callback difference; /* or NULL */
    void *difference_data;
};

/* The defaults, for a call without options. */
extern const struct nexus_provision_options nx_provision_defaults;

#endif
