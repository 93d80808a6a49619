/* SPDX-License-Identifier: Apache-2.0 */
/* When events come again, to the millisecond, and when they no longer do: in the bus's own time. */
#include <nexus/dead_letter.h>

#include "memory.h"

#define CALLS_MAX 16

/* When the handler was called, and what it says. */
struct calls {
    struct nexus_memory *bus;
    int count;
    int64_t at[CALLS_MAX]; /* milliseconds after the one before */
    int64_t last;
    int64_t own_delay; /* of the handler; -1: none */
    int letters;
    enum nexus_dead_reason reason;
    uint64_t deliveries;
};

static enum nexus_verdict retry(const struct nexus_kb_ingested *event,
                                struct nexus_delivery *delivery, void *data)
{
    struct calls *calls = data;

    (void)event;
    ck_assert_int_lt(calls->count, CALLS_MAX);
    calls->at[calls->count++] = calls->last ? memory_since(calls->bus, calls->last) : 0;
    calls->last = nexus_memory_time(calls->bus);
    if (calls->own_delay >= 0)
        OK(nexus_delivery_set_retry_delay(delivery, calls->own_delay, err));
    return NEXUS_RETRY;
}

static void on_letter(struct nexus_subscription *subscription,
                      const struct nexus_dead_letter *letter, void *data)
{
    struct calls *calls = data;

    ck_assert_ptr_nonnull(subscription);
    calls->letters++;
    calls->reason = letter->reason;
    calls->deliveries = letter->deliveries;
}

/* Retries one event by a schedule until it is given up on. */
static void run(struct calls *calls, const int64_t *delays, size_t count, unsigned jitter,
                int64_t limit)
{
    struct nexus_memory *bus = memory_bus();
    struct nexus_client *client = memory_client(bus, "retry");
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *subscription = NULL;

    *calls = (struct calls){.bus = bus, .own_delay = calls->own_delay};
    memory_provision(client);
    OK(nexus_subscribe_options_set_backoff(options, delays, count, jitter, err));
    OK(nexus_subscribe_options_set_max_deliver(options, limit, err));
    OK(nexus_subscribe_options_set_dead_letter_callback(options, on_letter, calls, err));
    OK(nexus_subscribe_kb_ingested(client, NULL, retry, calls, options, &subscription, err));
    OK(memory_publish(client, 1, NULL, err));
    while (!calls->letters)
        memory_dispatch(client, 3600000);
    ck_assert_int_eq(calls->reason, NEXUS_DEAD_EXHAUSTED);
    ck_assert_uint_eq(calls->deliveries, (uint64_t)limit);
    ck_assert_int_eq(calls->count, (int)limit);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}

START_TEST(a_schedule_is_kept_and_its_end_repeated)
{
    static const int64_t delays[] = {1000, 5000, 300000};
    static const int64_t expected[] = {0, 1000, 5000, 300000, 300000};
    struct calls calls = {.own_delay = -1};

    run(&calls, delays, 3, 0, 5);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_ge(calls.at[i], expected[i]);
        ck_assert_int_le(calls.at[i], expected[i] + 50);
    }
}
END_TEST

START_TEST(jitter_takes_off_up_to_its_share)
{
    static const int64_t delays[] = {100000};
    struct calls calls = {.own_delay = -1};
    bool differ = false;

    run(&calls, delays, 1, 40, 12);
    for (int i = 1; i < 12; i++) {
        ck_assert_int_ge(calls.at[i], 60000);
        ck_assert_int_le(calls.at[i], 100050);
        differ = differ || calls.at[i] < 99000;
    }
    ck_assert(differ);
}
END_TEST

START_TEST(the_handlers_own_delay_counts_more)
{
    static const int64_t delays[] = {100000};
    struct calls calls = {.own_delay = 7000};

    run(&calls, delays, 1, 50, 3);
    for (int i = 1; i < 3; i++) {
        ck_assert_int_ge(calls.at[i], 7000);
        ck_assert_int_le(calls.at[i], 7050);
    }
}
END_TEST

START_TEST(unsound_schedules_are_refused)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    int64_t delays[33] = {0};

    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_backoff(options, delays, 33, 0, err));
    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_backoff(options, NULL, 1, 0, err));
    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_backoff(options, delays, 1, 101, err));
    delays[1] = -1;
    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_backoff(options, delays, 2, 0, err));
    delays[1] = 86400001;
    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_backoff(options, delays, 2, 0, err));
    OK(nexus_subscribe_options_set_backoff(options, delays, 1, 100, err));
    OK(nexus_subscribe_options_set_backoff(options, NULL, 0, 0, err));
    FAILS(NEXUS_E_INVALID, nexus_subscribe_options_set_backoff(NULL, delays, 1, 0, err));
    FAILS(NEXUS_E_INVALID,
          nexus_subscribe_options_set_dead_letters(options, (enum nexus_dead_letters)0, err));
    nexus_subscribe_options_destroy(options);
}
END_TEST

MEMORY_MAIN("retry", a_schedule_is_kept_and_its_end_repeated, jitter_takes_off_up_to_its_share,
            the_handlers_own_delay_counts_more, unsound_schedules_are_refused)
