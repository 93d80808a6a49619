/* SPDX-License-Identifier: Apache-2.0 */
/* All subscriptions of a client: where their messages come in, and what concerns every one. */
#include "subscription.h"

#include <stdlib.h>
#include <string.h>

#include "bus_subject.h"
#include "causal.h"
#include "crew.h"
#include "delivery.h"
#include "ordered.h"
#include "pull.h"
#include "visit.h"

/* ---- visiting each one without the lock */

static int64_t due_at(const struct nexus_subscription *subscription)
{
    const struct nx_pull *pull = &subscription->pull;
    int64_t at = subscription->lease_at;

    if (!subscription->closed && subscription->look_at < at)
        at = subscription->look_at;
    if (subscription->causal->deadline < at)
        at = subscription->causal->deadline;
    if (subscription->crew && subscription->crew->lanes.next < at)
        at = subscription->crew->lanes.next;
    if (!subscription->closed && pull->beat_at < at)
        at = pull->beat_at;
    if (!subscription->closed && pull->state == NX_PULL_WAITING && pull->retry_at < at)
        at = pull->retry_at;
    return at;
}

/* Subscriptions come and go while one is visited, so each is marked; when the list has changed
 * under the visitor, it begins again with those that have no mark. Two visitors at the same time
 * may visit one twice, which does no harm. */
void nx_subscriptions_visit(struct nexus_client *client, const struct nx_visitor *visitor)
{
    static atomic_uint_fast64_t visits;
    uint64_t visit = atomic_fetch_add(&visits, 1) + 1;
    struct nexus_subscription *at;

    pthread_mutex_lock(&client->lock);
    at = client->subscriptions;
    while (at) {
        struct nexus_subscription *visited = at;
        bool unused;
        if (at->visit == visit || due_at(at) > visitor->due) {
            at = at->next;
            continue;
        }
        at->visit = visit;
        at->holds++;
        pthread_mutex_unlock(&client->lock);
        visitor->call(visited, visitor->what);
        pthread_mutex_lock(&client->lock);
        visited->holds--;
        unused = nx_subscription_unused(visited);
        at = visited->listed ? visited->next : client->subscriptions;
        if (unused) {
            pthread_mutex_unlock(&client->lock);
            nx_subscription_free(visited);
            pthread_mutex_lock(&client->lock);
            at = client->subscriptions;
        }
    }
    pthread_mutex_unlock(&client->lock);
}

/* ---- what comes in */

static struct nexus_subscription *find(struct nexus_client *client, uint64_t listener)
{
    struct nexus_subscription *at = client->subscriptions;

    while (at && at->listener != listener)
        at = at->next;
    return at;
}

/* With the lock. */
static bool enqueue(struct nexus_subscription *subscription, struct nx_incoming *incoming,
                    const struct nx_view *view, const struct nx_ack_subject *ack, int64_t now)
{
    struct nx_received *received = nx_received_new(subscription);

    if (!received)
        return false;
    received->incoming = incoming;
    received->view = *view;
    received->ack = *ack;
    received->arrived_at = now;
    received->size = view->length + strlen(view->subject) + strlen(view->reply);
    received->round = subscription->lease_round;
    nx_received_push(&subscription->queue, received);
    subscription->queue_bytes += received->size;
    nx_pull_arrived(subscription, received->size);
    nx_count(subscription->client, NX_RECEIVED);
    nx_count(subscription->client, NX_QUEUED);
    if (subscription->crew)
        nx_crew_arrived(subscription, received);
    else if (!subscription->paused)
        nx_due_signal(subscription->client);
    return true;
}

/* Whoever knows our inbox can send to it. Nothing about such a message is believed, least of all
 * its reply subject, and so it is not answered. */
static void drop_foreign(struct nexus_client *client, const struct nx_view *view)
{
    nx_count(client, NX_RECEIVED);
    nx_count(client, NX_POISON);
    nx_count(client, NX_POISON_CHANNEL);
    nx_log(client, NEXUS_LOG_WARNING, "foreign_message", "subject=%.255s", view->subject);
}

/* One that the consumer should not have delivered: somebody changed its filter. It is not ours to
 * judge, and goes back to whoever it is for; and the consumer is looked at. */
static void return_stray(struct nexus_subscription *subscription, const struct nx_view *view)
{
    static const char verdict[] = "-NAK {\"delay\":1000000000}";
    struct nexus_client *client = subscription->client;

    nx_settle_say(subscription, view->reply, verdict, false);
    nx_log(client, NEXUS_LOG_WARNING, "stray_message", "durable=%s filter=%s subject=%.255s",
           subscription->durable, subscription->filter, view->subject);
    pthread_mutex_lock(&client->lock);
    if (!subscription->closed && subscription->pull.state == NX_PULL_RUNNING) {
        nx_pull_forget(subscription);
        nx_pull_back_off(subscription, true);
    }
    pthread_mutex_unlock(&client->lock);
}

enum arrival { QUEUED, STATUS, FOREIGN, STRAY, LATE, ORPHAN, UNWANTED };

/* Whoever sends to our inbox past the server shows its subject, and could name any delivery as the
 * one to be settled. */
static bool is_past_the_server(const struct nexus_client *client, const struct nx_view *view)
{
    return strncmp(view->subject, client->inbox, strlen(client->inbox)) == 0;
}

/* With the lock. For outcomes that are about the subscription it is held. */
static enum arrival arrive(struct nexus_client *client, struct nexus_subscription *subscription,
                           struct nx_incoming *incoming, const struct nx_view *view, int64_t now)
{
    struct nx_ack_subject ack;
    enum arrival outcome = UNWANTED;

    if (!subscription && !view->status && view->reply && !is_past_the_server(client, view) &&
        strncmp(view->reply, NX_ACK_PREFIX, strlen(NX_ACK_PREFIX)) == 0)
        return ORPHAN; /* of one that has gone meanwhile */
    if (!subscription)
        return UNWANTED;
    if (view->status && subscription->closed)
        return UNWANTED;
    if (view->status)
        outcome = STATUS;
    else if (!nx_ack_subject_match(view->reply, subscription->ack_prefix, &ack) ||
             is_past_the_server(client, view))
        return FOREIGN;
    else if (subscription->closed)
        outcome = LATE;
    else if (!nx_bus_matches(subscription->filter, view->subject))
        outcome = STRAY;
    if (outcome != UNWANTED) {
        subscription->holds++;
        return outcome;
    }
    if (subscription->options.ordered && !nx_ordered_expects(subscription, &ack))
        return UNWANTED;
    if (ack.count > 1)
        nx_count(client, NX_REDELIVERED);
    return enqueue(subscription, incoming, view, &ack, now) ? QUEUED : UNWANTED;
}

static void after_arrival(struct nexus_client *client, struct nx_arrival *arrived,
                          enum arrival outcome)
{
    if (outcome == QUEUED)
        return;
    if (outcome == STATUS)
        nx_pull_status(arrived->subscription, arrived->incoming, &arrived->view);
    else if (outcome == STRAY)
        return_stray(arrived->subscription, &arrived->view);
    else if (outcome == LATE || outcome == ORPHAN)
        nx_settle_give_back(client, arrived->view.reply, false);
    else if (outcome == FOREIGN)
        drop_foreign(client, &arrived->view);
    if (outcome == STATUS || outcome == STRAY || outcome == LATE)
        nx_subscription_unhold(arrived->subscription);
    /* An unwanted one comes again by itself when its ack wait has passed. */
    client->wire->ops->release(arrived->incoming);
}

/* Messages come in bundles; one lock for a bundle leaves it to the handlers' thread meanwhile. */
void nx_subscriptions_arrived(struct nexus_client *client)
{
    enum arrival outcomes[NX_ARRIVALS];
    unsigned count = client->arrival_count;
    int64_t now;

    if (!count)
        return;
    now = client->wire->ops->now(client->wire);
    client->arrival_count = 0;
    pthread_mutex_lock(&client->lock);
    for (unsigned i = 0; i < count; i++) {
        struct nx_arrival *arrived = &client->arrivals[i];
        arrived->subscription = find(client, arrived->listener);
        outcomes[i] = arrive(client, arrived->subscription, arrived->incoming, &arrived->view, now);
    }
    pthread_mutex_unlock(&client->lock);
    for (unsigned i = 0; i < count; i++)
        after_arrival(client, &client->arrivals[i], outcomes[i]);
}

void nx_subscription_message(struct nexus_client *client, uint64_t listener,
                             struct nx_incoming *incoming)
{
    struct nx_arrival *arrived = &client->arrivals[client->arrival_count++];

    arrived->listener = listener;
    arrived->incoming = incoming;
    client->wire->ops->view(incoming, &arrived->view);
    if (client->arrival_count == NX_ARRIVALS)
        nx_subscriptions_arrived(client);
}

void nx_subscription_unanswered(struct nexus_client *client, uint64_t listener)
{
    struct nexus_subscription *subscription;

    pthread_mutex_lock(&client->lock);
    subscription = find(client, listener);
    if (subscription && !subscription->closed && subscription->pull.state == NX_PULL_RUNNING) {
        nx_pull_forget(subscription);
        nx_pull_back_off(subscription, true);
    }
    pthread_mutex_unlock(&client->lock);
}

/* ---- the wire */

static void start_anew(struct nexus_subscription *subscription, const void *what)
{
    struct nexus_client *client = subscription->client;

    (void)what;
    nx_settle_late(subscription);
    pthread_mutex_lock(&client->lock);
    if (subscription->pull.epoch != client->epoch) /* else it is as new as the connection */
        nx_pull_forget(subscription);
    if (subscription->pull.state == NX_PULL_WAITING && !subscription->pull.check_wanted)
        subscription->pull.state = NX_PULL_RUNNING;
    subscription->pull.silent_beats = 0;
    if (subscription->pull.last_number) /* what was on its way is not sent again */
        nx_ordered_doubt(subscription);
    pthread_mutex_unlock(&client->lock);
    nx_pull_fill(subscription);
}

void nx_subscriptions_up(struct nexus_client *client)
{
    struct nx_visitor visitor = {start_anew, NULL, INT64_MAX};

    nx_subscriptions_visit(client, &visitor);
}

/* Which right is missing shows in the subject: to pull, to hear the answer, or to ack. */
static void forbid(struct nexus_subscription *subscription, const void *what)
{
    struct nexus_client *client = subscription->client;
    struct nexus_error err = NEXUS_ERROR_INIT;
    const char *subject = what;
    bool acks = strncmp(subject, subscription->ack_prefix, strlen(subscription->ack_prefix)) == 0;

    if (!acks && strcmp(subject, subscription->pull_subject) != 0 &&
        strcmp(subject, subscription->inbox) != 0)
        return;
    nx_fail(&err, NEXUS_E_PERMISSION, subject,
            "the server forbids this subject to these credentials: %s cannot %s",
            subscription->durable, acks ? "settle events" : "fetch events");
    if (!acks) {
        pthread_mutex_lock(&client->lock);
        nx_pull_forget(subscription);
        nx_pull_back_off(subscription, false);
        pthread_mutex_unlock(&client->lock);
    }
    nx_subscription_report(subscription, &err);
}

void nx_subscriptions_forbidden(struct nexus_client *client, const char *subject)
{
    struct nx_visitor visitor = {forbid, subject, INT64_MAX};

    nx_subscriptions_visit(client, &visitor);
}

/* ---- time */

/* Releases what the handlers' thread is done with: many at a time, or, before a pause, all. */
static void release_done(struct nexus_client *client, uint32_t least)
{
    struct nexus_subscription *at;
    struct nx_done done;

    do {
        pthread_mutex_lock(&client->lock);
        for (at = client->subscriptions; at && !nx_done_take(at, least, &done); at = at->next)
            ;
        pthread_mutex_unlock(&client->lock);
        if (at)
            nx_done_release(client->wire->ops, &done);
    } while (at);
}

static void tick(struct nexus_subscription *subscription, const void *what)
{
    int64_t now = *(const int64_t *)what;

    nx_crew_tick(subscription, now);
    nx_causal_tick(subscription, now);
    nx_lease_renew(subscription, now);
    nx_watch_tick(subscription, now);
}

int64_t nx_subscriptions_tick(struct nexus_client *client, int64_t now)
{
    struct nx_visitor visitor = {tick, &now, now};
    bool pause = client->arrival_count == 0;
    int64_t next = INT64_MAX;

    nx_subscriptions_arrived(client);
    release_done(client, pause ? 1 : NX_DONE_ENOUGH);
    nx_subscriptions_visit(client, &visitor);
    pthread_mutex_lock(&client->lock);
    for (struct nexus_subscription *at = client->subscriptions; at; at = at->next)
        next = due_at(at) < next ? due_at(at) : next;
    pthread_mutex_unlock(&client->lock);
    return next;
}
