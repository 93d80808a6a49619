/* SPDX-License-Identifier: Apache-2.0 */
#include "id_table.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 64

static size_t place_of(const struct nx_id_table *table, const char *id)
{
    uint64_t hash = 1469598103934665603u;

    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 1099511628211u;
    return (size_t)(hash ^ hash >> 32) & (table->capacity - 1);
}

void nx_id_table_free(struct nx_id_table *table)
{
    for (size_t i = 0; i < table->capacity; i++)
        free(table->slots[i].id);
    free(table->slots);
    memset(table, 0, sizeof(*table));
}

/* The slot of an id, or the empty one where it belongs. */
static struct nx_id_slot *slot_of(const struct nx_id_table *table, const char *id)
{
    size_t at = place_of(table, id);

    while (table->slots[at].id && strcmp(table->slots[at].id, id) != 0)
        at = (at + 1) & (table->capacity - 1);
    return &table->slots[at];
}

uint64_t *nx_id_table_find(const struct nx_id_table *table, const char *id)
{
    struct nx_id_slot *slot = table->capacity ? slot_of(table, id) : NULL;

    return slot && slot->id ? &slot->value : NULL;
}

static bool grow(struct nx_id_table *table)
{
    struct nx_id_table larger = {.capacity =
                                     table->capacity ? table->capacity * 2 : CAPACITY_FIRST};

    larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].id)
            *slot_of(&larger, table->slots[i].id) = table->slots[i];
    larger.used = table->used;
    free(table->slots);
    *table = larger;
    return true;
}

bool nx_id_table_add(struct nx_id_table *table, const char *id, uint64_t value)
{
    struct nx_id_slot *slot;

    if (table->used * 2 >= table->capacity && !grow(table))
        return false;
    slot = slot_of(table, id);
    slot->id = strdup(id);
    slot->value = value;
    if (!slot->id)
        return false;
    table->used++;
    return true;
}

/* Those behind it that a search would not reach any more move up. */
static void close_gap(struct nx_id_table *table, size_t gap)
{
    size_t mask = table->capacity - 1;

    for (size_t at = (gap + 1) & mask; table->slots[at].id; at = (at + 1) & mask) {
        size_t home = place_of(table, table->slots[at].id);
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        table->slots[gap] = table->slots[at];
        table->slots[at].id = NULL;
        gap = at;
    }
}

void nx_id_table_remove(struct nx_id_table *table, const char *id)
{
    struct nx_id_slot *slot = table->capacity ? slot_of(table, id) : NULL;

    if (!slot || !slot->id)
        return;
    free(slot->id);
    slot->id = NULL;
    table->used--;
    close_gap(table, (size_t)(slot - table->slots));
}
