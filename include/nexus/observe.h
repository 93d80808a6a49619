/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 * Watching a client at work: its statistics for a monitoring system, and hooks for spans.
 *
 * Every event carries a W3C `traceparent`; what a handler publishes belongs to the trace of the
 * event that it handles, and `tracestate` and `baggage` go along. The hooks let an application make
 * spans of publishing and handling, for OpenTelemetry say, which the library does not link:
 * `examples/tracing` exports them as OTLP.
 */
#ifndef NEXUS_OBSERVE_H
#define NEXUS_OBSERVE_H

#include <nexus/base.h>
#include <nexus/client.h>
#include <nexus/delivery.h>
#include <nexus/error.h>
#include <nexus/options.h>
#include <nexus/publish.h>

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

/** The W3C `tracestate` that came with an event; NULL: none, or not a sound one. Valid as long as
 * the delivery. @since 1.0 */
NEXUS_API const char *nexus_delivery_tracestate(const struct nexus_delivery *delivery);

/** The W3C `baggage` that came with an event; NULL: none, or not a sound one. Valid as long as the
 * delivery. @since 1.0 */
NEXUS_API const char *nexus_delivery_baggage(const struct nexus_delivery *delivery);

/** Bytes of a traceparent, the NUL included. @since 1.0 */
#define NEXUS_TRACEPARENT_SIZE 56

/** What an event carries of its trace. @since 1.0 */
struct nexus_trace {
    size_t size;
    char traceparent[NEXUS_TRACEPARENT_SIZE]; /**< `00-<trace id>-<parent id>-<flags>`. */
    const char *tracestate;                   /**< Up to 512 bytes, or NULL: none. */
    const char *baggage;                      /**< Up to 8192 bytes, or NULL: none. */
};

/** @since 1.0 */
#define NEXUS_TRACE_INIT                     \
    {                                        \
        sizeof(struct nexus_trace), "", 0, 0 \
    }

/** An event that is about to be published. Valid during the call of the hook. @since 1.0 */
struct nexus_publishing {
    size_t size;
    const char *channel;                /**< The contract's name. */
    const char *subject;                /**< Where it goes. */
    const char *message_id;             /**< Its id in the stream. */
    const char *causal_id;              /**< Its chain. */
    size_t length;                      /**< Bytes of its payload. */
    const struct nexus_delivery *cause; /**< The event whose handler publishes it, or NULL. */
};

/**
 * What is called around publishing and handling. Members may be NULL. `data` is handed to all of
 * them. They may use the getters of deliveries, and call nothing else of the library.
 *
 * publish_begin: in each publish call, on its thread, before the event is made. `trace` has what
 * the event is going to carry; the hook may write another `traceparent` there (its own span as the
 * parent) and point `tracestate` and `baggage` to texts of its own, which are copied when it
 * returns. What is no sound header is left as it was, or out, and logged. Returns the span, which
 * publish_end gets. Not for events that were prepared, whose bytes are fixed.
 *
 * publish_end: once for each publish_begin, when the end is known: `error` is NULL when the event
 * was stored, else says why not. Runs where the call blocked, where the completion runs, or in the
 * call, when it accepted nothing; `receipt` has no message id then.
 *
 * handle_begin, handle_end: around each call of a handler, on its thread. A verdict DEFER is still
 * undecided.
 * @since 1.0
 */
struct nexus_hooks {
    size_t size;
    void *(*publish_begin)(struct nexus_client *client, const struct nexus_publishing *what,
                           struct nexus_trace *trace, void *data);
    void (*publish_end)(struct nexus_client *client, void *span,
                        const struct nexus_receipt *receipt, const struct nexus_error *error,
                        void *data);
    void *(*handle_begin)(struct nexus_client *client, const struct nexus_delivery *delivery,
                          void *data);
    void (*handle_end)(struct nexus_client *client, void *span,
                       const struct nexus_delivery *delivery, enum nexus_verdict verdict,
                       void *data);
    void *data;
};

/** @since 1.0 */
#define NEXUS_HOOKS_INIT                          \
    {                                             \
        sizeof(struct nexus_hooks), 0, 0, 0, 0, 0 \
    }

/** Sets the hooks, which are copied; NULL: none. Errors: NEXUS_E_INVALID. @since 1.0 */
NEXUS_API int nexus_client_options_set_hooks(struct nexus_client_options *options,
                                             const struct nexus_hooks *hooks,
                                             struct nexus_error *err);

NEXUS_END_DECLS

#endif
