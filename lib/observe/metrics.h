/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to the events of each channel, and how long it takes. Relaxed atomics: any thread
 * counts, any thread reads, and nobody waits. */
#ifndef NX_METRICS_H
#define NX_METRICS_H

#include <nexus/channel.h>
#include <stdatomic.h>
#include <stdint.h>

#define NX_TIME_BOUNDS 19 /* and one bucket above them all */

enum nx_metric {
    NX_METRIC_PUBLISHED,
    NX_METRIC_ACKED,
    NX_METRIC_DUPLICATES,
    NX_METRIC_RESENT,
    NX_METRIC_FAILED,
    NX_METRIC_RECEIVED,
    NX_METRIC_HANDLED,
    NX_METRIC_RETRIED,
    NX_METRIC_REJECTED,
    NX_METRIC_DEFERRED,
    NX_METRIC_POISON,
    NX_METRIC_SCHEMA_DRIFT,
    NX_METRICS
};

/* A span of time that is measured for each channel. */
enum nx_span {
    NX_SPAN_PUBLISH, /* from the call that accepted an event to its ack */
    NX_SPAN_HANDLE,  /* from an event's arrival to its verdict */
    NX_SPANS
};

struct nx_times {
    atomic_uint_fast64_t counts[NX_TIME_BOUNDS + 1];
    atomic_uint_fast64_t sum_ns;
};

struct nx_channel_metrics {
    atomic_uint_fast64_t counts[NX_METRICS];
    struct nx_times times[NX_SPANS];
};

/* One for each channel of the contract, in its order. */
struct nx_metrics {
    struct nx_channel_metrics *channels;
};

/* The bounds of the buckets, in microseconds, ascending. */
extern const uint32_t nx_time_bounds_us[NX_TIME_BOUNDS];
/* A metric's name, and a span's. */
extern const char *const nx_metric_names[NX_METRICS];
extern const char *const nx_span_names[NX_SPANS];

/* False without memory. */
bool nx_metrics_init(struct nx_metrics *metrics);
void nx_metrics_free(struct nx_metrics *metrics);

/* `channel` NULL: of no channel of the contract; not counted here. */
void nx_metrics_count(struct nx_metrics *metrics, const struct nexus_channel *channel,
                      enum nx_metric metric);
void nx_metrics_time(struct nx_metrics *metrics, const struct nexus_channel *channel,
                     enum nx_span span, int64_t nanoseconds);

/* How many of a span's measurements there were, and the bound in microseconds below which the
 * given share of them lies: that of the bucket; UINT32_MAX when that is the last one. */
uint64_t nx_times_count(const struct nx_times *times);
uint32_t nx_times_quantile_us(const struct nx_times *times, double share);

#endif
