/* SPDX-License-Identifier: Apache-2.0 */
/* One event as one line of JSON (NDJSON): what `bridge` and `nexusctl sub --json` write, and what
 * `nexusctl pub -` reads, so that the output of one is input for the other.
 *
 *   subject       the subject that it came on
 *   channel       the contract's name of its channel                        read
 *   tenant        its tenant, or null                                        read
 *   causal_id     the causal chain that it belongs to                        read
 *   traceparent   the W3C trace context of the chain
 *   message_id    the publisher's message id, or null
 *   stream        the stream that holds it
 *   sequence      its number there
 *   time          when the server stored it: RFC 3339, UTC, nanoseconds
 *   deliveries    how often it has been delivered, from 1
 *   trust         what is known of who published it: "verified", "delegated", "unknown_key",
 *                 "unsigned", or "unchecked" without a trust store
 *   key_id        the id of the key that signed it, or null
 *   vector_clock  the event's vector clock
 *   payload       the payload, as it stood in the body                       read
 *   envelope      the envelope's members beyond the contract's four, or null
 *
 * Reading needs `channel` and `payload`, and `tenant` on tenant channels; the members not marked
 * "read" are the server's to give, and are passed over. Any other member is refused: a misspelt
 * "tennant" must not publish an event without one. */
#ifndef EVENT_LINE_H
#define EVENT_LINE_H

#include <nexus/nexus.h>

#include <stdio.h>

/* What is read from a line. */
struct event_line {
    char *channel;
    char *tenant;    /* or NULL */
    char *causal_id; /* or NULL */
    char *payload;   /* JSON text, byte for byte as it stood in the line */
};

/* Reads a line. On failure `*out` is empty and `err` names the member. */
int event_line_read(struct event_line *out, const char *text, size_t length,
                    struct nexus_error *err);

/* Frees what was read, and empties it. */
void event_line_clear(struct event_line *line);

/* Writes a delivery as a line. Look at ferror(out) afterwards. */
void event_line_write(FILE *out, const struct nexus_delivery *delivery);

#endif
