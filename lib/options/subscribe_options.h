/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a subscription. Plain values: a subscription keeps a copy by assignment. */
#ifndef NX_SUBSCRIBE_OPTIONS_H
#define NX_SUBSCRIBE_OPTIONS_H

#include <nexus/causality.h>
#include <nexus/replay.h>
#include <nexus/workers.h>

#include "names.h"

#define NX_BACKOFF_MAX 32

struct nx_subscribe_options {
    char durable[NX_DURABLE_MAX + 1]; /* "": made from service, channel and tenant */
    char stream[NX_STREAM_MAX + 1];   /* "": the client's */
    enum nexus_start start;
    int64_t start_value;
    int64_t ack_wait_ms;
    int64_t max_deliver; /* -1: no limit */
    int64_t retry_delay_ms;
    int64_t backoff_ms[NX_BACKOFF_MAX]; /* by delivery; the last one counts for all further ones */
    size_t backoff_count;               /* 0: retry_delay_ms */
    unsigned backoff_jitter;            /* percent that are taken off at random */
    enum nexus_dead_letters dead_letters;
    nexus_dead_letter_callback dead_letter; /* or NULL */
    void *dead_letter_data;
    uint32_t queue_messages;
    size_t queue_bytes;
    uint32_t workers; /* 0: handlers run where the client dispatches */
    bool hold_key;
    nexus_key_callback key; /* or NULL */
    void *key_data;
    nexus_causality_callback causality; /* or NULL */
    void *causality_data;
    uint32_t hold_back; /* events; 0: none */
    int64_t hold_back_ms;
    bool ordered;
    nexus_caught_up_callback caught_up; /* or NULL */
    void *caught_up_data;
    uint32_t inbox_events; /* 0: no inbox in memory */
    int64_t inbox_seconds;
    struct nexus_inbox *inbox;    /* instead of one in memory; or NULL */
    nexus_poison_callback poison; /* or NULL */
    void *poison_data;
    nexus_subscription_error_callback error; /* or NULL */
    void *error_data;
};

struct nexus_subscribe_options {
    struct nx_subscribe_options values;
};

/* The values; the defaults for NULL. Cannot fail. */
struct nx_subscribe_options nx_subscribe_options_copy(const struct nexus_subscribe_options *from);

#endif
