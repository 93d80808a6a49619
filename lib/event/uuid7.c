/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDv7 (RFC 9562), with the counter of its section 6.2, method 1, in the 12 bits of rand_a. */
#include "uuid7.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "hex.h"
#include "ids.h"
#include "random.h"

#define COUNTER_BITS 12
#define SEED_MASK    0x7ffu /* the top bit starts clear, so that half the range is left to count in \
                             */

static atomic_uint_fast64_t last_stamp;

uint64_t nx_uuid7_next(uint64_t last, uint64_t now_ms, uint32_t seed)
{
    uint64_t fresh = (now_ms << COUNTER_BITS) | (seed & SEED_MASK);

    /* Within a millisecond, and while the clock stands before the last stamp because it was set
     * back, count on. A counter that overflows carries into the milliseconds: the stamps then run
     * a little ahead of the clock, which the RFC allows, and stay unique. */
    return (now_ms > last >> COUNTER_BITS) ? fresh : last + 1;
}

static uint64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec < 0 ? 0 : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void nx_uuid7_bytes(unsigned char out[16])
{
    unsigned char random[10];
    uint64_t now = wall_ms(), last, stamp;
    uint32_t seed;

    nx_random(random, sizeof(random));
    seed = (uint32_t)random[8] << 8 | random[9];
    last = atomic_load_explicit(&last_stamp, memory_order_relaxed);
    do
        stamp = nx_uuid7_next(last, now, seed);
    while (!atomic_compare_exchange_weak_explicit(&last_stamp, &last, stamp, memory_order_relaxed,
                                                  memory_order_relaxed));

    for (int i = 0; i < 6; i++)
        out[i] = (unsigned char)(stamp >> (COUNTER_BITS + 40 - 8 * i));
    out[6] = (unsigned char)(0x70 | (stamp >> 8 & 0x0f));
    out[7] = (unsigned char)stamp;
    memcpy(out + 8, random, 8);
    out[8] = (unsigned char)(0x80 | (random[0] & 0x3f));
}

void nx_uuid7_text(const unsigned char uuid[16], char out[NX_UUID_SIZE])
{
    static const unsigned char groups[] = {4, 2, 2, 2, 6};
    char *at = out;

    for (size_t i = 0; i < sizeof(groups); i++) {
        if (i > 0)
            *at++ = '-';
        at = nx_hex_write(at, uuid, groups[i]);
        uuid += groups[i];
    }
    *at = 0;
}
