/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include <stdlib.h>

#include "schema.h"

const uint32_t nx_time_bounds_us[NX_TIME_BOUNDS] = {
    50,     100,    250,    500,     1000,    2500,    5000,     10000,    25000,   50000,
    100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000};

const char *const nx_metric_names[NX_METRICS] = {
    [NX_METRIC_PUBLISHED] = "published",   [NX_METRIC_ACKED] = "acked",
    [NX_METRIC_DUPLICATES] = "duplicates", [NX_METRIC_RESENT] = "resent",
    [NX_METRIC_FAILED] = "failed",         [NX_METRIC_RECEIVED] = "received",
    [NX_METRIC_HANDLED] = "handled",       [NX_METRIC_RETRIED] = "retried",
    [NX_METRIC_REJECTED] = "rejected",     [NX_METRIC_DEFERRED] = "deferred",
    [NX_METRIC_POISON] = "poison",         [NX_METRIC_SCHEMA_DRIFT] = "schema_drift",
};

const char *const nx_span_names[NX_SPANS] = {
    [NX_SPAN_PUBLISH] = "publish",
    [NX_SPAN_HANDLE] = "handle",
};

bool nx_metrics_init(struct nx_metrics *metrics)
{
    metrics->channels = calloc(nx_channel_count, sizeof(*metrics->channels));
    return metrics->channels != NULL;
}

void nx_metrics_free(struct nx_metrics *metrics)
{
    free(metrics->channels);
    metrics->channels = NULL;
}

static void add(atomic_uint_fast64_t *to, uint64_t value)
{
    atomic_fetch_add_explicit(to, value, memory_order_relaxed);
}

static uint64_t value_of(const atomic_uint_fast64_t *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

void nx_metrics_count(struct nx_metrics *metrics, const struct nexus_channel *channel,
                      enum nx_metric metric)
{
    if (channel)
        add(&metrics->channels[channel - nx_channels].counts[metric], 1);
}

void nx_metrics_time(struct nx_metrics *metrics, const struct nexus_channel *channel,
                     enum nx_span span, int64_t nanoseconds)
{
    uint64_t time = nanoseconds > 0 ? (uint64_t)nanoseconds : 0;
    struct nx_times *times;
    unsigned bucket = 0;

    if (!channel)
        return;
    times = &metrics->channels[channel - nx_channels].times[span];
    while (bucket < NX_TIME_BOUNDS && time > (uint64_t)nx_time_bounds_us[bucket] * 1000)
        bucket++;
    add(&times->counts[bucket], 1);
    add(&times->sum_ns, time);
}

uint64_t nx_times_count(const struct nx_times *times)
{
    uint64_t all = 0;

    for (unsigned i = 0; i <= NX_TIME_BOUNDS; i++)
        all += value_of(&times->counts[i]);
    return all;
}

uint32_t nx_times_quantile_us(const struct nx_times *times, double share)
{
    double wanted = share * (double)nx_times_count(times);
    uint64_t below = 0;

    for (unsigned i = 0; i < NX_TIME_BOUNDS; i++) {
        below += value_of(&times->counts[i]);
        if (below && (double)below >= wanted)
            return nx_time_bounds_us[i];
    }
    return below || nx_times_count(times) ? UINT32_MAX : 0;
}
