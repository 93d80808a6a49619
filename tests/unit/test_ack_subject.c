/* SPDX-License-Identifier: Apache-2.0 */
/* Reply subjects of deliveries: both forms are read, nothing else is. */
#include "ack_subject.h"
#include "unit.h"

static bool parse(const char *reply, struct nx_ack_subject *out)
{
    return nx_ack_subject_parse(reply, "NEXUS", "crm-all-all", out);
}

static void check(const char *reply)
{
    struct nx_ack_subject ack;

    ck_assert_msg(parse(reply, &ack), "%s", reply);
    ck_assert_uint_eq(ack.count, 2);
    ck_assert_uint_eq(ack.stream_sequence, 34);
    ck_assert_uint_eq(ack.consumer_sequence, 56);
    ck_assert_int_eq(ack.time, 1700000000123456789);
    ck_assert_uint_eq(ack.pending, 78);
}

START_TEST(both_forms_are_read)
{
    check("$JS.ACK.NEXUS.crm-all-all.2.34.56.1700000000123456789.78");
    check("$JS.ACK._.ACC.NEXUS.crm-all-all.2.34.56.1700000000123456789.78");
    check("$JS.ACK.hub.ACC.NEXUS.crm-all-all.2.34.56.1700000000123456789.78.aXq3");
}
END_TEST

START_TEST(names_that_look_like_the_other_form_are_no_trap)
{
    struct nx_ack_subject ack;

    ck_assert(nx_ack_subject_match("$JS.ACK.A.B.1.2.3.4.5", NX_ACK_PREFIX "A.B.", &ack));
    ck_assert(nx_ack_subject_match("$JS.ACK.A.B.A.B.1.2.3.4.5", NX_ACK_PREFIX "A.B.", &ack));
    ck_assert(nx_ack_subject_match("$JS.ACK.1.2.1.2.3.4.5", NX_ACK_PREFIX "1.2.", &ack));
    ck_assert_uint_eq(ack.count, 1);
}
END_TEST

START_TEST(nothing_else_is_read)
{
    static const char *const wrong[] = {
        "",
        "$JS.ACK",
        "$JS.ACK.",
        "_INBOX.x",
        "$JS.ACKS.NEXUS.crm-all-all.2.34.56.7.8",
        "$JS.ACK.OTHER.crm-all-all.2.34.56.7.8",
        "$JS.ACK.NEXUS.other.2.34.56.7.8",
        "$JS.ACK.NEXUS.crm-all-all",
        "$JS.ACK.NEXUS.crm-all-all.",
        "$JS.ACK.NEXUS.crm-all-all.2.34.56.7",
        "$JS.ACK.NEXUS.crm-all-all.2.34.56.7.",
        "$JS.ACK.NEXUS.crm-all-all.2.34.56.7.8.",
        "$JS.ACK.NEXUS.crm-all-all.2.34.56.7.x",
        "$JS.ACK.NEXUS.crm-all-all.2.34.56.7.-8",
        "$JS.ACK.NEXUS.crm-all-all.2.34..7.8",
        "$JS.ACK.NEXUS.crm-all-all.2.34.56.7.8 x",
        "$JS.ACK.NEXUS.crm-all-all.2.34.18446744073709551616.7.8",
        "$JS.ACK.a.NEXUS.crm-all-all.2.34.56.7.8",
        "$JS.ACK.a..NEXUS.crm-all-all.2.34.56.7.8",
        "$JS.ACK.a.b.NEXUS.crm-all-all.2.34.56.7.8.c.d",
        "$JS.ACK.a.b.NEXUS.crm-all-all.2.34.56.7.8.",
        "$JS.ACK.a.b.c.NEXUS.crm-all-all.2.34.56.7.8",
    };
    struct nx_ack_subject ack;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_msg(!parse(wrong[i], &ack), "%s", wrong[i]);
    ck_assert(!parse(NULL, &ack));
}
END_TEST

START_TEST(the_largest_numbers_fit)
{
    struct nx_ack_subject ack;

    ck_assert(parse("$JS.ACK.NEXUS.crm-all-all.18446744073709551615.18446744073709551615."
                    "18446744073709551615.18446744073709551615.18446744073709551615",
                    &ack));
    ck_assert_uint_eq(ack.count, UINT64_MAX);
    ck_assert_int_eq(ack.time, INT64_MAX);
}
END_TEST

UNIT_MAIN("ack_subject", both_forms_are_read, names_that_look_like_the_other_form_are_no_trap,
          nothing_else_is_read, the_largest_numbers_fit)
