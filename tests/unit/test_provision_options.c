/* SPDX-License-Identifier: Apache-2.0 */
#include "provision_options.h"

#include "unit.h"

static struct nexus_provision_options *options;
static struct nexus_error err;

static void setup(void)
{
    memset(&err, 0, sizeof(err));
    options = nexus_provision_options_new();
    ck_assert_ptr_nonnull(options);
}

static void differs(const char *member, const char *actual, const char *wanted, void *data)
{
    (void)member;
    (void)actual;
    (void)wanted;
    (void)data;
}

static void expect_defaults(const struct nexus_provision_options *values)
{
    ck_assert_str_eq(values->stream, "");
    ck_assert(!values->memory && !values->dry_run && !values->difference);
    ck_assert_uint_eq(values->replicas, 1);
    ck_assert_int_eq(values->max_bytes, -1);
    ck_assert_int_eq(values->max_events, -1);
    ck_assert_int_eq(values->max_age_ms, -1);
    ck_assert_int_eq(values->duplicate_window_ms, 0);
}

START_TEST(has_the_documented_defaults)
{
    setup();
    expect_defaults(options);
    expect_defaults(&nx_provision_defaults);
    nexus_provision_options_destroy(options);
    nexus_provision_options_destroy(NULL);
}
END_TEST

START_TEST(keeps_what_it_is_given)
{
    setup();
    unit_ok(nexus_provision_options_set_stream(options, "EVENTS", &err), &err);
    unit_ok(nexus_provision_options_set_memory(options, true, &err), &err);
    unit_ok(nexus_provision_options_set_replicas(options, 5, &err), &err);
    unit_ok(nexus_provision_options_set_limits(options, 1, INT64_MAX, 9223372036854, &err), &err);
    unit_ok(nexus_provision_options_set_duplicate_window(options, 604800000, &err), &err);
    unit_ok(nexus_provision_options_set_dry_run(options, true, &err), &err);
    unit_ok(nexus_provision_options_set_difference_callback(options, differs, &err, &err), &err);
    ck_assert_str_eq(options->stream, "EVENTS");
    ck_assert(options->memory && options->dry_run);
    ck_assert_uint_eq(options->replicas, 5);
    ck_assert_int_eq(options->max_bytes, 1);
    ck_assert_int_eq(options->max_events, INT64_MAX);
    ck_assert_int_eq(options->max_age_ms, 9223372036854);
    ck_assert_int_eq(options->duplicate_window_ms, 604800000);
    ck_assert(options->difference == differs && options->difference_data == &err);
    unit_ok(nexus_provision_options_set_stream(options, NULL, &err), &err);
    ck_assert_str_eq(options->stream, "");
    nexus_provision_options_destroy(options);
}
END_TEST

START_TEST(refuses_what_is_out_of_bounds)
{
    setup();
    unit_expect(nexus_provision_options_set_stream(options, "a.b", &err), &err, NEXUS_E_INVALID,
                "stream", "byte 0x2e at 1 is not allowed");
    unit_expect(nexus_provision_options_set_replicas(options, 0, &err), &err, NEXUS_E_INVALID,
                "replicas", "0 is not within 1 to 5");
    unit_expect(nexus_provision_options_set_replicas(options, 6, &err), &err, NEXUS_E_INVALID,
                "replicas", "6 is not within 1 to 5");
    unit_expect(nexus_provision_options_set_limits(options, 0, -1, -1, &err), &err, NEXUS_E_INVALID,
                "bytes", "0 is not within 1 to 9223372036854775807");
    unit_expect(nexus_provision_options_set_limits(options, 1, -2, -1, &err), &err, NEXUS_E_INVALID,
                "events", NULL);
    unit_expect(nexus_provision_options_set_limits(options, 1, 1, 9223372036855, &err), &err,
                NEXUS_E_INVALID, "age", "9223372036855 is not within 1 to 9223372036854");
    unit_expect(nexus_provision_options_set_duplicate_window(options, 999, &err), &err,
                NEXUS_E_INVALID, "duplicate_window", "999 is not within 1000 to 604800000");
    unit_expect(nexus_provision_options_set_duplicate_window(options, 604800001, &err), &err,
                NEXUS_E_INVALID, "duplicate_window", NULL);
    expect_defaults(options);
    nexus_provision_options_destroy(options);
}
END_TEST

START_TEST(refuses_to_set_nothing)
{
    memset(&err, 0, sizeof(err));
    ck_assert_int_eq(nexus_provision_options_set_stream(NULL, "a", NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_provision_options_set_memory(NULL, true, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_provision_options_set_replicas(NULL, 1, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_provision_options_set_limits(NULL, -1, -1, -1, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_provision_options_set_duplicate_window(NULL, 1000, NULL),
                     NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_provision_options_set_difference_callback(NULL, differs, NULL, NULL),
                     NEXUS_E_INVALID);
    unit_expect(nexus_provision_options_set_dry_run(NULL, true, &err), &err, NEXUS_E_INVALID,
                "options", "is NULL");
}
END_TEST

UNIT_MAIN("provision options", has_the_documented_defaults, keeps_what_it_is_given,
          refuses_what_is_out_of_bounds, refuses_to_set_nothing)
