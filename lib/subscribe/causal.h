/* SPDX-License-Identifier: Apache-2.0 */
/* What a subscription has seen, by vector clocks, and the events that it holds back for that. */
#ifndef NX_CAUSAL_H
#define NX_CAUSAL_H

#include <nexus/causality.h>

#include "clock_entries.h"

#define NX_CAUSAL_NODES 256

struct nx_causal {
    struct nx_clock_entries seen; /* receive_lock */

    /* The client's lock: deliveries that wait, by `next`, oldest first. */
    struct nexus_delivery *first, **last;
    uint32_t count;
    int64_t deadline; /* of the first, until it has passed; INT64_MAX: none */
    bool advanced;    /* they are to be looked at */
};

/* NULL without memory. */
struct nx_causal *nx_causal_new(void);
void nx_causal_free(struct nx_causal *causal);

/* Judges an event that is about to be handed out: counts, tells, and takes it into what was seen.
 * True: it has been put aside instead, and is not the caller's any more. No lock. */
bool nx_causal_hold(struct nexus_delivery *delivery);

/* With the lock: whether one that is held may be due. */
bool nx_causal_due(const struct nexus_subscription *subscription);
/* No lock; the dispatching thread: the next one whose turn has come, or NULL. It is marked running.
 */
struct nexus_delivery *nx_causal_next(struct nexus_subscription *subscription);
/* I/O thread, no lock. */
void nx_causal_tick(struct nexus_subscription *subscription, int64_t now);
/* With the lock: all that are held, for the caller to give back. */
struct nexus_delivery *nx_causal_take_all(struct nexus_subscription *subscription);

#endif
