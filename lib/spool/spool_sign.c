/* SPDX-License-Identifier: Apache-2.0 */
#include "spool_sign.h"

#include <string.h>

#include "event_signature.h"
#include "status.h"

struct signing {
    struct nx_merkle tree;
    struct nx_buf root, text, work;
    struct nx_kept *events[NX_MERKLE_LEAVES_MAX];
    unsigned count;
};

static const char *message_id(const struct nx_kept *kept, struct nx_outgoing *event)
{
    return nx_outgoing_read(kept->bytes, kept->length, event, NULL) == NEXUS_OK ? event->message_id
                                                                                : NULL;
}

static bool sign_one(struct signing *signing, unsigned leaf)
{
    struct nx_kept *kept = signing->events[leaf];
    struct nx_outgoing event;
    const char *id = message_id(kept, &event);

    if (!id)
        return false;
    nx_buf_reset(&signing->text);
    nx_signature_write_leaf(&signing->text, &signing->root, &signing->tree, leaf, id);
    kept->unsigned_yet = false;
    return !signing->root.failed && !signing->text.failed &&
           nx_kept_add_header(kept, NX_SIGNATURE_HEADER, signing->text.data);
}

static bool sign_tree(struct nx_spool *spool, struct signing *signing)
{
    bool done = true;

    signing->tree.leaves = signing->count;
    for (unsigned i = 0; i < signing->count; i++)
        memcpy(signing->tree.nodes[i], signing->events[i]->leaf, NX_HASH_SIZE);
    nx_merkle_build(&signing->tree);
    nx_buf_reset(&signing->root);
    nx_signature_write_root(&signing->root, &signing->work, spool->client->options->signer,
                            &signing->tree, nx_wall_seconds());
    nx_count(spool->client, NX_SIGNATURES);
    for (unsigned i = 0; i < signing->count && done; i++)
        done = sign_one(signing, i);
    signing->count = 0;
    return done;
}

/* The signatures have made them longer. */
static void count_again(struct nx_spool *spool, struct nx_kept_queue *batch)
{
    size_t before = batch->bytes;

    batch->bytes = 0;
    for (struct nx_kept *at = batch->first; at; at = at->next)
        batch->bytes += at->length;
    pthread_mutex_lock(&spool->lock);
    spool->present_bytes += batch->bytes - before;
    pthread_mutex_unlock(&spool->lock);
}

int nx_spool_sign(struct nx_spool *spool, struct nx_kept_queue *batch, struct nexus_error *err)
{
    struct signing signing = {.root = NX_BUF_INIT, .text = NX_BUF_INIT, .work = NX_BUF_INIT};
    bool done = true;

    if (!spool->client->options->signer)
        return NEXUS_OK;
    for (struct nx_kept *at = batch->first; at && done; at = at->next) {
        if (at->unsigned_yet)
            signing.events[signing.count++] = at;
        if (signing.count == NX_MERKLE_LEAVES_MAX)
            done = sign_tree(spool, &signing);
    }
    if (signing.count && done)
        done = sign_tree(spool, &signing);
    nx_buf_free(&signing.root);
    nx_buf_free(&signing.text);
    nx_buf_free(&signing.work);
    count_again(spool, batch);
    return done ? NEXUS_OK : nx_no_memory(err);
}
