/* SPDX-License-Identifier: Apache-2.0 */
/* One accepted event as the bytes that go to disk and to the wire. Shared by whoever still needs
 * it: the writer until it is durable, its record in the window until it is acked. */
#ifndef NX_KEPT_H
#define NX_KEPT_H

#include <stdatomic.h>

#include "merkle.h"
#include "outgoing.h"

/* Told to the receiver: an earlier attempt, longer ago than the stream remembers, may have been
 * stored. The value is when that was, in milliseconds since 1970. */
#define NX_RESENT_HEADER "Nexus-Resent"

struct nx_kept {
    struct nx_kept *next; /* in the one queue that it is in */
    atomic_uint references;
    int64_t id;          /* order of acceptance in the spool, from 1 */
    int64_t accepted_at; /* wall clock, milliseconds */
    int64_t tried_at;    /* of the first attempt that may have been made; 0: none */
    int64_t noted_at;    /* the same when it was adopted, for the file */
    uint64_t number;     /* ack number of the record that waits for the disk; 0: none */
    bool adopted;        /* is in the window already */
    bool removed;        /* adopted, and acked before it was on disk; under the spool's lock */
    bool unsigned_yet;   /* `leaf` is to be signed before it goes to disk */
    unsigned char leaf[NX_HASH_SIZE];
    char *bytes; /* of nx_outgoing_write() */
    size_t length;
};

/* A copy of the event; NULL without memory. */
struct nx_kept *nx_kept_new(const struct nx_outgoing *event);
/* Around bytes that have been read; copies them. */
struct nx_kept *nx_kept_read(const void *bytes, size_t length);
struct nx_kept *nx_kept_retain(struct nx_kept *kept);
/* NULL is allowed. */
void nx_kept_release(struct nx_kept *kept);
/* Adds a header to the bytes; false without memory. */
bool nx_kept_add_header(struct nx_kept *kept, const char *name, const char *value);

#endif
