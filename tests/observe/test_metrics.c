/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "metrics.h"
#include "schema.h"

static struct nx_metrics metrics;
static struct nx_times *times;

static void begin(void)
{
    ck_assert(nx_metrics_init(&metrics));
    times = &metrics.channels[3].times[NX_SPAN_HANDLE];
}

static void end(void)
{
    nx_metrics_free(&metrics);
}

static void put(int64_t nanoseconds)
{
    nx_metrics_time(&metrics, &nx_channels[3], NX_SPAN_HANDLE, nanoseconds);
}

START_TEST(nothing_measured_is_nothing)
{
    ck_assert_uint_eq(nx_times_count(times), 0);
    ck_assert_uint_eq(nx_times_quantile_us(times, 0.5), 0);
}
END_TEST

START_TEST(a_bound_belongs_to_its_bucket)
{
    put(50000);
    ck_assert_uint_eq(times->counts[0], 1);
    put(50001);
    ck_assert_uint_eq(times->counts[1], 1);
    put(INT64_C(60000000000));
    ck_assert_uint_eq(times->counts[NX_TIME_BOUNDS - 1], 1);
    put(INT64_C(60000000001));
    ck_assert_uint_eq(times->counts[NX_TIME_BOUNDS], 1);
    ck_assert_uint_eq(times->sum_ns, UINT64_C(120000100002));
}
END_TEST

START_TEST(a_clock_that_went_back_counts_as_no_time)
{
    put(-5);
    ck_assert_uint_eq(times->counts[0], 1);
    ck_assert_uint_eq(times->sum_ns, 0);
}
END_TEST

START_TEST(quantiles_are_the_bounds_of_their_buckets)
{
    for (int i = 0; i < 90; i++)
        put(80000);
    for (int i = 0; i < 9; i++)
        put(900000);
    put(INT64_C(90000000000));
    ck_assert_uint_eq(nx_times_quantile_us(times, 0.5), 100);
    ck_assert_uint_eq(nx_times_quantile_us(times, 0.9), 100);
    ck_assert_uint_eq(nx_times_quantile_us(times, 0.99), 1000);
    ck_assert_uint_eq(nx_times_quantile_us(times, 1.0), UINT32_MAX);
}
END_TEST

START_TEST(what_is_of_no_channel_is_not_counted)
{
    nx_metrics_time(&metrics, NULL, NX_SPAN_HANDLE, 5);
    nx_metrics_count(&metrics, NULL, NX_METRIC_POISON);
    for (size_t i = 0; i < nx_channel_count; i++) {
        ck_assert_uint_eq(metrics.channels[i].counts[NX_METRIC_POISON], 0);
        ck_assert_uint_eq(nx_times_count(&metrics.channels[i].times[NX_SPAN_HANDLE]), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tcase = tcase_create("metrics");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, nothing_measured_is_nothing);
    tcase_add_test(tcase, a_bound_belongs_to_its_bucket);
    tcase_add_test(tcase, a_clock_that_went_back_counts_as_no_time);
    tcase_add_test(tcase, quantiles_are_the_bounds_of_their_buckets);
    tcase_add_test(tcase, what_is_of_no_channel_is_not_counted);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
