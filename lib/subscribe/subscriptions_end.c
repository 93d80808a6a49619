/* SPDX-License-Identifier: Apache-2.0 */
/* The end of all subscriptions of a client: no new handler, what is in hand given back, memory. */
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "delivery.h"
#include "subscription.h"
#include "visit.h"

static void end(struct nexus_subscription *subscription, const void *what)
{
    (void)what;
    nx_subscription_end(subscription);
}

void nx_subscriptions_close(struct nexus_client *client)
{
    struct nx_visitor visitor = {end, NULL, INT64_MAX};

    nx_subscriptions_visit(client, &visitor);
}

static bool take_back(struct nexus_delivery *delivery)
{
    int open = NX_DELIVERY_OPEN, burying = NX_DELIVERY_BURYING;

    return atomic_compare_exchange_strong(&delivery->state, &open, NX_DELIVERY_GIVEN_BACK) ||
           atomic_compare_exchange_strong(&delivery->state, &burying, NX_DELIVERY_UNBURIED);
}

static void wait_for_crew(struct nexus_subscription *subscription, const void *what)
{
    (void)what;
    nx_crew_wait(subscription);
}

void nx_subscriptions_wait(struct nexus_client *client)
{
    struct nx_visitor visitor = {wait_for_crew, NULL, INT64_MAX};

    nx_subscriptions_visit(client, &visitor);
}

/* With the lock: the next delivery in hand that is not decided, decided now. */
static struct nx_received *give_up_next(struct nexus_subscription *subscription)
{
    for (struct nx_received *at = subscription->in_hand.first; at; at = at->next) {
        if (take_back(at->delivery)) {
            nx_received_remove(&subscription->in_hand, at);
            nx_uncount(subscription->client, NX_IN_HAND);
            return at;
        }
    }
    return NULL;
}

static void abandon(struct nexus_subscription *subscription, const void *what)
{
    struct nexus_client *client = subscription->client;

    (void)what;
    for (;;) {
        struct nx_received *received;
        char *reply = NULL;
        pthread_mutex_lock(&client->lock);
        subscription->abandoned = true;
        received = give_up_next(subscription);
        if (received)
            reply = strdup(received->view.reply);
        pthread_mutex_unlock(&client->lock);
        if (!received)
            return;
        if (reply)
            nx_settle_give_back(subscription->client, reply, false);
        free(reply);
    }
}

void nx_subscriptions_abandon(struct nexus_client *client)
{
    struct nx_visitor visitor = {abandon, NULL, INT64_MAX};

    nx_subscriptions_close(client);
    nx_subscriptions_visit(client, &visitor);
}

void nx_subscriptions_free(struct nexus_client *client)
{
    struct nexus_subscription *subscription;

    for (;;) {
        bool unused = false;
        pthread_mutex_lock(&client->lock);
        subscription = client->subscriptions;
        if (subscription) {
            subscription->destroyed = true;
            subscription->abandoned = true;
            nx_settle_forget_late(subscription);
            unused = nx_subscription_unused(subscription);
            if (subscription->listed) /* what is in hand keeps the memory, not the place */
                nx_subscription_unlist(subscription);
        }
        pthread_mutex_unlock(&client->lock);
        if (!subscription)
            return;
        if (unused)
            nx_subscription_free(subscription);
    }
}
