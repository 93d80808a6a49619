/* SPDX-License-Identifier: Apache-2.0 */
/* What the statistics' two forms, JSON and Prometheus, both read. */
#ifndef NX_STATS_H
#define NX_STATS_H

#include "client.h"

struct nx_stat {
    const char *name;
    uint64_t value;
    bool level; /* goes up and down */
};

/* The counters of struct nexus_client_stats, in its order. */
size_t nx_stats_count(void);
struct nx_stat nx_stats_read(struct nexus_client *client, size_t index);

/* "connected" and so on. */
const char *nx_stats_state(struct nexus_client *client);

/* Whether anything was counted for a channel. */
bool nx_channel_metrics_used(const struct nx_channel_metrics *metrics);

#endif
