/* SPDX-License-Identifier: Apache-2.0 */
/* From a subject to its channel, once per received message.
 *
 * Addresses of a contract come in few shapes: so many tokens, of which these are parameters. For
 * each shape, the hash of the subject's other tokens finds the channel in one step. The table is
 * fixed memory, filled at first use; channels of a contract that outgrows it are compared one by
 * one. */
#include "subject_index.h"

#include <pthread.h>
#include <string.h>

#include "token.h"

#define SHAPES 16
#define SLOTS  1024 /* a power of two; at most half of them are filled */

struct shape {
    uint32_t tokens;
    uint32_t parameters;
};

static struct {
    struct shape shapes[SHAPES]; /* those with fewer parameters first */
    size_t shape_count;
    uint16_t slots[SLOTS]; /* the number of a channel, from 1; 0: empty */
    size_t indexed;        /* channels from this one on are not in `slots` */
} map;

static pthread_once_t once = PTHREAD_ONCE_INIT;

bool nx_cut_make(struct nx_cut *cut, const char *text, size_t limit)
{
    const char *from = text, *at = text;
    uint32_t hash = 2166136261u;

    cut->count = 0;
    cut->parameters = 0;
    for (;; at++) {
        if (*at != '.' && *at != 0) {
            hash = (hash ^ (unsigned char)*at) * 16777619u;
            if ((size_t)(at - text) >= limit)
                return false;
            continue;
        }
        if (at == from || cut->count == NX_SUBJECT_TOKENS)
            return false;
        cut->parameters |= (uint32_t)(*from == '{') << cut->count;
        cut->at[cut->count] = from;
        cut->length[cut->count] = (uint32_t)(at - from);
        cut->hash[cut->count++] = hash;
        if (*at == 0)
            return true;
        from = at + 1;
        hash = 2166136261u;
    }
}

/* The slot to start looking in; the next ones follow until an empty one. */
static size_t first_slot(const struct nx_cut *cut, uint32_t parameters)
{
    uint32_t hash = cut->count;

    for (uint32_t i = 0; i < cut->count; i++)
        if (!(parameters >> i & 1))
            hash = (hash ^ cut->hash[i]) * 0x9e3779b1u;
    return (hash >> 16 ^ hash) % SLOTS;
}

/* Keeps shapes sorted by their number of parameters. False when there is no room. */
static bool add_shape(uint32_t tokens, uint32_t parameters)
{
    int weight = __builtin_popcount(parameters);
    size_t at = map.shape_count;

    for (size_t i = 0; i < map.shape_count; i++)
        if (map.shapes[i].tokens == tokens && map.shapes[i].parameters == parameters)
            return true;
    if (map.shape_count == SHAPES)
        return false;
    for (; at > 0 && __builtin_popcount(map.shapes[at - 1].parameters) > weight; at--)
        map.shapes[at] = map.shapes[at - 1];
    map.shapes[at].tokens = tokens;
    map.shapes[at].parameters = parameters;
    map.shape_count++;
    return true;
}

static void fill(void)
{
    for (; map.indexed < nx_channel_count && map.indexed < SLOTS / 2; map.indexed++) {
        struct nx_cut cut;
        size_t slot;

        if (!nx_cut_make(&cut, nx_channels[map.indexed].address, SIZE_MAX))
            return;
        if (!add_shape(cut.count, cut.parameters))
            return;
        for (slot = first_slot(&cut, cut.parameters); map.slots[slot]; slot = (slot + 1) % SLOTS)
            ;
        map.slots[slot] = (uint16_t)(map.indexed + 1);
    }
}

/* Whether the subject is one of the channel's; `parameters` becomes the address's. */
static bool fits(const struct nexus_channel *channel, const struct nx_cut *subject,
                 uint32_t *parameters)
{
    const char *at = channel->address;

    *parameters = 0;
    for (uint32_t i = 0; i < subject->count; i++) {
        size_t length = strcspn(at, ".");
        if (*at == '{') {
            if (!nx_token_sound(subject->at[i], subject->length[i]))
                return false;
            *parameters |= 1u << i;
        } else if (length != subject->length[i] || memcmp(at, subject->at[i], length) != 0) {
            return false;
        }
        at += length;
        if (*at != (i + 1 < subject->count ? '.' : 0))
            return false;
        at++;
    }
    return true;
}

static const struct nexus_channel *find_indexed(const struct nx_cut *subject, uint32_t *parameters)
{
    for (size_t i = 0; i < map.shape_count; i++) {
        size_t slot;
        if (map.shapes[i].tokens != subject->count)
            continue;
        slot = first_slot(subject, map.shapes[i].parameters);
        for (; map.slots[slot]; slot = (slot + 1) % SLOTS) {
            const struct nexus_channel *channel = &nx_channels[map.slots[slot] - 1];
            if (fits(channel, subject, parameters) && *parameters == map.shapes[i].parameters)
                return channel;
        }
    }
    return NULL;
}

const struct nexus_channel *nx_subject_lookup(const struct nx_cut *subject, uint32_t *parameters)
{
    const struct nexus_channel *best;
    uint32_t least;

    pthread_once(&once, fill);
    best = find_indexed(subject, &least);
    for (size_t i = map.indexed; i < nx_channel_count; i++) {
        uint32_t found;
        if (!fits(&nx_channels[i], subject, &found))
            continue;
        if (best && __builtin_popcount(found) >= __builtin_popcount(least))
            continue;
        best = &nx_channels[i];
        least = found;
    }
    if (best)
        *parameters = least;
    return best;
}
