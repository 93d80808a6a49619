/* SPDX-License-Identifier: Apache-2.0 */
/* The spool's life, and what publishers do with it. */
#include "spool.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sign_batch.h"
#include "store.h"

bool nx_spool_available(void)
{
    return true;
}

int64_t nx_wall_ms(void)
{
    return nx_wall_time() / 1000000;
}

/* ---- queues */

void nx_kept_queue_init(struct nx_kept_queue *queue)
{
    *queue = (struct nx_kept_queue){.last = &queue->first};
}

void nx_kept_push(struct nx_kept_queue *queue, struct nx_kept *kept)
{
    kept->next = NULL;
    *queue->last = kept;
    queue->last = &kept->next;
    queue->count++;
    queue->bytes += kept->length;
}

struct nx_kept *nx_kept_pop(struct nx_kept_queue *queue)
{
    struct nx_kept *kept = queue->first;

    if (!kept)
        return NULL;
    queue->first = kept->next;
    if (!queue->first)
        queue->last = &queue->first;
    kept->next = NULL;
    queue->count--;
    queue->bytes -= kept->length;
    return kept;
}

static void empty(struct nx_kept_queue *queue)
{
    struct nx_kept *kept;

    while ((kept = nx_kept_pop(queue)))
        nx_kept_release(kept);
}

/* ---- its life */

/* The file that was asked for, or one beside what else this node keeps. */
static int choose_path(const struct nx_options *options, char **out, struct nexus_error *err)
{
    struct nx_buf path = NX_BUF_INIT;

    if (options->spool_path)
        nx_buf_puts(&path, options->spool_path);
    else if (options->state_directory)
        nx_buf_printf(&path, "%s/%s.spool", options->state_directory, options->node);
    else
        return nx_fail(err, NEXUS_E_INVALID, "spool", "needs a path, or a state directory");
    *out = nx_buf_take(&path);
    return *out ? NEXUS_OK : nx_no_memory(err);
}

static void tell_damage(struct nx_spool *spool)
{
    const struct nx_store_damage *damage = spool->damage;

    if (!damage->found)
        return;
    spool->stats.recovered += damage->recovered;
    if (!*damage->set_aside)
        nx_spool_report(spool, NEXUS_SPOOL_LOST, NEXUS_E_IO, NULL, damage->lost,
                        "the file is an older one than was committed last: at most this many "
                        "events are gone");
    else
        nx_spool_report(spool, NEXUS_SPOOL_LOST, NEXUS_E_IO, NULL, damage->lost,
                        "the file was damaged and is now %s: %llu events were recovered%s",
                        damage->set_aside, (unsigned long long)damage->recovered,
                        damage->known ? "" : ", and how many are lost is not known");
}

static int open_store(struct nx_spool *spool, struct nexus_error *err)
{
    char *path = NULL;
    int code = choose_path(spool->client->options, &path, err);

    if (code == NEXUS_OK && !(spool->damage = calloc(1, sizeof(*spool->damage))))
        code = nx_no_memory(err);
    if (code == NEXUS_OK)
        code = nx_store_open(path, &spool->store, spool->damage, err);
    free(path);
    if (code != NEXUS_OK)
        return code == NEXUS_E_INTERNAL ? nx_fail(err, NEXUS_E_IO, "spool", "%s", err->message)
                                        : code;
    spool->next_id = spool->store->totals.next_id;
    spool->cursor = spool->store->first_id;
    spool->oldest_at = spool->store->oldest_at;
    spool->present = spool->store->totals.events;
    spool->present_bytes = spool->store->totals.bytes;
    return NEXUS_OK;
}

int nx_spool_new(struct nexus_client *client, struct nexus_error *err)
{
    struct nexus_error own = NEXUS_ERROR_INIT;
    struct nx_spool *spool;
    pthread_condattr_t monotonic;

    if (client->options->spool_mode == NEXUS_SPOOL_OFF)
        return NEXUS_OK;
    spool = client->spool = calloc(1, sizeof(*spool));
    if (!spool)
        return nx_no_memory(err);
    spool->client = client;
    pthread_mutex_init(&spool->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&spool->work, &monotonic);
    pthread_cond_init(&spool->settled, &monotonic);
    pthread_condattr_destroy(&monotonic);
    nx_kept_queue_init(&spool->appends);
    nx_kept_queue_init(&spool->ready);
    return open_store(spool, err ? err : &own);
}

int nx_spool_start(struct nexus_client *client, struct nexus_error *err)
{
    struct nx_spool *spool = client->spool;
    sigset_t all, before;
    int failed;

    if (!spool)
        return NEXUS_OK;
    tell_damage(spool);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&spool->writer, NULL, nx_spool_writer_main, spool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return nx_fail(err, NEXUS_E_MEMORY, NULL, "no thread could be started");
    spool->running = true;
    return NEXUS_OK;
}

void nx_spool_stop(struct nexus_client *client)
{
    struct nx_spool *spool = client->spool;

    if (!spool || !spool->running)
        return;
    pthread_mutex_lock(&client->lock);
    nx_spool_adopt_all(client);
    pthread_mutex_unlock(&client->lock);
    pthread_mutex_lock(&spool->lock);
    spool->stopping = true;
    nx_spool_wake(spool);
    pthread_mutex_unlock(&spool->lock);
    pthread_join(spool->writer, NULL);
    spool->running = false;
}

void nx_spool_free(struct nexus_client *client)
{
    struct nx_spool *spool = client->spool;

    if (!spool)
        return;
    nx_store_close(spool->store);
    empty(&spool->appends);
    empty(&spool->ready);
    nx_spool_unpark_free(spool);
    free(spool->damage);
    free(spool->done);
    free(spool->held.slots);
    pthread_mutex_destroy(&spool->lock);
    pthread_cond_destroy(&spool->work);
    pthread_cond_destroy(&spool->settled);
    free(spool);
    client->spool = NULL;
}

/* ---- publishing */

void nx_spool_wake(struct nx_spool *spool)
{
    if (spool->idle)
        pthread_cond_signal(&spool->work);
}

bool nx_spool_first(struct nexus_client *client)
{
    struct nx_spool *spool = client->spool;
    bool holds;

    if (!spool)
        return false;
    if (client->options->spool_mode == NEXUS_SPOOL_ALWAYS ||
        atomic_load(&client->state) != NEXUS_STATE_CONNECTED)
        return true;
    pthread_mutex_lock(&spool->lock);
    holds = spool->present > 0;
    pthread_mutex_unlock(&spool->lock);
    return holds;
}

int nx_spool_keep(struct nexus_client *client, const struct nx_outgoing *event,
                  struct nx_kept **out, struct nexus_error *err)
{
    struct nx_spool *spool = client->spool;
    struct nx_kept *kept = nx_kept_new(event);

    if (!kept)
        return nx_no_memory(err);
    kept->accepted_at = nx_wall_ms();
    pthread_mutex_lock(&spool->lock);
    kept->id = spool->next_id++;
    pthread_mutex_unlock(&spool->lock);
    *out = kept;
    return NEXUS_OK;
}

bool nx_spool_fits(struct nexus_client *client, size_t bytes)
{
    struct nx_spool *spool = client->spool;
    const struct nx_options *options = client->options;
    bool fits;

    if (options->spool_policy == NEXUS_SPOOL_DROP_OLDEST)
        return true;
    pthread_mutex_lock(&spool->lock);
    fits = spool->present < options->spool_events &&
           (!spool->present || spool->present_bytes + bytes <= options->spool_bytes);
    pthread_mutex_unlock(&spool->lock);
    return fits;
}

int nx_spool_room(struct nexus_client *client, size_t bytes, struct nexus_error *err)
{
    struct nx_spool *spool = client->spool;
    uint64_t events, held;

    if (nx_spool_fits(client, bytes))
        return NEXUS_OK;
    pthread_mutex_lock(&spool->lock);
    events = spool->present;
    held = spool->present_bytes;
    spool->stats.refused++;
    pthread_mutex_unlock(&spool->lock);
    return nx_fail(err, NEXUS_E_FULL, "spool",
                   "the spool is full: it holds %llu events, %llu bytes",
                   (unsigned long long)events, (unsigned long long)held);
}

/* Time that moves in steps must learn that something is going on. */
static void tell_clock(struct nexus_client *client)
{
    if (client->wire->ops->waiting)
        client->wire->ops->wake(client->wire);
}

void nx_spool_append(struct nexus_client *client, struct nx_kept *kept)
{
    struct nx_spool *spool = client->spool;

    pthread_mutex_lock(&spool->lock);
    spool->present++;
    spool->present_bytes += kept->length;
    if (kept->adopted)
        (void)nx_ids_add(&spool->held, kept->id);
    nx_kept_push(&spool->appends, kept);
    nx_spool_wake(spool);
    pthread_mutex_unlock(&spool->lock);
    tell_clock(client);
}
