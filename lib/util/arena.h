/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for one decoded event: many small pieces, freed together, reused for the next. */
#ifndef NX_ARENA_H
#define NX_ARENA_H

#include <stddef.h>

struct nx_arena_block;

struct nx_arena {
    struct nx_arena_block *first;
    struct nx_arena_block *current;
};

#define NX_ARENA_INIT \
    {                 \
        NULL, NULL    \
    }

/* Zeroed, aligned for any type; NULL without memory. */
void *nx_arena_alloc(struct nx_arena *arena, size_t size);
/* Bytes: neither zeroed nor aligned. */
char *nx_arena_bytes(struct nx_arena *arena, size_t size);
/* `length` bytes and a NUL. */
char *nx_arena_text(struct nx_arena *arena, const char *bytes, size_t length);
/* Forgets the pieces. Keeps one block of ordinary size for the next use. */
void nx_arena_reset(struct nx_arena *arena);
void nx_arena_free(struct nx_arena *arena);

#endif
