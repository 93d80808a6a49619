/* SPDX-License-Identifier: Apache-2.0 */
/* Several threads on one client: publishing, dispatching and reading counters at the same time. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

#define THREADS    4
#define PER_THREAD 4000
#define BLOCKING   200

struct worker {
    pthread_t thread;
    struct nexus_client *client;
    struct test_report *reports;
    int first;
};

static void *publish_async(void *data)
{
    struct worker *worker = data;
    for (int i = 0; i < PER_THREAD; i++) {
        test_publish_async(worker->client, worker->first + i, &worker->reports[i]);
    }
    return NULL;
}

static void *publish_blocking(void *data)
{
    struct worker *worker = data;
    for (int i = 0; i < BLOCKING; i++) {
        struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
        OK(test_publish(worker->client, worker->first + i, NULL, &receipt, err));
        ck_assert_uint_gt(receipt.sequence, 0);
    }
    return NULL;
}

static void start(struct worker *workers, struct nexus_client *client, void *(*work)(void *))
{
    for (int i = 0; i < THREADS; i++) {
        workers[i].client = client;
        workers[i].first = i * PER_THREAD;
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
}

static void join(struct worker *workers)
{
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
    }
}

START_TEST(asynchronous_publishes_from_several_threads)
{
    struct nexus_client *client = test_client("publisher");
    struct test_report *reports = calloc(THREADS * PER_THREAD, sizeof *reports);
    struct worker workers[THREADS] = {{0}};
    for (int i = 0; i < THREADS; i++) {
        workers[i].reports = reports + i * PER_THREAD;
    }
    start(workers, client, publish_async);
    DISPATCH_UNTIL(client, test_stats(client).acked == THREADS * PER_THREAD);
    join(workers);
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(test_reported(reports, THREADS * PER_THREAD, NEXUS_OK), THREADS * PER_THREAD);
    nexus_client_destroy(client);
    free(reports);
}
END_TEST

START_TEST(blocking_publishes_from_several_threads)
{
    struct nexus_client *client = test_client("publisher");
    struct worker workers[THREADS] = {{0}};
    struct test_raw raw;
    start(workers, client, publish_blocking);
    join(workers);
    test_raw_open(&raw, test_server.url);
    ck_assert_uint_eq(test_raw_count(&raw, "NEXUS"), THREADS * BLOCKING);
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

/* A small window, so that the threads wait for room most of the time. */
START_TEST(several_threads_share_a_small_window)
{
    struct nexus_client_options *options = test_options("publisher");
    OK(nexus_client_options_set_window(options, 3, 65536, err));
    struct nexus_client *client = test_client_of(options);
    struct worker workers[THREADS] = {{0}};
    start(workers, client, publish_blocking);
    join(workers);
    ck_assert_uint_eq(test_stats(client).acked, THREADS * BLOCKING);
    nexus_client_destroy(client);
}
END_TEST

static void *run(void *data)
{
    OK(nexus_client_run(data, err));
    return NULL;
}

START_TEST(one_thread_runs_while_others_publish_and_settle)
{
    struct nexus_client *client = test_client("both");
    struct test_seen *seen = calloc(1, sizeof *seen);
    struct worker workers[THREADS] = {{0}};
    pthread_t runner;
    test_subscribe(client, NULL, seen, NULL);
    ck_assert_int_eq(pthread_create(&runner, NULL, run, client), 0);
    start(workers, client, publish_blocking);
    join(workers);
    WAIT_UNTIL(test_stats(client).handled == THREADS * BLOCKING);
    nexus_client_stop(client);
    ck_assert_int_eq(pthread_join(runner, NULL), 0);
    ck_assert_int_eq(seen->count, THREADS * BLOCKING);
    OK(nexus_client_close(client, TEST_LIMIT_MILLISECONDS, err));
    nexus_client_destroy(client);
    free(seen);
}
END_TEST

#define DEFERRED 500

struct pool {
    pthread_mutex_t lock;
    struct nexus_delivery *waiting[DEFERRED];
    int put;
    int taken;
    atomic_int settled;
};

static enum nexus_verdict hand_over(const struct nexus_kb_ingested *event,
                                    struct nexus_delivery *delivery, void *data)
{
    struct pool *pool = data;
    (void)event;
    pthread_mutex_lock(&pool->lock);
    ck_assert_int_lt(pool->put, DEFERRED);
    pool->waiting[pool->put++] = delivery;
    pthread_mutex_unlock(&pool->lock);
    return NEXUS_DEFER;
}

static void *settle_them(void *data)
{
    struct pool *pool = data;
    while (atomic_load(&pool->settled) < DEFERRED) {
        struct nexus_delivery *delivery = NULL;
        pthread_mutex_lock(&pool->lock);
        if (pool->taken < pool->put) {
            delivery = pool->waiting[pool->taken++];
        }
        pthread_mutex_unlock(&pool->lock);
        if (delivery == NULL) {
            poll(NULL, 0, 1);
            continue;
        }
        ck_assert_str_eq(nexus_delivery_subject(delivery), TEST_SIMPLE_SUBJECT);
        OK(nexus_delivery_settle(delivery, NEXUS_ACK, err));
        atomic_fetch_add(&pool->settled, 1);
    }
    return NULL;
}

START_TEST(worker_threads_settle_what_the_handler_deferred)
{
    struct nexus_client *client = test_client("workers");
    struct nexus_subscription *subscription = NULL;
    struct pool pool = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[THREADS];
    for (int i = 0; i < DEFERRED; i++) {
        OK(test_publish(client, i, NULL, NULL, err));
    }
    OK(nexus_subscribe_kb_ingested(client, NULL, hand_over, &pool, NULL, &subscription, err));
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, settle_them, &pool), 0);
    }
    DISPATCH_UNTIL(client, atomic_load(&pool.settled) == DEFERRED);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_uint_eq(test_stats(client).handled, DEFERRED);
    ck_assert_uint_eq(test_stats(client).in_hand, 0);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threads");
    TCase *stream = test_case_with_stream(suite, "threads");
    tcase_add_test(stream, asynchronous_publishes_from_several_threads);
    tcase_add_test(stream, blocking_publishes_from_several_threads);
    tcase_add_test(stream, several_threads_share_a_small_window);
    tcase_add_test(stream, one_thread_runs_while_others_publish_and_settle);
    tcase_add_test(stream, worker_threads_settle_what_the_handler_deferred);
    return test_main(suite);
}
