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
    ck_assert_uint_ge(stream.infos, 3); /* a look every 30 to 33 seconds */
    ck_assert_uint_le(stream.infos, 4);
    end();
}
END_TEST

/* Beats come, so that only a look now and then can tell that something is wrong. */
static void beat_for(struct nexus_subscription *subscription, int seconds)
{
    for (int i = 0; i < seconds; i += 5) {
        fake_pull_status(&stream, subscription, 0, 100, "Idle Heartbeat", NULL);
        fake_pass(&stream, 5000);
        fake_dispatch(&stream);
    }
}

START_TEST(a_changed_filter_is_noticed_while_it_beats)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);
    char before[sizeof(stream.config)];

    memcpy(before, stream.config, sizeof(before));
    snprintf(
        stream.config, sizeof(stream.config),
        "{\"filter_subject\":\"nexus.x.>\",\"ack_policy\":\"explicit\",\"durable_name\":\"%s\"}",
        nexus_subscription_durable(subscription));
    beat_for(subscription, 40);
    ck_assert_int_eq(errors.count, 1);
    ck_assert_int_eq(errors.code, NEXUS_E_CONFLICT);
    ck_assert_uint_eq(pulls(), 1);
    memcpy(stream.config, before, sizeof(before));
    fake_pass(&stream, 10000);
    ck_assert_uint_eq(pulls(), 2);
    end();
}
END_TEST

START_TEST(a_consumer_that_another_took_the_place_of_is_pulled_from_anew)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    stream.state = "\"created\":\"2026-01-01T00:00:00Z\",";
    beat_for(subscription, 35);
    ck_assert_uint_eq(pulls(), 1);
    stream.state = "\"created\":\"2026-01-01T00:00:07Z\",";
    beat_for(subscription, 35);
    ck_assert_uint_eq(pulls(), 2);
    ck_assert_int_eq(errors.count, 0);
    end();
}
END_TEST

START_TEST(others_that_hold_all_deliveries_are_reported)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);

    stream.state = "\"num_ack_pending\":19,";
    beat_for(subscription, 35);
    ck_assert_int_eq(errors.count, 0);
    stream.state = "\"num_ack_pending\":20,";
    beat_for(subscription, 105);
    ck_assert_int_eq(errors.count, 1);
    ck_assert_int_eq(errors.code, NEXUS_E_FULL);
    end();
}
END_TEST

/* The last consumer that was asked for. */
static const char *created(void)
{
    return fake_last(stream.wire, "$JS.API.CONSUMER.CREATE", NULL)->body;
}

static void lose_consumer(struct nexus_subscription *subscription)
{
    stream.exists = false;
    fake_pull_status(&stream, subscription, 0, 409, "Consumer Deleted", NULL);
    fake_pass(&stream, 150);
    fake_dispatch(&stream);
}

START_TEST(a_consumer_is_created_again_where_it_was)
{
    static const struct {
        const char *stream;
        const char *start;
    } cases[] = {
        {"{\"created\":\"2025-12-31T00:00:00Z\",\"state\":{\"last_seq\":900}}",
         "\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":42}}"},
        /* Younger than the consumer was, or not come as far: another stream. */
        {"{\"created\":\"2026-01-02T00:00:00Z\",\"state\":{\"last_seq\":900}}",
         "\"deliver_policy\":\"all\"}}"},
        {"{\"created\":\"2025-12-31T00:00:00Z\",\"state\":{\"last_seq\":40}}",
         "\"deliver_policy\":\"all\"}}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);
        stream.state = "\"created\":\"2026-01-01T00:00:00Z\",\"ack_floor\":{\"stream_seq\":41},";
        stream.stream_info = cases[i].stream;
        beat_for(subscription, 35);
        lose_consumer(subscription);
        ck_assert_uint_eq(stream.creates, 2);
        ck_assert_ptr_nonnull(strstr(created(), cases[i].start));
        end();
    }
}
END_TEST

START_TEST(without_the_right_to_look_it_does_not_look)
{
    struct nexus_subscription *subscription = begin(10, 8 * MEBIBYTE);
    const char *subject = "$JS.API.CONSUMER.INFO.NEXUS.test-kb_ingested-all";

    stream.mute = true;
    fake_pass(&stream, 33001);
    ck_assert_uint_eq(stream.infos, 2);
    fake_forbid(stream.wire, subject);
    beat_for(subscription, 200);
    ck_assert_uint_eq(stream.infos, 2);
    fake_dispatch(&stream);
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
          a_changed_filter_is_noticed_while_it_beats,
          a_consumer_that_another_took_the_place_of_is_pulled_from_anew,
          others_that_hold_all_deliveries_are_reported, a_consumer_is_created_again_where_it_was,
          without_the_right_to_look_it_does_not_look, silence_makes_it_look_and_go_on,
          a_deleted_consumer_is_reported_and_created_again,
          a_closed_subscription_does_not_bring_its_consumer_back,
          a_deleted_stream_is_reported_once_and_waited_for, somebody_elses_consumer_is_not_read,
          nobody_answers_pulls, answers_that_never_come_are_waited_for_with_patience,
          missing_rights_are_reported_and_tried_again,
          an_outage_is_reported_again_after_it_was_over)
