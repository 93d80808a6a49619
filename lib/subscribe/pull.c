/* SPDX-License-Identifier: Apache-2.0 */
#include "pull.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define EXPIRES_NS    30000000000LL
#define HEARTBEAT_NS  5000000000LL
#define TYPICAL_FIRST 1500 /* bytes of a message before any is known */
#define HEADER_FIRST  512  /* what the server counts and we do not see; grows with experience */
#define BYTES_LEAST   65536
#define BACKOFF_FIRST 100u /* milliseconds */
#define BACKOFF_MOST  10000u

void nx_pull_init(struct nx_pull *pull)
{
    memset(pull, 0, sizeof(*pull));
    pull->first_valid = 1;
    pull->typical = TYPICAL_FIRST;
    pull->header_room = HEADER_FIRST;
    pull->expires_ns = EXPIRES_NS;
}

static uint32_t room_for_messages(const struct nexus_subscription *subscription)
{
    uint32_t taken = subscription->queue.count + subscription->pull.outstanding;
    uint32_t limit = subscription->options.queue_messages;

    return taken < limit ? limit - taken : 0;
}

/* While something is on order, wait until half of the queue is free: few large pulls are cheaper
 * than many small ones, and the other half keeps the wire busy meanwhile. */
bool nx_pull_due(const struct nexus_subscription *subscription)
{
    const struct nx_pull *pull = &subscription->pull;
    uint32_t room = room_for_messages(subscription);

    if (subscription->closed || !subscription->client->up || pull->state != NX_PULL_RUNNING)
        return false;
    if (pull->alone)
        return !subscription->queue.count && !pull->outstanding;
    return room && (!pull->outstanding || room >= (subscription->options.queue_messages + 1) / 2);
}

struct order {
    uint64_t number;
    uint32_t batch;
    size_t bytes; /* 0: no limit */
    int64_t expires_ns;
};

/* How many bytes to allow for a number of messages: what they need, going by those before them, and
 * not all that is free, since what a pull leaves unused stays reserved until all have ended. */
static size_t bytes_wanted(const struct nx_pull *pull, uint32_t batch)
{
    size_t each = pull->typical + pull->typical / 4 + pull->header_room;
    size_t wanted = each * batch;

    return wanted > BYTES_LEAST ? wanted : BYTES_LEAST;
}

/* With the lock: what to ask for; false: nothing now. */
static bool size_order(struct nexus_subscription *subscription, struct order *order)
{
    struct nx_pull *pull = &subscription->pull;
    size_t used = subscription->queue_bytes + pull->reserved;
    size_t limit = subscription->options.queue_bytes;

    order->bytes = 0;
    order->batch = 1;
    if (pull->alone)
        return true;
    order->batch = room_for_messages(subscription);
    if (pull->batch_limit && order->batch > pull->batch_limit)
        order->batch = pull->batch_limit;
    order->bytes = bytes_wanted(pull, order->batch);
    if (pull->bytes_limit && order->bytes > pull->bytes_limit)
        order->bytes = pull->bytes_limit;
    if (order->bytes <= (used < limit ? limit - used : 0))
        return true;
    /* Too little is free for that. Take what there is when nothing is on order, so that it goes
     * on; a message that does not fit is asked for by itself once the queue is empty. */
    order->bytes = used < limit ? limit - used : 0;
    return !pull->outstanding && order->bytes >= limit / 2;
}

static bool place_order(struct nexus_subscription *subscription, struct order *order)
{
    struct nx_pull *pull = &subscription->pull;
    size_t slot;

    if (!nx_pull_due(subscription))
        return false;
    if (!pull->outstanding)
        pull->reserved = 0;
    if (!size_order(subscription, order))
        return false;
    pull->epoch = subscription->client->epoch;
    order->number = ++pull->last_number;
    order->expires_ns = pull->expires_ns;
    slot = order->number % NX_PULL_RECORDS;
    pull->records[slot].number = order->number;
    pull->records[slot].batch = order->batch;
    pull->records[slot].bytes = order->bytes;
    pull->outstanding += order->batch;
    pull->reserved += order->bytes;
    pull->each = order->bytes / order->batch;
    pull->heard = true; /* the heartbeats begin anew */
    pull->alone = false;
    return true;
}

static int send_order(struct nexus_subscription *subscription, const struct order *order)
{
    struct nexus_client *client = subscription->client;
    int64_t heartbeat = order->expires_ns / 3 < HEARTBEAT_NS ? order->expires_ns / 3 : HEARTBEAT_NS;
    char reply[sizeof(client->inbox) + 64];
    char body[160], bytes[40] = "";

    snprintf(reply, sizeof(reply), "%s.p%llu.%llu", client->inbox,
             (unsigned long long)subscription->listener, (unsigned long long)order->number);
    if (order->bytes)
        snprintf(bytes, sizeof(bytes), "\"max_bytes\":%zu,", order->bytes);
    snprintf(body, sizeof(body), "{\"batch\":%u,%s\"expires\":%lld,\"idle_heartbeat\":%lld}",
             order->batch, bytes, (long long)order->expires_ns, (long long)heartbeat);
    return client->wire->ops->send_bytes(client->wire, subscription->pull_subject, reply, body,
                                         strlen(body), true);
}

void nx_pull_fill(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    struct order order;
    bool placed;

    pthread_mutex_lock(&client->lock);
    placed = place_order(subscription, &order);
    pthread_mutex_unlock(&client->lock);
    if (!placed || send_order(subscription, &order) == NEXUS_OK)
        return;
    /* The wire has just gone, and its return starts everything anew; or there is no memory. */
    pthread_mutex_lock(&client->lock);
    if (order.number >= subscription->pull.first_valid) {
        nx_pull_forget(subscription);
        nx_pull_back_off(subscription, false);
    }
    pthread_mutex_unlock(&client->lock);
    client->wire->ops->wake(client->wire);
}

void nx_pull_arrived(struct nexus_subscription *subscription, size_t size)
{
    struct nx_pull *pull = &subscription->pull;
    size_t known = pull->typical;

    if (pull->outstanding)
        pull->outstanding--;
    if (size < pull->each)
        known = pull->each; /* what was reserved for it */
    else
        known = size;
    pull->reserved -= known < pull->reserved ? known : pull->reserved;
    known = pull->typical;
    pull->typical = size > known ? known + (size - known + 15) / 16 : known - (known - size) / 16;
    pull->heard = true;
    pull->attempts = 0;
    pull->reported = NEXUS_OK;
}

void nx_pull_forget(struct nexus_subscription *subscription)
{
    struct nx_pull *pull = &subscription->pull;

    pull->outstanding = 0;
    pull->reserved = 0;
    pull->first_valid = pull->last_number + 1;
}

void nx_pull_back_off(struct nexus_subscription *subscription, bool check)
{
    struct nx_pull *pull = &subscription->pull;
    struct nx_transport *wire = subscription->client->wire;
    uint32_t ms = BACKOFF_FIRST << (pull->attempts < 7 ? pull->attempts : 7);

    if (ms > BACKOFF_MOST)
        ms = BACKOFF_MOST;
    /* Half to all of it, at random, so that instances do not come back in step. */
    ms = ms / 2 + randombytes_uniform(ms / 2 + 1);
    pull->attempts++;
    pull->state = NX_PULL_WAITING;
    pull->check_wanted = pull->check_wanted || check;
    pull->retry_at = wire->ops->now(wire) + (int64_t)ms * 1000000;
}
