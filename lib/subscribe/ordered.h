/* SPDX-License-Identifier: Apache-2.0 */
/* Ordered reading without acks: what is missed is read again from where it was missed. Guarded by
 * the client's lock. */
#ifndef NX_ORDERED_H
#define NX_ORDERED_H

#include "subscription_state.h"

/* With the lock: whether a message is the next one. When it shows that others are missing, the
 * consumer is to be made anew. */
bool nx_ordered_expects(struct nexus_subscription *subscription, const struct nx_ack_subject *ack);
/* With the lock: what was asked for may have been lost on the way. */
void nx_ordered_doubt(struct nexus_subscription *subscription);

/* The consumer has been made; `waiting` events are there for it. No lock. */
void nx_ordered_began(struct nexus_subscription *subscription, uint64_t waiting);
/* The handler of an event has returned; dispatching thread, no lock. */
void nx_ordered_handled(struct nexus_subscription *subscription, const struct nx_ack_subject *ack);

/* I/O thread, no lock: makes the consumer anew behind the last event. Ends the check that it is
 * part of. */
void nx_ordered_rebuild(struct nexus_subscription *subscription);
/* No lock: the consumer is not needed any more. */
void nx_ordered_forget(struct nexus_subscription *subscription);

#endif
