/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "forks.h"

#define POOL_SIZE 512

struct pool {
    unsigned char bytes[POOL_SIZE];
    size_t left; /* unused bytes, at the front */
    unsigned generation;
};

static _Thread_local struct pool pool;

static bool ready;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
    ready = sodium_init() >= 0;
}

void nx_random(void *out, size_t length)
{
    unsigned now;

    pthread_once(&once, start);
    now = nx_forks(); /* a child has its parent's buffers, which are not its own */
    if (!ready || !now || length > POOL_SIZE) {
        randombytes_buf(out, length);
        return;
    }
    if (pool.generation != now || pool.left < length) {
        randombytes_buf(pool.bytes, POOL_SIZE);
        pool.left = POOL_SIZE;
        pool.generation = now;
    }
    pool.left -= length;
    memcpy(out, pool.bytes + pool.left, length);
}
