/* SPDX-License-Identifier: Apache-2.0 */
/* Events that wait for a signature which they will share. There is no thread and no timer for it:
 * whoever publishes the event that fills a batch signs it, and so does the I/O thread, each time it
 * comes round, with what has gathered. While one batch is being signed, the next one gathers. */
#ifndef NX_SIGN_BATCH_H
#define NX_SIGN_BATCH_H

#include "buf.h"
#include "client.h"
#include "merkle.h"

struct nx_record;

struct nx_signing {
    struct nx_record *first, **last; /* linked by sign_next; guarded by the client's lock */
    unsigned count;
    unsigned target;     /* as many are worth a signature at once */
    bool active;         /* a thread is signing … */
    bool all;            /* … and goes on until nothing is left */
    atomic_uint waiting; /* events that have not been started: gathered, or being signed */

    /* Of the thread that is signing. */
    struct nx_merkle tree;
    struct nx_buf root, text, work;
};

struct nx_signing *nx_signing_new(const struct nx_options *options);
void nx_signing_free(struct nx_signing *signing);

/* Whether an event is to be signed by itself, now. With the publisher's order. */
bool nx_signing_alone(const struct nexus_client *client, bool blocking);

/* With the lock: an event of the window gathers with the others; the order of joining is the order
 * of sending. Until it is started it counts as being sent: nobody else touches it. */
void nx_signing_join(struct nexus_client *client, struct nx_record *record);
/* With the lock, which it releases and takes: signs and starts what has gathered, when that is
 * enough or `all` is wanted, unless another thread does. */
void nx_signing_run(struct nexus_client *client, bool all, bool urgent);
/* With the lock: whether the I/O thread has to come back for it at once. */
bool nx_signing_left(const struct nexus_client *client);
/* With the lock: gives up what has gathered; it is nobody's any more. */
void nx_signing_abandon(struct nexus_client *client);

#endif
