/* SPDX-License-Identifier: Apache-2.0 */
/* A subscription's life. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "causal.h"
#include "condemned.h"
#include "crew.h"
#include "delivery.h"
#include "handled.h"
#include "ordered.h"
#include "pull.h"
#include "replay.h"
#include "requests.h"
#include "subscription.h"

/* ---- memory */

void nx_subscription_free(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    struct nexus_delivery *spare;
    struct nx_received *received;
    struct nx_done done;

    if (nx_done_take(subscription, 1, &done))
        nx_done_release(client->wire->ops, &done);
    while ((received = subscription->spare_received)) {
        subscription->spare_received = received->next;
        free(received);
    }
    while ((spare = subscription->spare_delivery)) {
        subscription->spare_delivery = spare->next;
        nx_delivery_free(spare);
    }
    nx_crew_free(subscription->crew);
    nx_causal_free(subscription->causal);
    nx_settle_forget_late(subscription);
    nx_inbox_release(subscription->once);
    nx_replay_free(subscription->replay);
    nx_condemned_free(subscription->condemned);
    nx_handled_free(subscription->buried);
    free(subscription->drift_logged);
    free(subscription->ack_prefix);
    free(subscription->pull_subject);
    free(subscription->inbox);
    pthread_cond_destroy(&subscription->returned);
    pthread_mutex_destroy(&subscription->receive_lock);
    free(subscription);
    nx_client_release(client);
}

static struct nexus_subscription *subscription_new(struct nexus_client *client)
{
    struct nexus_subscription *subscription = calloc(1, sizeof(*subscription));

    if (!subscription)
        return NULL;
    subscription->drift_logged = calloc(nx_channel_count, sizeof(bool));
    subscription->causal = nx_causal_new();
    if (!subscription->drift_logged || !subscription->causal) {
        free(subscription->drift_logged);
        nx_causal_free(subscription->causal);
        free(subscription);
        return NULL;
    }
    subscription->client = nx_client_retain(client);
    subscription->late_last = &subscription->late_first;
    pthread_cond_init(&subscription->returned, NULL);
    pthread_mutex_init(&subscription->receive_lock, NULL);
    nx_pull_init(&subscription->pull);
    return subscription;
}

bool nx_subscription_unused(struct nexus_subscription *subscription)
{
    if (subscription->out || subscription->holds)
        return false;
    if (subscription->listed && subscription->destroyed && !subscription->late_first)
        nx_subscription_unlist(subscription);
    return !subscription->listed;
}

void nx_subscription_unlist(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    struct nexus_subscription **at = &client->subscriptions;

    while (*at != subscription)
        at = &(*at)->next;
    *at = subscription->next;
    if (client->serve_next == subscription)
        client->serve_next = subscription->next;
    subscription->listed = false;
}

void nx_subscription_hold(struct nexus_subscription *subscription)
{
    pthread_mutex_lock(&subscription->client->lock);
    subscription->holds++;
    pthread_mutex_unlock(&subscription->client->lock);
}

void nx_subscription_unhold(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    bool unused;

    pthread_mutex_lock(&client->lock);
    subscription->holds--;
    unused = nx_subscription_unused(subscription);
    pthread_mutex_unlock(&client->lock);
    if (unused)
        nx_subscription_free(subscription);
}

/* ---- callbacks */

bool nx_subscription_enter(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    bool open;

    pthread_mutex_lock(&client->lock);
    open = !subscription->closed;
    if (open) {
        subscription->running = true;
        subscription->runner = pthread_self();
    }
    pthread_mutex_unlock(&client->lock);
    return open;
}

void nx_subscription_leave(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;

    pthread_mutex_lock(&client->lock);
    subscription->running = false;
    pthread_cond_broadcast(&subscription->returned);
    pthread_mutex_unlock(&client->lock);
}

/* ---- making */

static int open_inbox(struct nexus_subscription *subscription, struct nexus_error *err)
{
    const struct nx_subscribe_options *options = &subscription->options;

    if (options->ordered)
        return NEXUS_OK;
    if (options->inbox)
        subscription->once = nx_inbox_retain(options->inbox);
    else if (options->inbox_events)
        subscription->once = nx_inbox_new(options->inbox_events, options->inbox_seconds);
    return subscription->once || !options->inbox_events ? NEXUS_OK : nx_no_memory(err);
}

static int start(struct nexus_subscription *subscription, struct nexus_error *err)
{
    struct nexus_client *client = subscription->client;
    int code;

    pthread_mutex_lock(&client->lock);
    subscription->listed = true;
    subscription->next = client->subscriptions;
    client->subscriptions = subscription;
    pthread_mutex_unlock(&client->lock);
    code = nx_crew_start(subscription, err);
    if (code != NEXUS_OK) {
        nexus_subscription_destroy(subscription);
        return code;
    }
    if (subscription->options.ordered)
        nx_ordered_began(subscription, subscription->ordered.waiting);
    nx_pull_fill(subscription);
    client->wire->ops->wake(client->wire); /* its deadlines are new to the I/O thread */
    return NEXUS_OK;
}

static int open_consumer(struct nexus_subscription *subscription, struct nexus_error *err)
{
    struct nexus_client *client = subscription->client;
    struct nx_consumer_spec spec = {subscription->stream, subscription->durable,
                                    subscription->filter, &subscription->options};
    struct nx_consumer_terms terms;
    int64_t deadline = client->wire->ops->now(client->wire) + NX_CALL_TIMEOUT_NS;
    int code = nx_consumer_open(client, &spec, deadline, &terms, err);

    if (code == NEXUS_OK) {
        nx_watch_note(subscription, &terms);
        subscription->ordered.waiting = terms.waiting;
    }
    return code;
}

static int set_up(struct nexus_subscription *subscription, const char *const *arguments,
                  struct nexus_error *err)
{
    struct nexus_client *client = subscription->client;
    int code = nx_subscription_names(subscription, arguments, err);

    if (code == NEXUS_OK)
        code = open_inbox(subscription, err);
    if (code == NEXUS_OK)
        code = open_consumer(subscription, err);
    if (code != NEXUS_OK)
        return code;
    pthread_mutex_lock(&client->lock);
    subscription->listener = client->next_listener++;
    pthread_mutex_unlock(&client->lock);
    code = nx_subscription_subjects(subscription, err);
    if (code == NEXUS_OK)
        code = client->wire->ops->listen(client->wire, subscription->inbox, subscription->listener,
                                         err);
    return code;
}

/* Options that exclude each other. */
static int check_together(const struct nx_subscribe_options *options, struct nexus_error *err)
{
    const struct {
        bool both;
        const char *name, *other;
    } pairs[] = {
        {options->workers && options->hold_back, "hold_back", "workers"},
        {options->ordered && options->workers, "ordered", "workers"},
        {options->ordered && options->hold_back, "ordered", "hold_back"},
        {options->ordered && options->inbox, "ordered", "an inbox"},
        {options->ordered && *options->durable, "ordered", "a durable name"},
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (pairs[i].both)
            return nx_fail(err, NEXUS_E_INVALID, pairs[i].name, "cannot be had together with %s",
                           pairs[i].other);
    return NEXUS_OK;
}

/* One of the two handlers is NULL. */
static int subscribe(struct nexus_client *client, const struct nexus_channel *channel,
                     const char *const *arguments, nx_any_function handler,
                     nexus_json_handler json_handler, void *data,
                     const struct nexus_subscribe_options *options, struct nexus_subscription **out,
                     struct nexus_error *err)
{
    struct nexus_subscription *subscription;
    int code;

    if (!out)
        return nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    *out = NULL;
    if ((code = nx_client_usable(client, err)) != NEXUS_OK)
        return code;
    if (!handler && !json_handler)
        return nx_fail(err, NEXUS_E_INVALID, "handler", "is NULL");
    if (options && (code = check_together(&options->values, err)) != NEXUS_OK)
        return code;
    subscription = subscription_new(client);
    if (!subscription)
        return nx_no_memory(err);
    subscription->channel = channel;
    subscription->handler = handler;
    subscription->json_handler = json_handler;
    subscription->data = data;
    subscription->options = nx_subscribe_options_copy(options);
    code = set_up(subscription, arguments, err);
    if (code != NEXUS_OK) {
        nx_subscription_free(subscription);
        return code;
    }
    /* Before the first message: its handler may destroy what it finds in *out. */
    *out = subscription;
    code = start(subscription, err);
    if (code != NEXUS_OK)
        *out = NULL;
    return code;
}

int nx_subscribe_event(struct nexus_client *client, const struct nexus_channel *channel,
                       const char *const *arguments, nx_any_function handler, void *data,
                       const struct nexus_subscribe_options *options,
                       struct nexus_subscription **out, struct nexus_error *err)
{
    return subscribe(client, channel, arguments, handler, NULL, data, options, out, err);
}

int nexus_subscribe_json(struct nexus_client *client, const char *channel, const char *tenant,
                         nexus_json_handler handler, void *data,
                         const struct nexus_subscribe_options *options,
                         struct nexus_subscription **out, struct nexus_error *err)
{
    const struct nexus_channel *found = channel ? nexus_channel_by_name(channel) : NULL;
    const char *arguments[NX_PARAMETERS_MAX] = {tenant};

    if (out)
        *out = NULL;
    if (channel && !found)
        return nx_fail(err, NEXUS_E_CHANNEL, "channel", "the contract has no channel \"%s\"",
                       channel);
    if (found && !found->has_tenant && tenant)
        return nx_fail(err, NEXUS_E_INVALID, "tenant", "channel %s belongs to no tenant", channel);
    return subscribe(client, found, arguments, NULL, handler, data, options, out, err);
}

const char *nexus_subscription_durable(const struct nexus_subscription *subscription)
{
    return subscription->durable;
}

const char *nexus_subscription_filter(const struct nexus_subscription *subscription)
{
    return subscription->filter;
}

/* ---- ending */

static void give_back_all(struct nexus_subscription *subscription, struct nx_received *received)
{
    struct nx_transport *wire = subscription->client->wire;

    while (received) {
        struct nx_received *next = received->next;
        nx_settle_give_back(subscription->client, received->view.reply, next == NULL);
        wire->ops->release(received->incoming);
        free(received);
        received = next;
    }
}

void nx_subscription_end(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    struct nexus_delivery *held, *next;
    struct nx_received *queued;
    bool first;

    pthread_mutex_lock(&client->lock);
    first = !subscription->closed;
    subscription->closed = true;
    nx_pull_forget(subscription);
    if (subscription->crew)
        nx_crew_close(subscription);
    held = nx_causal_take_all(subscription);
    queued = subscription->queue.first;
    atomic_fetch_sub_explicit(&client->counters[NX_QUEUED], subscription->queue.count,
                              memory_order_relaxed);
    memset(&subscription->queue, 0, sizeof(subscription->queue));
    subscription->queue_bytes = 0;
    pthread_mutex_unlock(&client->lock);
    if (first && subscription->options.ordered)
        nx_ordered_forget(subscription);
    if (first)
        client->wire->ops->unlisten(client->wire, subscription->listener);
    give_back_all(subscription, queued);
    for (; held; held = next) {
        next = held->next;
        nx_turn_give_back(held);
    }
}

void nexus_subscription_destroy(struct nexus_subscription *subscription)
{
    struct nexus_client *client;

    if (!subscription || nx_client_forked(subscription->client))
        return;
    client = subscription->client;
    nx_subscription_end(subscription);
    pthread_mutex_lock(&client->lock);
    subscription->holds++;
    while (subscription->running && !pthread_equal(subscription->runner, pthread_self()))
        pthread_cond_wait(&subscription->returned, &client->lock);
    pthread_mutex_unlock(&client->lock);
    if (!nx_in_callback(client) && !nx_on_worker(client))
        nx_crew_wait(subscription);
    pthread_mutex_lock(&client->lock);
    subscription->destroyed = true;
    pthread_mutex_unlock(&client->lock);
    nx_subscription_unhold(subscription);
}

/* ---- durables */

int nexus_delete_durable(struct nexus_client *client, const char *stream, const char *durable,
                         struct nexus_error *err)
{
    struct nx_buf subject = NX_BUF_INIT;
    cJSON *answer = NULL;
    int code = nx_client_usable(client, err);

    if (code != NEXUS_OK)
        return code;
    if (!durable)
        return nx_fail(err, NEXUS_E_INVALID, "durable", "is NULL");
    if (!stream)
        stream = client->options->stream;
    if ((code = nx_check_durable("durable", durable, err)) != NEXUS_OK ||
        (code = nx_check_stream("stream", stream, err)) != NEXUS_OK)
        return code;
    nx_buf_printf(&subject, "$JS.API.CONSUMER.DELETE.%s.%s", stream, durable);
    code = nx_buf_text(&subject)
               ? nx_request(client, subject.data, "",
                            client->wire->ops->now(client->wire) + NX_CALL_TIMEOUT_NS, &answer, err)
               : nx_no_memory(err);
    nx_buf_free(&subject);
    cJSON_Delete(answer);
    return code;
}
