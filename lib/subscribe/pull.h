/* SPDX-License-Identifier: Apache-2.0 */
/* The pull engine of one subscription: keeps as much on order as the queue has room for, never
 * more, and notices when nothing comes any more. */
#ifndef NX_PULL_H
#define NX_PULL_H

#include "subscription_state.h"

void nx_pull_init(struct nx_pull *pull);

/* Whether it is time to ask for more. With the lock; cheap. */
bool nx_pull_due(const struct nexus_subscription *subscription);
/* Asks for more if it is time to. Any thread, no lock. */
void nx_pull_fill(struct nexus_subscription *subscription);

/* With the lock: a message has arrived; everything on order is lost. */
void nx_pull_arrived(struct nexus_subscription *subscription, size_t size);
void nx_pull_forget(struct nexus_subscription *subscription);

/* With the lock: stops asking for a while, longer after each failure in a row. `check`: look at the
 * consumer before the next pull. */
void nx_pull_back_off(struct nexus_subscription *subscription, bool check);

/* I/O thread, no lock: a status message came for this subscription. */
void nx_pull_status(struct nexus_subscription *subscription, struct nx_incoming *incoming,
                    const struct nx_view *view);

/* watch.c. Takes what the server says of the consumer as what counts from now on. No lock. */
struct nx_consumer_terms;
void nx_watch_note(struct nexus_subscription *subscription, const struct nx_consumer_terms *terms);
/* I/O thread, no lock: the check is over; on with pulling, or another pause. */
void nx_watch_finish(struct nexus_subscription *subscription, bool sound);
/* What an answer about the consumer, or its absence, means for the check. */
void nx_watch_look_at(struct nexus_subscription *subscription, const cJSON *answer);
void nx_watch_failed(struct nexus_subscription *subscription, int code, const cJSON *answer,
                     const char *subject);
/* repair.c. Creates the consumer again, and ends the check. I/O thread, no lock. */
void nx_repair_ordered(struct nexus_subscription *subscription);
void nx_repair(struct nexus_subscription *subscription);

/* watch.c. I/O thread, no lock: missed heartbeats, retries that are due. */
void nx_watch_tick(struct nexus_subscription *subscription, int64_t now);

#endif
