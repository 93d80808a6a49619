/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers on several threads. */
#include "workers.h"

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
    return test_main(suite);
}
