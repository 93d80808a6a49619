/* SPDX-License-Identifier: Apache-2.0 */
#include "ordered.h"

#include <stdlib.h>

#include "pull.h"
#include "requests.h"

#define REBUILD_TIMEOUT_NS 5000000000LL

/* ---- what comes; with the lock */

bool nx_ordered_expects(struct nexus_subscription *subscription, const struct nx_ack_subject *ack)
{
    struct nx_ordered *ordered = &subscription->ordered;

    if (ack->consumer_sequence == ordered->next && ack->stream_sequence > ordered->last) {
        ordered->next++;
        ordered->last = ack->stream_sequence;
        return true;
    }
    /* An older one is of the consumer that was there before; it takes no harm. */
    if (ack->stream_sequence > ordered->last && !ordered->rebuild) {
        nx_count(subscription->client, NX_ORDERED_GAPS);
        nx_ordered_doubt(subscription);
    }
    return false;
}

void nx_ordered_doubt(struct nexus_subscription *subscription)
{
    if (!subscription->options.ordered || subscription->closed)
        return;
    subscription->ordered.rebuild = true;
    if (subscription->pull.state == NX_PULL_CHECKING)
        return;
    nx_pull_forget(subscription);
    nx_pull_back_off(subscription, true);
    subscription->pull.retry_at = 0; /* at once */
}

/* ---- caught up */

struct told {
    struct nx_due due;
    struct nexus_subscription *subscription;
};

static void run_told(struct nexus_client *client, struct nx_due *due)
{
    struct told *told = (struct told *)due;
    struct nexus_subscription *subscription = told->subscription;

    (void)client;
    if (nx_subscription_enter(subscription)) {
        subscription->options.caught_up(subscription, subscription->options.caught_up_data);
        nx_subscription_leave(subscription);
    }
    nx_subscription_unhold(subscription);
    free(told);
}

/* Once. Without memory for it, the next event that is the last one tells. */
static void tell(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    struct told *told = subscription->options.caught_up ? calloc(1, sizeof(*told)) : NULL;

    pthread_mutex_lock(&client->lock);
    if (told && !subscription->ordered.caught_up) {
        told->due.run = run_told;
        told->subscription = subscription;
        subscription->holds++;
        subscription->ordered.caught_up = true;
        nx_due_push(client, &told->due);
        told = NULL;
    }
    pthread_mutex_unlock(&client->lock);
    free(told);
}

void nx_ordered_began(struct nexus_subscription *subscription, uint64_t waiting)
{
    struct nexus_client *client = subscription->client;
    struct nx_ordered *ordered = &subscription->ordered;
    bool nothing;

    pthread_mutex_lock(&client->lock);
    ordered->next = 1;
    ordered->rebuild = false;
    nothing = !waiting && !subscription->queue.count && !subscription->in_hand.count;
    if (!waiting)
        ordered->until = ordered->last; /* these are in the queue, or in hand */
    pthread_mutex_unlock(&client->lock);
    if (nothing)
        tell(subscription);
}

void nx_ordered_handled(struct nexus_subscription *subscription, const struct nx_ack_subject *ack)
{
    struct nexus_client *client = subscription->client;
    struct nx_ordered *ordered = &subscription->ordered;
    bool last;

    pthread_mutex_lock(&client->lock);
    last = !ordered->caught_up &&
           (!ack->pending || (ordered->until && ack->stream_sequence >= ordered->until));
    pthread_mutex_unlock(&client->lock);
    if (last)
        tell(subscription);
}

/* ---- the consumer */

static int ask_to_delete(struct nexus_subscription *subscription, nx_answer then, void *data)
{
    struct nexus_client *client = subscription->client;
    struct nx_buf subject = NX_BUF_INIT;
    int code = NEXUS_E_MEMORY;

    nx_buf_printf(&subject, "$JS.API.CONSUMER.DELETE.%s.%s", subscription->stream,
                  subscription->durable);
    if (nx_buf_text(&subject))
        code = nx_request_start(client, subject.data, "",
                                client->wire->ops->now(client->wire) + REBUILD_TIMEOUT_NS, then,
                                data, NULL);
    nx_buf_free(&subject);
    return code;
}

/* Whatever became of it: when it is still there, making it anew says so, and it is tried again. */
static void deleted(struct nexus_client *client, int code, cJSON *answer, void *data)
{
    struct nexus_subscription *subscription = data;

    (void)client;
    (void)code;
    cJSON_Delete(answer);
    nx_repair_ordered(subscription);
}

void nx_ordered_rebuild(struct nexus_subscription *subscription)
{
    if (ask_to_delete(subscription, deleted, subscription) != NEXUS_OK)
        nx_watch_finish(subscription, false);
}

static void ignored(struct nexus_client *client, int code, cJSON *answer, void *data)
{
    (void)client;
    (void)code;
    (void)data;
    cJSON_Delete(answer);
}

/* The server forgets it by itself, later. */
void nx_ordered_forget(struct nexus_subscription *subscription)
{
    (void)ask_to_delete(subscription, ignored, NULL);
}
