/* SPDX-License-Identifier: Apache-2.0 */
/* The I/O thread: from the file to the window, as fast as the window and the rate allow. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "spool.h"
#include "status.h"

#define SETTLE_LIMIT_NS 10000000000LL
#define ROUND_MOST      512 /* between two looks at the wire */

void nx_spool_done(struct nx_spool *spool, const struct nx_kept *kept)
{
    spool->present--;
    spool->present_bytes -=
        kept->length < spool->present_bytes ? kept->length : spool->present_bytes;
    if (spool->done_count == spool->done_capacity) {
        size_t capacity = spool->done_capacity ? spool->done_capacity * 2 : 256;
        struct nx_spool_done *grown = realloc(spool->done, capacity * sizeof(*grown));
        if (!grown)
            return; /* its row stays, and the stream drops the double */
        spool->done = grown;
        spool->done_capacity = capacity;
    }
    spool->done[spool->done_count++] = (struct nx_spool_done){kept->id, kept->length};
    nx_spool_wake(spool);
}

/* Where time moves in steps, the disk takes none of it: the step waits for the writer. */
static void settle(struct nx_spool *spool)
{
    int64_t limit = nx_monotonic_time() + SETTLE_LIMIT_NS;
    struct timespec until = {(time_t)(limit / 1000000000), (long)(limit % 1000000000)};

    if (!spool->client->wire->ops->waiting)
        return;
    pthread_mutex_lock(&spool->lock);
    while (!spool->idle || spool->appends.count ||
           (spool->wanted && !spool->caught_up && !spool->ready.count && !spool->unreadable))
        if (pthread_cond_timedwait(&spool->settled, &spool->lock, &until) == ETIMEDOUT)
            break;
    pthread_mutex_unlock(&spool->lock);
}

/* ---- into the window; with the client's lock */

static void drop(struct nx_spool *spool, struct nx_kept *kept, enum nexus_spool_reason reason,
                 int code, const char *message)
{
    nx_count(spool->client, NX_FAILED);
    nx_spool_report_locked(spool, reason, code, kept, 1, message);
    pthread_mutex_lock(&spool->lock);
    nx_spool_done(spool, kept);
    pthread_mutex_unlock(&spool->lock);
    nx_kept_release(kept);
}

static void leave_in_file(struct nx_spool *spool, struct nx_kept *kept)
{
    pthread_mutex_lock(&spool->lock);
    nx_ids_remove(&spool->held, kept->id);
    pthread_mutex_unlock(&spool->lock);
    nx_kept_release(kept);
}

int64_t nx_spool_deadline(const struct nx_spool *spool, const struct nx_kept *kept)
{
    int64_t left = kept->accepted_at + spool->client->options->spool_age_ms - nx_wall_ms();

    return spool->client->wire->ops->now(spool->client->wire) + (left > 0 ? left : 0) * 1000000;
}

static void start(struct nx_spool *spool, struct nx_kept *kept, const struct nx_outgoing *event)
{
    struct nexus_client *client = spool->client;
    struct nx_record *record = nx_record_take(client->publisher);
    int code =
        record ? nx_record_name(record, event->subject, event->message_id, event->causal_id, NULL)
               : NEXUS_E_MEMORY;

    if (code == NEXUS_OK)
        code = nx_record_message(client, record, event, NULL);
    if (code != NEXUS_OK) {
        if (record)
            nx_record_free(client->publisher, record);
        nx_spool_park(spool, event->subject, kept->id, code);
        leave_in_file(spool, kept);
        return;
    }
    record->kept = kept;
    record->drained = true;
    record->channel = event->channel;
    record->accepted_at = client->wire->ops->now(client->wire);
    record->deadline = nx_spool_deadline(spool, kept);
    spool->in_window++;
    spool->window_bytes += kept->length;
    nx_window_enter(client, record);
    nx_record_start(client, record, false);
}

static void feed_one(struct nx_spool *spool, struct nx_kept *kept)
{
    struct nx_outgoing event;

    if (nx_outgoing_read(kept->bytes, kept->length, &event, NULL) != NEXUS_OK)
        drop(spool, kept, NEXUS_SPOOL_LOST, NEXUS_E_IO, "its bytes are damaged");
    else if (nx_spool_aged(spool, kept))
        drop(spool, kept, NEXUS_SPOOL_DROPPED_AGE, NEXUS_E_TIMEOUT, "older than the limit");
    else if (nx_spool_is_parked(spool, event.subject, kept->id))
        leave_in_file(spool, kept);
    else
        start(spool, kept, &event);
}

/* ---- how fast */

static bool has_room(const struct nx_spool *spool)
{
    const struct nx_options *options = spool->client->options;

    return spool->in_window < options->window_events &&
           (!spool->in_window || spool->window_bytes < options->window_bytes);
}

/* What was there when the connection was made goes at its rate. */
static void new_backlog(struct nx_spool *spool, int64_t now)
{
    if (spool->backlog_epoch == spool->client->epoch)
        return;
    spool->backlog_epoch = spool->client->epoch;
    spool->rate_at = now;
    pthread_mutex_lock(&spool->lock);
    spool->backlog_through = spool->next_id - 1;
    pthread_mutex_unlock(&spool->lock);
}

/* When an event may go; a tenth of a second may be caught up with. */
static bool rate_allows(struct nx_spool *spool, const struct nx_kept *kept, int64_t now)
{
    uint32_t rate = spool->client->options->spool_rate;
    int64_t step = rate ? 1000000000 / rate : 0;

    if (!rate || kept->id > spool->backlog_through)
        return true;
    if (spool->rate_at > now)
        return false;
    if (spool->rate_at < now - 100000000)
        spool->rate_at = now - 100000000;
    spool->rate_at += step;
    return true;
}

/* The next event to be sent, or NULL. `*next` is when there may be one. */
static struct nx_kept *take_ready(struct nx_spool *spool, int64_t now, int64_t *next)
{
    struct nx_kept *kept = NULL;

    pthread_mutex_lock(&spool->lock);
    if (spool->ready.first && has_room(spool)) {
        if (rate_allows(spool, spool->ready.first, now))
            kept = nx_kept_pop(&spool->ready);
        else
            *next = spool->rate_at;
    }
    pthread_mutex_unlock(&spool->lock);
    return kept;
}

static void want(struct nx_spool *spool, bool wanted)
{
    pthread_mutex_lock(&spool->lock);
    spool->wanted = wanted;
    if (wanted && !spool->caught_up)
        nx_spool_wake(spool);
    pthread_mutex_unlock(&spool->lock);
}

/* With the client's lock, which it releases and takes. False when nothing was sent. */
static bool feed(struct nx_spool *spool, int64_t now, int64_t *next)
{
    struct nexus_client *client = spool->client;
    struct nx_kept *kept = NULL;
    unsigned fed = 0;

    while (client->up && !client->publisher->gated && fed < ROUND_MOST &&
           (kept = take_ready(spool, now, next))) {
        feed_one(spool, kept);
        fed++;
    }
    if (fed == ROUND_MOST)
        *next = now;
    want(spool, client->up && !client->publisher->gated && has_room(spool));
    return fed > 0;
}

int64_t nx_spool_tick(struct nexus_client *client, int64_t now)
{
    struct nx_spool *spool = client->spool;
    int64_t next = INT64_MAX, parked;
    bool again;

    if (!spool)
        return INT64_MAX;
    do {
        settle(spool);
        pthread_mutex_lock(&client->lock);
        if (!client->up)
            nx_spool_adopt_all(client);
        else
            new_backlog(spool, now);
        parked = nx_spool_unpark(spool, now);
        again = feed(spool, now, &next);
        pthread_mutex_unlock(&client->lock);
    } while (again && client->wire->ops->waiting && next > now);
    settle(spool);
    return parked < next ? parked : next;
}
