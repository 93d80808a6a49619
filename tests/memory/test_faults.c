/* SPDX-License-Identifier: Apache-2.0 */
/* Each fault, and what the library makes of it. */
#include "memory.h"

static struct nexus_memory *bus;
static struct nexus_client *client;
static struct memory_seen seen;

static void begin(void)
{
    bus = memory_bus();
    client = memory_client(bus, "faulty");
    memory_provision(client);
    memset(&seen, 0, sizeof(seen));
}

static void end(void)
{
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}

static struct nexus_client_stats stats(void)
{
    struct nexus_client_stats out = NEXUS_CLIENT_STATS_INIT;

    OK(nexus_client_stats(client, &out, err));
    return out;
}

/* Dispatches until so many events have been seen. */
static void await_seen(int count)
{
    for (int i = 0; seen.count < count; i++) {
        ck_assert_int_lt(i, 1000);
        memory_dispatch(client, 1000);
    }
}

START_TEST(a_lost_ack_is_asked_for_again)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    uint64_t fault;

    begin();
    fault = memory_fault(bus, NEXUS_FAULT_DROP, NEXUS_FAULT_ON_ACK, 2);
    OK(memory_publish(client, 1, &receipt, err));
    ck_assert(receipt.duplicate);
    ck_assert_uint_eq(receipt.sequence, 1);
    ck_assert_uint_eq(nexus_memory_struck(bus, fault), 2);
    ck_assert_uint_eq(stats().resent, 2);
    end();
}
END_TEST

START_TEST(a_lost_publish_is_sent_again)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;

    begin();
    memory_fault(bus, NEXUS_FAULT_DROP, NEXUS_FAULT_ON_PUBLISH, 1);
    OK(memory_publish(client, 1, &receipt, err));
    ck_assert(!receipt.duplicate);
    ck_assert_uint_eq(receipt.sequence, 1);
    end();
}
END_TEST

START_TEST(a_publish_that_comes_twice_is_stored_once)
{
    begin();
    memory_subscribe(client, &seen, NULL);
    memory_fault(bus, NEXUS_FAULT_DUPLICATE, NEXUS_FAULT_ON_PUBLISH, 1);
    OK(memory_publish(client, 1, NULL, err));
    OK(memory_publish(client, 2, NULL, err));
    await_seen(2);
    ck_assert_int_eq(seen.numbers[0], 1);
    ck_assert_int_eq(seen.numbers[1], 2);
    end();
}
END_TEST

START_TEST(a_delayed_delivery_comes_later)
{
    struct nexus_fault fault = NEXUS_FAULT_INIT;
    int64_t start;

    begin();
    memory_subscribe(client, &seen, NULL);
    fault.kind = NEXUS_FAULT_DELAY;
    fault.point = NEXUS_FAULT_ON_DELIVERY;
    fault.delay_ms = 7000;
    fault.count = 1;
    OK(nexus_memory_fault(bus, &fault, NULL, err));
    start = nexus_memory_time(bus);
    OK(memory_publish(client, 1, NULL, err));
    memory_dispatch(client, 6999);
    ck_assert_int_eq(seen.count, 0);
    await_seen(1);
    ck_assert_int_eq(memory_since(bus, start), 7000);
    end();
}
END_TEST

START_TEST(the_next_delivery_overtakes)
{
    begin();
    memory_subscribe(client, &seen, NULL);
    memory_fault(bus, NEXUS_FAULT_REORDER, NEXUS_FAULT_ON_DELIVERY, 1);
    for (int i = 1; i <= 3; i++)
        OK(memory_publish(client, i, NULL, err));
    await_seen(3);
    ck_assert_int_eq(seen.numbers[0], 2);
    ck_assert_int_eq(seen.numbers[1], 1);
    ck_assert_int_eq(seen.numbers[2], 3);
    end();
}
END_TEST

START_TEST(a_delivery_that_nothing_overtakes_comes_by_itself)
{
    begin();
    memory_subscribe(client, &seen, NULL);
    memory_fault(bus, NEXUS_FAULT_REORDER, NEXUS_FAULT_ON_DELIVERY, 1);
    OK(memory_publish(client, 1, NULL, err));
    await_seen(1);
    ck_assert_uint_eq(seen.deliveries[0], 1);
    end();
}
END_TEST

START_TEST(a_corrupt_byte_is_poison_and_harms_nobody_else)
{
    struct nexus_fault fault = NEXUS_FAULT_INIT;

    begin();
    memory_subscribe(client, &seen, NULL);
    fault.kind = NEXUS_FAULT_CORRUPT;
    fault.point = NEXUS_FAULT_ON_DELIVERY;
    fault.count = 1;
    OK(nexus_memory_fault(bus, &fault, NULL, err));
    OK(memory_publish(client, 1, NULL, err));
    OK(memory_publish(client, 2, NULL, err));
    await_seen(1);
    ck_assert_int_eq(seen.numbers[0], 2);
    ck_assert_uint_eq(stats().poison_json, 1);
    end();
}
END_TEST

START_TEST(a_cut_connection_is_made_again)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;

    begin();
    memory_subscribe(client, &seen, NULL);
    memory_fault(bus, NEXUS_FAULT_DISCONNECT, NEXUS_FAULT_ON_PUBLISH, 1);
    OK(memory_publish(client, 1, &receipt, err));
    await_seen(1);
    ck_assert_uint_eq(stats().disconnects, 1);
    ck_assert_uint_eq(stats().connects, 2);
    memory_fault(bus, NEXUS_FAULT_DISCONNECT, NEXUS_FAULT_ON_ACK, 1);
    OK(memory_publish(client, 2, &receipt, err));
    ck_assert(receipt.duplicate);
    await_seen(2);
    end();
}
END_TEST

START_TEST(no_responders_are_a_pause_not_an_end)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;

    begin();
    memory_fault(bus, NEXUS_FAULT_NO_RESPONDERS, NEXUS_FAULT_ON_PUBLISH, 5);
    OK(memory_publish(client, 1, &receipt, err));
    ck_assert_uint_eq(receipt.sequence, 1);
    ck_assert_uint_eq(stats().resent, 5);
    end();
}
END_TEST

START_TEST(a_full_stream_is_waited_for)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;

    begin();
    memory_fault(bus, NEXUS_FAULT_FULL_STREAM, NEXUS_FAULT_ON_PUBLISH, 3);
    OK(memory_publish(client, 1, &receipt, err));
    ck_assert(!receipt.duplicate);
    memory_fault(bus, NEXUS_FAULT_FULL_STREAM, NEXUS_FAULT_ON_PUBLISH, 0);
    FAILS(NEXUS_E_TIMEOUT, memory_publish(client, 2, NULL, err));
    end();
}
END_TEST

START_TEST(a_lost_verdict_means_another_delivery_but_the_inbox_has_it)
{
    begin();
    memory_subscribe(client, &seen, NULL);
    memory_fault(bus, NEXUS_FAULT_DROP, NEXUS_FAULT_ON_VERDICT, 1);
    OK(memory_publish(client, 1, NULL, err));
    for (int i = 0; stats().inbox_duplicates == 0; i++) {
        ck_assert_int_lt(i, 1000);
        memory_dispatch(client, 1000);
    }
    ck_assert_int_eq(seen.count, 1);
    end();
}
END_TEST

START_TEST(without_an_inbox_a_lost_verdict_means_another_handling)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();

    begin();
    OK(nexus_subscribe_options_set_inbox_memory(options, 0, 1, err));
    memory_subscribe(client, &seen, options);
    memory_fault(bus, NEXUS_FAULT_DROP, NEXUS_FAULT_ON_VERDICT, 1);
    OK(memory_publish(client, 1, NULL, err));
    await_seen(2);
    ck_assert_uint_eq(seen.deliveries[1], 2);
    nexus_subscribe_options_destroy(options);
    end();
}
END_TEST

static bool is_about_three(const struct nexus_test_message *message, void *data)
{
    int *asked = data;

    (*asked)++;
    ck_assert_ptr_nonnull(nexus_test_header(message, "Nats-Msg-Id"));
    return strstr(message->body, "\"doc-3\"") != NULL;
}

START_TEST(a_predicate_chooses)
{
    struct nexus_fault fault = NEXUS_FAULT_INIT;
    int asked = 0;
    uint64_t id;

    begin();
    fault.kind = NEXUS_FAULT_DROP;
    fault.predicate = is_about_three;
    fault.data = &asked;
    fault.count = 1;
    OK(nexus_memory_fault(bus, &fault, &id, err));
    for (int i = 1; i <= 5; i++)
        OK(memory_publish(client, i, NULL, err));
    ck_assert_int_ge(asked, 3);
    ck_assert_uint_eq(nexus_memory_struck(bus, id), 1);
    ck_assert_uint_eq(stats().resent, 1);
    end();
}
END_TEST

/* Which of 40 publishes a seed strikes. */
static void strikes(uint64_t seed, bool out[40])
{
    struct nexus_fault fault = NEXUS_FAULT_INIT;
    uint64_t id, before = 0;

    begin();
    fault.kind = NEXUS_FAULT_DUPLICATE; /* nothing is sent again for it */
    fault.probability = 0.3;
    fault.seed = seed;
    OK(nexus_memory_fault(bus, &fault, &id, err));
    for (int i = 0; i < 40; i++) {
        OK(memory_publish(client, i, NULL, err));
        out[i] = nexus_memory_struck(bus, id) > before;
        before = nexus_memory_struck(bus, id);
    }
    ck_assert_uint_gt(before, 0);
    ck_assert_uint_lt(before, 40);
    end();
}

START_TEST(a_seed_strikes_the_same_again)
{
    bool first[40], second[40], other[40];

    strikes(7, first);
    strikes(7, second);
    strikes(8, other);
    ck_assert_mem_eq(first, second, sizeof(first));
    ck_assert_mem_ne(first, other, sizeof(first));
}
END_TEST

START_TEST(skip_subject_and_healing)
{
    struct nexus_fault fault = NEXUS_FAULT_INIT;
    uint64_t id;

    begin();
    fault.kind = NEXUS_FAULT_DUPLICATE;
    fault.subject = "nexus.salon-001.>";
    fault.skip = 2;
    OK(nexus_memory_fault(bus, &fault, &id, err));
    OK(nexus_publish_json(client, "bookingCreated", "salon-002", "{}", NULL, NULL, err));
    for (int i = 1; i <= 3; i++)
        OK(memory_publish(client, i, NULL, err));
    ck_assert_uint_eq(nexus_memory_struck(bus, id), 1);
    nexus_memory_heal(bus, id);
    ck_assert_uint_eq(nexus_memory_struck(bus, id), 0);
    OK(memory_publish(client, 4, NULL, err));
    end();
}
END_TEST

START_TEST(unsound_faults_are_refused)
{
    const struct nexus_fault unsound[] = {
        {.size = sizeof(unsound[0])},
        {.size = sizeof(unsound[0]), .kind = 9},
        {.size = sizeof(unsound[0]), .kind = NEXUS_FAULT_DROP, .point = 5},
        {.size = sizeof(unsound[0]), .kind = NEXUS_FAULT_FULL_STREAM, .point = NEXUS_FAULT_ON_ACK},
        {.size = sizeof(unsound[0]), .kind = NEXUS_FAULT_DROP, .probability = 1.5},
        {.size = sizeof(unsound[0]), .kind = NEXUS_FAULT_DELAY, .delay_ms = -1},
        {.size = sizeof(unsound[0]), .kind = NEXUS_FAULT_DROP, .subject = "a..b"},
        {.size = 0, .kind = NEXUS_FAULT_DROP},
    };

    begin();
    for (size_t i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++)
        FAILS(NEXUS_E_INVALID, nexus_memory_fault(bus, &unsound[i], NULL, err));
    OK(memory_publish(client, 1, NULL, err));
    end();
}
END_TEST

START_TEST(a_stalled_bus_answers_when_it_is_up_again)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;

    begin();
    OK(nexus_memory_set_state(bus, NEXUS_MEMORY_STALLED, err));
    FAILS(NEXUS_E_TIMEOUT, memory_publish(client, 1, NULL, err));
    OK(nexus_memory_set_state(bus, NEXUS_MEMORY_UP, err));
    OK(memory_publish(client, 2, &receipt, err));
    ck_assert_uint_eq(receipt.sequence, 2); /* the first one came through after all */
    ck_assert_uint_eq(stats().disconnects, 0);
    end();
}
END_TEST

START_TEST(streams_survive_the_bus_going_down)
{
    begin();
    OK(memory_publish(client, 1, NULL, err));
    OK(nexus_memory_set_state(bus, NEXUS_MEMORY_DOWN, err));
    FAILS(NEXUS_E_TIMEOUT, memory_publish(client, 2, NULL, err));
    OK(nexus_memory_set_state(bus, NEXUS_MEMORY_UP, err));
    memory_subscribe(client, &seen, NULL);
    await_seen(1);
    ck_assert_int_eq(seen.numbers[0], 1);
    end();
}
END_TEST

MEMORY_MAIN("faults", a_lost_ack_is_asked_for_again, a_lost_publish_is_sent_again,
            a_publish_that_comes_twice_is_stored_once, a_delayed_delivery_comes_later,
            the_next_delivery_overtakes, a_delivery_that_nothing_overtakes_comes_by_itself,
            a_corrupt_byte_is_poison_and_harms_nobody_else, a_cut_connection_is_made_again,
            no_responders_are_a_pause_not_an_end, a_full_stream_is_waited_for,
            a_lost_verdict_means_another_delivery_but_the_inbox_has_it,
            without_an_inbox_a_lost_verdict_means_another_handling, a_predicate_chooses,
            a_seed_strikes_the_same_again, skip_subject_and_healing, unsound_faults_are_refused,
            a_stalled_bus_answers_when_it_is_up_again, streams_survive_the_bus_going_down)
