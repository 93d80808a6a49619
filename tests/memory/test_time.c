/* SPDX-License-Identifier: Apache-2.0 */
/* The bus's time: it stands still, moves when somebody waits, and moves when it is told to. */
#include <pthread.h>
#include <time.h>

#include "memory.h"

static void set_deadline(struct nexus_client_options *options, int64_t milliseconds)
{
    OK(nexus_client_options_set_publish_deadline(options, milliseconds, err));
}

START_TEST(time_stands_still_while_nobody_waits)
{
    struct nexus_memory *bus = memory_bus();
    struct nexus_client *client = memory_client(bus, "clock");
    struct memory_seen seen = {0};
    int64_t start = nexus_memory_time(bus);

    memory_provision(client);
    memory_subscribe(client, &seen, NULL);
    for (int i = 1; i <= 10; i++) {
        OK(memory_publish(client, i, NULL, err));
        while (seen.count < i)
            memory_dispatch(client, 3600000);
    }
    ck_assert_int_eq(nexus_memory_time(bus), start);
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}
END_TEST

START_TEST(a_dispatch_that_waits_lets_its_timeout_pass)
{
    struct nexus_memory *bus = memory_bus();
    struct nexus_client *client = memory_client(bus, "clock");
    int64_t start = nexus_memory_time(bus);

    memory_dispatch(client, 0);
    ck_assert_int_eq(memory_since(bus, start), 0);
    memory_dispatch(client, 3600000);
    ck_assert_int_eq(memory_since(bus, start), 3600000);
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}
END_TEST

START_TEST(advancing_brings_a_retry_exactly_when_it_is_due)
{
    struct nexus_memory *bus = memory_bus();
    struct nexus_client *client = memory_client(bus, "clock");
    struct memory_seen seen = {.verdict = NEXUS_RETRY, .delay_ms = 3600000};

    memory_provision(client);
    memory_subscribe(client, &seen, NULL);
    OK(memory_publish(client, 1, NULL, err));
    memory_dispatch(client, 1);
    ck_assert_int_eq(seen.count, 1);
    OK(nexus_memory_advance(bus, 3599999, err));
    memory_dispatch(client, 0);
    ck_assert_int_eq(seen.count, 1);
    OK(nexus_memory_advance(bus, 1, err));
    memory_dispatch(client, 0);
    ck_assert_int_eq(seen.count, 2);
    ck_assert_uint_eq(seen.deliveries[1], 2);
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}
END_TEST

START_TEST(a_publish_nobody_acks_ends_at_its_deadline)
{
    struct nexus_memory *bus = memory_bus();
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_client *client = NULL, *provisioner = memory_client(bus, "clock");
    int64_t start;
    uint64_t fault;

    memory_provision(provisioner);
    OK(nexus_client_options_set_url(options, nexus_memory_url(bus), err));
    set_deadline(options, 86400000);
    OK(nexus_client_new(options, &client, err));
    fault = memory_fault(bus, NEXUS_FAULT_DROP, NEXUS_FAULT_ON_ACK, 0);
    start = nexus_memory_time(bus);
    FAILS(NEXUS_E_TIMEOUT, memory_publish(client, 1, NULL, err));
    ck_assert_int_eq(memory_since(bus, start), 86400000);
    ck_assert_uint_gt(nexus_memory_struck(bus, fault), 1000);
    nexus_client_options_destroy(options);
    nexus_client_destroy(provisioner);
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}
END_TEST

START_TEST(an_unsettled_delivery_comes_again_after_a_crash)
{
    struct nexus_memory *bus = memory_bus();
    struct nexus_client *first = memory_client(bus, "clock");
    struct nexus_client *second = memory_client(bus, "clock");
    struct memory_seen lost = {.verdict = NEXUS_DEFER}, seen = {0};

    memory_provision(first);
    memory_subscribe(first, &lost, NULL);
    memory_fault(bus, NEXUS_FAULT_DROP, NEXUS_FAULT_ON_VERDICT, 0);
    OK(memory_publish(first, 7, NULL, err));
    memory_dispatch(first, 1);
    ck_assert_int_eq(lost.count, 1);
    memory_subscribe(second, &seen, NULL);
    nexus_client_destroy(first);
    FAILS(NEXUS_E_CLOSED, nexus_delivery_settle(lost.held, NEXUS_ACK, err));
    nexus_memory_heal(bus, 0);
    memory_dispatch(second, 29000);
    ck_assert_int_eq(seen.count, 0);
    memory_dispatch(second, 2000);
    ck_assert_int_eq(seen.count, 1);
    ck_assert_uint_eq(seen.deliveries[0], 2);
    nexus_client_destroy(second);
    nexus_memory_close(bus);
}
END_TEST

START_TEST(what_is_in_hand_keeps_its_lease_through_a_long_time)
{
    struct nexus_memory *bus = memory_bus();
    struct nexus_client *client = memory_client(bus, "clock");
    struct memory_seen seen = {.verdict = NEXUS_DEFER};
    struct nexus_client_stats stats = NEXUS_CLIENT_STATS_INIT;

    memory_provision(client);
    memory_subscribe(client, &seen, NULL);
    OK(memory_publish(client, 1, NULL, err));
    memory_dispatch(client, 1);
    OK(nexus_memory_advance(bus, 3600000, err));
    memory_dispatch(client, 0);
    ck_assert_int_eq(seen.count, 1);
    OK(nexus_client_stats(client, &stats, err));
    ck_assert_uint_eq(stats.redelivered, 0);
    OK(nexus_delivery_settle(seen.held, NEXUS_ACK, err));
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}
END_TEST

struct publisher {
    struct nexus_client *client;
    struct nexus_receipt receipt;
    int code;
};

static void *publish_one(void *data)
{
    struct publisher *publisher = data;

    publisher->code = memory_publish(publisher->client, 1, &publisher->receipt, NULL);
    return NULL;
}

START_TEST(held_time_moves_only_when_it_is_told_to)
{
    struct nexus_memory *bus = memory_bus();
    struct publisher publisher = {memory_client(bus, "clock"), NEXUS_RECEIPT_INIT, 0};
    struct nexus_client_stats stats = NEXUS_CLIENT_STATS_INIT;
    int64_t start = nexus_memory_time(bus);
    pthread_t thread;
    uint64_t fault;

    memory_provision(publisher.client);
    OK(nexus_memory_set_clock(bus, NEXUS_CLOCK_HELD, err));
    fault = memory_fault(bus, NEXUS_FAULT_DROP, NEXUS_FAULT_ON_ACK, 1);
    ck_assert_int_eq(pthread_create(&thread, NULL, publish_one, &publisher), 0);
    while (!nexus_memory_struck(bus, fault))
        OK(nexus_memory_advance(bus, 0, err));
    ck_assert_int_eq(nexus_memory_time(bus), start);
    OK(nexus_memory_advance(bus, 10000, err));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(publisher.code, NEXUS_OK);
    ck_assert(publisher.receipt.duplicate);
    ck_assert_int_eq(memory_since(bus, start), 10000);
    OK(nexus_client_stats(publisher.client, &stats, err));
    ck_assert_uint_eq(stats.resent, 1);
    nexus_client_destroy(publisher.client);
    nexus_memory_close(bus);
}
END_TEST

START_TEST(real_time_passes_by_itself_and_can_be_advanced)
{
    struct nexus_memory *bus = memory_bus();
    struct nexus_client *client = memory_client(bus, "clock");
    struct memory_seen seen = {.verdict = NEXUS_RETRY, .delay_ms = 20};
    int64_t before = nexus_memory_time(bus);

    memory_provision(client);
    OK(nexus_memory_set_clock(bus, NEXUS_CLOCK_REAL, err));
    ck_assert_int_ge(nexus_memory_time(bus), before);
    memory_subscribe(client, &seen, NULL);
    OK(memory_publish(client, 1, NULL, err));
    while (seen.count < 2)
        memory_dispatch(client, 10000);
    seen.delay_ms = 3600000;
    while (seen.count < 3)
        memory_dispatch(client, 10000);
    OK(nexus_memory_advance(bus, 3600000, err));
    while (seen.count < 4)
        memory_dispatch(client, 10000);
    before = nexus_memory_time(bus);
    OK(nexus_memory_set_clock(bus, NEXUS_CLOCK_STEPPED, err));
    ck_assert_int_ge(nexus_memory_time(bus), before);
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}
END_TEST

START_TEST(unsound_times_are_refused)
{
    struct nexus_memory *bus = memory_bus();

    FAILS(NEXUS_E_INVALID, nexus_memory_advance(bus, -1, err));
    FAILS(NEXUS_E_INVALID, nexus_memory_advance(bus, INT64_MAX, err));
    FAILS(NEXUS_E_INVALID, nexus_memory_advance(NULL, 1, err));
    FAILS(NEXUS_E_INVALID, nexus_memory_set_clock(bus, (enum nexus_memory_clock)9, err));
    nexus_memory_close(bus);
}
END_TEST

MEMORY_MAIN("time", time_stands_still_while_nobody_waits,
            a_dispatch_that_waits_lets_its_timeout_pass,
            advancing_brings_a_retry_exactly_when_it_is_due,
            a_publish_nobody_acks_ends_at_its_deadline,
            an_unsettled_delivery_comes_again_after_a_crash,
            what_is_in_hand_keeps_its_lease_through_a_long_time,
            held_time_moves_only_when_it_is_told_to, real_time_passes_by_itself_and_can_be_advanced,
            unsound_times_are_refused)
