/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of handlers on several threads share. */
#ifndef WORKERS_TEST_H
#define WORKERS_TEST_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "simple.h"

#define TENANTS 5
#define EACH    60

/* What the handlers do together. */
struct work {
    struct nexus_client *client;
    struct nexus_subscription *subscription;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int inside, most_inside; /* handlers running now, and at most */
    int wanted_inside;       /* a handler waits until so many have been inside at once */
    int handled;
    int order[TENANTS][EACH * 4]; /* the numbers of each tenant, as they came */
    int count[TENANTS];
    int inside_tenant[TENANTS];
    bool overlap; /* two handlers of one tenant at once */
    int retry;    /* this number of tenant 0 is retried … */
    int retries;  /* … so many times */
    bool defer;   /* … or deferred, instead */
    bool gate;    /* handlers wait while it is closed */
    struct nexus_delivery *held;
    atomic_int entered;
    void (*act)(struct work *work); /* what the handler does, instead */
    atomic_int result;
};

static inline int tenant_of(const struct nexus_delivery *delivery)
{
    return nexus_delivery_tenant(delivery)[6] - '0';
}

static inline enum nexus_verdict verdict_of(struct work *work, int tenant, int number,
                                            struct nexus_delivery *delivery)
{
    if (tenant != 0 || number != work->retry || work->retries <= 0)
        return NEXUS_ACK;
    work->retries--;
    work->held = work->defer ? delivery : NULL;
    OK(nexus_delivery_set_retry_delay(delivery, 50, err));
    return work->defer ? NEXUS_DEFER : NEXUS_RETRY;
}

static inline enum nexus_verdict on_event(const struct nexus_kb_ingested *event,
                                          struct nexus_delivery *delivery, void *data)
{
    struct work *work = data;
    int tenant = tenant_of(delivery);
    atomic_fetch_add(&work->entered, 1);
    if (work->act != NULL) {
        work->act(work);
        return NEXUS_ACK;
    }
    pthread_mutex_lock(&work->lock);
    work->inside++;
    work->overlap |= work->inside_tenant[tenant]++ > 0;
    if (work->inside > work->most_inside) {
        work->most_inside = work->inside;
        pthread_cond_broadcast(&work->changed);
    }
    while (work->most_inside < work->wanted_inside || work->gate) {
        pthread_cond_wait(&work->changed, &work->lock);
    }
    ck_assert_int_lt(work->count[tenant], EACH * 4);
    work->order[tenant][work->count[tenant]++] = (int)event->facts_extracted;
    enum nexus_verdict verdict = verdict_of(work, tenant, (int)event->facts_extracted, delivery);
    work->inside_tenant[tenant]--;
    work->inside--;
    work->handled++;
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->lock);
    return verdict;
}

static inline int handled(struct work *work)
{
    pthread_mutex_lock(&work->lock);
    int count = work->handled;
    pthread_mutex_unlock(&work->lock);
    return count;
}

static inline struct work *work_new(void)
{
    struct work *work = calloc(1, sizeof *work);
    ck_assert_ptr_nonnull(work);
    pthread_mutex_init(&work->lock, NULL);
    pthread_cond_init(&work->changed, NULL);
    work->retry = -1;
    work->client = test_client("crew");
    return work;
}

/* The client has been destroyed. */
static inline void work_free(struct work *work)
{
    pthread_cond_destroy(&work->changed);
    pthread_mutex_destroy(&work->lock);
    free(work);
}

static inline struct nexus_subscribe_options *crew_of(uint32_t threads)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    OK(nexus_subscribe_options_set_workers(options, threads, err));
    return options;
}

/* Destroys the options. */
static inline void subscribe(struct work *work, struct nexus_subscribe_options *options)
{
    OK(nexus_subscribe_kb_ingested(work->client, NULL, on_event, work, options, &work->subscription,
                                   err));
    nexus_subscribe_options_destroy(options);
}

static inline void publish(struct work *work, int tenant, int number)
{
    char name[24];
    snprintf(name, sizeof name, "salon-%d", tenant);
    OK(test_publish_for(work->client, name, number, NULL, NULL, err));
}

static inline void publish_all(struct work *work)
{
    for (int number = 0; number < EACH; number++) {
        for (int tenant = 0; tenant < TENANTS; tenant++) {
            publish(work, tenant, number);
        }
    }
}

static inline void expect_order(const struct work *work)
{
    for (int tenant = 0; tenant < TENANTS; tenant++) {
        ck_assert_int_eq(work->count[tenant], EACH);
        for (int i = 0; i < EACH; i++) {
            ck_assert_int_eq(work->order[tenant][i], i);
        }
    }
}

static inline void open_the_gate(struct work *work)
{
    pthread_mutex_lock(&work->lock);
    work->gate = false;
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->lock);
}

#endif
