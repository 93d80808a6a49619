/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of what was handled, oldest first, and a table to find things in it. */
#include "handled.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY   UINT32_MAX
#define ROOM_MIN 256

struct entry {
    unsigned char key[NX_HANDLED_KEY];
    int64_t time;
    uint32_t next; /* in its bucket */
};

struct nx_handled {
    int64_t window;
    uint32_t limit;
    uint32_t room, first, count; /* of `entries`; a power of two, but for the last growth */
    uint32_t bucket_mask;
    uint32_t *buckets;
    struct entry *entries;
};

static uint32_t *bucket_of(const struct nx_handled *handled, const unsigned char *key)
{
    uint32_t number;

    memcpy(&number, key, sizeof(number));
    return &handled->buckets[number & handled->bucket_mask];
}

static void hang_in(struct nx_handled *handled, uint32_t place)
{
    struct entry *entry = &handled->entries[place];
    uint32_t *bucket = bucket_of(handled, entry->key);

    entry->next = *bucket;
    *bucket = place;
}

static bool make_room(struct nx_handled *handled, uint32_t room)
{
    uint32_t buckets = ROOM_MIN;
    struct nx_handled grown = *handled;

    while (buckets < room)
        buckets *= 2;
    grown.entries = malloc(room * sizeof(*grown.entries));
    grown.buckets = malloc(buckets * sizeof(*grown.buckets));
    if (!grown.entries || !grown.buckets) {
        free(grown.entries);
        free(grown.buckets);
        return false;
    }
    memset(grown.buckets, 0xff, buckets * sizeof(*grown.buckets)); /* NOBODY */
    grown.bucket_mask = buckets - 1;
    grown.room = room;
    grown.first = 0;
    for (uint32_t i = 0; i < handled->count; i++) {
        grown.entries[i] = handled->entries[(handled->first + i) % handled->room];
        hang_in(&grown, i);
    }
    free(handled->entries);
    free(handled->buckets);
    *handled = grown;
    return true;
}

struct nx_handled *nx_handled_new(uint32_t events, int64_t nanoseconds)
{
    struct nx_handled *handled = calloc(1, sizeof(*handled));

    if (!handled)
        return NULL;
    handled->limit = events;
    handled->window = nanoseconds;
    if (!make_room(handled, events < ROOM_MIN ? events : ROOM_MIN)) {
        free(handled);
        return NULL;
    }
    return handled;
}

void nx_handled_free(struct nx_handled *handled)
{
    if (!handled)
        return;
    free(handled->buckets);
    free(handled->entries);
    free(handled);
}

static void forget_oldest(struct nx_handled *handled)
{
    uint32_t oldest = handled->first;
    uint32_t *at = bucket_of(handled, handled->entries[oldest].key);

    while (*at != oldest)
        at = &handled->entries[*at].next;
    *at = handled->entries[oldest].next;
    handled->first = (oldest + 1) % handled->room;
    handled->count--;
}

bool nx_handled_has(struct nx_handled *handled, const unsigned char key[NX_HANDLED_KEY],
                    int64_t now)
{
    uint32_t at;

    while (handled->count && now - handled->entries[handled->first].time > handled->window)
        forget_oldest(handled);
    at = *bucket_of(handled, key);
    while (at != NOBODY && memcmp(handled->entries[at].key, key, NX_HANDLED_KEY) != 0)
        at = handled->entries[at].next;
    return at != NOBODY;
}

void nx_handled_add(struct nx_handled *handled, const unsigned char key[NX_HANDLED_KEY],
                    int64_t now)
{
    uint32_t wanted = handled->room > handled->limit / 2 ? handled->limit : handled->room * 2;
    uint32_t place;

    if (handled->count == handled->room &&
        (handled->room == handled->limit || !make_room(handled, wanted)))
        forget_oldest(handled);
    place = (handled->first + handled->count) % handled->room;
    memcpy(handled->entries[place].key, key, NX_HANDLED_KEY);
    handled->entries[place].time = now;
    hang_in(handled, place);
    handled->count++;
}
