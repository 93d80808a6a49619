/* SPDX-License-Identifier: Apache-2.0 */
/* How much the pull engine asks for, and when. */
#include "fake_pull.h"

START_TEST(asks_for_as_much_as_there_is_room_for)
{
    struct nexus_subscription *subscription = begin(100, 8 * MEBIBYTE);

    ck_assert_uint_eq(pulls(), 1);
    ck_assert_int_eq(fake_asked(&stream, "batch"), 100);
    ck_assert_int_eq(fake_asked(&stream, "expires"), 30000000000);
    ck_assert_int_eq(fake_asked(&stream, "idle_heartbeat"), 5000000000);
    ck_assert_int_le(fake_asked(&stream, "max_bytes"), 8 * MEBIBYTE);
    ck_assert_uint_eq(subscription->pull.outstanding, 100);
    ck_assert_ptr_nonnull(
        strstr(fake_last(stream.wire, PULL, NULL)->subject, "NEXUS.test-kb_ingested-all"));
    end();
}
END_TEST

START_TEST(asks_again_when_half_of_the_queue_is_free)
{
    struct nexus_subscription *subscription = begin(100, 8 * MEBIBYTE);

    deliver(subscription, 49);
    ck_assert_int_eq(fake_dispatch(&stream), 49);
    ck_assert_uint_eq(pulls(), 1);
    deliver(subscription, 1);
    fake_dispatch(&stream);
    ck_assert_uint_eq(pulls(), 2);
    ck_assert_int_eq(fake_asked(&stream, "batch"), 50);
    ck_assert_uint_eq(subscription->pull.outstanding, 100);
    end();
}
END_TEST

START_TEST(a_full_queue_asks_for_nothing)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    deliver(subscription, 10);
    fake_pass(&stream, 60000);
    ck_assert_uint_eq(pulls(), 1);
    ck_assert_uint_eq(subscription->queue.count, 10);
    /* The first that is taken makes room, and nothing is on order. */
    ck_assert(nx_subscriptions_serve(stream.client));
    ck_assert_uint_eq(pulls(), 2);
    ck_assert_int_eq(fake_asked(&stream, "batch"), 1);
    end();
}
END_TEST

START_TEST(never_has_more_on_order_and_in_the_queue_than_the_limits)
{
    struct nexus_subscription *subscription = begin(64, 65536);
    uint32_t most = 0;

    for (unsigned i = 0; i < 5000; i++) {
        if (subscription->pull.outstanding && i % 7 != 3)
            deliver(subscription, 1);
        else
            nx_subscriptions_serve(stream.client);
        if (subscription->queue.count + subscription->pull.outstanding > most)
            most = subscription->queue.count + subscription->pull.outstanding;
        ck_assert_uint_le(subscription->queue_bytes + subscription->pull.reserved, 65536);
    }
    ck_assert_uint_eq(most, 64);
    ck_assert_uint_gt(stream.sequence, 1000);
    end();
}
END_TEST

START_TEST(a_queue_of_one_works)
{
    struct nexus_subscription *subscription = begin(1, 65536);

    for (unsigned i = 0; i < 20; i++) {
        ck_assert_uint_eq(subscription->pull.outstanding, 1);
        deliver(subscription, 1);
        ck_assert_uint_eq(subscription->pull.outstanding, 0);
        ck_assert_int_eq(fake_dispatch(&stream), 1);
    }
    ck_assert_uint_eq(pulls(), 21);
    end();
}
END_TEST

UNIT_MAIN("pull", asks_for_as_much_as_there_is_room_for, asks_again_when_half_of_the_queue_is_free,
          a_full_queue_asks_for_nothing, never_has_more_on_order_and_in_the_queue_than_the_limits,
          a_queue_of_one_works)
