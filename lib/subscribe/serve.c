/* SPDX-License-Identifier: Apache-2.0 */
/* Handing messages out: whose turn it is, the handler, and what its verdict means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bury.h"
#include "causal.h"
#include "delivery.h"
#include "ordered.h"
#include "pull.h"
#include "subscription.h"
#include "trace.h"

#define BURST_MAX     32      /* messages of one subscription in a row, while others wait */
#define PUSH_EVERY_NS 1000000 /* acks that the queue's end sends out at once */

/* A handler that runs on this thread. One of client A's handlers may dispatch client B. */
struct frame {
    struct frame *below;
    const struct nexus_client *client;
    const struct nexus_delivery *delivery;
};

static _Thread_local struct frame *top;

const struct nexus_delivery *nx_delivery_current(const struct nexus_client *client)
{
    for (const struct frame *frame = top; frame; frame = frame->below)
        if (frame->client == client)
            return frame->delivery;
    return NULL;
}

/* ---- whose turn it is */

static bool has_queued(const struct nexus_subscription *subscription)
{
    return subscription->queue.count && !subscription->paused && !subscription->crew;
}

bool nx_subscriptions_ready(struct nexus_client *client)
{
    for (struct nexus_subscription *at = client->subscriptions; at; at = at->next)
        if (has_queued(at) || nx_causal_due(at))
            return true;
    return false;
}

/* With the lock: the one whose turn it is, or the next behind it that has anything. */
static struct nexus_subscription *next_ready(struct nexus_client *client)
{
    struct nexus_subscription *first =
        client->serve_next ? client->serve_next : client->subscriptions;
    struct nexus_subscription *at = first;

    while (at && !has_queued(at)) {
        at->burst = 0;
        at = at->next ? at->next : client->subscriptions;
        if (at == first)
            return NULL;
    }
    if (!at)
        return NULL;
    if (++at->burst >= BURST_MAX) {
        at->burst = 0;
        client->serve_next = at->next;
    } else {
        client->serve_next = at;
    }
    return at;
}

void nx_turn_take(struct nexus_subscription *subscription, struct nx_received *received,
                  struct nx_turn *turn)
{
    struct nexus_client *client = subscription->client;

    turn->subscription = subscription;
    turn->received = received;
    nx_received_remove(&subscription->queue, received);
    subscription->queue_bytes -= received->size;
    nx_uncount(client, NX_QUEUED);
    turn->delivery = nx_delivery_new(subscription, received);
    subscription->out++;
    if (turn->delivery) {
        nx_received_push(&subscription->in_hand, received);
        nx_count(client, NX_IN_HAND);
    }
    turn->pull = nx_pull_due(subscription);
}

static bool take_turn(struct nexus_client *client, struct nx_turn *turn)
{
    struct nexus_subscription *subscription;

    pthread_mutex_lock(&client->lock);
    subscription = next_ready(client);
    if (subscription) {
        nx_turn_take(subscription, subscription->queue.first, turn);
        subscription->running = turn->delivery != NULL;
        subscription->runner = pthread_self();
        turn->last = !subscription->queue.count && !nx_subscriptions_ready(client);
    }
    pthread_mutex_unlock(&client->lock);
    return subscription != NULL;
}

/* Without memory for it, the message goes back. */
static void return_turn(struct nx_turn *turn)
{
    struct nexus_subscription *subscription = turn->subscription;
    struct nexus_client *client = subscription->client;
    bool unused;

    nx_settle_give_back(subscription->client, turn->received->view.reply, true);
    pthread_mutex_lock(&client->lock);
    nx_received_recycle(subscription, turn->received);
    subscription->out--;
    unused = nx_subscription_unused(subscription);
    pthread_mutex_unlock(&client->lock);
    if (unused)
        nx_subscription_free(subscription);
}

/* ---- handlers */

static enum nexus_verdict call_handler(struct nexus_delivery *delivery)
{
    struct nexus_subscription *subscription = delivery->subscription;
    const struct nexus_channel *channel = delivery->subject.channel;
    struct frame frame = {top, subscription->client, delivery};
    enum nexus_verdict verdict;
    void *span = nx_hook_handle_begin(subscription->client, delivery);

    top = &frame;
    if (subscription->handler) {
        verdict =
            channel->thunk(subscription->handler, delivery->event, delivery, subscription->data);
    } else {
        struct nexus_json_event event = {sizeof(event), channel->name,
                                         nx_delivery_text(delivery, NX_TEXT_PAYLOAD)};
        verdict = subscription->json_handler(&event, delivery, subscription->data);
    }
    top = frame.below;
    nx_hook_handle_end(subscription->client, span, delivery, verdict);
    return verdict;
}

/* A verdict from outside the enum is a defect of the handler; nothing is lost for it. */
static enum nexus_verdict sound_verdict(struct nexus_delivery *delivery, enum nexus_verdict verdict)
{
    if (verdict == NEXUS_ACK || verdict == NEXUS_RETRY || verdict == NEXUS_REJECT ||
        verdict == NEXUS_DEFER)
        return verdict;
    nx_log(delivery->subscription->client, NEXUS_LOG_ERROR, "bad_verdict",
           "durable=%s verdict=%d taken_as=retry", delivery->subscription->durable, (int)verdict);
    return NEXUS_RETRY;
}

/* Whether this thread is the one that settles it; not when nexus_delivery_settle() was called. */
static bool claim(struct nexus_delivery *delivery)
{
    int open = NX_DELIVERY_OPEN;

    return atomic_compare_exchange_strong(&delivery->state, &open, NX_DELIVERY_SETTLED);
}

static void conclude(struct nexus_delivery *delivery, enum nexus_verdict verdict, bool urgent)
{
    struct nexus_client *client = delivery->subscription->client;

    verdict = sound_verdict(delivery, verdict);
    if (verdict == NEXUS_DEFER) {
        nx_count(client, NX_DEFERRED);
        nx_metrics_count(&client->metrics, delivery->subject.channel, NX_METRIC_DEFERRED);
        nx_delivery_drop(delivery, 1, false, true);
    } else if (claim(delivery)) {
        bool ended = nx_settle(delivery, verdict, urgent);
        nx_delivery_drop(delivery, ended ? 2 : 1, ended, true);
    } else if (atomic_load(&delivery->state) == NX_DELIVERY_GIVEN_BACK) {
        nx_delivery_drop(delivery, 2, false, true);
    } else {
        nx_log(client, NEXUS_LOG_ERROR, "settled_twice",
               "durable=%s sequence=%llu: the handler settled the delivery and returned a verdict",
               delivery->subscription->durable, (unsigned long long)delivery->ack.stream_sequence);
        nx_delivery_drop(delivery, 1, false, true);
    }
}

/* ---- poison */

static void report_poison(struct nexus_delivery *delivery, const struct nexus_error *err)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_poison poison = {
        .size = sizeof(poison),
        .subject = delivery->view.subject,
        .stream = subscription->stream,
        .sequence = delivery->ack.stream_sequence,
        .err = err,
        .body = delivery->view.body,
        .body_length = delivery->view.length,
        .refusal = delivery->refusal,
    };

    nx_log(subscription->client, NEXUS_LOG_WARNING, "poison",
           "subject=%s stream=%s sequence=%llu durable=%s code=%s where=%s reason=\"%s\"",
           poison.subject, poison.stream, (unsigned long long)poison.sequence,
           subscription->durable, nexus_status_name(err->code), err->where, err->message);
    if (subscription->options.poison)
        subscription->options.poison(subscription, &poison, subscription->options.poison_data);
}

/* Its end begins before anybody is told: whatever happens then, it does not come again. */
static void poisoned(struct nexus_delivery *delivery, enum nx_counter kind,
                     const struct nexus_error *err, bool urgent)
{
    struct nexus_client *client = delivery->subscription->client;
    bool mine = claim(delivery), ended = mine;

    nx_count(client, NX_POISON);
    nx_count(client, kind);
    nx_metrics_count(&client->metrics, delivery->subject.channel, NX_METRIC_POISON);
    if (mine)
        ended = nx_settle_poison(delivery, kind, err, urgent);
    report_poison(delivery, err);
    nx_delivery_drop(delivery, mine && !ended ? 1 : 2, ended, true);
}

/* Given up without asking its handler. */
static void give_up_unasked(struct nexus_delivery *delivery, const struct nx_sentence *sentence,
                            bool urgent)
{
    bool ended = true;

    if (claim(delivery)) {
        ended = !nx_bury(delivery, sentence->reason, &sentence->err, urgent);
        nx_delivery_drop(delivery, ended ? 2 : 1, ended, true);
    } else {
        nx_delivery_drop(delivery, 2, false, true);
    }
}

/* Whether it was given up before, or has come too often without anybody saying anything. */
static bool is_hopeless(struct nexus_delivery *delivery, struct nx_sentence *sentence)
{
    if (nx_bury_condemned(delivery, sentence))
        return true;
    if (!nx_bury_unanswered(delivery))
        return false;
    *sentence = (struct nx_sentence){.reason = NEXUS_DEAD_EXHAUSTED};
    snprintf(sentence->err.message, sizeof(sentence->err.message),
             "delivered %llu times without a verdict", (unsigned long long)delivery->ack.count);
    return true;
}

/* ---- one turn */

/* While the queue has more, acks leave together. The last one before a pause should not wait for
 * company, but a queue that runs empty after every message must not cost a system call for each. */
static bool push_now(struct nexus_subscription *subscription, bool last)
{
    struct nx_transport *wire = subscription->client->wire;
    int64_t now;

    if (!last)
        return false;
    now = wire->ops->now(wire);
    if (now - atomic_load(&subscription->pushed_at) < PUSH_EVERY_NS)
        return false;
    atomic_store(&subscription->pushed_at, now);
    return true;
}

/* The inbox cannot be used: without it nothing is handled, for it might be the second time. */
static void put_off(struct nexus_delivery *delivery, const struct nexus_error *err)
{
    nx_count(delivery->subscription->client, NX_INBOX_ERRORS);
    nx_subscription_report(delivery->subscription, err);
    delivery->excused = true;
    conclude(delivery, NEXUS_RETRY, true);
}

/* Handled before, or in hand just now: not for the handler. */
static void pass_over(struct nexus_delivery *delivery, bool handled, bool urgent)
{
    struct nexus_client *client = delivery->subscription->client;
    bool mine = claim(delivery);

    nx_count(client, handled ? NX_INBOX_DUPLICATES : NX_INBOX_BUSY);
    if (mine)
        nx_settle_double(delivery, handled, urgent);
    nx_delivery_drop(delivery, 2, mine, true);
}

static void handle(struct nexus_delivery *delivery, bool last)
{
    enum nexus_verdict verdict = call_handler(delivery);

    conclude(delivery, verdict, push_now(delivery->subscription, last));
}

static void admit(struct nexus_delivery *delivery, bool last)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_error err = NEXUS_ERROR_INIT;
    enum nx_admission admission;

    if (nx_inbox_admit(delivery, &admission, &err) != NEXUS_OK) {
        put_off(delivery, &err);
    } else if (admission == NX_ADMIT_NEW) {
        if (!nx_causal_hold(delivery))
            handle(delivery, last);
    } else {
        pass_over(delivery, admission == NX_ADMIT_HANDLED, push_now(subscription, last));
    }
}

static void hand_out(struct nexus_delivery *delivery, bool last)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_error err = NEXUS_ERROR_INIT;
    enum nx_counter kind = NX_POISON;
    struct nx_sentence sentence;
    int code;

    if (nx_bury_done(delivery)) {
        pass_over(delivery, true, push_now(subscription, last));
        return;
    }
    if (subscription->options.ordered) /* what it makes due runs after this handler */
        nx_ordered_handled(subscription, &delivery->ack);
    else if (is_hopeless(delivery, &sentence)) {
        give_up_unasked(delivery, &sentence, push_now(subscription, last));
        return;
    }
    code = nx_receive(delivery, &kind, &err);
    nx_metrics_count(&subscription->client->metrics, delivery->subject.channel, NX_METRIC_RECEIVED);
    if (code == NEXUS_OK) {
        admit(delivery, last);
    } else if (code == NEXUS_E_MEMORY) {
        delivery->excused = true;
        conclude(delivery, NEXUS_RETRY, true);
    } else {
        poisoned(delivery, kind, &err, push_now(subscription, last));
    }
}

void nx_turn_run(struct nx_turn *turn)
{
    if (turn->pull)
        nx_pull_fill(turn->subscription);
    if (turn->delivery)
        hand_out(turn->delivery, turn->last);
    else
        return_turn(turn);
}

/* A delivery that was held back and whose time has come, of any subscription. */
static bool serve_held(struct nexus_client *client)
{
    struct nexus_subscription *at;
    struct nexus_delivery *delivery;

    if (!atomic_load_explicit(&client->counters[NX_CAUSAL_HELD], memory_order_relaxed))
        return false;
    pthread_mutex_lock(&client->lock);
    for (at = client->subscriptions; at && !nx_causal_due(at); at = at->next)
        ;
    if (at)
        at->holds++;
    pthread_mutex_unlock(&client->lock);
    if (!at)
        return false;
    delivery = nx_causal_next(at);
    if (delivery)
        handle(delivery, true);
    nx_subscription_unhold(at);
    return delivery != NULL;
}

void nx_turn_give_back(struct nexus_delivery *delivery)
{
    bool mine = claim(delivery);

    if (mine) {
        nx_inbox_conclude(delivery, false);
        nx_settle_give_back(delivery->subscription->client, delivery->view.reply, true);
    }
    nx_delivery_drop(delivery, 2, mine, false);
}

bool nx_subscriptions_serve(struct nexus_client *client)
{
    struct nx_turn turn;

    if (serve_held(client))
        return true;
    if (!take_turn(client, &turn))
        return false;
    nx_turn_run(&turn);
    return true;
}
