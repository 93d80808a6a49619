/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers on threads of the library: all at work, each key in order, and every way to an end. */
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

static int tenant_of(const struct nexus_delivery *delivery)
{
    return nexus_delivery_tenant(delivery)[6] - '0';
}

static enum nexus_verdict verdict_of(struct work *work, int tenant, int number,
                                     struct nexus_delivery *delivery)
{
    if (tenant != 0 || number != work->retry || work->retries <= 0)
        return NEXUS_ACK;
    work->retries--;
    work->held = work->defer ? delivery : NULL;
    OK(nexus_delivery_set_retry_delay(delivery, 50, err));
    return work->defer ? NEXUS_DEFER : NEXUS_RETRY;
}

static enum nexus_verdict on_event(const struct nexus_kb_ingested *event,
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

static int handled(struct work *work)
{
    pthread_mutex_lock(&work->lock);
    int count = work->handled;
    pthread_mutex_unlock(&work->lock);
    return count;
}

static struct work *work_new(void)
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
static void work_free(struct work *work)
{
    pthread_cond_destroy(&work->changed);
    pthread_mutex_destroy(&work->lock);
    free(work);
}

static struct nexus_subscribe_options *crew_of(uint32_t threads)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    OK(nexus_subscribe_options_set_workers(options, threads, err));
    return options;
}

/* Destroys the options. */
static void subscribe(struct work *work, struct nexus_subscribe_options *options)
{
    OK(nexus_subscribe_kb_ingested(work->client, NULL, on_event, work, options, &work->subscription,
                                   err));
    nexus_subscribe_options_destroy(options);
}

static void publish(struct work *work, int tenant, int number)
{
    char name[16];
    snprintf(name, sizeof name, "salon-%d", tenant);
    OK(test_publish_for(work->client, name, number, NULL, NULL, err));
}

static void publish_all(struct work *work)
{
    for (int number = 0; number < EACH; number++) {
        for (int tenant = 0; tenant < TENANTS; tenant++) {
            publish(work, tenant, number);
        }
    }
}

static void expect_order(const struct work *work)
{
    for (int tenant = 0; tenant < TENANTS; tenant++) {
        ck_assert_int_eq(work->count[tenant], EACH);
        for (int i = 0; i < EACH; i++) {
            ck_assert_int_eq(work->order[tenant][i], i);
        }
    }
}

START_TEST(subjects_are_handled_at_once_and_each_in_order)
{
    struct work *work = work_new();
    work->wanted_inside = 3;
    subscribe(work, crew_of(4));
    publish_all(work);
    WAIT_UNTIL(handled(work) == EACH * TENANTS);
    ck_assert(!work->overlap);
    ck_assert_int_ge(work->most_inside, 3);
    ck_assert_int_le(work->most_inside, 4);
    expect_order(work);
    WAIT_UNTIL(test_stats(work->client).in_hand == 0);
    ck_assert_uint_eq(test_stats(work->client).handled, EACH * TENANTS);
    ck_assert_uint_eq(test_stats(work->client).workers, 4);
    nexus_client_destroy(work->client);
    work_free(work);
}
END_TEST

/* All tenants share one key. */
static uint64_t one_key(const struct nexus_key_source *source, void *data)
{
    struct work *work = data;
    ck_assert_uint_ge(source->size, sizeof *source);
    ck_assert_uint_eq(strlen(source->body), source->body_length);
    ck_assert_int_eq(strncmp(source->subject, "nexus.salon-", 12), 0);
    atomic_fetch_add(&work->result, 1);
    return 7;
}

START_TEST(a_callback_decides_what_belongs_together)
{
    struct work *work = work_new();
    struct nexus_subscribe_options *options = crew_of(4);
    OK(nexus_subscribe_options_set_key_callback(options, one_key, work, err));
    subscribe(work, options);
    publish_all(work);
    WAIT_UNTIL(handled(work) == EACH * TENANTS);
    ck_assert_int_eq(work->most_inside, 1);
    ck_assert_int_eq(atomic_load(&work->result), EACH * TENANTS);
    expect_order(work);
    nexus_client_destroy(work->client);
    work_free(work);
}
END_TEST

START_TEST(a_retried_event_lets_others_pass)
{
    struct work *work = work_new();
    work->retry = 0;
    work->retries = 1;
    subscribe(work, crew_of(2));
    work->gate = true;
    for (int number = 0; number < 3; number++) {
        publish(work, 0, number);
    }
    WAIT_UNTIL(test_stats(work->client).received == 3);
    pthread_mutex_lock(&work->lock);
    work->gate = false;
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->lock);
    WAIT_UNTIL(handled(work) == 4);
    const int wanted[] = {0, 1, 2, 0};
    ck_assert_mem_eq(work->order[0], wanted, sizeof wanted);
    nexus_client_destroy(work->client);
    work_free(work);
}
END_TEST

START_TEST(a_held_key_waits_for_the_retried_event)
{
    struct work *work = work_new();
    struct nexus_subscribe_options *options = crew_of(2);
    work->retry = 0;
    work->retries = 2;
    OK(nexus_subscribe_options_set_hold_key(options, true, err));
    subscribe(work, options);
    for (int number = 0; number < 3; number++) {
        publish(work, 0, number);
        publish(work, 1, number);
    }
    WAIT_UNTIL(handled(work) == 8);
    const int wanted[] = {0, 0, 0, 1, 2};
    ck_assert_mem_eq(work->order[0], wanted, sizeof wanted);
    struct nexus_client_stats stats = test_stats(work->client);
    ck_assert_uint_eq(stats.retried, 2);
    ck_assert_uint_eq(stats.redelivered, 0);
    WAIT_UNTIL(test_stats(work->client).handled == 6);
    nexus_client_destroy(work->client);
    work_free(work);
}
END_TEST

START_TEST(a_held_key_waits_for_the_deferred_event)
{
    struct work *work = work_new();
    struct nexus_subscribe_options *options = crew_of(2);
    work->retry = 0;
    work->retries = 1;
    work->defer = true;
    OK(nexus_subscribe_options_set_hold_key(options, true, err));
    subscribe(work, options);
    publish(work, 0, 0);
    publish(work, 0, 1);
    publish(work, 1, 0);
    publish(work, 1, 1);
    WAIT_UNTIL(handled(work) == 3);
    ck_assert_int_eq(work->count[0], 1);
    OK(nexus_delivery_settle(work->held, NEXUS_ACK, err));
    WAIT_UNTIL(handled(work) == 4);
    ck_assert_int_eq(work->count[0], 2);
    nexus_client_destroy(work->client);
    work_free(work);
}
END_TEST

START_TEST(closing_gives_back_what_is_held)
{
    struct work *work = work_new();
    struct nexus_subscribe_options *options = crew_of(2);
    work->retry = 0;
    work->retries = 1;
    OK(nexus_subscribe_options_set_hold_key(options, true, err));
    OK(nexus_subscribe_options_set_retry_delay(options, 60000, err));
    subscribe(work, options);
    work->defer = true;
    publish(work, 0, 0);
    publish(work, 0, 1);
    WAIT_UNTIL(handled(work) == 1);
    OK(nexus_delivery_settle(work->held, NEXUS_RETRY, err)); /* paused, with another one behind */
    OK(nexus_client_close(work->client, TEST_LIMIT_MILLISECONDS, err));
    nexus_client_destroy(work->client);

    work->client = test_client("crew");
    work->handled = 0;
    work->count[0] = 0;
    subscribe(work, crew_of(1));
    WAIT_UNTIL(handled(work) == 2); /* long before the delay or the ack wait is over */
    nexus_client_destroy(work->client);
    work_free(work);
}
END_TEST

START_TEST(the_queue_holds_back_the_pull)
{
    struct work *work = work_new();
    struct nexus_subscribe_options *options = crew_of(2);
    OK(nexus_subscribe_options_set_queue(options, 4, 65536, err));
    work->gate = true;
    subscribe(work, options);
    for (int number = 0; number < EACH; number++) {
        publish(work, 0, number);
    }
    WAIT_UNTIL(atomic_load(&work->entered) == 1 && test_stats(work->client).queued == 4);
    ck_assert_uint_eq(test_stats(work->client).received, 5);
    pthread_mutex_lock(&work->lock);
    work->gate = false;
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->lock);
    WAIT_UNTIL(handled(work) == EACH);
    nexus_client_destroy(work->client);
    work_free(work);
}
END_TEST

static void open_the_gate(struct work *work)
{
    pthread_mutex_lock(&work->lock);
    work->gate = false;
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->lock);
}

static void *opener(void *data)
{
    struct work *work = data;
    WAIT_UNTIL(nexus_client_state(work->client) == NEXUS_STATE_CLOSED);
    open_the_gate(work);
    return NULL;
}

START_TEST(a_pause_holds_all_of_them)
{
    struct work *work = work_new();
    subscribe(work, crew_of(2));
    OK(nexus_subscription_pause(work->subscription, true, err));
    publish(work, 0, 0);
    publish(work, 1, 0);
    WAIT_UNTIL(test_stats(work->client).queued == 2);
    ck_assert_int_eq(handled(work), 0);
    OK(nexus_subscription_pause(work->subscription, false, err));
    WAIT_UNTIL(handled(work) == 2);
    nexus_client_destroy(work->client);
    work_free(work);
}
END_TEST

START_TEST(close_waits_for_the_handlers_and_keeps_their_verdicts)
{
    struct work *work = work_new();
    pthread_t thread;
    work->gate = true;
    subscribe(work, crew_of(4));
    for (int tenant = 0; tenant < 4; tenant++) {
        publish(work, tenant, 0);
    }
    WAIT_UNTIL(test_stats(work->client).workers_busy == 4);
    ck_assert_int_eq(pthread_create(&thread, NULL, opener, work), 0);
    OK(nexus_client_close(work->client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(handled(work), 4);
    ck_assert_uint_eq(test_stats(work->client).handled, 4);
    pthread_join(thread, NULL);
    nexus_client_destroy(work->client);
    work_free(work);
}
END_TEST

static void destroy_subscription(struct work *work)
{
    nexus_subscription_destroy(work->subscription);
    atomic_store(&work->result, 1);
}

static void destroy_client(struct work *work)
{
    atomic_store(&work->result, nexus_client_dispatch(work->client, 0, NULL));
    nexus_client_destroy(work->client);
}

static void destroy_when_told(struct work *work)
{
    pthread_mutex_lock(&work->lock);
    while (work->gate) {
        pthread_cond_wait(&work->changed, &work->lock);
    }
    pthread_mutex_unlock(&work->lock);
    destroy_client(work);
}

static void close_client(struct work *work)
{
    atomic_store(&work->result, nexus_client_close(work->client, 1000, NULL));
}

START_TEST(a_handler_may_destroy_its_subscription)
{
    struct work *work = work_new();
    work->act = destroy_subscription;
    subscribe(work, crew_of(3));
    publish(work, 0, 0);
    WAIT_UNTIL(atomic_load(&work->result) == 1);
    WAIT_UNTIL(test_stats(work->client).workers == 0);
    ck_assert_uint_eq(test_stats(work->client).handled, 1);
    nexus_client_destroy(work->client);
    work_free(work);
}
END_TEST

START_TEST(a_handler_cannot_close_its_client)
{
    struct work *work = work_new();
    work->act = close_client;
    subscribe(work, crew_of(3));
    publish(work, 0, 0);
    WAIT_UNTIL(atomic_load(&work->result) == NEXUS_E_STATE);
    nexus_client_destroy(work->client);
    work_free(work);
}
END_TEST

/* A completion: runs where somebody dispatches. */
static void open_gate(struct nexus_client *client, const struct nexus_receipt *receipt,
                      const struct nexus_error *error, void *data)
{
    (void)client;
    (void)receipt;
    ck_assert_ptr_null(error);
    open_the_gate(data);
}

static void note_end(struct nexus_client *client, enum nexus_client_state state, const char *detail,
                     void *data)
{
    struct work *work = data;
    (void)client;
    (void)detail;
    pthread_mutex_lock(&work->lock);
    work->handled += state == NEXUS_STATE_CLOSED;
    pthread_mutex_unlock(&work->lock);
}

START_TEST(a_handler_may_destroy_its_client_that_is_dispatched)
{
    struct work *work = work_new();
    struct nexus_publish_options *options = nexus_publish_options_new();
    work->act = destroy_when_told;
    work->gate = true;
    OK(nexus_publish_options_set_callback(options, open_gate, work, err));
    subscribe(work, crew_of(3));
    OK(test_publish_for(work->client, "salon-0", 0, options, NULL, err));
    nexus_publish_options_destroy(options);
    ck_assert_int_eq(nexus_client_run(work->client, NULL), NEXUS_E_CLOSED);
    ck_assert_int_eq(atomic_load(&work->result), NEXUS_E_STATE);
    work_free(work);
}
END_TEST

START_TEST(a_handler_may_destroy_its_client_that_nobody_dispatches)
{
    struct work *work = work_new();
    struct nexus_client_options *options = test_options("crew");
    nexus_client_destroy(work->client);
    OK(nexus_client_options_set_state_callback(options, note_end, work, err));
    work->client = test_client_of(options);
    work->act = destroy_when_told;
    work->gate = true;
    subscribe(work, crew_of(3));
    publish(work, 0, 0);
    open_the_gate(work);            /* from here on the client is the handler's alone */
    WAIT_UNTIL(handled(work) == 1); /* the client's last word */
    ck_assert_int_eq(atomic_load(&work->result), NEXUS_E_STATE);
}
END_TEST

START_TEST(destroy_waits_for_the_handlers)
{
    for (int round = 0; round < 20; round++) {
        struct work *work = work_new();
        subscribe(work, crew_of(4));
        for (int tenant = 0; tenant < TENANTS; tenant++) {
            publish(work, tenant, round);
        }
        nexus_client_destroy(work->client);
        work_free(work); /* nobody is in it any more, or the sanitizers say so */
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workers");
    TCase *stream = test_case_with_stream(suite, "workers");
    tcase_add_test(stream, subjects_are_handled_at_once_and_each_in_order);
    tcase_add_test(stream, a_callback_decides_what_belongs_together);
    tcase_add_test(stream, a_retried_event_lets_others_pass);
    tcase_add_test(stream, a_held_key_waits_for_the_retried_event);
    tcase_add_test(stream, a_held_key_waits_for_the_deferred_event);
    tcase_add_test(stream, closing_gives_back_what_is_held);
    tcase_add_test(stream, the_queue_holds_back_the_pull);
    tcase_add_test(stream, a_pause_holds_all_of_them);
    tcase_add_test(stream, close_waits_for_the_handlers_and_keeps_their_verdicts);
    tcase_add_test(stream, a_handler_may_destroy_its_subscription);
    tcase_add_test(stream, a_handler_cannot_close_its_client);
    tcase_add_test(stream, a_handler_may_destroy_its_client_that_is_dispatched);
    tcase_add_test(stream, a_handler_may_destroy_its_client_that_nobody_dispatches);
    tcase_add_test(stream, destroy_waits_for_the_handlers);
    return test_main(suite);
}
