/* SPDX-License-Identifier: Apache-2.0 */
/* Doubles, read and written, also where the locale's decimal point is a comma. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "json.h"
#include "random_source.h"
#include "unit.h"

static double read_number(const char *text, size_t length)
{
    struct nx_json json = NX_JSON_INIT;
    double value = 77;

    /* An assertion reports to the runner, which 200,000 times takes a while. */
    if (nx_json_read(&json, text, length, NULL) || nx_json_number(&json, 0, &value, NULL))
        ck_abort_msg("refused: %.*s", (int)length, text);
    nx_json_free(&json);
    return value;
}

static bool same(double left, double right)
{
    return memcmp(&left, &right, sizeof(left)) == 0;
}

/* Constants that the compiler has rounded; halfway cases among them. */
START_TEST(rounds_correctly)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0.0},
        {"-0", -0.0},
        {"-0.0", -0.0},
        {"-0e9", -0.0},
        {"1", 1.0},
        {"0.1", 0.1},
        {"-21.5", -21.5},
        {"1e22", 1e22},
        {"1e23", 1e23},
        {"123456789012345678901234567890", 123456789012345678901234567890.0},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.00000000000000000000000000000001", 9007199254740994.0},
        {"8.5e-5", 8.5e-5},
        {"2.2250738585072014e-308", DBL_MIN},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
        {"4.9e-324", 4.9e-324},
        {"2.4703282292062327e-324", 0.0},
        {"2.4703282292062328e-324", 4.9e-324},
        {"1e-400", 0.0},
        {"-1e-400", -0.0},
        {"1.7976931348623157e308", DBL_MAX},
        {"1.7976931348623158e308", DBL_MAX},
        {"100000000000000000000000e-23", 1.0},
        {"0.000000000000000000000000000001e30", 1.0},
        {"3.14159265358979323846264338327950288", 3.14159265358979323846},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(same(read_number(cases[i].text, strlen(cases[i].text)), cases[i].value), "%s",
                      cases[i].text);
}
END_TEST

START_TEST(refuses_what_is_no_number)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {{"\"1\"", "expected a number, got a string"},
                 {"null", "expected a number, got null"},
                 {"{}", "expected a number, got an object"}};
    struct nx_json json = NX_JSON_INIT;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        double value = 77;
        unit_ok(nx_json_read(&json, cases[i].text, strlen(cases[i].text), &err), &err);
        unit_expect(nx_json_number(&json, 0, &value, &err), &err, NEXUS_E_VALIDATION, "",
                    cases[i].message);
        ck_assert(same(value, 77));
    }
    nx_json_free(&json);
}
END_TEST

START_TEST(writes_the_shortest_form)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {3.0, "3"},
        {-3.0, "-3"},
        {1e15, "1000000000000000"},
        {123456789012345680.0, "123456789012345680"},
        {1e20, "100000000000000000000"},
        {1e21, "1e21"},
        {-1.5e300, "-1.5e300"},
        {21.5, "21.5"},
        {0.1, "0.1"},
        {-0.87, "-0.87"},
        {0.30000000000000004, "0.30000000000000004"},
        {0.10000000149011612, "0.10000000149011612"},
        {36.599998474121094, "36.599998474121094"},
        {1.0 / 3, "0.3333333333333333"},
        {3.141592653589793, "3.141592653589793"},
        {0.00001, "0.00001"},
        {0.0000012, "0.0000012"},
        {1e-7, "1e-7"},
        {1.25e-9, "1.25e-9"},
        {DBL_MAX, "1.7976931348623157e308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {4.9e-324, "5e-324"},
        {1764000000.123, "1764000000.123"},
        {1125899906842623.5, "1125899906842623.5"},
        {2251799813685249.5, "2251799813685249.5"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nx_buf out = NX_BUF_INIT;
        nx_json_put_number(&out, cases[i].value);
        ck_assert_str_eq(nx_buf_text(&out), cases[i].text);
        ck_assert(same(read_number(out.data, out.length), cases[i].value));
        nx_buf_free(&out);
    }
}
END_TEST

START_TEST(writes_null_for_what_callers_refuse)
{
    static const double values[] = {INFINITY, -INFINITY, NAN};

    for (size_t i = 0; i < 3; i++) {
        struct nx_buf out = NX_BUF_INIT;
        nx_json_put_number(&out, values[i]);
        ck_assert_str_eq(nx_buf_text(&out), "null");
        nx_buf_free(&out);
    }
}
END_TEST

START_TEST(fails_with_its_buffer)
{
    static const double values[] = {21.5, 0.10000000149011612, 1e-7, 1.7976931348623157e308};

    for (size_t i = 0; i < 4; i++)
        for (size_t limit = 1; limit < 4; limit++) {
            struct nx_buf out = NX_BUF_INIT;
            out.limit = limit;
            nx_json_put_number(&out, values[i]);
            ck_assert(out.failed && out.over_limit);
            nx_buf_free(&out);
        }
}
END_TEST

static double random_double(uint64_t *state)
{
    uint64_t bits = random_next(state);
    double value;

    switch (random_below(state, 4)) {
    case 0:
        memcpy(&value, &bits, sizeof(value));
        return isfinite(value) ? value : 0;
    case 1: /* what once was a float */
        return (double)(float)((double)bits / pow(10, random_below(state, 26)));
    case 2: /* a decimal */
        return (double)(bits >> random_below(state, 60)) / pow(10, random_below(state, 20));
    default: /* beside a power of two, where neighbours are unevenly far */
        return ldexp(1 + (double)(bits & 7) * DBL_EPSILON, (int)random_below(state, 140) - 70);
    }
}

/* How many significant digits printf() needs for the same value. */
static int digits_needed(double value)
{
    char text[64];
    int digits = 1;

    do {
        snprintf(text, sizeof(text), "%.*e", digits - 1, value);
    } while (!same(strtod(text, NULL), value) && ++digits < 17);
    return digits;
}

static int digits_used(const char *text)
{
    int digits = 0;
    int zeros = 0; /* at the end */

    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9') {
            digits += digits > 0 || *text != '0';
            zeros = *text == '0' ? zeros + 1 : 0;
        }
    return digits - zeros;
}

START_TEST(reads_back_what_it_wrote)
{
    uint64_t state = 20260301;
    struct nx_buf out = NX_BUF_INIT;

    for (int i = 0; i < 200000; i++) {
        double value = random_double(&state);
        nx_buf_reset(&out);
        nx_json_put_number(&out, value);
        if (!same(read_number(out.data, out.length), value))
            ck_abort_msg("%.17g", value);
        if (i % 10 == 0 && value != 0)
            ck_assert_msg(digits_used(nx_buf_text(&out)) <= digits_needed(value), "%s", out.data);
    }
    nx_buf_free(&out);
}
END_TEST

/* The reader's own arithmetic against the C library's, on texts that nobody rounded before. */
START_TEST(agrees_with_strtod)
{
    uint64_t state = 42;

    for (int i = 0; i < 200000; i++) {
        char text[80];
        int length = snprintf(text, sizeof(text), "%s%llu.%llue%d", i % 2 ? "-" : "",
                              (unsigned long long)(random_next(&state) >> random_below(&state, 64)),
                              (unsigned long long)(random_next(&state) >> random_below(&state, 64)),
                              (int)random_below(&state, i % 3 ? 40 : 560) - (i % 3 ? 20 : 280));
        if (!same(read_number(text, (size_t)length), strtod(text, NULL)))
            ck_abort_msg("%s", text);
    }
}
END_TEST

/* LOCPATH leads to a locale that differs from C in its decimal point only; see meson.build. */
START_TEST(ignores_the_locale)
{
    static const char *const texts[] = {"1.5", "0.10000000149011612", "1.25e-9",
                                        "1.7976931348623157e308", "123456789.123456789e-300"};
    double values[5];
    char probe[16];

    for (size_t i = 0; i < 5; i++)
        values[i] = read_number(texts[i], strlen(texts[i]));
    ck_assert_msg(setlocale(LC_NUMERIC, "comma") != NULL, "set LOCPATH");
    snprintf(probe, sizeof(probe), "%.1f", 1.5);
    ck_assert_str_eq(probe, "1,5");
    for (size_t i = 0; i < 5; i++) {
        struct nx_buf out = NX_BUF_INIT;
        ck_assert(same(read_number(texts[i], strlen(texts[i])), values[i]));
        nx_json_put_number(&out, values[i]);
        ck_assert_ptr_null(strchr(nx_buf_text(&out), ','));
        ck_assert(same(read_number(out.data, out.length), values[i]));
        nx_buf_free(&out);
    }
}
END_TEST

UNIT_MAIN("json_number", rounds_correctly, refuses_what_is_no_number, writes_the_shortest_form,
          writes_null_for_what_callers_refuse, fails_with_its_buffer, reads_back_what_it_wrote,
          agrees_with_strtod, ignores_the_locale)
