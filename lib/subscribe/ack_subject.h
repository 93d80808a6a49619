/* SPDX-License-Identifier: Apache-2.0 */
/* The reply subject of a delivered message, which tells where it comes from and takes its verdict:
 *
 *   $JS.ACK.<stream>.<consumer>.<count>.<stream seq>.<consumer seq>.<time>.<pending>
 *   $JS.ACK.<domain>.<account>.<stream>.<consumer>.<count>. … .<pending>[.<random>]   (to come) */
#ifndef NX_ACK_SUBJECT_H
#define NX_ACK_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#define NX_ACK_PREFIX "$JS.ACK."

struct nx_ack_subject {
    uint64_t count; /* deliveries, this one included */
    uint64_t stream_sequence;
    uint64_t consumer_sequence;
    int64_t time; /* nanoseconds since 1970 */
    uint64_t pending;
};

/* Whether a reply subject is that of a message of this stream and consumer. Anybody who knows our
 * inbox can send to it, with a reply subject on which our verdict would be a message of ours: so
 * nothing that fails here is ever answered. */
bool nx_ack_subject_parse(const char *reply, const char *stream, const char *consumer,
                          struct nx_ack_subject *out);
/* The same for each of many messages: `prefix` is NX_ACK_PREFIX "<stream>.<consumer>.". */
bool nx_ack_subject_match(const char *reply, const char *prefix, struct nx_ack_subject *out);

#endif
