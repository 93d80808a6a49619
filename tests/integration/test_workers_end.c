/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions and clients that end while handlers run on several threads. */
#include "workers.h"

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
    /* Nobody can say when the handler's thread is out of it, so it stays. */
    static struct work *work;
    work = work_new();
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
    Suite *suite = suite_create("workers that end");
    TCase *stream = test_case_with_stream(suite, "workers that end");
    tcase_add_test(stream, a_handler_may_destroy_its_subscription);
    tcase_add_test(stream, a_handler_cannot_close_its_client);
    tcase_add_test(stream, a_handler_may_destroy_its_client_that_is_dispatched);
    tcase_add_test(stream, a_handler_may_destroy_its_client_that_nobody_dispatches);
    tcase_add_test(stream, destroy_waits_for_the_handlers);
    return test_main(suite);
}
