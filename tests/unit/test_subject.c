/* SPDX-License-Identifier: Apache-2.0 */
/* From every channel of the contract to its subjects and back. */
#include "subject.h"

#include <stdio.h>

#include "unit.h"

static const char *const values[NX_PARAMETERS_MAX] = {"salon-001", "edge-msk-01", "c3", "d4",
                                                      "e5",        "f6",          "g7", "h8"};

/* What an address should become, by other means than the library's. */
static void expected_text(const struct nexus_channel *channel, const char *const *with, char *out)
{
    char address[512];
    size_t parameter = 0;

    snprintf(address, sizeof(address), "%s", channel->address);
    *out = 0;
    for (char *token = strtok(address, "."); token; token = strtok(NULL, ".")) {
        strcat(out, *out ? "." : "");
        strcat(out, *token == '{' ? with[parameter++] : token);
    }
    ck_assert_uint_eq(parameter, channel->parameter_count);
}

START_TEST(every_channel_fits_the_limits)
{
    for (size_t i = 0; i < nx_channel_count; i++) {
        size_t tokens = 1;
        for (const char *at = nx_channels[i].address; *at; at++)
            tokens += *at == '.';
        ck_assert_uint_le(nx_channels[i].parameter_count, NX_PARAMETERS_MAX);
        ck_assert_uint_le(tokens, 32);
        ck_assert_uint_le(strlen(nx_channels[i].address), NEXUS_SUBJECT_MAX);
    }
    ck_assert_uint_gt(nx_channel_count, 0);
}
END_TEST

START_TEST(renders_and_parses_back)
{
    for (size_t i = 0; i < nx_channel_count; i++) {
        const struct nexus_channel *channel = &nx_channels[i];
        struct nexus_error err = NEXUS_ERROR_INIT;
        char subject[NEXUS_SUBJECT_MAX + 1], expected[NEXUS_SUBJECT_MAX + 1];
        struct nx_subject parsed;

        unit_ok(nx_subject_render(channel, values, subject, &err), &err);
        expected_text(channel, values, expected);
        ck_assert_str_eq(subject, expected);
        ck_assert(nx_subject_parse(subject, &parsed));
        ck_assert_str_eq(parsed.channel->name, channel->name);
        for (uint32_t n = 0; n < channel->parameter_count; n++)
            ck_assert_str_eq(parsed.values[n], values[n]);
        ck_assert_ptr_eq(nexus_channel_by_subject(subject), channel);
    }
}
END_TEST

START_TEST(filters_with_wildcards)
{
    static const char *const none[NX_PARAMETERS_MAX] = {0};
    static const char *const stars[NX_PARAMETERS_MAX] = {"*", "*", "*", "*", "*", "*", "*", "*"};

    for (size_t i = 0; i < nx_channel_count; i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        char filter[NEXUS_SUBJECT_MAX + 1], expected[NEXUS_SUBJECT_MAX + 1];

        unit_ok(nx_subject_filter(&nx_channels[i], none, filter, &err), &err);
        expected_text(&nx_channels[i], stars, expected);
        ck_assert_str_eq(filter, expected);
        unit_ok(nx_subject_filter(&nx_channels[i], NULL, filter, &err), &err);
        ck_assert_str_eq(filter, expected);
        unit_ok(nx_subject_filter(&nx_channels[i], values, filter, &err), &err);
        expected_text(&nx_channels[i], values, expected);
        ck_assert_str_eq(filter, expected);
    }
}
END_TEST

START_TEST(filters_everything_and_one_tenant)
{
    const char *one[] = {"salon-001"}, *any[] = {NULL}, *core[] = {"_core"};
    struct nexus_error err = NEXUS_ERROR_INIT;
    char filter[NEXUS_SUBJECT_MAX + 1];

    unit_ok(nx_subject_filter(NULL, any, filter, &err), &err);
    ck_assert_str_eq(filter, "nexus.>");
    unit_ok(nx_subject_filter(NULL, one, filter, &err), &err);
    ck_assert_str_eq(filter, "nexus.salon-001.>");
    unit_expect(nx_subject_filter(NULL, core, filter, &err), &err, NEXUS_E_SUBJECT, "tenant_id",
                "\"_core\" names the platform itself");
    ck_assert_str_eq(filter, "nexus.salon-001.>");
}
END_TEST

START_TEST(names_the_parameter_and_leaves_the_output)
{
    for (size_t i = 0; i < nx_channel_count; i++) {
        const struct nexus_channel *channel = &nx_channels[i];
        for (uint32_t n = 0; n < channel->parameter_count; n++) {
            const char *with[NX_PARAMETERS_MAX];
            struct nexus_error err = NEXUS_ERROR_INIT;
            char subject[NEXUS_SUBJECT_MAX + 1] = "untouched";

            memcpy(with, values, sizeof(with));
            with[n] = NULL;
            unit_expect(nx_subject_render(channel, with, subject, &err), &err, NEXUS_E_SUBJECT,
                        channel->parameters[n].name, "no value is given");
            with[n] = "a.b";
            unit_expect(nx_subject_render(channel, with, subject, &err), &err, NEXUS_E_SUBJECT,
                        channel->parameters[n].name, NULL);
            ck_assert_str_eq(subject, "untouched");
        }
    }
}
END_TEST

START_TEST(refuses_subjects_of_no_channel)
{
    static const char *const subjects[] = {
        "",
        ".",
        "nexus",
        "nexus.",
        "nexus.salon-001",
        "nexus.salon-001.booking",
        "nexus.salon-001.booking.created.",
        "nexus.salon-001.booking.created.x",
        ".nexus.salon-001.booking.created",
        "nexus..booking.created",
        "nexus._core.booking.created",
        "nexus.*.booking.created",
        "nexus.>.booking.created",
        "nexus.salon 001.booking.created",
        "nexus.salon-001.booking.creatE",
        "nexus.salon-001.booking.createdx",
        "Nexus.salon-001.booking.created",
        "nexus.salon-001.tenant.provisioned",
        "nexus._core.edge.health",
        "nexus._core.edge.health.",
        "nexus._core.edge.health._x",
        "nexus._core.edge.health.a.b",
        "nexus.{tenant_id}.booking.created",
        "nexus._core.edge.health.{node_id}",
        "nexus.\xd1\x81\xd0\xb0\xd0\xbb\xd0\xbe\xd0\xbd.booking.created",
    };
    char subject[2048];
    struct nx_subject parsed;

    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
        ck_assert_msg(!nx_subject_parse(subjects[i], &parsed), "%s", subjects[i]);
    ck_assert_ptr_null(nexus_channel_by_subject(NULL));

    memset(subject, '.', sizeof(subject) - 1);
    subject[sizeof(subject) - 1] = 0;
    ck_assert(!nx_subject_parse(subject, &parsed));
    memset(subject, 'a', sizeof(subject) - 1);
    ck_assert(!nx_subject_parse(subject, &parsed));
    for (size_t i = 1; i < sizeof(subject) - 1; i += 2)
        subject[i] = '.';
    ck_assert(!nx_subject_parse(subject, &parsed));
}
END_TEST

START_TEST(takes_the_longest_token_and_no_longer_one)
{
    char subject[NEXUS_SUBJECT_MAX + 1];
    char token[NEXUS_TOKEN_MAX + 2];
    struct nx_subject parsed;

    memset(token, 't', sizeof(token));
    token[NEXUS_TOKEN_MAX] = 0;
    snprintf(subject, sizeof(subject), "nexus.%s.booking.created", token);
    ck_assert(nx_subject_parse(subject, &parsed));
    ck_assert_str_eq(parsed.values[0], token);
    token[NEXUS_TOKEN_MAX] = 't';
    snprintf(subject, sizeof(subject), "nexus.%.64s.booking.created", token);
    ck_assert(!nx_subject_parse(subject, &parsed));
}
END_TEST

UNIT_MAIN("subject", every_channel_fits_the_limits, renders_and_parses_back, filters_with_wildcards,
          filters_everything_and_one_tenant, names_the_parameter_and_leaves_the_output,
          refuses_subjects_of_no_channel, takes_the_longest_token_and_no_longer_one)
