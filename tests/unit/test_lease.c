/* SPDX-License-Identifier: Apache-2.0 */
/* What waits or is in hand for long is renewed at the server, in time and not too often. */
#include "delivery.h"
#include "fake_stream.h"
#include "unit.h"

static struct fake_stream stream;
static struct nexus_delivery *held;

static enum nexus_verdict keep(const struct nexus_json_event *event,
                               struct nexus_delivery *delivery, void *data)
{
    (void)event;
    (void)data;
    held = delivery;
    return NEXUS_DEFER;
}

static struct nexus_subscription *begin(void)
{
    struct nexus_subscription *subscription = NULL;

    fake_stream_open(&stream, NULL);
    ck_assert_int_eq(
        nexus_subscribe_json(stream.client, NULL, NULL, keep, NULL, NULL, &subscription, NULL),
        NEXUS_OK);
    fake_pass(&stream, 1);
    return subscription;
}

/* Lets time pass in steps of a second, and checks that the server hears of message `number` at
 * least once within any ack wait (30 s), and not more often than every quarter of one. */
static void live(struct nexus_subscription *subscription, uint64_t number, int seconds)
{
    int silent = 0;

    for (int i = 0; i < seconds; i++) {
        size_t before = fake_verdicts(&stream, subscription, number, "+WPI");
        fake_pass(&stream, 1000);
        silent++;
        if (fake_verdicts(&stream, subscription, number, "+WPI") == before)
            continue;
        ck_assert_uint_eq(fake_verdicts(&stream, subscription, number, "+WPI"), before + 1);
        ck_assert_int_le(silent, 16);
        ck_assert_int_ge(silent, 7);
        silent = 0;
    }
    ck_assert_int_le(silent, 16);
}

START_TEST(a_delivery_in_hand_is_renewed)
{
    struct nexus_subscription *subscription = begin();
    uint64_t number = fake_event(&stream, subscription);

    fake_dispatch(&stream);
    live(subscription, number, 200);
    ck_assert_int_eq(nexus_delivery_settle(held, NEXUS_ACK, NULL), NEXUS_OK);
    fake_forget(stream.wire);
    fake_pass(&stream, 60000);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", NULL), 0);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(a_message_in_the_queue_is_renewed)
{
    struct nexus_subscription *subscription = begin();
    uint64_t first = fake_event(&stream, subscription);
    uint64_t second = fake_event(&stream, subscription);

    live(subscription, first, 100);
    ck_assert_uint_eq(fake_verdicts(&stream, subscription, second, "+WPI"),
                      fake_verdicts(&stream, subscription, first, "+WPI"));
    fake_stream_close(&stream);
}
END_TEST

START_TEST(what_is_handled_soon_costs_nothing)
{
    struct nexus_subscription *subscription = begin();

    for (int i = 0; i < 100; i++) {
        fake_event(&stream, subscription);
        fake_dispatch(&stream);
        fake_pass(&stream, 3000);
        ck_assert_int_eq(nexus_delivery_settle(held, NEXUS_ACK, NULL), NEXUS_OK);
    }
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.ACK", "+WPI"), 0);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(a_destroyed_subscription_keeps_its_deliveries)
{
    struct nexus_subscription *subscription = begin();
    uint64_t number = fake_event(&stream, subscription);

    fake_dispatch(&stream);
    nexus_subscription_destroy(subscription);
    live(held->subscription, number, 100);
    ck_assert_int_eq(nexus_delivery_settle(held, NEXUS_ACK, NULL), NEXUS_OK);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(the_servers_ack_wait_counts)
{
    struct nexus_subscription *subscription = NULL;
    uint64_t number;

    fake_stream_open(&stream, NULL);
    stream.exists = true;
    strcpy(stream.config, "{\"filter_subject\":\"nexus.>\",\"ack_policy\":\"explicit\","
                          "\"durable_name\":\"test-all-all\",\"ack_wait\":2000000000}");
    ck_assert_int_eq(
        nexus_subscribe_json(stream.client, NULL, NULL, keep, NULL, NULL, &subscription, NULL),
        NEXUS_OK);
    fake_pass(&stream, 1);
    number = fake_event(&stream, subscription);
    for (int i = 0; i < 40; i++)
        fake_pass(&stream, 250);
    ck_assert_uint_ge(fake_verdicts(&stream, subscription, number, "+WPI"), 9);
    ck_assert_uint_le(fake_verdicts(&stream, subscription, number, "+WPI"), 10);
    fake_stream_close(&stream);
}
END_TEST

UNIT_MAIN("lease", a_delivery_in_hand_is_renewed, a_message_in_the_queue_is_renewed,
          what_is_handled_soon_costs_nothing, a_destroyed_subscription_keeps_its_deliveries,
          the_servers_ack_wait_counts)
