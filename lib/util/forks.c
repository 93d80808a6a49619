/* SPDX-License-Identifier: Apache-2.0 */
#include "forks.h"

#include <pthread.h>
#include <stdatomic.h>

static atomic_uint generation;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void count_fork(void)
{
    atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

static void start(void)
{
    if (pthread_atfork(NULL, NULL, count_fork) == 0)
        atomic_store(&generation, 1);
}

unsigned nx_forks(void)
{
    pthread_once(&once, start);
    return atomic_load_explicit(&generation, memory_order_relaxed);
}
