/* SPDX-License-Identifier: Apache-2.0 */
/* Doing something with each subscription of a client, without the lock. */
#ifndef NX_VISIT_H
#define NX_VISIT_H

#include "subscription_state.h"

/* What is done with one. */
struct nx_visitor {
    void (*call)(struct nexus_subscription *subscription, const void *what);
    const void *what;
    int64_t due; /* only those with something to do by then */
};

/* No lock. */
void nx_subscriptions_visit(struct nexus_client *client, const struct nx_visitor *visitor);

#endif
