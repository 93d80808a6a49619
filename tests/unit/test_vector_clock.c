/* SPDX-License-Identifier: Apache-2.0 */
#include <nexus/base.h>
#include <nexus/vector_clock.h>
#include <stdio.h>

#include "buf.h"
#include "unit.h"

static const char *compare(const char *left, const char *right)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    enum nexus_clock_order order = 0;

    unit_ok(nexus_vector_clock_compare(left, right, &order, &err), &err);
    return nexus_clock_order_name(order);
}

START_TEST(compares)
{
    static const struct {
        const char *left, *right, *forth, *back;
    } cases[] = {
        {"{}", "{}", "equal", "equal"},
        {"{}", "{\"a\":0}", "equal", "equal"},
        {"{\"a\":1}", " { \"a\" : 1.0 } ", "equal", "equal"},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "equal", "equal"},
        {"{}", "{\"a\":1}", "before", "after"},
        {"{\"a\":1}", "{\"a\":2}", "before", "after"},
        {"{\"a\":1}", "{\"a\":1,\"b\":1}", "before", "after"},
        {"{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":2}", "before", "after"},
        {"{\"a\":1}", "{\"b\":1}", "concurrent", "concurrent"},
        {"{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", "concurrent", "concurrent"},
        {"{\"a\":1}", "{\"ab\":1}", "concurrent", "concurrent"},
        {"{\"a\":2,\"ab\":1}", "{\"a\":1,\"ab\":1}", "after", "before"},
        {"{\"\\u0061\":1}", "{\"a\":1}", "equal", "equal"},
        {"{\"a\":9007199254740990}", "{\"a\":9007199254740991}", "before", "after"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_str_eq(compare(cases[i].left, cases[i].right), cases[i].forth);
        ck_assert_str_eq(compare(cases[i].right, cases[i].left), cases[i].back);
    }
}
END_TEST

START_TEST(merges)
{
    static const struct {
        const char *left, *right, *merged;
    } cases[] = {
        {"{}", "{}", "{}"},
        {"{\"a\":1}", "{}", "{\"a\":1}"},
        {"{\"b\":1,\"a\":5}", "{\"c\":1e1,\"a\":3}", "{\"a\":5,\"b\":1,\"c\":10}"},
        {"{\"a\\\"\":1}", "{\"a\\u0022\":2}", "{\"a\\\"\":2}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        char *forth, *back;
        unit_ok(nexus_vector_clock_merge(cases[i].left, cases[i].right, &forth, &err), &err);
        unit_ok(nexus_vector_clock_merge(cases[i].right, cases[i].left, &back, &err), &err);
        ck_assert_str_eq(forth, cases[i].merged);
        ck_assert_str_eq(back, cases[i].merged);
        nexus_free(forth);
        nexus_free(back);
    }
}
END_TEST

/* A small clock with random counters, as text. */
static void random_clock(char out[64])
{
    snprintf(out, 64, "{\"a\":%d,\"b\":%d,\"c\":%d}", rand() % 3, rand() % 3, rand() % 3);
}

START_TEST(merging_and_comparing_agree)
{
    srand(7);
    for (int i = 0; i < 2000; i++) {
        char left[64], right[64], *merged;
        const char *order, *to_left, *to_right;

        random_clock(left);
        random_clock(right);
        ck_assert_int_eq(nexus_vector_clock_merge(left, right, &merged, NULL), NEXUS_OK);
        order = compare(left, right);
        to_left = compare(left, merged);
        to_right = compare(right, merged);
        ck_assert(strcmp(to_left, "equal") == 0 || strcmp(to_left, "before") == 0);
        ck_assert(strcmp(to_right, "equal") == 0 || strcmp(to_right, "before") == 0);
        ck_assert_int_eq(strcmp(to_left, "equal") == 0,
                         strcmp(order, "equal") == 0 || strcmp(order, "after") == 0);
        ck_assert_int_eq(strcmp(to_left, "before") == 0 && strcmp(to_right, "before") == 0,
                         strcmp(order, "concurrent") == 0);
        nexus_free(merged);
    }
}
END_TEST

START_TEST(gets_one_entry)
{
    int64_t value = -1;

    ck_assert_int_eq(nexus_vector_clock_get("{\"b\":2,\"a\":7}", "a", &value, NULL), NEXUS_OK);
    ck_assert_int_eq(value, 7);
    ck_assert_int_eq(nexus_vector_clock_get("{\"b\":2}", "a", &value, NULL), NEXUS_OK);
    ck_assert_int_eq(value, 0);
    ck_assert_int_eq(nexus_vector_clock_get("{\"\\u0061\":3}", "a", &value, NULL), NEXUS_OK);
    ck_assert_int_eq(value, 3);
    ck_assert_int_eq(nexus_vector_clock_get("{}", "a", &value, NULL), NEXUS_OK);
    ck_assert_int_eq(value, 0);
}
END_TEST

START_TEST(refuses_what_is_no_clock)
{
    static const struct {
        const char *text;
        int code;
        const char *where, *message;
    } cases[] = {
        {NULL, NEXUS_E_INVALID, "left", "is NULL"},
        {"", NEXUS_E_JSON, NULL, NULL},
        {"{", NEXUS_E_JSON, NULL, NULL},
        {"[]", NEXUS_E_JSON, "left", "expected an object, got an array"},
        {"{\"a\":-1}", NEXUS_E_JSON, "left.a", "-1 is negative"},
        {"{\"a\":1,\"b\":\"1\"}", NEXUS_E_JSON, "left.b", NULL},
        {"{\"a\":1,\"a\":1}", NEXUS_E_JSON, NULL, NULL},
        {"{\"a\":9007199254740992}", NEXUS_E_JSON, "left.a", "9007199254740992 exceeds 2^53-1"},
        {"{\"\":1}", NEXUS_E_JSON, "left", "an entry's name has 0 bytes, not 1 to 128"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        enum nexus_clock_order order = NEXUS_CLOCK_AFTER;
        char *merged = &err.where[0];
        int64_t value = 42;

        unit_expect(nexus_vector_clock_compare(cases[i].text, "{}", &order, &err), &err,
                    cases[i].code, cases[i].where, cases[i].message);
        ck_assert_int_eq(order, NEXUS_CLOCK_AFTER);
        unit_expect(nexus_vector_clock_merge(cases[i].text, "{}", &merged, &err), &err,
                    cases[i].code, cases[i].where, cases[i].message);
        ck_assert_ptr_null(merged);
        ck_assert_int_eq(nexus_vector_clock_compare("{}", cases[i].text, &order, &err),
                         cases[i].code);
        ck_assert_int_eq(nexus_vector_clock_get(cases[i].text, "a", &value, &err), cases[i].code);
        ck_assert_int_eq(value, 42);
    }
    ck_assert_int_eq(nexus_vector_clock_compare("{}", "{}", NULL, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_vector_clock_merge("{}", "{}", NULL, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_vector_clock_get("{}", "a", NULL, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_vector_clock_get("{}", NULL, &(int64_t){0}, NULL), NEXUS_E_INVALID);
}
END_TEST

static void many_entries(struct nx_buf *out, const char *prefix, int count)
{
    for (int i = 0; i < count; i++)
        nx_buf_printf(out, "%s\"%s%d\":%d", i ? "," : "{", prefix, i, i);
    nx_buf_putc(out, '}');
}

START_TEST(limits_the_entries)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf most = NX_BUF_INIT, others = NX_BUF_INIT, more = NX_BUF_INIT;
    char *merged;
    int64_t value;

    many_entries(&most, "a", 1024);
    many_entries(&others, "b", 1);
    many_entries(&more, "a", 1025);
    ck_assert_str_eq(compare(nx_buf_text(&most), nx_buf_text(&most)), "equal");
    unit_ok(nexus_vector_clock_get(nx_buf_text(&most), "a1023", &value, &err), &err);
    ck_assert_int_eq(value, 1023);
    unit_expect(nexus_vector_clock_get(nx_buf_text(&more), "a1", &value, &err), &err,
                NEXUS_E_TOO_LARGE, "clock", "1025 entries exceed the limit of 1024");
    unit_expect(nexus_vector_clock_merge(nx_buf_text(&most), nx_buf_text(&others), &merged, &err),
                &err, NEXUS_E_TOO_LARGE, "", "1025 entries exceed the limit of 1024");
    ck_assert_ptr_null(merged);
    unit_ok(nexus_vector_clock_merge(nx_buf_text(&most), nx_buf_text(&most), &merged, &err), &err);
    ck_assert_str_eq(compare(merged, nx_buf_text(&most)), "equal");
    nexus_free(merged);
    nx_buf_free(&most);
    nx_buf_free(&others);
    nx_buf_free(&more);
}
END_TEST

START_TEST(names_the_orders)
{
    ck_assert_str_eq(nexus_clock_order_name(NEXUS_CLOCK_EQUAL), "equal");
    ck_assert_str_eq(nexus_clock_order_name(NEXUS_CLOCK_BEFORE), "before");
    ck_assert_str_eq(nexus_clock_order_name(NEXUS_CLOCK_AFTER), "after");
    ck_assert_str_eq(nexus_clock_order_name(NEXUS_CLOCK_CONCURRENT), "concurrent");
    ck_assert_str_eq(nexus_clock_order_name((enum nexus_clock_order)0), "unknown");
    ck_assert_str_eq(nexus_clock_order_name((enum nexus_clock_order)5), "unknown");
}
END_TEST

UNIT_MAIN("vector clock", compares, merges, merging_and_comparing_agree, gets_one_entry,
          refuses_what_is_no_clock, limits_the_entries, names_the_orders)
