/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping the server patient: what waits in the queue or is in hand for longer than half of the ack
 * wait is renewed, so that nobody else gets it meanwhile.
 *
 * Time is counted in rounds of a quarter of the ack wait. A message that the server last heard of
 * two rounds ago has waited for a quarter to a half of it, and is renewed. */
#include <string.h>

#include "buf.h"
#include "delivery.h"

#define ROUND_LEAST_NS 50000000LL

/* Its verdict, or its dead letter, is still to come. */
static bool undecided(const struct nexus_delivery *delivery)
{
    int state = atomic_load(&delivery->state);

    return state == NX_DELIVERY_OPEN || state == NX_DELIVERY_BURYING;
}

/* With the lock: writes down the reply subjects of what is due, NUL behind each. */
static void collect(struct nexus_subscription *subscription, struct nx_received_list *list,
                    struct nx_buf *replies)
{
    for (struct nx_received *at = list->first; at; at = at->next) {
        if (subscription->lease_round - at->round < 2)
            continue;
        if (at->delivery && !undecided(at->delivery))
            continue;
        at->round = subscription->lease_round;
        nx_buf_append(replies, at->view.reply, strlen(at->view.reply) + 1);
    }
}

static int64_t round_ns(const struct nexus_subscription *subscription)
{
    int64_t quarter = subscription->ack_wait_ns / 4;

    return quarter > ROUND_LEAST_NS ? quarter : ROUND_LEAST_NS;
}

void nx_lease_renew(struct nexus_subscription *subscription, int64_t now)
{
    struct nexus_client *client = subscription->client;
    struct nx_transport *wire = client->wire;
    struct nx_buf replies = NX_BUF_INIT;

    pthread_mutex_lock(&client->lock);
    if (subscription->options.ordered)
        subscription->lease_at = INT64_MAX;
    if (now >= subscription->lease_at) {
        subscription->lease_at = now + round_ns(subscription);
        subscription->lease_round++;
        collect(subscription, &subscription->queue, &replies);
        collect(subscription, &subscription->in_hand, &replies);
    }
    pthread_mutex_unlock(&client->lock);
    for (size_t at = 0; at < replies.length; at += strlen(replies.data + at) + 1)
        (void)wire->ops->send_bytes(wire, replies.data + at, NULL, "+WPI", 4, false);
    nx_buf_free(&replies);
}
