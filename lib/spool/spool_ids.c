/* SPDX-License-Identifier: Apache-2.0 */
/* A set of ids: open addressing, at most half full. */
#include <stdlib.h>

#include "spool.h"

#define CAPACITY_FIRST 256

static size_t place(const struct nx_id_set *set, int64_t id)
{
    return (size_t)((uint64_t)id * 0x9e3779b97f4a7c15u >> 20) & (set->capacity - 1);
}

static size_t find(const struct nx_id_set *set, int64_t id)
{
    size_t at = place(set, id);

    while (set->slots[at] && set->slots[at] != id)
        at = (at + 1) & (set->capacity - 1);
    return at;
}

static bool grow(struct nx_id_set *set)
{
    struct nx_id_set larger = {NULL, set->capacity ? set->capacity * 2 : CAPACITY_FIRST, 0};

    larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < set->capacity; i++)
        if (set->slots[i])
            larger.slots[find(&larger, set->slots[i])] = set->slots[i];
    larger.count = set->count;
    free(set->slots);
    *set = larger;
    return true;
}

bool nx_ids_add(struct nx_id_set *set, int64_t id)
{
    size_t at;

    if (set->count * 2 >= set->capacity && !grow(set))
        return false;
    at = find(set, id);
    set->count += !set->slots[at];
    set->slots[at] = id;
    return true;
}

bool nx_ids_has(const struct nx_id_set *set, int64_t id)
{
    return set->count && set->slots[find(set, id)] == id;
}

/* Those behind move up, so that none is cut off from its place. */
void nx_ids_remove(struct nx_id_set *set, int64_t id)
{
    size_t gap, at;

    if (!nx_ids_has(set, id))
        return;
    gap = at = find(set, id);
    for (;;) {
        size_t home;
        at = (at + 1) & (set->capacity - 1);
        if (!set->slots[at])
            break;
        home = place(set, set->slots[at]);
        if (((at - home) & (set->capacity - 1)) >= ((at - gap) & (set->capacity - 1))) {
            set->slots[gap] = set->slots[at];
            gap = at;
        }
    }
    set->slots[gap] = 0;
    set->count--;
}
