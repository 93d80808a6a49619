/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* With its header, and malloc's, a block of ordinary size stays within one page. */
#define ORDINARY (4096 - 16 - sizeof(struct nx_arena_block))

struct nx_arena_block {
    struct nx_arena_block *next;
    size_t capacity;
    size_t used;
    _Alignas(max_align_t) char bytes[];
};

static struct nx_arena_block *new_block(struct nx_arena *arena, size_t size)
{
    size_t capacity = size > ORDINARY ? size : ORDINARY;
    struct nx_arena_block *block = malloc(sizeof(*block) + capacity);

    if (!block)
        return NULL;
    block->next = NULL;
    block->capacity = capacity;
    block->used = 0;
    if (arena->current)
        arena->current->next = block;
    else
        arena->first = block;
    arena->current = block;
    return block;
}

/* Texts are packed without gaps: a peer may send millions of short ones. */
static void *take(struct nx_arena *arena, size_t size, size_t alignment)
{
    struct nx_arena_block *block = arena->current;
    size_t at = block ? (block->used + alignment - 1) / alignment * alignment : 0;

    if (size > SIZE_MAX / 2)
        return NULL;
    if (!block || at > block->capacity || block->capacity - at < size) {
        block = new_block(arena, size);
        at = 0;
    }
    if (!block)
        return NULL;
    block->used = at + size;
    return block->bytes + at;
}

void *nx_arena_alloc(struct nx_arena *arena, size_t size)
{
    void *piece = take(arena, size, _Alignof(max_align_t));

    if (piece)
        memset(piece, 0, size);
    return piece;
}

char *nx_arena_bytes(struct nx_arena *arena, size_t size)
{
    return take(arena, size, 1);
}

char *nx_arena_text(struct nx_arena *arena, const char *bytes, size_t length)
{
    char *text = length < SIZE_MAX / 2 ? nx_arena_bytes(arena, length + 1) : NULL;

    if (!text)
        return NULL;
    if (length)
        memcpy(text, bytes, length);
    text[length] = 0;
    return text;
}

static void free_chain(struct nx_arena_block *block)
{
    while (block) {
        struct nx_arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void nx_arena_reset(struct nx_arena *arena)
{
    struct nx_arena_block *first = arena->first;

    if (!first)
        return;
    if (first->capacity > ORDINARY) {
        nx_arena_free(arena);
        return;
    }
    free_chain(first->next);
    first->next = NULL;
    first->used = 0;
    arena->current = first;
}

void nx_arena_free(struct nx_arena *arena)
{
    if (!arena)
        return;
    free_chain(arena->first);
    arena->first = NULL;
    arena->current = NULL;
}
