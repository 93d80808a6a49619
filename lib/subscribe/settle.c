/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts, on their way to the server by the message's reply subject: neither cnats nor the
 * subscription is needed for that. While the wire is down they wait for it, since what was handled
 * should not be handled again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bury.h"
#include "crew.h"
#include "delivery.h"
#include "retry_delay.h"

#define RETRY_DELAY_MAX_MS 86400000
#define NAK_SIZE           64

/* ---- sending */

static void keep_late(struct nexus_subscription *subscription, const char *reply,
                      const char *verdict)
{
    struct nexus_client *client = subscription->client;
    size_t reply_size = strlen(reply) + 1, verdict_size = strlen(verdict) + 1;
    struct nx_late_ack *late = malloc(sizeof(*late) + reply_size + verdict_size);
    bool kept = false;

    if (late) {
        memcpy(late->reply, reply, reply_size);
        late->verdict = late->reply + reply_size;
        memcpy(late->verdict, verdict, verdict_size);
        late->next = NULL;
        pthread_mutex_lock(&client->lock);
        /* No more can wait than were in hand or queued when the wire went, but for a wire that
         * comes and goes. */
        kept = !subscription->abandoned &&
               subscription->late_count < 2 * subscription->options.queue_messages + 64;
        if (kept) {
            *subscription->late_last = late;
            subscription->late_last = &late->next;
            subscription->late_count++;
        }
        pthread_mutex_unlock(&client->lock);
    }
    if (kept)
        return;
    free(late);
    nx_log(client, NEXUS_LOG_WARNING, "ack_lost", "durable=%s verdict=\"%s\"",
           subscription->durable, verdict);
}

void nx_settle_say(struct nexus_subscription *subscription, const char *reply, const char *verdict,
                   bool urgent)
{
    struct nx_transport *wire = subscription->client->wire;

    if (subscription->options.ordered)
        return;
    if (wire->ops->send_bytes(wire, reply, NULL, verdict, strlen(verdict), urgent) != NEXUS_OK)
        keep_late(subscription, reply, verdict);
}

static struct nx_late_ack *pop_late(struct nexus_subscription *subscription)
{
    struct nx_late_ack *late = subscription->late_first;

    if (!late)
        return NULL;
    subscription->late_first = late->next;
    if (!late->next)
        subscription->late_last = &subscription->late_first;
    subscription->late_count--;
    return late;
}

/* One that fails again goes to the end of the list, so each is tried once. */
void nx_settle_late(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    uint32_t count;

    pthread_mutex_lock(&client->lock);
    count = subscription->late_count;
    pthread_mutex_unlock(&client->lock);
    for (; count > 0; count--) {
        struct nx_late_ack *late;
        pthread_mutex_lock(&client->lock);
        late = pop_late(subscription);
        pthread_mutex_unlock(&client->lock);
        if (!late)
            return;
        nx_settle_say(subscription, late->reply, late->verdict, count == 1);
        free(late);
    }
}

void nx_settle_forget_late(struct nexus_subscription *subscription)
{
    struct nx_late_ack *late;

    while ((late = pop_late(subscription)))
        free(late);
}

void nx_settle_give_back(struct nexus_client *client, const char *reply, bool urgent)
{
    /* nats-server 2.9.10 hands a message that comes back at once to the pull that is just ending,
     * and then loses track of it until its ack wait is over. A moment later that pull is gone. */
    static const char verdict[] = "-NAK {\"delay\":20000000}";
    struct nx_transport *wire = client->wire;

    /* Not kept when the wire is down: the server gives it to somebody else by itself. */
    (void)wire->ops->send_bytes(wire, reply, NULL, verdict, sizeof(verdict) - 1, urgent);
}

/* ---- deciding */

static void log_refused(const struct nexus_delivery *delivery, enum nexus_verdict verdict)
{
    struct nexus_subscription *subscription = delivery->subscription;

    nx_log(subscription->client, verdict == NEXUS_REJECT ? NEXUS_LOG_WARNING : NEXUS_LOG_DEBUG,
           verdict == NEXUS_REJECT ? "rejected" : "retried",
           "subject=%s stream=%s sequence=%llu count=%llu durable=%s reason=\"%s\"",
           delivery->view.subject, subscription->stream,
           (unsigned long long)delivery->ack.stream_sequence,
           (unsigned long long)delivery->ack.count, subscription->durable, delivery->reason);
}

/* "-NAK", with the delivery's delay. */
static void write_nak(const struct nexus_delivery *delivery, char nak[NAK_SIZE])
{
    int64_t delay_ms = nx_retry_delay(delivery);

    if (delay_ms > 0)
        snprintf(nak, NAK_SIZE, "-NAK {\"delay\":%lld}", (long long)delay_ms * 1000000);
    else
        snprintf(nak, NAK_SIZE, "-NAK");
}

void nx_settle_double(struct nexus_delivery *delivery, bool handled, bool urgent)
{
    struct nexus_subscription *subscription = delivery->subscription;
    char nak[NAK_SIZE];

    write_nak(delivery, nak);
    nx_settle_say(subscription, delivery->view.reply, handled ? "+ACK" : nak, urgent);
    nx_log(subscription->client, NEXUS_LOG_DEBUG, handled ? "handled_before" : "in_hand_already",
           "subject=%s stream=%s sequence=%llu count=%llu durable=%s", delivery->view.subject,
           subscription->stream, (unsigned long long)delivery->ack.stream_sequence,
           (unsigned long long)delivery->ack.count, subscription->durable);
}

static void count_verdict(const struct nexus_delivery *delivery, enum nx_counter counter,
                          enum nx_metric metric)
{
    struct nexus_client *client = delivery->subscription->client;

    nx_count(client, counter);
    nx_metrics_count(&client->metrics, delivery->subject.channel, metric);
    nx_metrics_time(&client->metrics, delivery->subject.channel, NX_SPAN_HANDLE,
                    client->wire->ops->now(client->wire) - delivery->received->arrived_at);
}

static bool reject(struct nexus_delivery *delivery, bool urgent)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    bool ordered = delivery->subscription->options.ordered;

    count_verdict(delivery, NX_REJECTED, NX_METRIC_REJECTED);
    log_refused(delivery, NEXUS_REJECT);
    snprintf(err.message, sizeof(err.message), "%s", delivery->reason);
    return ordered || !nx_bury(delivery, NEXUS_DEAD_REJECTED, &err, urgent);
}

static bool give_up(struct nexus_delivery *delivery, bool urgent)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    unsigned long long count = delivery->ack.count;

    if (*delivery->reason)
        snprintf(err.message, sizeof(err.message), "%s", delivery->reason);
    else
        snprintf(err.message, sizeof(err.message), "given up after %llu deliver%s", count,
                 count == 1 ? "y" : "ies");
    return !nx_bury(delivery, NEXUS_DEAD_EXHAUSTED, &err, urgent);
}

static bool retry(struct nexus_delivery *delivery, bool urgent)
{
    char nak[NAK_SIZE];

    count_verdict(delivery, NX_RETRIED, NX_METRIC_RETRIED);
    log_refused(delivery, NEXUS_RETRY);
    if (!delivery->subscription->options.ordered && nx_bury_exhausted(delivery))
        return give_up(delivery, urgent);
    delivery->again = nx_crew_retries(delivery);
    if (delivery->again)
        return true;
    write_nak(delivery, nak);
    nx_settle_say(delivery->subscription, delivery->view.reply, nak, urgent);
    return true;
}

bool nx_settle(struct nexus_delivery *delivery, enum nexus_verdict verdict, bool urgent)
{
    nx_inbox_conclude(delivery, verdict == NEXUS_ACK);
    if (verdict == NEXUS_REJECT)
        return reject(delivery, urgent);
    if (verdict != NEXUS_ACK)
        return retry(delivery, urgent);
    nx_settle_say(delivery->subscription, delivery->view.reply, "+ACK", urgent);
    count_verdict(delivery, NX_HANDLED, NX_METRIC_HANDLED);
    return true;
}

/* A replay is the copy of an event that was handled: it is ended at once. 2.9 does not understand a
 * reason behind the word. */
bool nx_settle_poison(struct nexus_delivery *delivery, enum nx_counter kind,
                      const struct nexus_error *err, bool urgent)
{
    if (kind != NX_POISON_REPLAY && !delivery->subscription->options.ordered)
        return !nx_bury(delivery, NEXUS_DEAD_POISON, err, urgent);
    nx_settle_say(delivery->subscription, delivery->view.reply, "+TERM", urgent);
    return true;
}

/* With the lock. */
static void has_returned(struct nexus_delivery *delivery)
{
    struct nexus_subscription *subscription = delivery->subscription;

    if (subscription->crew) {
        nx_crew_returned(delivery);
        return;
    }
    subscription->running = false;
    if (subscription->closed)
        pthread_cond_broadcast(&subscription->returned);
}

void nx_delivery_drop(struct nexus_delivery *delivery, unsigned references, bool settled,
                      bool returned)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_client *client = subscription->client;
    struct nx_received *received = delivery->received;
    const struct nx_transport_ops *ops = client->wire->ops;
    const char *reply = delivery->view.reply;
    struct nx_done done;
    bool unused, enough, kept = false, give_back = false;

    pthread_mutex_lock(&client->lock);
    if (settled) {
        nx_received_remove(&subscription->in_hand, received);
        nx_uncount(client, NX_IN_HAND);
    }
    if (returned)
        has_returned(delivery);
    delivery->references -= references;
    if (!delivery->references) {
        kept = subscription->crew && nx_crew_keep(delivery, &give_back);
        if (!kept)
            nx_received_recycle(subscription, received);
        nx_delivery_recycle(delivery);
        subscription->out--;
    }
    subscription->holds += kept || give_back;
    enough = nx_done_take(subscription, subscription->closed ? 1 : NX_DONE_MAX, &done);
    unused = nx_subscription_unused(subscription);
    pthread_mutex_unlock(&client->lock);
    if (give_back) /* its message is still there: `done` has it */
        nx_settle_give_back(subscription->client, reply, true);
    if (enough)
        nx_done_release(ops, &done);
    if (kept)
        client->wire->ops->wake(client->wire); /* to end its pause in time */
    if (kept || give_back)
        nx_subscription_unhold(subscription);
    else if (unused)
        nx_subscription_free(subscription);
}

/* ---- public */

static int is_settled(const struct nexus_delivery *delivery, struct nexus_error *err)
{
    if (atomic_load(&delivery->state) == NX_DELIVERY_OPEN)
        return NEXUS_OK;
    return nx_fail(err, NEXUS_E_SETTLED, "delivery", "the delivery was settled before");
}

int nexus_delivery_set_retry_delay(struct nexus_delivery *delivery, int64_t milliseconds,
                                   struct nexus_error *err)
{
    int code;

    if (!delivery)
        return nx_fail(err, NEXUS_E_INVALID, "delivery", "is NULL");
    if (milliseconds < 0 || milliseconds > RETRY_DELAY_MAX_MS)
        return nx_fail(err, NEXUS_E_INVALID, "milliseconds", "%lld is not within 0 and %d",
                       (long long)milliseconds, RETRY_DELAY_MAX_MS);
    code = is_settled(delivery, err);
    if (code == NEXUS_OK)
        delivery->retry_delay_ms = milliseconds;
    return code;
}

int nexus_delivery_set_reason(struct nexus_delivery *delivery, const char *reason,
                              struct nexus_error *err)
{
    struct nexus_error clean = NEXUS_ERROR_INIT;
    size_t length;
    int code;

    if (!delivery || !reason)
        return nx_fail(err, NEXUS_E_INVALID, delivery ? "reason" : "delivery", "is NULL");
    code = is_settled(delivery, err);
    if (code != NEXUS_OK)
        return code;
    length = strnlen(reason, NX_REASON_SIZE);
    if (length == NX_REASON_SIZE)
        for (length--; length && ((unsigned char)reason[length] & 0xc0) == 0x80; length--)
            ;
    /* As an error's message it loses what is not UTF-8 or would steer a terminal. */
    nx_fail(&clean, NEXUS_E_INVALID, NULL, "%.*s", (int)length, reason);
    memcpy(delivery->reason, clean.message, strlen(clean.message) + 1);
    return NEXUS_OK;
}

int nexus_delivery_in_progress(struct nexus_delivery *delivery, struct nexus_error *err)
{
    struct nx_transport *wire;
    int code;

    if (!delivery)
        return nx_fail(err, NEXUS_E_INVALID, "delivery", "is NULL");
    if (atomic_load(&delivery->state) == NX_DELIVERY_GIVEN_BACK)
        return nx_fail(err, NEXUS_E_CLOSED, "client", "the client has been closed");
    code = is_settled(delivery, err);
    if (code != NEXUS_OK)
        return code;
    wire = delivery->subscription->client->wire;
    if (wire->ops->send_bytes(wire, delivery->view.reply, NULL, "+WPI", 4, true) != NEXUS_OK)
        return nx_fail(err, NEXUS_E_CLOSED, "client", "there is no connection just now");
    return NEXUS_OK;
}

int nexus_delivery_settle(struct nexus_delivery *delivery, enum nexus_verdict verdict,
                          struct nexus_error *err)
{
    int open = NX_DELIVERY_OPEN, given_back = NX_DELIVERY_GIVEN_BACK;
    bool sound = verdict == NEXUS_ACK || verdict == NEXUS_RETRY || verdict == NEXUS_REJECT;

    if (!delivery)
        return nx_fail(err, NEXUS_E_INVALID, "delivery", "is NULL");
    if (atomic_compare_exchange_strong(&delivery->state, &open, NX_DELIVERY_SETTLED)) {
        if (nx_settle(delivery, sound ? verdict : NEXUS_RETRY, false))
            nx_delivery_drop(delivery, 1, true, false);
        return sound ? NEXUS_OK
                     : nx_fail(err, NEXUS_E_INVALID, "verdict",
                               "%d is none of ACK, RETRY and REJECT; the event will come again",
                               (int)verdict);
    }
    if (!atomic_compare_exchange_strong(&delivery->state, &given_back, NX_DELIVERY_SETTLED))
        return is_settled(delivery, err);
    nx_delivery_drop(delivery, 1, false, false);
    return nx_fail(err, NEXUS_E_CLOSED, "client",
                   "the client has been closed; the server will deliver the event again");
}
