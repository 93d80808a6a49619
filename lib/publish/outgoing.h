/* SPDX-License-Identifier: Apache-2.0 */
/* An event ready to be sent: nothing about it changes any more, whoever sends it, whenever, and
 * however often. Its bytes can be kept anywhere in between.
 *
 *   0   "NXP" and the format's version, 1
 *   4   length of the body, 4 bytes, lowest first
 *   8   length of the texts, 3 bytes, lowest first
 *   11  number of headers
 *   12  texts, each ended by a NUL: subject, causal id, then name and value of each header
 *   …   body, ended by a NUL
 *   …   BLAKE2b-128 of all before it: tells damage, not forgery (the signature does that)
 */
#ifndef NX_OUTGOING_H
#define NX_OUTGOING_H

#include <nexus/channel.h>

#include "buf.h"
#include "transport.h"

#define NX_OUTGOING_HEADERS   8
#define NX_OUTGOING_TEXTS_MAX 65536
#define NX_OUTGOING_BODY_MAX  (8 * 1024 * 1024)
#define NX_OUTGOING_MAX       (NX_OUTGOING_BODY_MAX + NX_OUTGOING_TEXTS_MAX + 64)

/* All pointers are borrowed, from whatever made it. */
struct nx_outgoing {
    const struct nexus_channel *channel;
    const char *subject;
    const char *message_id; /* the value of Nats-Msg-Id, which is among the headers */
    const char *causal_id;
    struct nx_header headers[NX_OUTGOING_HEADERS];
    size_t header_count;
    const char *body; /* NUL-terminated behind `length` bytes */
    size_t length;
};

struct nexus_publish_options;
struct nexus_receipt;

/* Appends its bytes; failure is in `out->failed`. */
void nx_outgoing_write(const struct nx_outgoing *event, struct nx_buf *out);

/* Reads what nx_outgoing_write() wrote; `bytes` may come from anybody. The event's texts point into
 * `bytes`. Subject, header names and values, and ids are then what this library could have sent;
 * the body has been checked for its length alone. NEXUS_E_INVALID, NEXUS_E_TOO_LARGE,
 * NEXUS_E_CHANNEL. */
int nx_outgoing_read(const void *bytes, size_t length, struct nx_outgoing *out,
                     struct nexus_error *err);

/* About how much of the window it takes. */
size_t nx_outgoing_size(const struct nx_outgoing *event);

/* Publishes it as it is: as nx_publish_event() from the moment that the event has its bytes. Of the
 * options callback, deadline and wait_when_full count (NULL: the defaults). */
int nx_publish_outgoing(struct nexus_client *client, const struct nx_outgoing *event,
                        const struct nexus_publish_options *options, struct nexus_receipt *receipt,
                        struct nexus_error *err);

#endif
