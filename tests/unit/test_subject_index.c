/* SPDX-License-Identifier: Apache-2.0 */
/* A made-up contract that is larger than the real one: more channels than the index has room for,
 * and addresses that overlap. */
#include <stdio.h>

#include "subject.h"
#include "unit.h"

static const struct nx_parameter parameters[] = {
    {"tenant_id", -1}, {"b", -1}, {"c", -1}, {"d", -1}, {"e", -1},
};

#define CHANNEL(called, at, count)                                                        \
    {                                                                                     \
        .name = called, .address = at, .parameters = parameters, .parameter_count = count \
    }
#define PLAIN(n) CHANNEL("nexus.{tenant_id}.plain.n" #n, "nexus.{tenant_id}.plain.n" #n, 1)
#define TEN(n)                                                                                 \
    PLAIN(n##0), PLAIN(n##1), PLAIN(n##2), PLAIN(n##3), PLAIN(n##4), PLAIN(n##5), PLAIN(n##6), \
        PLAIN(n##7), PLAIN(n##8), PLAIN(n##9)
#define HUNDRED(n)                                                                          \
    TEN(n##0), TEN(n##1), TEN(n##2), TEN(n##3), TEN(n##4), TEN(n##5), TEN(n##6), TEN(n##7), \
        TEN(n##8), TEN(n##9)

enum { PARAMETER, LITERAL, TWO, LONG, FIRST_PLAIN };

const struct nexus_channel nx_channels[] = {
    [PARAMETER] = CHANNEL("parameter", "nexus._core.health.{node}", 1),
    [LITERAL] = CHANNEL("literal", "nexus._core.health.summary", 0),
    [TWO] = CHANNEL("two", "nexus._core.{what}.{node}", 2),
    [LONG] = CHANNEL("long", "nexus.{a}.{b}.{c}.{d}.{e}.end", 5),
    [FIRST_PLAIN] = PLAIN(0),
    HUNDRED(1),
    HUNDRED(2),
    HUNDRED(3),
    HUNDRED(4),
    HUNDRED(5),
    HUNDRED(6),
    /* These are compared one by one. Literals go before parameters there too. */
    CHANNEL("late literal", "nexus._core.health.late", 0),
    CHANNEL("late parameter", "nexus._core.{what}.summary", 1),
};
const size_t nx_channel_count = sizeof(nx_channels) / sizeof(nx_channels[0]);

static void expect(const char *subject, const char *name)
{
    struct nx_subject parsed;

    ck_assert_msg(nx_subject_parse(subject, &parsed), "%s", subject);
    ck_assert_str_eq(parsed.channel->name, name);
}

START_TEST(finds_channels_inside_and_outside_of_the_index)
{
    const char *values[] = {"salon-001"};
    char subject[NEXUS_SUBJECT_MAX + 1];

    for (size_t at = FIRST_PLAIN; at < nx_channel_count - 2; at++) {
        ck_assert_int_eq(nx_subject_render(&nx_channels[at], values, subject, NULL), NEXUS_OK);
        expect(subject, nx_channels[at].name);
    }
    ck_assert_ptr_null(nexus_channel_by_subject("nexus.salon-001.plain.n700"));
    ck_assert_ptr_null(nexus_channel_by_subject("nexus.salon-001.plain"));
}
END_TEST

START_TEST(prefers_literals)
{
    expect("nexus._core.health.summary", "literal");
    expect("nexus._core.health.edge-1", "parameter");
    expect("nexus._core.disk.edge-1", "two");
    expect("nexus._core.health.late", "late literal");
    expect("nexus._core.disk.summary", "late parameter");
}
END_TEST

START_TEST(refuses_a_subject_above_the_limit)
{
    char token[NEXUS_TOKEN_MAX + 1];
    const char *values[] = {token, token, token, token, token};
    char subject[NEXUS_SUBJECT_MAX + 1] = "untouched";
    struct nexus_error err = NEXUS_ERROR_INIT;

    memset(token, 'x', sizeof(token) - 1);
    token[sizeof(token) - 1] = 0;
    unit_expect(nx_subject_render(&nx_channels[LONG], values, subject, &err), &err, NEXUS_E_SUBJECT,
                "long", "the subject's 329 bytes exceed the limit of 255");
    ck_assert_str_eq(subject, "untouched");
    token[48] = 0; /* 5 + 5 * (1 + 48) + 4 = 254 */
    ck_assert_int_eq(nx_subject_render(&nx_channels[LONG], values, subject, &err), NEXUS_OK);
    ck_assert_uint_eq(strlen(subject), 254);
    expect(subject, "long");
}
END_TEST

UNIT_MAIN("subject index", finds_channels_inside_and_outside_of_the_index, prefers_literals,
          refuses_a_subject_above_the_limit)
