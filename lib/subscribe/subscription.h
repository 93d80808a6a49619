/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions, as the rest of the client sees them. */
#ifndef NX_SUBSCRIPTION_H
#define NX_SUBSCRIPTION_H

#include "client.h"

/* Called by the others; each says on which thread and under which lock. */

/* I/O thread, no lock: a message or status for the pull inbox of a subscription. */
void nx_subscription_message(struct nexus_client *client, uint64_t listener,
                             struct nx_incoming *incoming);
/* I/O thread, no lock: sees to all that nx_subscription_message() was given. The tick does, too. */
void nx_subscriptions_arrived(struct nexus_client *client);
/* I/O thread, no lock: nobody answers the pulls of a subscription. */
void nx_subscription_unanswered(struct nexus_client *client, uint64_t listener);
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

/* Closing, in this order, each may be called again; no lock, any thread.
 * Ends all subscriptions: queued messages go back with -NAK, no handler starts any more, deliveries
 * in hand can still be settled. */
void nx_subscriptions_close(struct nexus_client *client);
/* Waits until no handler runs on another thread. */
void nx_subscriptions_wait(struct nexus_client *client);
/* Gives the deliveries in hand back, too: settling one is NEXUS_E_CLOSED from now on. */
void nx_subscriptions_abandon(struct nexus_client *client);
/* Frees the subscriptions, whoever holds their handles, but for what a delivery in hand needs. The
 * I/O thread has ended, and nobody dispatches. */
void nx_subscriptions_free(struct nexus_client *client);

/* crew.c: whether this thread is a worker inside a callback of this client. */
bool nx_on_worker(const struct nexus_client *client);

/* The delivery whose handler runs on this thread for this client, or NULL; for causal context. */
const struct nexus_delivery *nx_delivery_current(const struct nexus_client *client);

#endif
