/* SPDX-License-Identifier: Apache-2.0 */
#include "bury.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dead_report.h"
#include "handled.h"
#include "letter.h"

#define PATIENCE_NS     5000000000LL
#define DELAY_FIRST_MS  1000u
#define DELAY_MOST_MS   60000u
#define UNANSWERED_MORE 10
#define BURIED_MAX      16384
#define BURIED_NS       3600000000000LL

struct nx_burials {
    struct nx_burial *first, **last; /* wait for room, or for their time */
    bool ended;
};

int nx_burials_new(struct nexus_client *client, struct nexus_error *err)
{
    client->burials = calloc(1, sizeof(*client->burials));
    if (!client->burials)
        return nx_no_memory(err);
    client->burials->last = &client->burials->first;
    return NEXUS_OK;
}

/* ---- the end of one */

static bool claim(struct nexus_delivery *delivery)
{
    int burying = NX_DELIVERY_BURYING;

    return atomic_compare_exchange_strong(&delivery->state, &burying, NX_DELIVERY_SETTLED);
}

static void drop(struct nx_burial *burial, bool settled)
{
    struct nexus_delivery *delivery = burial->delivery;

    free(burial);
    nx_delivery_drop(delivery, 1, settled, false);
}

/* By its place, not by its message id: when its letter is sent back, that is another event. */
static void buried_key(const struct nexus_delivery *delivery, unsigned char key[NX_HANDLED_KEY])
{
    memcpy(key, &delivery->ack.stream_sequence, 8);
    memcpy(key + 8, &delivery->ack.time, 8);
}

/* The server may forget that it was ended, and deliver it again; its handler must not see it then,
 * for it has been reported. */
static void note_buried(struct nexus_delivery *delivery)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_client *client = subscription->client;
    unsigned char key[NX_HANDLED_KEY];

    buried_key(delivery, key);
    pthread_mutex_lock(&client->lock);
    if (!subscription->buried)
        subscription->buried = nx_handled_new(BURIED_MAX, BURIED_NS);
    if (subscription->buried) {
        int64_t now = client->wire->ops->now(client->wire);
        if (!nx_handled_has(subscription->buried, key, now))
            nx_handled_add(subscription->buried, key, now);
        atomic_store(&subscription->any_buried, true);
    }
    pthread_mutex_unlock(&client->lock);
}

bool nx_bury_done(const struct nexus_delivery *delivery)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_client *client = subscription->client;
    unsigned char key[NX_HANDLED_KEY];
    bool found;

    if (!atomic_load(&subscription->any_buried))
        return false;
    buried_key(delivery, key);
    pthread_mutex_lock(&client->lock);
    found = nx_handled_has(subscription->buried, key, client->wire->ops->now(client->wire));
    pthread_mutex_unlock(&client->lock);
    return found;
}

/* An event that was given up was not handled: when its letter is sent back, that is no replay. */
static void forgive(struct nexus_delivery *delivery)
{
    struct nexus_subscription *subscription = delivery->subscription;

    pthread_mutex_lock(&subscription->client->lock);
    nx_condemned_remove(subscription->condemned, delivery->ack.stream_sequence, delivery->ack.time);
    subscription->bury_failures = 0;
    subscription->bury_reported = NEXUS_OK;
    pthread_mutex_unlock(&subscription->client->lock);
    nx_receive_forgive(delivery);
}

static void buried(struct nx_burial *burial, const struct nx_puback *ack)
{
    struct nexus_delivery *delivery = burial->delivery;
    struct nexus_subscription *subscription = delivery->subscription;
    bool mine = claim(delivery);

    nx_count(subscription->client, NX_DEAD_LETTERED);
    forgive(delivery);
    note_buried(delivery);
    nx_settle_say(subscription, delivery->view.reply, "+TERM", true);
    nx_log(subscription->client, NEXUS_LOG_WARNING, "dead_letter",
           "subject=%s stream=%s sequence=%llu durable=%s reason=%s letter=%llu text=\"%s\"",
           delivery->view.subject, nexus_delivery_stream(delivery),
           (unsigned long long)delivery->ack.stream_sequence, subscription->durable,
           nexus_dead_reason_name(burial->reason), (unsigned long long)ack->sequence,
           burial->err.message);
    burial->number = ack->sequence;
    burial->time = nx_wall_time();
    if (!nx_dead_report(burial, mine))
        drop(burial, mine);
}

/* ---- failures */

static void put_off(struct nx_burial *burial, int64_t until)
{
    struct nexus_client *client = burial->delivery->subscription->client;
    struct nx_burials *burials = client->burials;
    bool ended;

    burial->not_before = until;
    burial->next = NULL;
    pthread_mutex_lock(&client->lock);
    ended = burials->ended;
    if (!ended) {
        *burials->last = burial;
        burials->last = &burial->next;
    }
    pthread_mutex_unlock(&client->lock);
    if (ended)
        drop(burial, claim(burial->delivery));
}

/* With every failure in a row the next attempt is further away. */
static int64_t delay_ms(struct nexus_subscription *subscription)
{
    uint32_t ms;

    pthread_mutex_lock(&subscription->client->lock);
    ms = DELAY_FIRST_MS << (subscription->bury_failures < 6 ? subscription->bury_failures : 6);
    subscription->bury_failures++;
    pthread_mutex_unlock(&subscription->client->lock);
    ms = ms > DELAY_MOST_MS ? DELAY_MOST_MS : ms;
    return ms / 2 + randombytes_uniform(ms / 2 + 1);
}

static void report_failure(struct nx_burial *burial, int code, const struct nx_puback *ack)
{
    struct nexus_subscription *subscription = burial->delivery->subscription;
    struct nexus_client *client = subscription->client;
    struct nexus_error cause = NEXUS_ERROR_INIT, err = NEXUS_ERROR_INIT;
    bool fresh;

    nx_count(client, NX_DEAD_FAILED);
    nx_post_fail(code, "nexus-dlq", ack, &cause);
    nx_fail(&err, code, cause.where,
            "event %llu of stream \"%s\" cannot be given up, and will come "
            "again: no dead letter can be stored: %s",
            (unsigned long long)burial->delivery->ack.stream_sequence,
            nexus_delivery_stream(burial->delivery), cause.message);
    pthread_mutex_lock(&client->lock);
    fresh = subscription->bury_reported != code;
    subscription->bury_reported = code;
    pthread_mutex_unlock(&client->lock);
    if (fresh)
        nx_subscription_report(subscription, &err);
    else
        nx_log(client, NEXUS_LOG_DEBUG, "dead_letter_failed", "durable=%s code=%s",
               subscription->durable, nexus_status_name(code));
}

static void condemn(struct nx_burial *burial)
{
    struct nexus_delivery *delivery = burial->delivery;
    struct nexus_subscription *subscription = delivery->subscription;
    struct nx_sentence sentence = {delivery->ack.stream_sequence, delivery->ack.time,
                                   burial->reason, burial->err};

    pthread_mutex_lock(&subscription->client->lock);
    nx_condemned_add(&subscription->condemned, &sentence);
    pthread_mutex_unlock(&subscription->client->lock);
}

/* The event goes back to the server, which delivers it again; or is kept, where the consumer's own
 * limit would then make the server forget it. */
static void failed(struct nx_burial *burial, int code, const struct nx_puback *ack)
{
    struct nexus_delivery *delivery = burial->delivery;
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_client *client = subscription->client;
    int64_t ms;
    char nak[64];

    if (code == NEXUS_E_CLOSED) {
        drop(burial, claim(delivery));
        return;
    }
    report_failure(burial, code, ack);
    ms = delay_ms(subscription);
    if (subscription->server_limit > 0 &&
        delivery->ack.count >= (uint64_t)subscription->server_limit) {
        put_off(burial, client->wire->ops->now(client->wire) + ms * 1000000);
        return;
    }
    condemn(burial);
    if (!claim(delivery)) {
        drop(burial, false);
        return;
    }
    snprintf(nak, sizeof(nak), "-NAK {\"delay\":%lld}", (long long)ms * 1000000);
    nx_settle_say(subscription, delivery->view.reply, nak, true);
    drop(burial, true);
}

/* ---- under way */

static void posted(struct nexus_client *client, int code, const struct nx_puback *ack, void *data)
{
    (void)client;
    if (code == NEXUS_OK)
        buried(data, ack);
    else
        failed(data, code, ack);
}

static const char *owner_of(const struct nexus_subscription *subscription)
{
    bool tenant = !subscription->channel || subscription->channel->has_tenant;

    return tenant && *subscription->arguments[0] ? subscription->arguments[0] : NULL;
}

static int post_letter(struct nx_burial *burial, struct nexus_error *err)
{
    struct nexus_delivery *delivery = burial->delivery;
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_client *client = subscription->client;
    int64_t room = client->wire->ops->max_payload(client->wire);
    struct nx_letter_facts facts = {.reason = burial->reason,
                                    .err = &burial->err,
                                    .owner = owner_of(subscription),
                                    .subject = delivery->view.subject,
                                    .stream = nexus_delivery_stream(delivery),
                                    .consumer = subscription->durable,
                                    .service = client->options->service,
                                    .sequence = delivery->ack.stream_sequence,
                                    .deliveries = delivery->ack.count,
                                    .stored = delivery->ack.time};
    struct nx_letter letter;
    struct nx_post post = {.patience_ns = PATIENCE_NS};
    int code;

    pthread_mutex_lock(&delivery->texts_lock); /* the headers are read by one thread at a time */
    code = nx_letter_write(&letter, &facts, client->wire->ops, delivery->received->incoming,
                           delivery->view.length, room > 0 ? (size_t)room : 0, err);
    pthread_mutex_unlock(&delivery->texts_lock);
    if (code != NEXUS_OK)
        return code;
    post.subject = letter.subject;
    post.headers = letter.headers.items;
    post.header_count = letter.headers.count;
    post.body = delivery->view.body;
    post.length = letter.in_stream ? 0 : delivery->view.length;
    code = nx_post_start(client, &post, posted, burial, err);
    nx_letter_free(&letter);
    return code;
}

static void start(struct nx_burial *burial)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_puback none = {0};
    int code = post_letter(burial, &err);

    if (code == NEXUS_E_FULL)
        put_off(burial, 0);
    else if (code != NEXUS_OK)
        failed(burial, code, &none);
}

/* With the lock: the first one whose time has come. */
static struct nx_burial *take_due(struct nx_burials *burials, int64_t now)
{
    struct nx_burial **at = &burials->first, *found;

    while (*at && (*at)->not_before > now)
        at = &(*at)->next;
    found = *at;
    if (!found)
        return NULL;
    *at = found->next;
    if (!*at)
        burials->last = at;
    return found;
}

int64_t nx_burials_tick(struct nexus_client *client, int64_t now)
{
    struct nx_burials *burials = client->burials;
    unsigned room = nx_posts_room(client);
    int64_t next = INT64_MAX;

    for (; room; room--) {
        struct nx_burial *burial;
        pthread_mutex_lock(&client->lock);
        burial = take_due(burials, now);
        pthread_mutex_unlock(&client->lock);
        if (!burial)
            break;
        start(burial);
    }
    pthread_mutex_lock(&client->lock);
    for (struct nx_burial *at = burials->first; at; at = at->next)
        if (at->not_before > now && at->not_before < next)
            next = at->not_before; /* the others wait for an answer, which wakes the thread */
    pthread_mutex_unlock(&client->lock);
    return next;
}

void nx_burials_abandon(struct nexus_client *client)
{
    struct nx_burial *burial;

    if (!client->burials)
        return;
    do {
        pthread_mutex_lock(&client->lock);
        client->burials->ended = true;
        burial = take_due(client->burials, INT64_MAX);
        pthread_mutex_unlock(&client->lock);
        if (burial)
            drop(burial, claim(burial->delivery));
    } while (burial);
}

void nx_burials_free(struct nexus_client *client)
{
    free(client->burials);
    client->burials = NULL;
}

/* ---- giving up */

bool nx_bury_exhausted(const struct nexus_delivery *delivery)
{
    int64_t limit = delivery->subscription->options.max_deliver;
    int64_t server = delivery->subscription->server_limit;

    if (server > 0 && (limit <= 0 || server < limit))
        limit = server;
    return limit > 0 && !delivery->excused && delivery->ack.count >= (uint64_t)limit;
}

/* Events that were only waiting when a process died count as delivered, too: hence some more. */
bool nx_bury_unanswered(const struct nexus_delivery *delivery)
{
    int64_t limit = delivery->subscription->options.max_deliver;

    return limit > 0 && delivery->ack.count > (uint64_t)limit + UNANSWERED_MORE;
}

bool nx_bury_condemned(struct nexus_delivery *delivery, struct nx_sentence *out)
{
    struct nexus_subscription *subscription = delivery->subscription;
    bool found;

    if (delivery->ack.count < 2)
        return false;
    pthread_mutex_lock(&subscription->client->lock);
    found = nx_condemned_find(subscription->condemned, delivery->ack.stream_sequence,
                              delivery->ack.time, out);
    pthread_mutex_unlock(&subscription->client->lock);
    return found;
}

/* Not stored: the application asked to be told only. */
static bool only_report(struct nx_burial *burial, bool urgent)
{
    struct nexus_delivery *delivery = burial->delivery;

    note_buried(delivery);
    nx_settle_say(delivery->subscription, delivery->view.reply, "+TERM", urgent);
    if (nx_dead_report(burial, true))
        return true;
    free(burial);
    return false;
}

bool nx_bury(struct nexus_delivery *delivery, enum nexus_dead_reason reason,
             const struct nexus_error *err, bool urgent)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nx_burial *burial = calloc(1, sizeof(*burial));

    if (reason == NEXUS_DEAD_EXHAUSTED)
        nx_count(subscription->client, NX_EXHAUSTED);
    if (!burial) {
        nx_settle_give_back(subscription->client, delivery->view.reply, urgent);
        return false;
    }
    burial->delivery = delivery;
    burial->reason = reason;
    burial->err = *err;
    if (subscription->options.dead_letters == NEXUS_DEAD_LETTERS_REPORT)
        return only_report(burial, urgent);
    atomic_store(&delivery->state, NX_DELIVERY_BURYING);
    start(burial);
    return true;
}
