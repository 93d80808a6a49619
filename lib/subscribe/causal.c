/* SPDX-License-Identifier: Apache-2.0 */
#include "causal.h"

#include <stdlib.h>
#include <string.h>

#include "clock_check.h"
#include "delivery.h"

struct nx_causal *nx_causal_new(void)
{
    struct nx_causal *causal = calloc(1, sizeof(*causal));

    if (!causal)
        return NULL;
    causal->last = &causal->first;
    causal->deadline = INT64_MAX;
    if (nx_clock_entries_init(&causal->seen, NX_CAUSAL_NODES))
        return causal;
    nx_causal_free(causal);
    return NULL;
}

void nx_causal_free(struct nx_causal *causal)
{
    if (!causal)
        return;
    nx_clock_entries_free(&causal->seen);
    free(causal);
}

/* ---- judging; with receive_lock */

/* Does something with each entry of an event's clock. Returns how many it says are so. */
static unsigned each_entry(struct nexus_delivery *delivery,
                           bool (*is)(struct nx_clock_entries *seen,
                                      const struct nx_clock_member *member))
{
    struct nx_clock_entries *seen = &delivery->subscription->causal->seen;
    const struct nx_json *json = &delivery->json;
    uint32_t node = delivery->envelope.vector_clock;
    struct nx_arena arena = NX_ARENA_INIT;
    struct nx_clock_member member;
    unsigned count = 0;

    for (uint32_t key = node + 1; key < json->nodes[node].next; key = json->nodes[key + 1].next)
        if (nx_clock_member(json, key, &arena, &member))
            count += is(seen, &member);
    nx_arena_free(&arena);
    return count;
}

static bool is_ahead(struct nx_clock_entries *seen, const struct nx_clock_member *member)
{
    return member->value > nx_clock_entries_get(seen, member->name, member->length);
}

static bool raises(struct nx_clock_entries *seen, const struct nx_clock_member *member)
{
    return nx_clock_entries_raise(seen, member->name, member->length, member->value);
}

static bool adds(struct nx_clock_entries *seen, const struct nx_clock_member *member)
{
    return !raises(seen, member) && member->value > 0 &&
           nx_clock_entries_add(seen, member->name, member->length, member->value);
}

static void take_in(struct nexus_delivery *delivery)
{
    nx_clock_entries_begin(&delivery->subscription->causal->seen);
    each_entry(delivery, raises);
    each_entry(delivery, adds);
}

/* 0: it is in order. */
static enum nexus_disorder judge(struct nexus_delivery *delivery)
{
    const struct nx_json *json = &delivery->json;
    unsigned ahead;

    if (!delivery->subscription->causal->seen.count ||
        !json->nodes[delivery->envelope.vector_clock].count)
        return (enum nexus_disorder)0;
    ahead = each_entry(delivery, is_ahead);
    return ahead == 0  ? NEXUS_DISORDER_INVERSION
           : ahead > 1 ? NEXUS_DISORDER_GAP
                       : (enum nexus_disorder)0;
}

/* What was seen, for the callback; NULL without memory. */
static char *seen_text(struct nx_causal *causal)
{
    const struct nx_buf *entries = nx_clock_entries_text(&causal->seen);
    struct nx_buf text = NX_BUF_INIT;
    char *taken;

    if (!entries)
        return NULL;
    nx_buf_putc(&text, '{');
    if (entries->length)
        nx_buf_append(&text, entries->data + 1, entries->length - 1);
    nx_buf_putc(&text, '}');
    taken = nx_buf_take(&text);
    nx_buf_free(&text);
    return taken;
}

/* ---- telling */

static void tell(struct nexus_delivery *delivery, enum nexus_disorder disorder, bool held,
                 char *seen)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_causality what = {
        .size = sizeof(what),
        .delivery = delivery,
        .event_clock = nx_delivery_text(delivery, NX_TEXT_VECTOR_CLOCK),
        .seen_clock = seen,
        .disorder = disorder,
        .held = held,
    };

    nx_count(subscription->client,
             disorder == NEXUS_DISORDER_GAP ? NX_CAUSAL_GAPS : NX_CAUSAL_INVERSIONS);
    if (seen)
        subscription->options.causality(subscription, &what, subscription->options.causality_data);
    free(seen);
}

/* ---- holding */

/* With both locks free: puts it aside when there is room. It stays in hand, and so does its lease.
 */
static bool put_aside(struct nexus_delivery *delivery)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_client *client = subscription->client;
    struct nx_causal *causal = subscription->causal;
    bool room;

    pthread_mutex_lock(&client->lock);
    room = causal->count < subscription->options.hold_back && !subscription->closed &&
           atomic_load(&delivery->state) == NX_DELIVERY_OPEN;
    if (room) {
        delivery->next = NULL;
        delivery->hold_until =
            client->wire->ops->now(client->wire) + subscription->options.hold_back_ms * 1000000;
        if (!causal->first)
            causal->deadline = delivery->hold_until;
        *causal->last = delivery;
        causal->last = &delivery->next;
        causal->count++;
        subscription->running = false;
        nx_count(client, NX_CAUSAL_HELD);
    }
    pthread_mutex_unlock(&client->lock);
    if (room)
        client->wire->ops->wake(client->wire); /* its deadline is new to the I/O thread */
    return room;
}

static void handed_out(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;

    if (!subscription->options.hold_back)
        return;
    pthread_mutex_lock(&client->lock);
    subscription->causal->advanced = subscription->causal->count > 0;
    pthread_mutex_unlock(&client->lock);
}

bool nx_causal_hold(struct nexus_delivery *delivery)
{
    struct nexus_subscription *subscription = delivery->subscription;
    enum nexus_disorder disorder = (enum nexus_disorder)0;
    bool wanted, held = false;
    char *seen = NULL;

    pthread_mutex_lock(&subscription->receive_lock);
    if (delivery->ack.count == 1)
        disorder = judge(delivery);
    wanted = disorder == NEXUS_DISORDER_GAP && subscription->options.hold_back;
    if (disorder && subscription->options.causality)
        seen = seen_text(subscription->causal);
    if (!wanted)
        take_in(delivery);
    pthread_mutex_unlock(&subscription->receive_lock);
    if (disorder)
        tell(delivery, disorder, wanted, seen);
    if (wanted)
        held = put_aside(delivery);
    if (wanted && !held) {
        pthread_mutex_lock(&subscription->receive_lock);
        take_in(delivery);
        pthread_mutex_unlock(&subscription->receive_lock);
    }
    if (!held)
        handed_out(subscription);
    return held;
}

/* ---- releasing */

bool nx_causal_due(const struct nexus_subscription *subscription)
{
    const struct nx_causal *causal = subscription->causal;

    return causal->count && !subscription->paused && causal->advanced;
}

/* With the client's lock. */
static void unlink_held(struct nexus_subscription *subscription, struct nexus_delivery **at)
{
    struct nx_causal *causal = subscription->causal;
    struct nexus_delivery *delivery = *at;

    *at = delivery->next;
    if (causal->last == &delivery->next)
        causal->last = at;
    causal->count--;
    nx_uncount(subscription->client, NX_CAUSAL_HELD);
}

/* With the client's lock. Whether its time has come: what it builds on was seen, or waiting is
 * over. Then it is taken in. */
static bool ripe(struct nexus_delivery *delivery, int64_t now)
{
    struct nexus_subscription *subscription = delivery->subscription;
    bool overdue = delivery->hold_until <= now, is;

    pthread_mutex_lock(&subscription->receive_lock);
    is = overdue || each_entry(delivery, is_ahead) <= 1;
    if (is)
        take_in(delivery);
    pthread_mutex_unlock(&subscription->receive_lock);
    if (is && overdue)
        nx_count(subscription->client, NX_CAUSAL_OVERDUE);
    return is;
}

struct nexus_delivery *nx_causal_next(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    struct nx_causal *causal = subscription->causal;
    struct nexus_delivery **at, *found = NULL;
    int64_t now = client->wire->ops->now(client->wire);

    pthread_mutex_lock(&client->lock);
    at = &causal->first;
    while (!subscription->closed && *at && !ripe(*at, now))
        at = &(*at)->next;
    if (!subscription->closed && *at) {
        found = *at;
        unlink_held(subscription, at);
        subscription->running = true;
        subscription->runner = pthread_self();
    }
    causal->advanced = found && causal->count; /* it may be what others wait for */
    causal->deadline = causal->first ? causal->first->hold_until : INT64_MAX;
    pthread_mutex_unlock(&client->lock);
    return found;
}

void nx_causal_tick(struct nexus_subscription *subscription, int64_t now)
{
    struct nexus_client *client = subscription->client;
    struct nx_causal *causal = subscription->causal;

    pthread_mutex_lock(&client->lock);
    if (causal->deadline <= now) {
        causal->deadline = INT64_MAX; /* until they have been looked at */
        causal->advanced = true;
        nx_due_signal(client);
    }
    pthread_mutex_unlock(&client->lock);
}

struct nexus_delivery *nx_causal_take_all(struct nexus_subscription *subscription)
{
    struct nx_causal *causal = subscription->causal;
    struct nexus_delivery *all = causal->first;

    atomic_fetch_sub_explicit(&subscription->client->counters[NX_CAUSAL_HELD], causal->count,
                              memory_order_relaxed);
    causal->first = NULL;
    causal->last = &causal->first;
    causal->count = 0;
    causal->deadline = INT64_MAX;
    return all;
}
