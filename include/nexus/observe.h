/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 * Watching a client at work: its statistics for a monitoring system.
 */
#ifndef NEXUS_OBSERVE_H
#define NEXUS_OBSERVE_H

#include <nexus/base.h>
#include <nexus/client.h>
#include <nexus/error.h>

NEXUS_BEGIN_DECLS

/**
 * The statistics in Prometheus' text format (version 0.0.4), for an endpoint `/metrics` of the
 * application. `*out` is the caller's; nexus_free(). Any thread, at any time.
 *
 * Every line is labelled with `service` and `node`. `nexus_client_…` are the counters of struct
 * nexus_client_stats (`_total` behind those that only rise) and `nexus_client_connected`;
 * `nexus_channel_…_total`, labelled with `channel`, count the events of each channel that has had
 * any; `nexus_channel_publish_seconds` (from the call that accepted an event to its ack) and
 * `nexus_channel_handle_seconds` (from an event's arrival to its verdict) are histograms.
 *
 * Errors: NEXUS_E_INVALID (NULL), NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_client_stats_prometheus(struct nexus_client *client, char **out,
                                            struct nexus_error *err);

NEXUS_END_DECLS

#endif
