/* SPDX-License-Identifier: Apache-2.0 */
/* Names for events and chains: UUIDv7 message ids, W3C trace context, causal ids. */
#ifndef NX_IDS_H
#define NX_IDS_H

#include <nexus/error.h>

#define NX_UUID_SIZE        37
#define NX_TRACEPARENT_SIZE 56
#define NX_CAUSAL_ID_MAX    256

/* One causal chain: the 128-bit trace id, and its short name. */
struct nx_chain {
    unsigned char trace_id[16];
    unsigned char flags; /* of the trace context; 01 is "sampled" */
    char causal_id[NX_CAUSAL_ID_MAX + 1];
};

/* A fresh UUIDv7 (RFC 9562), strictly rising within a process. Any thread. */
void nx_uuid7_bytes(unsigned char out[16]);
void nx_uuid7_text(const unsigned char uuid[16], char out[NX_UUID_SIZE]);

/* A fresh chain: "evt-" and the last `digits` (8 to 32) hex digits of a fresh UUIDv7. */
void nx_chain_new(struct nx_chain *chain, unsigned digits);

/* Names a chain after its trace id: "evt-" and the id's last `digits` (8 to 32) hex digits. */
void nx_chain_name(struct nx_chain *chain, unsigned digits);

/* The chain of a received event: its causal id, and the trace id of `traceparent` where that is a
 * sound header, else the causal id's hex digits (after "evt-", or all when it is hex), left-padded
 * with zeros; dashes between them are passed over. An empty causal id, or one without any usable
 * digit, has a fresh trace id. False when the causal id is longer than NX_CAUSAL_ID_MAX. */
bool nx_chain_receive(struct nx_chain *chain, const char *causal_id, size_t length,
                      const char *traceparent);

/* "00-<trace id>-<fresh parent id>-<flags>" */
void nx_chain_traceparent(const struct nx_chain *chain, char out[NX_TRACEPARENT_SIZE]);

/* Whether a header is a sound W3C traceparent (version 00, or a newer one read as 00); fills the
 * trace id and flags (NULL allowed). */
bool nx_traceparent_parse(const char *text, unsigned char trace_id[16], unsigned char *flags);

#endif
