/* SPDX-License-Identifier: Apache-2.0 */
/* Holding a subscription back: its messages wait in the queue, which then asks for no more. */
#include "crew.h"
#include "status.h"
#include "subscription.h"
#include "subscription_state.h"

int nexus_subscription_pause(struct nexus_subscription *subscription, bool paused,
                             struct nexus_error *err)
{
    struct nexus_client *client;

    if (!subscription)
        return nx_fail(err, NEXUS_E_INVALID, "subscription", "is NULL");
    client = subscription->client;
    pthread_mutex_lock(&client->lock);
    subscription->paused = paused;
    if (!paused && subscription->crew)
        pthread_cond_broadcast(&subscription->crew->work);
    else if (!paused && subscription->queue.count)
        nx_due_signal(client);
    pthread_mutex_unlock(&client->lock);
    return NEXUS_OK;
}
