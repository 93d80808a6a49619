/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of what came, oldest first, and a table to find things in it. Ids are kept as keyed hashes
 * of 128 bits: nobody who does not know the key can make two ids meet. */
#include "replay.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY   UINT32_MAX
#define FORGIVEN 0 /* no sequence of a stream */

struct entry {
    unsigned char hash[16];
    uint64_t sequence;
    int64_t time;
    uint32_t next; /* in its bucket */
};

struct nx_replay {
    unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
    int64_t window;
    uint32_t capacity, first, count;
    uint32_t bucket_mask;
    uint32_t *buckets;
    struct entry *entries;
};

struct nx_replay *nx_replay_new(uint32_t events, int64_t seconds)
{
    struct nx_replay *replay = calloc(1, sizeof(*replay));
    uint32_t buckets = 16;

    while (buckets < events)
        buckets *= 2;
    if (!replay)
        return NULL;
    replay->window = seconds * 1000000000;
    replay->capacity = events;
    replay->bucket_mask = buckets - 1;
    replay->buckets = malloc(buckets * sizeof(*replay->buckets));
    replay->entries = calloc(events, sizeof(*replay->entries));
    if (!replay->buckets || !replay->entries) {
        nx_replay_free(replay);
        return NULL;
    }
    for (uint32_t i = 0; i < buckets; i++)
        replay->buckets[i] = NOBODY;
    randombytes_buf(replay->key, sizeof(replay->key));
    return replay;
}

void nx_replay_free(struct nx_replay *replay)
{
    if (!replay)
        return;
    free(replay->buckets);
    free(replay->entries);
    free(replay);
}

static uint32_t *bucket_of(struct nx_replay *replay, const unsigned char hash[16])
{
    uint32_t number;

    memcpy(&number, hash, sizeof(number));
    return &replay->buckets[number & replay->bucket_mask];
}

static void drop_oldest(struct nx_replay *replay)
{
    uint32_t oldest = replay->first;
    uint32_t *at = bucket_of(replay, replay->entries[oldest].hash);

    while (*at != oldest)
        at = &replay->entries[*at].next;
    *at = replay->entries[oldest].next;
    replay->first = (oldest + 1) % replay->capacity;
    replay->count--;
}

static void note(struct nx_replay *replay, const unsigned char hash[16], uint64_t sequence,
                 int64_t now)
{
    uint32_t *bucket = bucket_of(replay, hash);
    uint32_t place = (replay->first + replay->count) % replay->capacity;
    struct entry *entry = &replay->entries[place];

    memcpy(entry->hash, hash, sizeof(entry->hash));
    entry->sequence = sequence;
    entry->time = now;
    entry->next = *bucket;
    *bucket = place;
    replay->count++;
}

static struct entry *find(struct nx_replay *replay, const char *message_id,
                          unsigned char hash[crypto_shorthash_siphashx24_BYTES])
{
    crypto_shorthash_siphashx24(hash, (const unsigned char *)message_id, strlen(message_id),
                                replay->key);
    for (uint32_t at = *bucket_of(replay, hash); at != NOBODY; at = replay->entries[at].next)
        if (memcmp(replay->entries[at].hash, hash, crypto_shorthash_siphashx24_BYTES) == 0)
            return &replay->entries[at];
    return NULL;
}

bool nx_replay_seen(struct nx_replay *replay, const char *message_id, uint64_t sequence,
                    int64_t now)
{
    unsigned char hash[crypto_shorthash_siphashx24_BYTES];
    struct entry *entry;

    while (replay->count && now - replay->entries[replay->first].time > replay->window)
        drop_oldest(replay);
    entry = find(replay, message_id, hash);
    if (entry && entry->sequence == FORGIVEN)
        entry->sequence = sequence;
    if (entry)
        return entry->sequence != sequence;
    if (replay->count == replay->capacity)
        drop_oldest(replay);
    note(replay, hash, sequence, now);
    return false;
}

void nx_replay_forgive(struct nx_replay *replay, const char *message_id, uint64_t sequence)
{
    unsigned char hash[crypto_shorthash_siphashx24_BYTES];
    struct entry *entry = find(replay, message_id, hash);

    if (entry && entry->sequence == sequence)
        entry->sequence = FORGIVEN;
}
