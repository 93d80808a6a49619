/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions: from the pull request to the settled message. */
#ifndef NX_SUBSCRIPTION_H
#define NX_SUBSCRIPTION_H

#include "client.h"
#include "subscribe_options.h"

/* Called by the others; each says on which thread and under which lock. */

/* I/O thread, no lock: a message or status for the pull inbox of a subscription. */
void nx_subscription_message(struct nexus_client *client, uint64_t listener,
                             struct nx_incoming *incoming);
/* I/O thread, no lock: the wire is up again (outstanding pulls are lost), or forbade a subject. */
void nx_subscriptions_up(struct nexus_client *client);
void nx_subscriptions_forbidden(struct nexus_client *client, const char *subject);
/* I/O thread, no lock: pulls that are due, missed heartbeats, leases of what is in hand. Returns
 * the next deadline (INT64_MAX: none). */
int64_t nx_subscriptions_tick(struct nexus_client *client, int64_t now);

/* Dispatching thread, no lock: takes the next queued message of any subscription, decodes it, runs
 * the handler and settles. False when nothing is queued. */
bool nx_subscriptions_serve(struct nexus_client *client);
/* With the lock: whether any message is queued. */
bool nx_subscriptions_ready(struct nexus_client *client);

/* Closing: ends all subscriptions; queued messages go back with -NAK. No lock. */
void nx_subscriptions_close(struct nexus_client *client);

/* The delivery whose handler runs on this thread for this client, or NULL; for causal context. */
const struct nexus_delivery *nx_delivery_current(const struct nexus_client *client);

#endif
