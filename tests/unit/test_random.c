/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define PIECES 100
#define PIECE  16

START_TEST(never_repeats_within_a_thread)
{
    unsigned char pieces[PIECES][PIECE];

    for (int i = 0; i < PIECES; i++) {
        nx_random(pieces[i], PIECE);
        for (int n = 0; n < i; n++)
            ck_assert_int_ne(memcmp(pieces[i], pieces[n], PIECE), 0);
    }
}
END_TEST

START_TEST(fills_every_byte_of_any_length)
{
    static const size_t lengths[] = {1, 7, 511, 512, 513, 4096};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        unsigned char seen[4096] = {0}, bytes[4097] = {0};
        /* A byte that stays 0 in 64 tries was not written. */
        for (int round = 0; round < 64; round++) {
            nx_random(bytes, lengths[i]);
            for (size_t n = 0; n < lengths[i]; n++)
                seen[n] |= bytes[n];
        }
        for (size_t n = 0; n < lengths[i]; n++)
            ck_assert_uint_ne(seen[n], 0);
        ck_assert_uint_eq(bytes[lengths[i]], 0);
    }
}
END_TEST

static void read_whole(int fd, unsigned char *out, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t got = read(fd, out + done, length - done);
        ck_assert_int_gt(got, 0);
        done += (size_t)got;
    }
}

/* A child draws, and hands what it drew to the parent. */
static void draw_in_child(unsigned char pieces[PIECES][PIECE])
{
    int ends[2], status;
    pid_t child;

    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        ssize_t written;
        for (int i = 0; i < PIECES; i++)
            nx_random(pieces[i], PIECE);
        written = write(ends[1], pieces, PIECES * PIECE);
        _exit(written == PIECES * PIECE ? 0 : 1);
    }
    read_whole(ends[0], &pieces[0][0], PIECES * PIECE);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    close(ends[0]);
    close(ends[1]);
}

START_TEST(a_child_never_has_the_parents_bytes)
{
    static unsigned char drawn[3][PIECES][PIECE];
    unsigned char first;

    nx_random(&first, 1); /* the buffer is full now, and is inherited */
    draw_in_child(drawn[0]);
    draw_in_child(drawn[1]);
    for (int i = 0; i < PIECES; i++)
        nx_random(drawn[2][i], PIECE);
    for (int a = 0; a < 3; a++)
        for (int b = a + 1; b < 3; b++)
            for (int i = 0; i < PIECES; i++)
                for (int n = 0; n < PIECES; n++)
                    ck_assert_int_ne(memcmp(drawn[a][i], drawn[b][n], PIECE), 0);
}
END_TEST

static void *draw(void *pieces)
{
    for (int i = 0; i < PIECES; i++)
        nx_random((unsigned char *)pieces + i * PIECE, PIECE);
    return NULL;
}

START_TEST(threads_have_their_own)
{
    static unsigned char drawn[2][PIECES][PIECE];
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, draw, drawn[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < PIECES; i++)
        for (int n = 0; n < PIECES; n++)
            ck_assert_int_ne(memcmp(drawn[0][i], drawn[1][n], PIECE), 0);
}
END_TEST

UNIT_MAIN("random", never_repeats_within_a_thread, fills_every_byte_of_any_length,
          a_child_never_has_the_parents_bytes, threads_have_their_own)
