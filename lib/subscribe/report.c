/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the application that a subscription is stuck: where handlers run, and once. */
#include <stdlib.h>

#include "subscription_state.h"

struct report {
    struct nx_due due;
    struct nexus_subscription *subscription;
    struct nexus_error err;
};

static void run_report(struct nexus_client *client, struct nx_due *due)
{
    struct report *report = (struct report *)due;
    struct nexus_subscription *subscription = report->subscription;

    (void)client;
    if (nx_subscription_enter(subscription)) {
        subscription->options.error(subscription, &report->err, subscription->options.error_data);
        nx_subscription_leave(subscription);
    }
    nx_subscription_unhold(subscription);
    free(report);
}

/* With the lock: whether this failure is news. */
static bool is_new(struct nexus_subscription *subscription, int code)
{
    if (subscription->closed || subscription->pull.reported == code)
        return false;
    subscription->pull.reported = code;
    return true;
}

void nx_subscription_report(struct nexus_subscription *subscription, const struct nexus_error *err)
{
    struct nexus_client *client = subscription->client;
    struct report *report = NULL;
    bool fresh;

    if (subscription->options.error)
        report = calloc(1, sizeof(*report));
    pthread_mutex_lock(&client->lock);
    fresh = is_new(subscription, err->code);
    if (fresh && report) {
        report->due.run = run_report;
        report->subscription = subscription;
        report->err = *err;
        subscription->holds++;
        nx_due_push(client, &report->due);
        report = NULL;
    }
    pthread_mutex_unlock(&client->lock);
    free(report);
    if (fresh)
        nx_log(client, NEXUS_LOG_ERROR, "subscription_stuck",
               "stream=%s durable=%s code=%s where=%s reason=\"%s\"", subscription->stream,
               subscription->durable, nexus_status_name(err->code), err->where, err->message);
}
