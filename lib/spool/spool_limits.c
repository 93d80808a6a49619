/* SPDX-License-Identifier: Apache-2.0 */
/* The writer, within a transaction: what has to go for room or for age. What is in memory, too, is
 * on its way or will be refused there, and stays. */
#include "spool.h"
#include "status.h"
#include "store.h"

#define DROPS_AT_ONCE 1024

bool nx_spool_aged(const struct nx_spool *spool, const struct nx_kept *kept)
{
    return nx_wall_ms() - kept->accepted_at > spool->client->options->spool_age_ms;
}

static bool too_much(const struct nx_spool *spool)
{
    const struct nx_store_totals *totals = &spool->store->totals;
    const struct nx_options *options = spool->client->options;

    return options->spool_policy == NEXUS_SPOOL_DROP_OLDEST && totals->events > 1 &&
           (totals->events > options->spool_events || totals->bytes > options->spool_bytes);
}

static bool is_held(struct nx_spool *spool, int64_t id)
{
    bool held;

    pthread_mutex_lock(&spool->lock);
    held = nx_ids_has(&spool->held, id);
    pthread_mutex_unlock(&spool->lock);
    return held;
}

/* The oldest event from `*from` on that is not in memory. */
static int next_oldest(struct nx_spool *spool, int64_t *from, struct nx_kept **out,
                       struct nexus_error *err)
{
    int code;

    for (;;) {
        code = nx_store_read(spool->store, *from, INT64_MAX, out, err);
        if (code != NEXUS_OK || !*out)
            return code;
        *from = (*out)->id + 1;
        if (!is_held(spool, (*out)->id))
            return NEXUS_OK;
        nx_kept_release(*out);
    }
}

static int drop(struct nx_spool *spool, struct nx_kept_queue *out, struct nx_kept *kept,
                struct nexus_error *err)
{
    int code = nx_store_remove(spool->store, kept->id, kept->id, kept->length, err);

    if (code == NEXUS_OK)
        nx_kept_push(out, kept);
    else
        nx_kept_release(kept);
    return code;
}

int nx_spool_drop(struct nx_spool *spool, struct nx_kept_queue *full, struct nx_kept_queue *aged,
                  struct nexus_error *err)
{
    int64_t from = spool->store->first_id;
    struct nx_kept *kept;
    int code = NEXUS_OK;

    while (code == NEXUS_OK && aged && aged->count < DROPS_AT_ONCE) {
        code = next_oldest(spool, &from, &kept, err);
        if (code != NEXUS_OK || !kept)
            break;
        if (!nx_spool_aged(spool, kept)) {
            nx_kept_release(kept);
            break;
        }
        code = drop(spool, aged, kept, err);
    }
    from = spool->store->first_id;
    while (code == NEXUS_OK && too_much(spool) && full->count < DROPS_AT_ONCE * 8) {
        code = next_oldest(spool, &from, &kept, err);
        if (code != NEXUS_OK || !kept)
            break;
        code = drop(spool, full, kept, err);
    }
    return code;
}
