/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdint.h>

#include "unit.h"

static bool is_zero(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

START_TEST(gives_zeroed_and_aligned_memory)
{
    struct nx_arena arena = NX_ARENA_INIT;

    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 300; size++) {
            char *bytes;
            /* Odd texts in between would misalign what follows. */
            ck_assert_ptr_nonnull(nx_arena_text(&arena, "odd", 1 + size % 3));
            bytes = nx_arena_alloc(&arena, size);
            ck_assert_ptr_nonnull(bytes);
            ck_assert_uint_eq((uintptr_t)bytes % _Alignof(max_align_t), 0);
            ck_assert(is_zero(bytes, size));
            memset(bytes, 0xff, size);
        }
        nx_arena_reset(&arena);
    }
    nx_arena_free(&arena);
}
END_TEST

START_TEST(pieces_do_not_overlap)
{
    struct nx_arena arena = NX_ARENA_INIT;
    unsigned char *pieces[500];

    for (size_t i = 0; i < 500; i++) {
        pieces[i] = nx_arena_alloc(&arena, i % 97 + 1);
        memset(pieces[i], (int)(i & 0xff), i % 97 + 1);
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t j = 0; j < i % 97 + 1; j++)
            ck_assert_uint_eq(pieces[i][j], i & 0xff);
    nx_arena_free(&arena);
}
END_TEST

START_TEST(copies_text_and_ends_it)
{
    struct nx_arena arena = NX_ARENA_INIT;

    ck_assert_str_eq(nx_arena_text(&arena, "abcdef", 3), "abc");
    ck_assert_str_eq(nx_arena_text(&arena, NULL, 0), "");
    ck_assert_ptr_null(nx_arena_text(&arena, "x", SIZE_MAX));
    ck_assert_ptr_null(nx_arena_alloc(&arena, SIZE_MAX));
    ck_assert_str_eq(nx_arena_text(&arena, "still", 5), "still");
    nx_arena_free(&arena);
}
END_TEST

START_TEST(takes_pieces_larger_than_a_block)
{
    struct nx_arena arena = NX_ARENA_INIT;
    char *small = nx_arena_text(&arena, "small", 5);
    char *large = nx_arena_alloc(&arena, 1 << 20);

    ck_assert_ptr_nonnull(large);
    ck_assert(is_zero(large, 1 << 20));
    memset(large, 'x', 1 << 20);
    ck_assert_str_eq(small, "small");
    nx_arena_free(&arena);
}
END_TEST

START_TEST(keeps_one_ordinary_block_over_a_reset)
{
    struct nx_arena arena = NX_ARENA_INIT;
    void *first = nx_arena_alloc(&arena, 16);

    for (int i = 0; i < 100; i++)
        ck_assert_ptr_nonnull(nx_arena_alloc(&arena, 1000));
    nx_arena_reset(&arena);
    ck_assert_ptr_nonnull(arena.first);
    ck_assert_ptr_eq(arena.first, arena.current);
    ck_assert_ptr_eq(nx_arena_alloc(&arena, 16), first);
    nx_arena_free(&arena);
    ck_assert_ptr_null(arena.first);
}
END_TEST

START_TEST(drops_a_large_first_block)
{
    struct nx_arena arena = NX_ARENA_INIT;

    ck_assert_ptr_nonnull(nx_arena_alloc(&arena, 1 << 20));
    nx_arena_reset(&arena);
    ck_assert_ptr_null(arena.first);
    nx_arena_reset(&arena);
    ck_assert_ptr_nonnull(nx_arena_alloc(&arena, 8));
    nx_arena_free(&arena);
    nx_arena_free(&arena);
    nx_arena_free(NULL);
}
END_TEST

UNIT_MAIN("arena", gives_zeroed_and_aligned_memory, pieces_do_not_overlap, copies_text_and_ends_it,
          takes_pieces_larger_than_a_block, keeps_one_ordinary_block_over_a_reset,
          drops_a_large_first_block)
