/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that run the handlers of one subscription. Each holds the subscription until it ends, and
 * ends when that is closed. Guarded by the client's lock. */
#ifndef NX_CREW_H
#define NX_CREW_H

#include "lanes.h"
#include "subscription_state.h"

struct nx_crew {
    struct nx_lanes lanes;
    pthread_cond_t work;
    uint32_t threads; /* that have not ended */
    uint32_t busy;    /* inside a message */
    bool hold;        /* constant: a key waits for its event's final verdict */
    /* Messages of the queue that no key is known of yet: from here on. One thread at a time asks
     * the application, without the lock, about `sorting`. */
    struct nx_received *unsorted;
    struct nx_received *sorting;
};

/* Starts the threads that the options ask for, if any. After NEXUS_E_MEMORY some may run, until the
 * subscription, which is listed, is destroyed. */
int nx_crew_start(struct nexus_subscription *subscription, struct nexus_error *err);
void nx_crew_free(struct nx_crew *crew);

/* With the lock. */
/* A message has been queued. */
void nx_crew_arrived(struct nexus_subscription *subscription, struct nx_received *received);
/* The subscription is closed; its queue is about to be given back. */
void nx_crew_close(struct nexus_subscription *subscription);
/* The handler of a delivery has returned, and others of its key may go on where nothing holds it.
 */
void nx_crew_returned(struct nexus_delivery *delivery);
/* Handler and verdict are done with. True: its message is queued again, or is to be given back
 * because the subscription was closed. */
bool nx_crew_keep(struct nexus_delivery *delivery, bool *give_back);

/* No lock. */
/* Whether a RETRY of this delivery happens here instead of at the server. */
bool nx_crew_retries(const struct nexus_delivery *delivery);
/* Waits until no handler of it runs. Not from inside a callback: two could wait for each other. */
void nx_crew_wait(struct nexus_subscription *subscription);
/* I/O thread: pauses that are over. */
void nx_crew_tick(struct nexus_subscription *subscription, int64_t now);

#endif
