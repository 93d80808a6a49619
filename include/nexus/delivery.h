/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file delivery.h
 * One event as it arrived: what a handler can ask about it, and how it is settled.
 *
 * A delivery belongs to the library. It and everything read from it stay valid until the handler
 * returns, or, when the handler returned NEXUS_DEFER, until nexus_delivery_settle() returns.
 * The getters may be called from any thread during that time, and never fail.
 */
#ifndef NEXUS_DELIVERY_H
#define NEXUS_DELIVERY_H

#include <nexus/error.h>

NEXUS_BEGIN_DECLS

/** One event as it arrived. @since 1.0 */
struct nexus_delivery;

/** What becomes of a delivery. @since 1.0 */
enum nexus_verdict {
    NEXUS_ACK = 1,    /**< Handled. It will not come again. */
    NEXUS_RETRY = 2,  /**< Not now: deliver it again, after the delay set below. */
    NEXUS_REJECT = 3, /**< Never: do not deliver it again; it becomes a dead letter. */
    NEXUS_DEFER = 4   /**< Undecided: nexus_delivery_settle() will say, from any thread. */
};

/** The subject that it came on. @since 1.0 */
NEXUS_API const char *nexus_delivery_subject(const struct nexus_delivery *delivery);

/** The contract's name of its channel, "bookingCreated". @since 1.0 */
NEXUS_API const char *nexus_delivery_channel(const struct nexus_delivery *delivery);

/**
 * The tenant: of the subject on tenant channels; of the envelope, where given, on system channels;
 * else NULL.
 * @since 1.0
 */
NEXUS_API const char *nexus_delivery_tenant(const struct nexus_delivery *delivery);

/** The causal chain. May be empty in events of foreign publishers. @since 1.0 */
NEXUS_API const char *nexus_delivery_causal_id(const struct nexus_delivery *delivery);

/** The W3C trace context that belongs to the chain: the header, or one made from the causal id.
 * @since 1.0 */
NEXUS_API const char *nexus_delivery_traceparent(const struct nexus_delivery *delivery);

/** The publisher's message id, or NULL. @since 1.0 */
NEXUS_API const char *nexus_delivery_message_id(const struct nexus_delivery *delivery);

/** The event's vector clock as JSON text; see <nexus/vector_clock.h>. @since 1.0 */
NEXUS_API const char *nexus_delivery_vector_clock(const struct nexus_delivery *delivery);

/** The payload as JSON text, every member included, as it stood in the body. @since 1.0 */
NEXUS_API const char *nexus_delivery_payload(const struct nexus_delivery *delivery);

/**
 * The envelope's members beyond the contract's four, as one JSON object text; NULL without any.
 * @since 1.0
 */
NEXUS_API const char *nexus_delivery_envelope_extra(const struct nexus_delivery *delivery);

/** The body as received, `*length` bytes (`length` may be NULL), NUL-terminated. @since 1.0 */
NEXUS_API const char *nexus_delivery_body(const struct nexus_delivery *delivery, size_t *length);

/** A message header's value by exact name, or NULL. @since 1.0 */
NEXUS_API const char *nexus_delivery_header(const struct nexus_delivery *delivery,
                                            const char *name);

/**
 * Whether the event may be in the stream twice: when an earlier attempt to publish it was made
 * which may have been stored, and which the stream had forgotten when the event was sent again (the
 * header `Nexus-Resent`, docs/spool.md). Both have the same message id. Milliseconds since 1970; 0:
 * no such attempt. An inbox (inbox.h) sorts such doubles out.
 * @since 1.0
 */
NEXUS_API int64_t nexus_delivery_resent(const struct nexus_delivery *delivery);

/** The stream, and the event's number in it. @since 1.0 */
NEXUS_API const char *nexus_delivery_stream(const struct nexus_delivery *delivery);
NEXUS_API uint64_t nexus_delivery_sequence(const struct nexus_delivery *delivery);

/** The durable consumer that delivered it. @since 1.0 */
NEXUS_API const char *nexus_delivery_consumer(const struct nexus_delivery *delivery);

/** How often it has been delivered, from 1. @since 1.0 */
NEXUS_API uint64_t nexus_delivery_count(const struct nexus_delivery *delivery);

/** How many more the consumer had waiting when it was delivered. @since 1.0 */
NEXUS_API uint64_t nexus_delivery_pending(const struct nexus_delivery *delivery);

/** When the server stored it: nanoseconds since 1970-01-01 UTC. @since 1.0 */
NEXUS_API int64_t nexus_delivery_time(const struct nexus_delivery *delivery);

/**
 * For RETRY: how long to wait before the next delivery, in milliseconds (0 to 86400000). Default:
 * the subscription's backoff or retry delay. Call it before returning or settling.
 * Errors: NEXUS_E_INVALID, NEXUS_E_SETTLED.
 * @since 1.0
 */
NEXUS_API int nexus_delivery_set_retry_delay(struct nexus_delivery *delivery, int64_t milliseconds,
                                             struct nexus_error *err);

/**
 * For RETRY and REJECT: why, for logs and dead letters; the error text that an operator reads in
 * `nexusctl dlq`. At most 255 bytes are kept.
 * Errors: NEXUS_E_SETTLED.
 * @since 1.0
 */
NEXUS_API int nexus_delivery_set_reason(struct nexus_delivery *delivery, const char *reason,
                                        struct nexus_error *err);

/**
 * Tells the server that work is still going on, so that it does not deliver the event to anyone
 * else meanwhile. The library does so by itself while a delivery is in hand; this is for code that
 * wants to be sure. Any thread. Errors: NEXUS_E_SETTLED, NEXUS_E_CLOSED.
 * @since 1.0
 */
NEXUS_API int nexus_delivery_in_progress(struct nexus_delivery *delivery, struct nexus_error *err);

/**
 * Settles a delivery whose handler returned (or will return) NEXUS_DEFER, with ACK, RETRY or
 * REJECT. Exactly one call per deferred delivery; afterwards the pointer must not be used, whatever
 * the result. Any thread, also after the subscription or the client has been destroyed.
 *
 * Errors: NEXUS_E_INVALID (verdict), NEXUS_E_SETTLED, NEXUS_E_CLOSED (the client is gone; the
 * server will deliver the event again).
 * @since 1.0
 */
NEXUS_API int nexus_delivery_settle(struct nexus_delivery *delivery, enum nexus_verdict verdict,
                                    struct nexus_error *err);

NEXUS_END_DECLS

#endif
