/* SPDX-License-Identifier: Apache-2.0 */
/* What a vector clock knows of other nodes: a bounded table, and its text. Does not lock. */
#ifndef NX_CLOCK_ENTRIES_H
#define NX_CLOCK_ENTRIES_H

#include "buf.h"

struct nx_clock_entry {
    char *name;
    uint32_t length;
    uint32_t hash;
    int64_t value;
    uint64_t seen; /* the round in which it was last seen */
    uint16_t next; /* in its bucket: the entry's number from 1; 0 ends it */
};

struct nx_clock_entries {
    struct nx_clock_entry *items;
    uint32_t count;
    uint32_t limit;
    uint16_t *buckets;
    uint32_t mask;
    uint32_t seed; /* so that a peer cannot choose names that share a bucket */
    uint64_t round;
    struct nx_buf text;
    bool stale; /* `text` is older than the entries */
};

/* `limit`: 1 to 1023. False without memory. */
bool nx_clock_entries_init(struct nx_clock_entries *entries, uint32_t limit);
void nx_clock_entries_free(struct nx_clock_entries *entries);

/* A received clock is taken in by one round: begin, raise() for all its entries, then add() for
 * those that raise() did not know. In this order an entry that the clock names is never dropped to
 * make room for another that it names. */
void nx_clock_entries_begin(struct nx_clock_entries *entries);
bool nx_clock_entries_raise(struct nx_clock_entries *entries, const char *name, size_t length,
                            int64_t value);
/* False when the table was full and an entry was dropped: the one seen longest ago, or this one
 * when all others were seen in this round. */
bool nx_clock_entries_add(struct nx_clock_entries *entries, const char *name, size_t length,
                          int64_t value);

/* What is known of a node; 0: nothing. */
int64_t nx_clock_entries_get(const struct nx_clock_entries *entries, const char *name,
                             size_t length);

/* `,"name":value` for each; NULL without memory. Written anew only when something has changed. */
const struct nx_buf *nx_clock_entries_text(struct nx_clock_entries *entries);

#endif
