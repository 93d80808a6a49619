/* SPDX-License-Identifier: Apache-2.0 */
#include "uuid7.h"

#include <pthread.h>
#include <time.h>

#include "ids.h"
#include "unit.h"

#define THREADS 4
#define EACH    50000

/* Milliseconds and counter: all but the version. Rising stamps are what "rising" means. */
static uint64_t stamp_of(const unsigned char uuid[16])
{
    uint64_t stamp = 0;

    for (int i = 0; i < 6; i++)
        stamp = stamp << 8 | uuid[i];
    return stamp << 12 | (uint64_t)(uuid[6] & 0x0f) << 8 | uuid[7];
}

START_TEST(has_the_shape_of_rfc_9562)
{
    unsigned char uuid[16];
    char text[NX_UUID_SIZE];
    struct timespec before, after;
    uint64_t ms;

    clock_gettime(CLOCK_REALTIME, &before);
    nx_uuid7_bytes(uuid);
    clock_gettime(CLOCK_REALTIME, &after);
    ck_assert_int_eq(uuid[6] >> 4, 7);
    ck_assert_int_eq(uuid[8] >> 6, 2);
    ms = stamp_of(uuid) >> 12;
    ck_assert_uint_ge(ms, (uint64_t)before.tv_sec * 1000 + (uint64_t)before.tv_nsec / 1000000);
    ck_assert_uint_le(ms, (uint64_t)after.tv_sec * 1000 + (uint64_t)after.tv_nsec / 1000000);
    nx_uuid7_text(uuid, text);
    ck_assert_uint_eq(strlen(text), 36);
    ck_assert_uint_eq(strspn(text, "0123456789abcdef-"), 36);
}
END_TEST

START_TEST(writes_the_known_text)
{
    static const unsigned char uuid[16] = {0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3,
                                           0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
    char text[NX_UUID_SIZE];

    nx_uuid7_text(uuid, text);
    ck_assert_str_eq(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"); /* RFC 9562, A.6 */
}
END_TEST

START_TEST(rises_whatever_the_clock_does)
{
    /* A new millisecond starts its counter at random, in the lower half. */
    ck_assert_uint_eq(nx_uuid7_next(0, 5, 0xffffffff), 5u << 12 | 0x7ff);
    ck_assert_uint_eq(nx_uuid7_next(5u << 12 | 0x7ff, 6, 0), 6u << 12);
    /* Within one, and after the clock was set back, it counts. */
    ck_assert_uint_eq(nx_uuid7_next(5u << 12 | 0x7ff, 5, 3), 5u << 12 | 0x800);
    ck_assert_uint_eq(nx_uuid7_next(5u << 12 | 0x7ff, 2, 3), 5u << 12 | 0x800);
    /* A full counter carries into the milliseconds, and the clock catches up. */
    ck_assert_uint_eq(nx_uuid7_next(5u << 12 | 0xfff, 5, 3), 6u << 12);
    ck_assert_uint_eq(nx_uuid7_next(6u << 12, 6, 3), 6u << 12 | 1);
    ck_assert_uint_eq(nx_uuid7_next(6u << 12, 7, 3), 7u << 12 | 3);
}
END_TEST

START_TEST(rises_in_one_thread)
{
    unsigned char uuid[16], last[16] = {0};

    for (int i = 0; i < 200000; i++) {
        nx_uuid7_bytes(uuid);
        ck_assert_int_gt(memcmp(uuid, last, sizeof(uuid)), 0);
        memcpy(last, uuid, sizeof(last));
    }
}
END_TEST

static unsigned char made[THREADS][EACH][16];

static void *make_many(void *own)
{
    unsigned char(*uuids)[16] = own;

    for (int i = 0; i < EACH; i++)
        nx_uuid7_bytes(uuids[i]);
    return NULL;
}

static int by_bytes(const void *left, const void *right)
{
    return memcmp(left, right, 16);
}

START_TEST(rises_across_threads)
{
    pthread_t threads[THREADS];
    unsigned char(*all)[16] = made[0];

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, make_many, made[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        for (int n = 1; n < EACH; n++)
            ck_assert_uint_gt(stamp_of(made[i][n]), stamp_of(made[i][n - 1]));
    /* No stamp twice in the process, whatever the random bytes. */
    qsort(all, (size_t)THREADS * EACH, 16, by_bytes);
    for (int i = 1; i < THREADS * EACH; i++)
        ck_assert_uint_ne(stamp_of(all[i]), stamp_of(all[i - 1]));
}
END_TEST

UNIT_MAIN("uuid7", has_the_shape_of_rfc_9562, writes_the_known_text, rises_whatever_the_clock_does,
          rises_in_one_thread, rises_across_threads)
