/* SPDX-License-Identifier: Apache-2.0 */
/* The inbox in memory: which deliveries reach the handler, and which were handled before. */
#include "inbox_events.h"

static struct nexus_subscribe_options *limits(uint32_t events, int64_t seconds)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;

    unit_ok(nexus_subscribe_options_set_inbox_memory(options, events, seconds, &err), &err);
    return options;
}

START_TEST(what_was_acked_does_not_reach_the_handler_again)
{
    begin(NULL);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 1), 1);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 2), 0);
    ck_assert_str_eq(last_verdict(), "+ACK");
    ck_assert_int_eq(arrive("salon-001", "a", 7, 1), 0); /* stored a second time */
    ck_assert_int_eq(arrive("salon-001", "b", 8, 1), 1);
    ck_assert_uint_eq(counter(NX_INBOX_DUPLICATES), 2);
    ck_assert_uint_eq(counter(NX_HANDLED), 2);
    ck_assert_uint_eq(counter(NX_IN_HAND), 0);
    end();
}
END_TEST

START_TEST(what_was_not_acked_comes_again)
{
    begin(NULL);
    script.verdict = NEXUS_RETRY;
    ck_assert_int_eq(arrive("salon-001", "a", 1, 1), 1);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 2), 1);
    script.verdict = NEXUS_REJECT;
    ck_assert_int_eq(arrive("salon-001", "a", 1, 3), 1);
    script.verdict = NEXUS_ACK;
    ck_assert_int_eq(arrive("salon-001", "a", 2, 1), 1);
    ck_assert_int_eq(arrive("salon-001", "a", 2, 2), 0);
    end();
}
END_TEST

START_TEST(what_is_in_hand_is_put_off)
{
    begin(NULL);
    script.verdict = NEXUS_DEFER;
    ck_assert_int_eq(arrive("salon-001", "a", 1, 1), 1);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 2), 0);
    ck_assert_str_eq(last_verdict(), "-NAK {\"delay\":1000000000}");
    ck_assert_uint_eq(counter(NX_INBOX_BUSY), 1);
    ck_assert_int_eq(nexus_delivery_settle(script.last, NEXUS_ACK, NULL), NEXUS_OK);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 3), 0);
    ck_assert_str_eq(last_verdict(), "+ACK");
    ck_assert_uint_eq(counter(NX_INBOX_DUPLICATES), 1);
    end();
}
END_TEST

START_TEST(a_deferred_one_that_is_retried_comes_again)
{
    begin(NULL);
    script.verdict = NEXUS_DEFER;
    arrive("salon-001", "a", 1, 1);
    ck_assert_int_eq(nexus_delivery_settle(script.last, NEXUS_RETRY, NULL), NEXUS_OK);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 2), 1);
    ck_assert_int_eq(nexus_delivery_settle(script.last, NEXUS_ACK, NULL), NEXUS_OK);
    end();
}
END_TEST

START_TEST(nobody_can_take_another_tenants_ids)
{
    begin(NULL);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 1), 1);
    ck_assert_int_eq(arrive("salon-002", "a", 2, 1), 1);
    ck_assert_int_eq(arrive("salon-002", "a", 2, 2), 0);
    end();
}
END_TEST

START_TEST(without_an_id_the_place_counts)
{
    begin(NULL);
    ck_assert_int_eq(arrive("salon-001", NULL, 1, 1), 1);
    ck_assert_int_eq(arrive("salon-001", NULL, 1, 2), 0);
    ck_assert_int_eq(arrive("salon-001", NULL, 2, 1), 1);
    end();
}
END_TEST

START_TEST(a_stream_that_is_made_anew_brings_new_events)
{
    char reply[512];

    begin(NULL);
    ck_assert_int_eq(arrive("salon-001", NULL, 1, 1), 1);
    snprintf(reply, sizeof(reply), "$JS.ACK.%s.%s.1.1.1.1700000099000000000.0",
             subscription->stream, subscription->durable);
    fake_message(stream.wire, subscription->listener, KB_SUBJECT, reply, NULL, KB_BODY("c"));
    fake_dispatch(&stream);
    ck_assert_int_eq(script.calls, 2);
    end();
}
END_TEST

START_TEST(long_ids_are_told_apart)
{
    char first[2001], second[2001];

    memset(first, 'x', sizeof(first));
    first[2000] = 0;
    memcpy(second, first, sizeof(second));
    second[1999] = 'y';
    begin(NULL);
    ck_assert_int_eq(arrive("salon-001", first, 1, 1), 1);
    ck_assert_int_eq(arrive("salon-001", second, 2, 1), 1);
    ck_assert_int_eq(arrive("salon-001", first, 3, 1), 0);
    end();
}
END_TEST

START_TEST(it_is_bounded_by_number)
{
    char id[16];

    begin(limits(3, 3600));
    for (int i = 0; i < 4; i++) {
        snprintf(id, sizeof(id), "%d", i);
        ck_assert_int_eq(arrive("salon-001", id, (uint64_t)i + 1, 1), 1);
    }
    ck_assert_int_eq(arrive("salon-001", "3", 4, 2), 0);
    ck_assert_int_eq(arrive("salon-001", "1", 2, 2), 0);
    ck_assert_int_eq(arrive("salon-001", "0", 1, 2), 1);
    end();
}
END_TEST

START_TEST(it_is_bounded_by_age)
{
    begin(limits(100, 5));
    ck_assert_int_eq(arrive("salon-001", "a", 1, 1), 1);
    fake_pass(&stream, 4000);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 2), 0);
    fake_pass(&stream, 2000);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 3), 1);
    end();
}
END_TEST

START_TEST(it_can_be_switched_off)
{
    begin(limits(0, 1));
    ck_assert_int_eq(arrive("salon-001", "a", 1, 1), 1);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 2), 1);
    ck_assert_uint_eq(counter(NX_INBOX_DUPLICATES), 0);
    end();
}
END_TEST

START_TEST(options_have_bounds)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;

    unit_expect(nexus_subscribe_options_set_inbox_memory(options, 10000001, 1, &err), &err,
                NEXUS_E_INVALID, "events", NULL);
    unit_expect(nexus_subscribe_options_set_inbox_memory(options, 1, 0, &err), &err,
                NEXUS_E_INVALID, "seconds", NULL);
    unit_expect(nexus_subscribe_options_set_inbox_memory(NULL, 1, 1, &err), &err, NEXUS_E_INVALID,
                "options", NULL);
    unit_expect(nexus_subscribe_options_set_inbox(NULL, NULL, &err), &err, NEXUS_E_INVALID,
                "options", NULL);
    nexus_subscribe_options_destroy(options);
}
END_TEST

/* ---- the table by itself */

static void key_of(uint32_t number, unsigned char key[NX_HANDLED_KEY])
{
    memset(key, 0, NX_HANDLED_KEY);
    memcpy(key + 4, &number, sizeof(number)); /* all share few buckets */
    key[0] = (unsigned char)(number % 7);
}

START_TEST(the_table_knows_the_last_ones_and_no_others)
{
    static const uint32_t rooms[] = {1, 2, 255, 256, 257, 1000, 4096};
    unsigned char key[NX_HANDLED_KEY];

    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        struct nx_handled *handled = nx_handled_new(rooms[i], INT64_MAX);
        ck_assert_ptr_nonnull(handled);
        for (uint32_t n = 0; n < 3 * rooms[i] + 5; n++) {
            key_of(n, key);
            ck_assert(!nx_handled_has(handled, key, 0));
            nx_handled_add(handled, key, 0);
            ck_assert(nx_handled_has(handled, key, 0));
            if (n >= rooms[i]) {
                key_of(n - rooms[i], key);
                ck_assert(!nx_handled_has(handled, key, 0));
                key_of(n - rooms[i] + 1, key);
                ck_assert(nx_handled_has(handled, key, 0));
            }
        }
        nx_handled_free(handled);
    }
    nx_handled_free(NULL);
}
END_TEST

UNIT_MAIN("inbox", what_was_acked_does_not_reach_the_handler_again, what_was_not_acked_comes_again,
          what_is_in_hand_is_put_off, a_deferred_one_that_is_retried_comes_again,
          nobody_can_take_another_tenants_ids, without_an_id_the_place_counts,
          a_stream_that_is_made_anew_brings_new_events, long_ids_are_told_apart,
          it_is_bounded_by_number, it_is_bounded_by_age, it_can_be_switched_off,
          options_have_bounds, the_table_knows_the_last_ones_and_no_others)
