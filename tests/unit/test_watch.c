/* SPDX-License-Identifier: Apache-2.0 */
/* Silence, loss and refusal: what a subscription does when it hears nothing. */
#include "fake_pull.h"

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

UNIT_MAIN("watch", a_new_connection_starts_anew, heartbeats_keep_it_quiet,
          silence_makes_it_look_and_go_on, a_deleted_consumer_is_reported_and_created_again,
          a_closed_subscription_does_not_bring_its_consumer_back,
          a_deleted_stream_is_reported_once_and_waited_for, somebody_elses_consumer_is_not_read,
          nobody_answers_pulls, answers_that_never_come_are_waited_for_with_patience,
          missing_rights_are_reported_and_tried_again,
          an_outage_is_reported_again_after_it_was_over)
