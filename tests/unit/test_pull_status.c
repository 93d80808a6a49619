/* SPDX-License-Identifier: Apache-2.0 */
/* What the pull engine makes of the server's words. */
#include "fake_pull.h"

static const char *const five_left[] = {"Nats-Pending-Messages", "5", "Nats-Pending-Bytes", "100",
                                        NULL};

START_TEST(an_expired_pull_is_replaced)
{
    static const char *const headers[] = {"Nats-Pending-Messages", "10", "Nats-Pending-Bytes", "0",
                                          NULL};
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    fake_pull_status(&stream, subscription, 0, 408, "Request Timeout", headers);
    ck_assert_uint_eq(pulls(), 2);
    ck_assert_uint_eq(subscription->pull.outstanding, 10);
    ck_assert_int_eq(subscription->pull.state, NX_PULL_RUNNING);
    end();
}
END_TEST

START_TEST(what_is_left_of_an_ended_pull_is_asked_for_again)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    deliver(subscription, 5);
    fake_pull_status(&stream, subscription, 0, 408, "Request Timeout", five_left);
    ck_assert_uint_eq(subscription->queue.count, 5);
    ck_assert_uint_eq(pulls(), 2);
    ck_assert_int_eq(fake_asked(&stream, "batch"), 5);
    end();
}
END_TEST

START_TEST(a_status_of_an_old_pull_means_nothing)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    fake_down(stream.wire);
    fake_up(stream.wire);
    ck_assert_uint_eq(pulls(), 2);
    fake_pull_status(&stream, subscription, 1, 409, "Consumer Deleted", NULL);
    fake_pull_status(&stream, subscription, 99, 409, "Consumer Deleted", NULL);
    ck_assert_int_eq(subscription->pull.state, NX_PULL_RUNNING);
    ck_assert_uint_eq(subscription->pull.outstanding, 10);
    end();
}
END_TEST

START_TEST(a_refused_pull_is_tried_again_after_a_pause)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    fake_pull_status(&stream, subscription, 0, 409, "Exceeded MaxWaiting", NULL);
    ck_assert_uint_eq(subscription->pull.outstanding, 0);
    ck_assert_int_eq(subscription->pull.state, NX_PULL_WAITING);
    ck_assert_uint_eq(pulls(), 1);
    fake_pass(&stream, 20);
    ck_assert_uint_eq(pulls(), 1);
    fake_pass(&stream, 200);
    ck_assert_uint_eq(pulls(), 2);
    ck_assert_uint_eq(stream.infos, 1);
    end();
}
END_TEST

START_TEST(pauses_grow_and_stay_bounded)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);
    int64_t longest = 0;

    for (unsigned i = 0; i < 40; i++) {
        int64_t before = stream.wire->now;
        fake_pull_status(&stream, subscription, 0, 409, "Exceeded MaxWaiting", NULL);
        ck_assert_int_eq(subscription->pull.state, NX_PULL_WAITING);
        ck_assert_int_ge(subscription->pull.retry_at - before, 50000000);
        ck_assert_int_le(subscription->pull.retry_at - before, 10000000000);
        if (subscription->pull.retry_at - before > longest)
            longest = subscription->pull.retry_at - before;
        fake_pass(&stream, 10001);
    }
    ck_assert_int_ge(longest, 5000000000);
    ck_assert_uint_eq(pulls(), 41);
    end();
}
END_TEST

START_TEST(limits_of_the_consumer_are_learned)
{
    struct nexus_subscription *subscription = begin(100, 8 * MEBIBYTE);

    fake_pull_status(&stream, subscription, 0, 409, "Exceeded MaxRequestBatch of 30", NULL);
    fake_pass(&stream, 200);
    ck_assert_int_eq(fake_asked(&stream, "batch"), 30);
    fake_pull_status(&stream, subscription, 0, 409, "Exceeded MaxRequestExpires of 2s", NULL);
    fake_pass(&stream, 400);
    ck_assert_int_eq(fake_asked(&stream, "expires"), 15000000000);
    ck_assert_int_eq(fake_asked(&stream, "idle_heartbeat"), 5000000000);
    fake_pull_status(&stream, subscription, 0, 409, "Exceeded MaxRequestExpires of 2s", NULL);
    fake_pass(&stream, 800);
    ck_assert_int_eq(fake_asked(&stream, "expires"), 7500000000);
    ck_assert_int_eq(fake_asked(&stream, "idle_heartbeat"), 2500000000);
    fake_pull_status(&stream, subscription, 0, 409, "Exceeded MaxRequestMaxBytes of 1000", NULL);
    fake_pass(&stream, 1600);
    ck_assert_int_eq(fake_asked(&stream, "max_bytes"), 1000);
    ck_assert_int_eq(errors.count, 0);
    end();
}
END_TEST

START_TEST(a_message_larger_than_the_room_is_asked_for_by_itself)
{
    struct nexus_subscription *subscription = begin(10, 65536);
    static const char *const all_left[] = {"Nats-Pending-Messages", "10", "Nats-Pending-Bytes",
                                           "65536", NULL};

    fake_pull_status(&stream, subscription, 0, 409, "Message Size Exceeds MaxBytes", all_left);
    ck_assert_uint_eq(pulls(), 2);
    ck_assert_int_eq(fake_asked(&stream, "batch"), 1);
    ck_assert_int_eq(fake_asked(&stream, "max_bytes"), -1);
    deliver(subscription, 1);
    fake_dispatch(&stream);
    ck_assert_int_eq(fake_asked(&stream, "batch"), 10);
    ck_assert_int_eq(fake_asked(&stream, "max_bytes"), 65536);
    end();
}
END_TEST

START_TEST(a_queue_with_little_room_does_not_ask_in_vain)
{
    struct nexus_subscription *subscription = begin(10, 65536);
    static const char *const nine_left[] = {"Nats-Pending-Messages", "9", "Nats-Pending-Bytes",
                                            "20000", NULL};
    static const char *const none_served[] = {"Nats-Pending-Messages", "1", "Nats-Pending-Bytes",
                                              "1", NULL};

    deliver(subscription, 1);
    subscription->queue_bytes += 45000; /* as if it were large */
    subscription->queue.first->size += 45000;
    fake_pull_status(&stream, subscription, 0, 409, "Message Size Exceeds MaxBytes", nine_left);
    ck_assert_uint_eq(subscription->pull.outstanding, 0);
    ck_assert_uint_eq(pulls(), 1); /* under half of the bytes are free: it waits for the handler */
    fake_pass(&stream, 60000);
    ck_assert_uint_eq(pulls(), 1);
    fake_dispatch(&stream);
    ck_assert_uint_eq(pulls(), 2);
    fake_pull_status(&stream, subscription, 0, 409, "Message Size Exceeds MaxBytes", none_served);
    end();
}
END_TEST

START_TEST(a_push_consumer_is_reported_once_and_left_alone)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    for (int i = 0; i < 3; i++) {
        fake_pull_status(&stream, subscription, 0, 409, "Consumer is push based", NULL);
        fake_pass(&stream, 10000);
        fake_dispatch(&stream);
    }
    ck_assert_int_eq(errors.count, 1);
    ck_assert_int_eq(errors.code, NEXUS_E_CONFLICT);
    end();
}
END_TEST

START_TEST(an_unknown_status_is_reported_and_tried_again)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    fake_pull_status(&stream, subscription, 0, 400, "Bad Request - something new", NULL);
    fake_dispatch(&stream);
    ck_assert_int_eq(errors.count, 1);
    ck_assert_int_eq(errors.code, NEXUS_E_STREAM);
    ck_assert_str_eq(errors.message, "the server says: 400 Bad Request - something new");
    fake_pass(&stream, 200);
    ck_assert_uint_eq(pulls(), 2);
    end();
}
END_TEST

START_TEST(hostile_numbers_do_no_harm)
{
    static const char *const huge[] = {"Nats-Pending-Messages", "99999999999999999999999",
                                       "Nats-Pending-Bytes", "18446744073709551615", NULL};
    static const char *const words[] = {"Nats-Pending-Messages", "-5", "Nats-Pending-Bytes", "x",
                                        NULL};
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    fake_pull_status(&stream, subscription, 0, 408, "", huge);
    ck_assert_uint_eq(subscription->pull.outstanding, 10);
    fake_pull_status(&stream, subscription, 0, 408, "", words);
    ck_assert_uint_eq(subscription->pull.outstanding, 10);
    fake_status(stream.wire, subscription->listener, "nonsense", 408, "", NULL);
    fake_status(stream.wire, subscription->listener, "non.sense", 409, "Consumer Deleted", NULL);
    fake_status(stream.wire, 999, "non.sense", 409, "Consumer Deleted", NULL);
    ck_assert_int_eq(subscription->pull.state, NX_PULL_RUNNING);
    end();
}
END_TEST

UNIT_MAIN("pull_status", an_expired_pull_is_replaced,
          what_is_left_of_an_ended_pull_is_asked_for_again, a_status_of_an_old_pull_means_nothing,
          a_refused_pull_is_tried_again_after_a_pause, pauses_grow_and_stay_bounded,
          limits_of_the_consumer_are_learned, a_message_larger_than_the_room_is_asked_for_by_itself,
          a_queue_with_little_room_does_not_ask_in_vain,
          a_push_consumer_is_reported_once_and_left_alone,
          an_unknown_status_is_reported_and_tried_again, hostile_numbers_do_no_harm)
