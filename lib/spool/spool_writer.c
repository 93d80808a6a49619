/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that owns the file. While one commit is on its way to the disk, what is published
 * meanwhile gathers for the next: the busier, the larger the commits. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spool.h"
#include "spool_sign.h"
#include "status.h"
#include "store.h"

#define BATCH_EVENTS  8192
#define BATCH_BYTES   (8 * 1048576)
#define DONE_MANY     2048
#define DONE_PAUSE_NS 100000000LL  /* few removals wait this long for company */
#define AGE_PAUSE_NS  1000000000LL /* how often ages are looked at, and failed reads repeated */
#define READY_LOW     1024
#define READY_MOST    3072
#define READY_BYTES   (4 * 1048576)
#define TRY_AHEAD     8192

/* What one round does. */
struct round {
    struct nx_kept_queue batch;
    struct nx_kept_queue full, aged; /* dropped */
    struct nx_spool_done *done;      /* kept until they are gone from the file */
    size_t done_count, done_capacity;
    bool wanted;  /* more is to be read */
    bool direct;  /* what is written now may go to the window without being read */
    bool ages;    /* it is time to look at ages */
    int64_t now;  /* wall milliseconds */
    int64_t from; /* reading starts here */
    uint64_t rewinds;
};

/* ---- waiting for work; with the lock */

static bool can_read(const struct nx_spool *spool)
{
    return spool->wanted && !spool->caught_up && !spool->unreadable &&
           spool->ready.count < READY_LOW && spool->ready.bytes < READY_BYTES;
}

static bool has_work(const struct nx_spool *spool)
{
    return spool->stopping || spool->appends.count || spool->done_count >= DONE_MANY ||
           can_read(spool);
}

static void wait_for_work(struct nx_spool *spool, struct round *round)
{
    int64_t next = INT64_MAX;

    if (spool->done_count || round->done_count)
        next = nx_monotonic_time() + DONE_PAUSE_NS;
    else if (spool->present || spool->unreadable)
        next = nx_monotonic_time() + AGE_PAUSE_NS;
    while (!has_work(spool)) {
        struct timespec until = {(time_t)(next / 1000000000), (long)(next % 1000000000)};
        int waited;
        spool->idle = true;
        pthread_cond_broadcast(&spool->settled);
        waited = next == INT64_MAX ? pthread_cond_wait(&spool->work, &spool->lock)
                                   : pthread_cond_timedwait(&spool->work, &spool->lock, &until);
        spool->idle = false;
        if (waited == ETIMEDOUT) {
            spool->unreadable = false;
            return;
        }
        if (next == INT64_MAX && spool->done_count)
            next = nx_monotonic_time() + DONE_PAUSE_NS;
    }
}

static void take_done(struct nx_spool *spool, struct round *round)
{
    size_t count = round->done_count + spool->done_count;

    if (count > round->done_capacity) {
        struct nx_spool_done *grown = realloc(round->done, count * 2 * sizeof(*grown));
        if (!grown)
            return; /* later */
        round->done = grown;
        round->done_capacity = count * 2;
    }
    if (spool->done_count)
        memcpy(round->done + round->done_count, spool->done,
               spool->done_count * sizeof(*spool->done));
    round->done_count = count;
    spool->done_count = 0;
}

static void take_work(struct nx_spool *spool, struct round *round)
{
    nx_kept_queue_init(&round->batch);
    nx_kept_queue_init(&round->full);
    nx_kept_queue_init(&round->aged);
    while (spool->appends.count && round->batch.count < BATCH_EVENTS &&
           round->batch.bytes < BATCH_BYTES)
        nx_kept_push(&round->batch, nx_kept_pop(&spool->appends));
    take_done(spool, round);
    round->now = nx_wall_ms();
    round->wanted = can_read(spool);
    round->direct = spool->wanted && spool->caught_up && spool->ready.count < READY_MOST &&
                    spool->ready.bytes < READY_BYTES;
    round->from = spool->cursor;
    round->rewinds = spool->rewinds;
}

/* ---- the transaction */

static int compare_done(const void *a, const void *b)
{
    int64_t left = ((const struct nx_spool_done *)a)->id,
            right = ((const struct nx_spool_done *)b)->id;

    return (left > right) - (left < right);
}

static int remove_done(struct nx_spool *spool, struct round *round, struct nexus_error *err)
{
    int code = NEXUS_OK;

    if (round->done_count)
        qsort(round->done, round->done_count, sizeof(*round->done), compare_done);
    for (size_t i = 0, next; code == NEXUS_OK && i < round->done_count; i = next) {
        uint64_t bytes = round->done[i].length;
        for (next = i + 1;
             next < round->done_count && round->done[next].id == round->done[next - 1].id + 1;
             next++)
            bytes += round->done[next].length;
        code =
            nx_store_remove(spool->store, round->done[i].id, round->done[next - 1].id, bytes, err);
    }
    return code;
}

static int insert_batch(struct nx_spool *spool, struct round *round, struct nexus_error *err)
{
    int64_t last = 0;
    int code = NEXUS_OK;

    for (struct nx_kept *at = round->batch.first; code == NEXUS_OK && at; at = at->next) {
        code = nx_store_insert(spool->store, at, err);
        if (code == NEXUS_OK && at->adopted)
            code =
                nx_store_try(spool->store, at->id, at->noted_at ? at->noted_at : round->now, err);
        if (!at->adopted)
            last = at->id;
    }
    if (code == NEXUS_OK && round->direct && last)
        code = nx_store_try(spool->store, last, round->now, err);
    return code;
}

/* Whoever is read next may be sent from now on. */
static int note_tries(struct nx_spool *spool, struct round *round, struct nexus_error *err)
{
    struct nx_store *store = spool->store;
    int64_t last = store->totals.next_id - 1;

    if (!round->wanted || store->tried_through >= last || round->from <= store->tried_through)
        return NEXUS_OK;
    return nx_store_try(store, round->from + TRY_AHEAD < last ? round->from + TRY_AHEAD : last,
                        round->now, err);
}

static bool anything_to_write(const struct nx_spool *spool, const struct round *round)
{
    const struct nx_store *store = spool->store;

    return round->batch.count || round->done_count || round->ages ||
           (round->wanted && store->tried_through < store->totals.next_id - 1 &&
            round->from > store->tried_through);
}

static int transact(struct nx_spool *spool, struct round *round, struct nexus_error *err)
{
    int code = nx_store_begin(spool->store, err);

    if (code == NEXUS_OK)
        code = insert_batch(spool, round, err);
    if (code == NEXUS_OK)
        code = remove_done(spool, round, err);
    if (code == NEXUS_OK)
        code = nx_spool_drop(spool, &round->full, round->ages ? &round->aged : NULL, err);
    if (code == NEXUS_OK)
        code = note_tries(spool, round, err);
    if (code == NEXUS_OK)
        code = nx_store_commit(spool->store, err);
    if (code != NEXUS_OK)
        nx_store_rollback(spool->store);
    return code;
}

/* The file turned out to be damaged: what can be read goes into a new one, and work goes on. */
static int replace(struct nx_spool *spool, const struct round *round, struct nexus_error *err)
{
    struct nx_store_damage damage;
    int code = nx_store_replace(spool->store, &damage, err);
    uint64_t leaving;

    if (code != NEXUS_OK)
        return code == NEXUS_E_INTERNAL ? NEXUS_E_IO : code;
    pthread_mutex_lock(&spool->lock);
    leaving = round->done_count + spool->done_count;
    spool->stats.recovered += damage.recovered;
    spool->present = spool->store->totals.events + spool->appends.count + round->batch.count;
    spool->present -= leaving < spool->present ? leaving : spool->present;
    spool->present_bytes = spool->store->totals.bytes + spool->appends.bytes + round->batch.bytes;
    pthread_mutex_unlock(&spool->lock);
    nx_spool_report(spool, NEXUS_SPOOL_LOST, NEXUS_E_IO, NULL, damage.lost,
                    "the file was damaged and is now %s: %llu events were recovered",
                    damage.set_aside, (unsigned long long)damage.recovered);
    return NEXUS_OK;
}

static void forget_drops(struct round *round)
{
    struct nx_kept *kept;

    while ((kept = nx_kept_pop(&round->full)) || (kept = nx_kept_pop(&round->aged)))
        nx_kept_release(kept);
}

static int write_round(struct nx_spool *spool, struct round *round, struct nexus_error *err)
{
    int code = nx_spool_sign(spool, &round->batch, err);

    if (code != NEXUS_OK)
        return code;
    code = transact(spool, round, err);
    if (code == NEXUS_OK)
        return code;
    forget_drops(round);
    if (code == NEXUS_E_INTERNAL && replace(spool, round, err) == NEXUS_OK)
        code = transact(spool, round, err);
    return code == NEXUS_E_INTERNAL ? NEXUS_E_IO : code;
}

/* ---- afterwards */

static void report_drops(struct nx_spool *spool, struct nx_kept_queue *drops,
                         enum nexus_spool_reason reason)
{
    struct nx_kept *kept;

    while ((kept = nx_kept_pop(drops))) {
        pthread_mutex_lock(&spool->lock);
        spool->present--;
        spool->present_bytes -= kept->length;
        pthread_mutex_unlock(&spool->lock);
        nx_spool_report(spool, reason,
                        reason == NEXUS_SPOOL_DROPPED_AGE ? NEXUS_E_TIMEOUT : NEXUS_E_FULL, kept, 1,
                        "%s",
                        reason == NEXUS_SPOOL_DROPPED_AGE ? "older than the limit"
                                                          : "dropped to make room for newer ones");
        nx_kept_release(kept);
    }
}

/* With the lock: what was written goes on to the window, or is forgotten until it is read. */
static void pass_on(struct nx_spool *spool, struct round *round)
{
    struct nx_kept *kept;
    bool direct = round->direct && spool->rewinds == round->rewinds;

    while ((kept = nx_kept_pop(&round->batch))) {
        if (kept->adopted) {
            nx_kept_release(kept);
        } else if (direct && nx_ids_add(&spool->held, kept->id)) {
            spool->cursor = kept->id + 1;
            spool->store->given_through = kept->id;
            nx_kept_push(&spool->ready, kept);
        } else {
            direct = spool->caught_up = false;
            nx_kept_release(kept);
        }
    }
}

static void succeed(struct nx_spool *spool, struct round *round)
{
    /* The counters first: whoever is told may look. */
    pthread_mutex_lock(&spool->lock);
    spool->stats.commits++;
    spool->oldest_at = spool->store->oldest_at;
    spool->stats.appended += round->batch.count;
    pthread_mutex_unlock(&spool->lock);
    nx_spool_durable(spool, round->batch.first, NEXUS_OK, NULL);
    pthread_mutex_lock(&spool->lock);
    for (size_t i = 0; i < round->done_count; i++)
        nx_ids_remove(&spool->held, round->done[i].id);
    round->done_count = 0;
    pass_on(spool, round);
    pthread_mutex_unlock(&spool->lock);
    report_drops(spool, &round->full, NEXUS_SPOOL_DROPPED_FULL);
    report_drops(spool, &round->aged, NEXUS_SPOOL_DROPPED_AGE);
}

/* Those who wait are told. What was to be removed stays to be removed. */
static void fail(struct nx_spool *spool, struct round *round, int code,
                 const struct nexus_error *err)
{
    struct nx_kept *kept;

    nx_log(spool->client, NEXUS_LOG_ERROR, "spool_write_failed", "code=%s events=%zu reason=\"%s\"",
           nexus_status_name(code), round->batch.count, err->message);
    pthread_mutex_lock(&spool->lock);
    spool->stats.write_errors++;
    for (kept = round->batch.first; kept; kept = kept->next) {
        spool->present -= !kept->removed;
        spool->present_bytes -= kept->removed ? 0 : kept->length;
        kept->removed = true;
    }
    pthread_mutex_unlock(&spool->lock);
    nx_spool_durable(spool, round->batch.first, code, err);
    pthread_mutex_lock(&spool->lock);
    while ((kept = nx_kept_pop(&round->batch))) {
        nx_ids_remove(&spool->held, kept->id);
        nx_kept_release(kept);
    }
    pthread_mutex_unlock(&spool->lock);
}

/* ---- reading ahead */

static int read_more(struct nx_spool *spool, struct round *round, struct nx_kept_queue *out,
                     struct nexus_error *err)
{
    int64_t to = spool->store->tried_through;
    struct nx_kept *kept;
    int code = NEXUS_OK;

    while (out->count < READY_MOST - READY_LOW && out->bytes < READY_BYTES && round->from <= to) {
        code = nx_store_read(spool->store, round->from, to, &kept, err);
        if (code != NEXUS_OK)
            break;
        round->from = kept ? kept->id + 1 : to + 1;
        if (kept)
            nx_kept_push(out, kept);
    }
    if (round->from - 1 > spool->store->given_through)
        spool->store->given_through = round->from - 1;
    return code;
}

static void read_ahead(struct nx_spool *spool, struct round *round)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_kept_queue read;
    struct nx_kept *kept;
    int code;

    nx_kept_queue_init(&read);
    code = read_more(spool, round, &read, &err);
    if (code == NEXUS_E_INTERNAL && replace(spool, round, &err) != NEXUS_OK)
        code = NEXUS_E_IO;
    if (code != NEXUS_OK && code != NEXUS_E_INTERNAL)
        nx_log(spool->client, NEXUS_LOG_ERROR, "spool_read_failed", "reason=\"%s\"", err.message);
    pthread_mutex_lock(&spool->lock);
    spool->unreadable = code != NEXUS_OK && code != NEXUS_E_INTERNAL;
    if (spool->rewinds == round->rewinds) {
        spool->cursor = round->from;
        spool->caught_up = round->from >= spool->store->totals.next_id;
    }
    while ((kept = nx_kept_pop(&read))) {
        if (spool->rewinds == round->rewinds && !nx_ids_has(&spool->held, kept->id) &&
            nx_ids_add(&spool->held, kept->id))
            nx_kept_push(&spool->ready, kept);
        else
            nx_kept_release(kept);
    }
    pthread_mutex_unlock(&spool->lock);
}

/* ---- the thread */

static void work(struct nx_spool *spool, struct round *round)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int code = NEXUS_OK;

    if (anything_to_write(spool, round)) {
        code = write_round(spool, round, &err);
        if (code == NEXUS_OK)
            succeed(spool, round);
        else
            fail(spool, round, code, &err);
    }
    if (round->wanted)
        read_ahead(spool, round);
    if (round->wanted || round->direct)
        spool->client->wire->ops->wake(spool->client->wire);
}

void *nx_spool_writer_main(void *argument)
{
    struct nx_spool *spool = argument;
    struct round round = {.done = NULL};
    int64_t ages_at = 0;
    bool more = true;

    while (more) {
        pthread_mutex_lock(&spool->lock);
        wait_for_work(spool, &round);
        take_work(spool, &round);
        more = !spool->stopping || spool->appends.count;
        round.ages = spool->present > 0 && nx_monotonic_time() >= ages_at;
        pthread_mutex_unlock(&spool->lock);
        if (round.ages)
            ages_at = nx_monotonic_time() + AGE_PAUSE_NS;
        work(spool, &round);
    }
    free(round.done);
    return NULL;
}
