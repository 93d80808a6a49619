/* SPDX-License-Identifier: Apache-2.0 */
/* Every delivery passes here on its way to the handler, and back with its verdict. */
#include <sodium.h>
#include <string.h>

#include "delivery.h"
#include "inbox_file.h"
#include "inbox_state.h"

/* ---- deliveries in hand; with the inbox's lock */

static struct nx_held **bucket_of(struct nexus_inbox *inbox, const unsigned char *key)
{
    return &inbox->held[key[0] % NX_HELD_BUCKETS];
}

static bool is_held(struct nexus_inbox *inbox, const unsigned char *key)
{
    struct nx_held *at = *bucket_of(inbox, key);

    while (at && memcmp(at->key, key, NX_HANDLED_KEY) != 0)
        at = at->next;
    return at != NULL;
}

static void take(struct nexus_inbox *inbox, struct nx_held *held)
{
    struct nx_held **bucket = bucket_of(inbox, held->key);

    held->next = *bucket;
    held->held = true;
    *bucket = held;
}

static void leave(struct nexus_inbox *inbox, struct nx_held *held)
{
    struct nx_held **at = bucket_of(inbox, held->key);

    while (*at != held)
        at = &(*at)->next;
    *at = held->next;
    held->held = false;
}

/* ---- before */

/* The three texts are of one sort each: a NUL behind each keeps them apart. */
static void hash_name(const struct nexus_inbox *inbox, const struct nx_inbox_name *name,
                      unsigned char key[NX_HANDLED_KEY])
{
    const char *const texts[] = {name->consumer, name->tenant, name->id};
    unsigned char whole[1024];
    size_t length = 0;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        size_t size = strlen(texts[i]) + 1;
        memcpy(whole + length, texts[i], size);
        length += size;
    }
    crypto_shorthash_siphashx24(key, whole, length, inbox->key);
}

static enum nx_admission admit(struct nexus_inbox *inbox, struct nx_held *held, int64_t now)
{
    enum nx_admission admission = NX_ADMIT_NEW;

    pthread_mutex_lock(&inbox->lock);
    if (is_held(inbox, held->key))
        admission = NX_ADMIT_BUSY;
    else if (inbox->handled && nx_handled_has(inbox->handled, held->key, now))
        admission = NX_ADMIT_HANDLED;
    else
        take(inbox, held);
    pthread_mutex_unlock(&inbox->lock);
    return admission;
}

int nx_inbox_admit(struct nexus_delivery *delivery, enum nx_admission *out, struct nexus_error *err)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_inbox *inbox = subscription->once;
    struct nx_transport *wire = subscription->client->wire;
    struct nx_inbox_name name;
    bool handled = false;
    int code = NEXUS_OK;

    *out = NX_ADMIT_NEW;
    if (!inbox)
        return NEXUS_OK;
    nx_inbox_name(delivery, &name);
    hash_name(inbox, &name, delivery->held.key);
    *out = admit(inbox, &delivery->held, wire->ops->now(wire));
    if (*out != NX_ADMIT_NEW || !inbox->file)
        return NEXUS_OK;
    code = nx_inbox_file_claim(inbox->file, &name, &handled, &delivery->held.uncertain, err);
    if (handled)
        *out = NX_ADMIT_HANDLED;
    if (handled || code != NEXUS_OK)
        nx_inbox_leave(delivery);
    if (delivery->held.uncertain)
        nx_count(subscription->client, NX_INBOX_UNCERTAIN);
    return code;
}

/* ---- after */

/* What was handled cannot be taken back: a failure is told, and the event acked all the same, for
 * otherwise it would certainly come again. */
static void write_down(struct nexus_delivery *delivery, bool handled)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_inbox_name name;

    nx_inbox_name(delivery, &name);
    if (nx_inbox_file_conclude(subscription->once->file, &name, handled, &err) == NEXUS_OK)
        return;
    nx_count(subscription->client, NX_INBOX_ERRORS);
    nx_log(subscription->client, NEXUS_LOG_ERROR, "inbox_failed",
           "durable=%s sequence=%llu code=%s reason=\"%s\"", subscription->durable,
           (unsigned long long)delivery->ack.stream_sequence, nexus_status_name(err.code),
           err.message);
}

void nx_inbox_conclude(struct nexus_delivery *delivery, bool handled)
{
    struct nexus_inbox *inbox = delivery->subscription->once;
    struct nx_transport *wire = delivery->subscription->client->wire;
    int64_t now = wire->ops->now(wire);

    if (!inbox || !delivery->held.held)
        return;
    if (inbox->file)
        write_down(delivery, handled);
    pthread_mutex_lock(&inbox->lock);
    if (inbox->handled && handled && !nx_handled_has(inbox->handled, delivery->held.key, now))
        nx_handled_add(inbox->handled, delivery->held.key, now);
    leave(inbox, &delivery->held);
    pthread_mutex_unlock(&inbox->lock);
}

void nx_inbox_leave(struct nexus_delivery *delivery)
{
    struct nexus_inbox *inbox = delivery->subscription->once;

    if (!inbox || !delivery->held.held)
        return;
    pthread_mutex_lock(&inbox->lock);
    leave(inbox, &delivery->held);
    pthread_mutex_unlock(&inbox->lock);
}
