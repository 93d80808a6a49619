/* SPDX-License-Identifier: Apache-2.0 */
#include "clock_entries.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "random.h"

bool nx_clock_entries_init(struct nx_clock_entries *entries, uint32_t limit)
{
    uint32_t buckets = 4;

    while (buckets < limit * 2)
        buckets *= 2;
    memset(entries, 0, sizeof(*entries));
    entries->limit = limit;
    entries->mask = buckets - 1;
    nx_random(&entries->seed, sizeof(entries->seed));
    entries->items = calloc(limit, sizeof(*entries->items));
    entries->buckets = calloc(buckets, sizeof(*entries->buckets));
    return entries->items && entries->buckets;
}

void nx_clock_entries_free(struct nx_clock_entries *entries)
{
    for (uint32_t i = 0; i < entries->count; i++)
        free(entries->items[i].name);
    free(entries->items);
    free(entries->buckets);
    nx_buf_free(&entries->text);
}

void nx_clock_entries_begin(struct nx_clock_entries *entries)
{
    entries->round++;
}

static uint32_t hash_name(const struct nx_clock_entries *entries, const char *name, size_t length)
{
    uint32_t hash = entries->seed;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static struct nx_clock_entry *find(const struct nx_clock_entries *entries, const char *name,
                                   size_t length)
{
    uint32_t hash = hash_name(entries, name, length);

    for (uint16_t at = entries->buckets[hash & entries->mask]; at;) {
        struct nx_clock_entry *entry = &entries->items[at - 1];
        if (entry->hash == hash && entry->length == length &&
            memcmp(entry->name, name, length) == 0)
            return entry;
        at = entry->next;
    }
    return NULL;
}

int64_t nx_clock_entries_get(const struct nx_clock_entries *entries, const char *name,
                             size_t length)
{
    const struct nx_clock_entry *entry = find(entries, name, length);

    return entry ? entry->value : 0;
}

bool nx_clock_entries_raise(struct nx_clock_entries *entries, const char *name, size_t length,
                            int64_t value)
{
    struct nx_clock_entry *entry = find(entries, name, length);

    if (!entry)
        return false;
    entry->seen = entries->round;
    if (value > entry->value) {
        entry->value = value;
        entries->stale = true;
    }
    return true;
}

static struct nx_clock_entry *oldest(struct nx_clock_entries *entries)
{
    struct nx_clock_entry *found = &entries->items[0];

    for (uint32_t i = 1; i < entries->count; i++)
        if (entries->items[i].seen < found->seen)
            found = &entries->items[i];
    return found;
}

static void unlink_entry(struct nx_clock_entries *entries, const struct nx_clock_entry *entry)
{
    uint16_t *link = &entries->buckets[entry->hash & entries->mask];

    while (&entries->items[*link - 1] != entry)
        link = &entries->items[*link - 1].next;
    *link = entry->next;
}

bool nx_clock_entries_add(struct nx_clock_entries *entries, const char *name, size_t length,
                          int64_t value)
{
    bool full = entries->count == entries->limit;
    struct nx_clock_entry *entry = full ? oldest(entries) : &entries->items[entries->count];
    uint16_t *bucket;
    char *copy;

    if (full && entry->seen == entries->round)
        return false;
    copy = malloc(length);
    if (!copy)
        return false;
    memcpy(copy, name, length);
    if (full) {
        unlink_entry(entries, entry);
        free(entry->name);
    } else {
        entries->count++;
    }
    entry->name = copy;
    entry->length = (uint32_t)length;
    entry->hash = hash_name(entries, name, length);
    entry->value = value;
    entry->seen = entries->round;
    bucket = &entries->buckets[entry->hash & entries->mask];
    entry->next = *bucket;
    *bucket = (uint16_t)(entry - entries->items + 1);
    entries->stale = true;
    return !full;
}

const struct nx_buf *nx_clock_entries_text(struct nx_clock_entries *entries)
{
    if (!entries->stale)
        return &entries->text;
    nx_buf_reset(&entries->text);
    for (uint32_t i = 0; i < entries->count; i++) {
        nx_buf_putc(&entries->text, ',');
        nx_json_put_string(&entries->text, entries->items[i].name, entries->items[i].length);
        nx_buf_putc(&entries->text, ':');
        nx_buf_int64(&entries->text, entries->items[i].value);
    }
    if (entries->text.failed)
        return NULL;
    entries->stale = false;
    return &entries->text;
}
