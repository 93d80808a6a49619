/* SPDX-License-Identifier: Apache-2.0 */
#include "buf.h"

#include <stdint.h>

#include "unit.h"

START_TEST(appends_everything_in_order)
{
    struct nx_buf buf = NX_BUF_INIT;

    nx_buf_puts(&buf, "one");
    nx_buf_putc(&buf, ' ');
    nx_buf_append(&buf, "two!", 3);
    nx_buf_append(&buf, NULL, 0);
    nx_buf_printf(&buf, " %s %d", "three", 4);
    ck_assert_str_eq(nx_buf_text(&buf), "one two three 4");
    ck_assert_uint_eq(buf.length, strlen("one two three 4"));
    nx_buf_free(&buf);
}
END_TEST

START_TEST(writes_integers_from_end_to_end)
{
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {{0, "0"},
                 {7, "7"},
                 {-1, "-1"},
                 {10, "10"},
                 {9007199254740991, "9007199254740991"},
                 {-9007199254740991, "-9007199254740991"},
                 {INT64_MAX, "9223372036854775807"},
                 {INT64_MIN, "-9223372036854775808"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nx_buf buf = NX_BUF_INIT;
        nx_buf_int64(&buf, cases[i].value);
        ck_assert_str_eq(nx_buf_text(&buf), cases[i].text);
        nx_buf_free(&buf);
    }
}
END_TEST

START_TEST(grows_and_keeps_its_content)
{
    struct nx_buf buf = NX_BUF_INIT;

    for (int i = 0; i < 100000; i++)
        nx_buf_putc(&buf, (char)('a' + i % 26));
    ck_assert_uint_eq(buf.length, 100000);
    for (int i = 0; i < 100000; i++)
        ck_assert_int_eq(buf.data[i], 'a' + i % 26);
    nx_buf_free(&buf);
}
END_TEST

START_TEST(stops_at_its_limit_and_stays_failed)
{
    struct nx_buf buf = NX_BUF_INIT;

    buf.limit = 8;
    nx_buf_puts(&buf, "12345678");
    ck_assert_str_eq(nx_buf_text(&buf), "12345678");
    nx_buf_putc(&buf, '9');
    ck_assert(buf.failed);
    ck_assert(buf.over_limit);
    nx_buf_puts(&buf, "");
    nx_buf_int64(&buf, 5);
    nx_buf_printf(&buf, "%d", 6);
    ck_assert_uint_eq(buf.length, 8);
    ck_assert_ptr_null(nx_buf_text(&buf));
    ck_assert_ptr_null(nx_buf_take(&buf));
    nx_buf_reset(&buf);
    ck_assert(!buf.failed && !buf.over_limit);
    nx_buf_puts(&buf, "again");
    ck_assert_str_eq(nx_buf_text(&buf), "again");
    nx_buf_free(&buf);
}
END_TEST

START_TEST(refuses_sizes_that_overflow)
{
    struct nx_buf buf = NX_BUF_INIT;

    nx_buf_puts(&buf, "x");
    ck_assert(!nx_buf_reserve(&buf, SIZE_MAX));
    ck_assert(buf.failed);
    ck_assert(!buf.over_limit);
    nx_buf_reset(&buf);
    ck_assert(nx_buf_reserve(&buf, 1000));
    ck_assert_uint_gt(buf.capacity, 1000);
    nx_buf_free(&buf);
}
END_TEST

START_TEST(keeps_its_memory_over_a_reset)
{
    struct nx_buf buf = NX_BUF_INIT;
    const char *data;

    ck_assert(nx_buf_reserve(&buf, 5000));
    data = buf.data;
    nx_buf_reset(&buf);
    for (int i = 0; i < 5000; i++)
        nx_buf_putc(&buf, 'x');
    ck_assert_ptr_eq(buf.data, data);
    nx_buf_free(&buf);
}
END_TEST

START_TEST(gives_its_content_away)
{
    struct nx_buf buf = NX_BUF_INIT;
    char *text;

    nx_buf_puts(&buf, "mine");
    text = nx_buf_take(&buf);
    ck_assert_str_eq(text, "mine");
    ck_assert_ptr_null(buf.data);
    ck_assert_uint_eq(buf.length, 0);
    free(text);
    text = nx_buf_take(&buf);
    ck_assert_str_eq(text, "");
    free(text);
    nx_buf_free(&buf);
    nx_buf_free(&buf);
    nx_buf_free(NULL);
}
END_TEST

UNIT_MAIN("buf", appends_everything_in_order, writes_integers_from_end_to_end,
          grows_and_keeps_its_content, stops_at_its_limit_and_stays_failed,
          refuses_sizes_that_overflow, keeps_its_memory_over_a_reset, gives_its_content_away)
