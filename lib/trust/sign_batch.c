/* SPDX-License-Identifier: Apache-2.0 */
#include "sign_batch.h"

#include <stdlib.h>
#include <string.h>

#include "event_signature.h"
#include "publisher.h"
#include "spool.h"

/* Measured: the signature's share of an event's cost still halves from 32 to 64, and the path's
 * grows by a twentieth. */
#define BATCH_TARGET NX_MERKLE_LEAVES_MAX
/* A publisher that signs for others goes back to its caller in between. */
#define ROUNDS_MAX 2

struct nx_signing *nx_signing_new(const struct nx_options *options)
{
    struct nx_signing *signing = calloc(1, sizeof(*signing));

    if (!signing)
        return NULL;
    signing->last = &signing->first;
    /* A small window must not wait for a batch that it cannot hold. */
    signing->target =
        options->window_events / 4 < BATCH_TARGET ? options->window_events / 4 + 1 : BATCH_TARGET;
    return signing;
}

void nx_signing_free(struct nx_signing *signing)
{
    if (!signing)
        return;
    nx_buf_free(&signing->root);
    nx_buf_free(&signing->text);
    nx_buf_free(&signing->work);
    free(signing);
}

bool nx_signing_alone(const struct nexus_client *client, bool blocking)
{
    const struct nx_signing *signing = client->publisher->signing;
    enum nexus_signing kind = client->options->signing;

    if (kind == NEXUS_SIGNING_SINGLE || !client->wire->ops->message_header)
        return true;
    if (kind == NEXUS_SIGNING_TREE || atomic_load(&signing->waiting))
        return false;
    /* Whoever waits for the ack has nothing to share with; nor has an event while none is under
     * way. */
    return blocking || !atomic_load_explicit(&client->counters[NX_IN_FLIGHT], memory_order_relaxed);
}

void nx_signing_join(struct nexus_client *client, struct nx_record *record)
{
    struct nx_signing *signing = client->publisher->signing;

    record->sending = true;
    record->sign_next = NULL;
    *signing->last = record;
    signing->last = &record->sign_next;
    atomic_fetch_add(&signing->waiting, 1);
    if (!signing->count++ && !signing->active)
        client->wire->ops->nudge(client->wire);
}

static unsigned take(struct nx_signing *signing, struct nx_record **batch)
{
    unsigned count = 0;

    while (signing->first && count < NX_MERKLE_LEAVES_MAX) {
        batch[count++] = signing->first;
        signing->first = signing->first->sign_next;
    }
    if (!signing->first)
        signing->last = &signing->first;
    signing->count -= count;
    return count;
}

/* No lock: the records are ours. Those that could not get their signature have `last_code` set. */
static void sign(struct nexus_client *client, struct nx_record **batch, unsigned count)
{
    struct nx_signing *signing = client->publisher->signing;
    struct nx_merkle *tree = &signing->tree;

    tree->leaves = count;
    for (unsigned i = 0; i < count; i++)
        memcpy(tree->nodes[i], batch[i]->leaf, NX_HASH_SIZE);
    nx_merkle_build(tree);
    nx_buf_reset(&signing->root);
    nx_signature_write_root(&signing->root, &signing->work, client->options->signer, tree,
                            nx_wall_seconds());
    for (unsigned i = 0; i < count; i++) {
        nx_buf_reset(&signing->text);
        signing->text.failed = signing->root.failed;
        nx_signature_write_leaf(&signing->text, &signing->root, tree, i, batch[i]->message_id);
        if (signing->text.failed ||
            !client->wire->ops->message_header(client->wire, batch[i]->message, NX_SIGNATURE_HEADER,
                                               signing->text.data) ||
            (batch[i]->kept &&
             !nx_kept_add_header(batch[i]->kept, NX_SIGNATURE_HEADER, signing->text.data)))
            batch[i]->last_code = NEXUS_E_MEMORY;
    }
}

/* With the lock. */
static void start(struct nexus_client *client, struct nx_record *record, bool urgent)
{
    record->sending = false;
    if (record->ended_early) {
        nx_window_end_kept(client, record);
        nx_publisher_tell(client);
    } else if (record->last_code) {
        nx_window_end(client, record, record->last_code, NULL, NULL);
        nx_publisher_tell(client);
    } else {
        nx_record_start(client, record, urgent);
    }
    atomic_fetch_sub(&client->publisher->signing->waiting, 1);
}

void nx_signing_run(struct nexus_client *client, bool all, bool urgent)
{
    struct nx_signing *signing = client->publisher->signing;
    struct nx_record *batch[NX_MERKLE_LEAVES_MAX];

    signing->all = signing->all || all;
    if (signing->active)
        return;
    signing->active = true;
    for (unsigned round = 0;; round++) {
        unsigned count;
        if (!signing->count || (!signing->all && signing->count < signing->target) ||
            (!signing->all && round == ROUNDS_MAX))
            break;
        count = take(signing, batch);
        pthread_mutex_unlock(&client->lock);
        sign(client, batch, count);
        nx_count(client, NX_SIGNATURES);
        pthread_mutex_lock(&client->lock);
        for (unsigned i = 0; i < count; i++)
            start(client, batch[i], urgent && i + 1 == count);
    }
    signing->all = false;
    signing->active = false;
}

bool nx_signing_left(const struct nexus_client *client)
{
    const struct nx_signing *signing = client->publisher->signing;

    return signing && signing->count && !signing->active;
}

void nx_signing_abandon(struct nexus_client *client)
{
    struct nx_signing *signing = client->publisher->signing;

    for (; signing && signing->first; signing->first = signing->first->sign_next) {
        signing->first->sending = false;
        signing->count--;
        atomic_fetch_sub(&signing->waiting, 1);
    }
    if (signing)
        signing->last = &signing->first;
}
