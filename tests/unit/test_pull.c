/* SPDX-License-Identifier: Apache-2.0 */
/* The pull engine against a scripted server: what it asks for and when, and what it makes of every
 * answer, of silence, and of a connection that comes and goes. */
#include <stdio.h>

#include "fake_stream.h"
#include "unit.h"

#define MEBIBYTE (1024 * 1024)

struct errors {
    int count;
    int code;
    char message[NEXUS_ERROR_MESSAGE_SIZE];
};

static struct fake_stream stream;
static struct errors errors;

static enum nexus_verdict acknowledge(const struct nexus_json_event *event,
                                      struct nexus_delivery *delivery, void *data)
{
    (void)event;
    (void)delivery;
    (void)data;
    return NEXUS_ACK;
}

static void on_error(struct nexus_subscription *subscription, const struct nexus_error *err,
                     void *data)
{
    struct errors *seen = data;

    ck_assert_ptr_nonnull(subscription);
    seen->count++;
    seen->code = err->code;
    snprintf(seen->message, sizeof(seen->message), "%s", err->message);
}

static struct nexus_subscription *begin(uint32_t messages, size_t bytes)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *subscription = NULL;
    struct nexus_error err = NEXUS_ERROR_INIT;

    memset(&errors, 0, sizeof(errors));
    fake_stream_open(&stream, NULL);
    unit_ok(nexus_subscribe_options_set_queue(options, messages, bytes, &err), &err);
    unit_ok(nexus_subscribe_options_set_error_callback(options, on_error, &errors, &err), &err);
    unit_ok(nexus_subscribe_json(stream.client, "kbIngested", NULL, acknowledge, NULL, options,
                                 &subscription, &err),
            &err);
    nexus_subscribe_options_destroy(options);
    return subscription;
}

static void end(void)
{
    fake_stream_close(&stream);
}

static void deliver(struct nexus_subscription *subscription, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fake_event(&stream, subscription);
}

static size_t pulls(void)
{
    return fake_count(stream.wire, PULL, NULL);
}

/* ---- how much */

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

/* ---- statuses */

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

/* ---- silence and loss */

START_TEST(a_new_connection_starts_anew)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    deliver(subscription, 4);
    fake_down(stream.wire);
    fake_dispatch(&stream);
    fake_pass(&stream, 60000);
    ck_assert_uint_eq(pulls(), 1);
    fake_up(stream.wire);
    ck_assert_uint_eq(pulls(), 2);
    ck_assert_uint_eq(subscription->pull.outstanding, 10);
    ck_assert_uint_eq(stream.infos, 1); /* the subscribing one: no look is needed */
    end();
}
END_TEST

static void fall_silent(void)
{
    for (int i = 0; i < 2; i++)
        fake_pass(&stream, 5001);
}

START_TEST(heartbeats_keep_it_quiet)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    for (int i = 0; i < 20; i++) {
        fake_pull_status(&stream, subscription, 0, 100, "Idle Heartbeat", NULL);
        fake_pass(&stream, 5001);
    }
    ck_assert_uint_eq(pulls(), 1);
    ck_assert_uint_eq(stream.infos, 1);
    end();
}
END_TEST

START_TEST(silence_makes_it_look_and_go_on)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    fake_pass(&stream, 1);
    fall_silent();
    ck_assert_int_eq(subscription->pull.state, NX_PULL_WAITING);
    ck_assert_uint_eq(subscription->pull.outstanding, 0);
    fake_pass(&stream, 150);
    ck_assert_uint_eq(stream.infos, 2);
    ck_assert_uint_eq(pulls(), 2);
    fake_dispatch(&stream);
    ck_assert_int_eq(errors.count, 0);
    end();
}
END_TEST

START_TEST(a_deleted_consumer_is_reported_and_created_again)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    ck_assert_uint_eq(stream.creates, 1);
    stream.exists = false;
    fake_pull_status(&stream, subscription, 0, 409, "Consumer Deleted", NULL);
    fake_pass(&stream, 150);
    ck_assert_uint_eq(stream.creates, 2);
    ck_assert_uint_eq(pulls(), 2);
    fake_dispatch(&stream);
    ck_assert_int_eq(errors.count, 1);
    ck_assert_int_eq(errors.code, NEXUS_E_NOT_FOUND);
    end();
}
END_TEST

START_TEST(a_closed_subscription_does_not_bring_its_consumer_back)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);
    struct fake_sent asked;

    stream.exists = false;
    stream.mute = true;
    fake_pull_status(&stream, subscription, 0, 409, "Consumer Deleted", NULL);
    fake_pass(&stream, 150);
    ck_assert_uint_eq(stream.infos, 2);
    asked = *fake_last(stream.wire, "$JS.API.CONSUMER.INFO", NULL);
    nexus_subscription_destroy(subscription);
    fake_message(stream.wire, NX_LISTENER_REQUESTS, asked.reply, NULL, NULL,
                 "{\"error\":{\"err_code\":10014}}");
    ck_assert_uint_eq(stream.creates, 1);
    end();
}
END_TEST

START_TEST(a_deleted_stream_is_reported_once_and_waited_for)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    stream.exists = false;
    stream.stream_missing = true;
    fake_pass(&stream, 1);
    fall_silent();
    for (int i = 0; i < 10; i++) {
        fake_pass(&stream, 10000);
        fake_dispatch(&stream);
    }
    ck_assert_int_eq(errors.count, 1);
    ck_assert_int_eq(errors.code, NEXUS_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(errors.message, "nexusctl provision"));
    ck_assert_uint_ge(stream.infos, 8);
    ck_assert_uint_eq(pulls(), 1);
    stream.stream_missing = false;
    fake_pass(&stream, 10000);
    ck_assert_uint_eq(stream.creates, 2);
    ck_assert_uint_eq(pulls(), 2);
    ck_assert_uint_eq(subscription->pull.outstanding, 10);
    end();
}
END_TEST

START_TEST(somebody_elses_consumer_is_not_read)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    snprintf(stream.config, sizeof(stream.config),
             "{\"filter_subject\":\"nexus.>\",\"ack_policy\":\"explicit\",\"durable_name\":\"%s\"}",
             nexus_subscription_durable(subscription));
    fake_pass(&stream, 1);
    fall_silent();
    fake_pass(&stream, 150);
    fake_dispatch(&stream);
    ck_assert_int_eq(errors.count, 1);
    ck_assert_int_eq(errors.code, NEXUS_E_CONFLICT);
    ck_assert_uint_eq(pulls(), 1);
    end();
}
END_TEST

START_TEST(nobody_answers_pulls)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    stream.wire->sink.unanswered(stream.client, subscription->listener);
    ck_assert_int_eq(subscription->pull.state, NX_PULL_WAITING);
    fake_pass(&stream, 150);
    ck_assert_uint_eq(stream.infos, 2);
    ck_assert_uint_eq(pulls(), 2);
    end();
}
END_TEST

START_TEST(answers_that_never_come_are_waited_for_with_patience)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    stream.mute = true;
    fake_pass(&stream, 1);
    fall_silent();
    for (int i = 0; i < 12; i++) {
        fake_pass(&stream, 10000);
        fake_dispatch(&stream);
    }
    ck_assert_int_eq(errors.count, 1);
    ck_assert_int_eq(errors.code, NEXUS_E_TIMEOUT);
    stream.mute = false;
    for (int i = 0; i < 3; i++)
        fake_pass(&stream, 10000);
    ck_assert_int_eq(subscription->pull.state, NX_PULL_RUNNING);
    ck_assert_uint_eq(pulls(), 2);
    end();
}
END_TEST

START_TEST(missing_rights_are_reported_and_tried_again)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    fake_forbid(stream.wire, "$JS.API.CONSUMER.MSG.NEXT.OTHER.other");
    ck_assert_int_eq(subscription->pull.state, NX_PULL_RUNNING);
    fake_forbid(stream.wire, subscription->pull_subject);
    ck_assert_int_eq(subscription->pull.state, NX_PULL_WAITING);
    fake_dispatch(&stream);
    ck_assert_int_eq(errors.count, 1);
    ck_assert_int_eq(errors.code, NEXUS_E_PERMISSION);
    fake_pass(&stream, 150);
    ck_assert_uint_eq(pulls(), 2);
    end();
}
END_TEST

START_TEST(an_outage_is_reported_again_after_it_was_over)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    for (int i = 0; i < 3; i++) {
        fake_forbid(stream.wire, subscription->pull_subject);
        fake_dispatch(&stream);
        fake_pass(&stream, 10000);
        deliver(subscription, 1);
        fake_dispatch(&stream);
    }
    ck_assert_int_eq(errors.count, 3);
    end();
}
END_TEST

UNIT_MAIN("pull", asks_for_as_much_as_there_is_room_for, asks_again_when_half_of_the_queue_is_free,
          a_full_queue_asks_for_nothing, never_has_more_on_order_and_in_the_queue_than_the_limits,
          a_queue_of_one_works, an_expired_pull_is_replaced,
          what_is_left_of_an_ended_pull_is_asked_for_again, a_status_of_an_old_pull_means_nothing,
          a_refused_pull_is_tried_again_after_a_pause, pauses_grow_and_stay_bounded,
          limits_of_the_consumer_are_learned, a_message_larger_than_the_room_is_asked_for_by_itself,
          a_queue_with_little_room_does_not_ask_in_vain,
          a_push_consumer_is_reported_once_and_left_alone,
          an_unknown_status_is_reported_and_tried_again, hostile_numbers_do_no_harm,
          a_new_connection_starts_anew, heartbeats_keep_it_quiet, silence_makes_it_look_and_go_on,
          a_deleted_consumer_is_reported_and_created_again,
          a_closed_subscription_does_not_bring_its_consumer_back,
          a_deleted_stream_is_reported_once_and_waited_for, somebody_elses_consumer_is_not_read,
          nobody_answers_pulls, answers_that_never_come_are_waited_for_with_patience,
          missing_rights_are_reported_and_tried_again,
          an_outage_is_reported_again_after_it_was_over)
