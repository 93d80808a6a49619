/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of an inbox, and what the deliveries of a subscription ask it.
 *
 *   gate.c         before the handler, and after it
 *   inbox.c        made, shared, freed
 *   handled.c      what was handled, in memory
 *   inbox_file.c   … in a file of the library's
 *   inbox_table.c  the table, there and in databases of applications
 *   inbox_claim.c  claims in transactions of applications
 */
#ifndef NX_INBOX_STATE_H
#define NX_INBOX_STATE_H

#include <nexus/inbox.h>
#include <pthread.h>
#include <stdatomic.h>

#include "handled.h"

#define NX_HELD_BUCKETS 256

struct nx_inbox_file; /* inbox_file.h */

/* A delivery's place among those in hand. */
struct nx_held {
    struct nx_held *next;
    unsigned char key[NX_HANDLED_KEY];
    bool held;
    bool uncertain; /* only the thread that hands it out writes it, before the handler runs */
};

struct nexus_inbox {
    atomic_uint references;
    unsigned forks;             /* constant: of the process that may use it */
    unsigned char key[16];      /* constant: of the hashes */
    struct nx_inbox_file *file; /* constant; NULL: it is in memory */
    pthread_mutex_t lock;       /* what follows; no other lock is taken under it */
    struct nx_handled *handled; /* NULL with a file */
    struct nx_held *held[NX_HELD_BUCKETS];
};

/* inbox.c */
/* One in memory. NULL without memory. */
struct nexus_inbox *nx_inbox_new(uint32_t events, int64_t seconds);
struct nexus_inbox *nx_inbox_alloc(void);
struct nexus_inbox *nx_inbox_retain(struct nexus_inbox *inbox);
void nx_inbox_release(struct nexus_inbox *inbox);

/* What an event is known by: borrowed from the delivery, or kept in `text`. */
struct nx_inbox_name {
    const char *consumer;
    const char *tenant;
    const char *id;
    char text[320];
};

void nx_inbox_name(const struct nexus_delivery *delivery, struct nx_inbox_name *out);

/* gate.c */
enum nx_admission {
    NX_ADMIT_NEW,     /* to the handler */
    NX_ADMIT_HANDLED, /* handled before: ack it */
    NX_ADMIT_BUSY     /* another delivery of it is in hand: later */
};

/* Before the handler; no lock. Fails when it cannot be written down. */
int nx_inbox_admit(struct nexus_delivery *delivery, enum nx_admission *out,
                   struct nexus_error *err);
/* Before the verdict is sent; no lock. */
void nx_inbox_conclude(struct nexus_delivery *delivery, bool handled);
/* When the delivery ends without a verdict; any lock. */
void nx_inbox_leave(struct nexus_delivery *delivery);

#endif
