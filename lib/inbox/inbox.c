/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delivery.h"
#include "forks.h"
#include "inbox_file.h"
#include "inbox_state.h"

#define ID_MAX 255 /* longer ones are kept as a hash */

struct nexus_inbox *nx_inbox_alloc(void)
{
    struct nexus_inbox *inbox = calloc(1, sizeof(*inbox));

    if (!inbox)
        return NULL;
    atomic_store(&inbox->references, 1);
    inbox->forks = nx_forks();
    randombytes_buf(inbox->key, sizeof(inbox->key));
    pthread_mutex_init(&inbox->lock, NULL);
    return inbox;
}

struct nexus_inbox *nx_inbox_new(uint32_t events, int64_t seconds)
{
    struct nexus_inbox *inbox = nx_inbox_alloc();

    if (!inbox)
        return NULL;
    inbox->handled = nx_handled_new(events, seconds * 1000000000);
    if (inbox->handled)
        return inbox;
    nx_inbox_release(inbox);
    return NULL;
}

struct nexus_inbox *nx_inbox_retain(struct nexus_inbox *inbox)
{
    if (inbox)
        atomic_fetch_add(&inbox->references, 1);
    return inbox;
}

/* A child of fork() must not close the parent's file: that would give up the parent's locks. */
void nx_inbox_release(struct nexus_inbox *inbox)
{
    if (!inbox || inbox->forks != nx_forks() || atomic_fetch_sub(&inbox->references, 1) != 1)
        return;
    nx_inbox_file_close(inbox->file);
    nx_handled_free(inbox->handled);
    pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}

void nexus_inbox_destroy(struct nexus_inbox *inbox)
{
    nx_inbox_release(inbox);
}

/* The time stands in it because a stream that is made anew counts from 1 again. */
static void name_by_place(const struct nexus_delivery *delivery, struct nx_inbox_name *out)
{
    snprintf(out->text, sizeof(out->text), "@%s:%llu:%lld", delivery->subscription->stream,
             (unsigned long long)delivery->ack.stream_sequence, (long long)delivery->ack.time);
    out->id = out->text;
}

static void name_by_hash(const char *id, struct nx_inbox_name *out)
{
    unsigned char hash[32];

    crypto_generichash(hash, sizeof(hash), (const unsigned char *)id, strlen(id), NULL, 0);
    out->text[0] = '#';
    sodium_bin2hex(out->text + 1, sizeof(out->text) - 1, hash, sizeof(hash));
    out->id = out->text;
}

void nx_inbox_name(const struct nexus_delivery *delivery, struct nx_inbox_name *out)
{
    const struct nexus_channel *channel = delivery->subject.channel;
    const char *id = nexus_delivery_message_id(delivery);

    out->consumer = delivery->subscription->durable;
    out->tenant = channel->has_tenant ? delivery->subject.values[0] : "";
    out->id = id;
    if (!id || !*id)
        name_by_place(delivery, out);
    else if (strlen(id) > ID_MAX)
        name_by_hash(id, out);
}

bool nexus_delivery_uncertain(const struct nexus_delivery *delivery)
{
    return delivery && delivery->held.uncertain;
}
