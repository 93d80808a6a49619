/* SPDX-License-Identifier: Apache-2.0 */
/* Texts and a number for each: what message ids have been seen. */
#ifndef NX_ID_TABLE_H
#define NX_ID_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nx_id_slot {
    char *id;
    uint64_t value;
};

struct nx_id_table {
    struct nx_id_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t used;
};

void nx_id_table_free(struct nx_id_table *table);
/* The value of an id, or NULL. Valid until the table changes. */
uint64_t *nx_id_table_find(const struct nx_id_table *table, const char *id);
/* Adds one that is not there; false without memory. */
bool nx_id_table_add(struct nx_id_table *table, const char *id, uint64_t value);
void nx_id_table_remove(struct nx_id_table *table, const char *id);

#endif
