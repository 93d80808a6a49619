/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define POOL_SIZE 512

struct pool {
    unsigned char bytes[POOL_SIZE];
    size_t left; /* unused bytes, at the front */
    unsigned generation;
};

static _Thread_local struct pool pool;

/* A child has the parent's buffers. Counting the forks tells it that they are not its own; asking
 * for the process id each time would cost a system call. */
static atomic_uint generation = 1;
static bool watching_forks;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void count_fork(void)
{
    atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

static void start(void)
{
    watching_forks = sodium_init() >= 0 && pthread_atfork(NULL, NULL, count_fork) == 0;
}

void nx_random(void *out, size_t length)
{
    unsigned now;

    pthread_once(&once, start);
    if (!watching_forks || length > POOL_SIZE) {
        randombytes_buf(out, length);
        return;
    }
    now = atomic_load_explicit(&generation, memory_order_relaxed);
    if (pool.generation != now || pool.left < length) {
        randombytes_buf(pool.bytes, POOL_SIZE);
        pool.left = POOL_SIZE;
        pool.generation = now;
    }
    pool.left -= length;
    memcpy(out, pool.bytes + pool.left, length);
}
