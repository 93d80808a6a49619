/* SPDX-License-Identifier: Apache-2.0 */
/* Members, strings and integers of a document. Doubles are in test_json_number.c. */
#include "json.h"
#include "unit.h"

static void read_ok(struct nx_json *json, const char *text)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    unit_ok(nx_json_read(json, text, strlen(text), &err), &err);
}

START_TEST(finds_members)
{
    struct nx_json json = NX_JSON_INIT;
    uint32_t inner;

    read_ok(&json, "{\"a\":[{\"b\":0}],\"ab\":1,\"\\u0062\":{\"a\":2},\"\":3}");
    ck_assert_uint_eq(nx_json_member(&json, 0, "a"), 2);
    ck_assert_int_eq(json.text[json.nodes[nx_json_member(&json, 0, "ab")].start], '1');
    ck_assert_int_eq(json.text[json.nodes[nx_json_member(&json, 0, "")].start], '3');
    inner = nx_json_member(&json, 0, "b");
    ck_assert_uint_eq(json.nodes[inner].type, NX_JSON_OBJECT);
    ck_assert_int_eq(json.text[json.nodes[nx_json_member(&json, inner, "a")].start], '2');
    ck_assert_uint_eq(nx_json_member(&json, inner, "b"), 0);
    ck_assert_uint_eq(nx_json_member(&json, 0, "abc"), 0);
    ck_assert_uint_eq(nx_json_member(&json, 2, "b"), 0);
    ck_assert_uint_eq(nx_json_member(&json, 1, "a"), 0);
    ck_assert_uint_eq(nx_json_member(&json, 999, "a"), 0);
    nx_json_free(&json);
    ck_assert_uint_eq(nx_json_member(&json, 0, "a"), 0);
}
END_TEST

START_TEST(unescapes_strings)
{
    static const struct {
        const char *json;
        const char *text;
    } cases[] = {
        {"\"\"", ""},
        {"\"plain\"", "plain"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\"a\\u007f\\u0080\\u07ff\\u0800\\uffffz\"",
         "a\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbfz"},
        {"\"\\ud800\\udc00\\udbff\\udfff\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {"\"\\\\u0041\"", "\\u0041"},
        {"\"\xd0\x90\\n\xd0\x91\"", "\xd0\x90\n\xd0\x91"},
        {"\"\\u0001\"", "\x01"},
    };
    struct nx_json json = NX_JSON_INIT;
    struct nx_arena arena = NX_ARENA_INIT;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t length = 999;
        read_ok(&json, cases[i].json);
        ck_assert_str_eq(nx_json_string(&json, 0, &arena, &length), cases[i].text);
        ck_assert_uint_eq(length, strlen(cases[i].text));
        ck_assert_str_eq(nx_json_string(&json, 0, &arena, NULL), cases[i].text);
        ck_assert(nx_json_equals(&json, 0, cases[i].text));
    }
    nx_arena_free(&arena);
    nx_json_free(&json);
}
END_TEST

START_TEST(compares_strings_to_their_end)
{
    static const struct {
        const char *json;
        const char *text;
        bool equal;
    } cases[] = {{"\"abc\"", "abc", true},
                 {"\"abc\"", "ab", false},
                 {"\"abc\"", "abcd", false},
                 {"\"abc\"", "abd", false},
                 {"\"\"", "", true},
                 {"\"\"", "a", false},
                 {"\"a\"", "", false},
                 {"\"\\u0061bc\"", "abc", true},
                 {"\"\\u0061bc\"", "ab", false},
                 {"\"\\u0061bc\"", "abcd", false},
                 {"\"\\u00e9\"", "\xc3", false},
                 {"\"\\u00e9\"", "\xc3\xa9", true},
                 {"\"\\n\"", "n", false},
                 {"\"\\n\"", "\\n", false},
                 {"\"\\n\"", "", false},
                 {"[]", "[]", false},
                 {"12", "12", false},
                 {"null", "null", false}};
    struct nx_json json = NX_JSON_INIT;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_ok(&json, cases[i].json);
        ck_assert_msg(nx_json_equals(&json, 0, cases[i].text) == cases[i].equal, "%s and %s",
                      cases[i].json, cases[i].text);
    }
    nx_json_free(&json);
}
END_TEST

START_TEST(names_types_for_messages)
{
    static const struct {
        const char *json;
        const char *name;
    } cases[] = {{"null", "null"},   {"true", "a boolean"}, {"false", "a boolean"},
                 {"1", "a number"},  {"\"\"", "a string"},  {"[]", "an array"},
                 {"{}", "an object"}};
    struct nx_json json = NX_JSON_INIT;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_ok(&json, cases[i].json);
        ck_assert_str_eq(nx_json_type_name(&json, 0), cases[i].name);
    }
    nx_json_free(&json);
}
END_TEST

START_TEST(reads_integers_in_any_spelling)
{
    static const struct {
        const char *json;
        int64_t value;
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"0.0", 0},
        {"-0e5", 0},
        {"0e-5", 0},
        {"12", 12},
        {"-12", -12},
        {"12.0", 12},
        {"12.00000000000000000000000000", 12},
        {"1.2e1", 12},
        {"1e3", 1000},
        {"1E+3", 1000},
        {"-1.5e1", -15},
        {"120e-1", 12},
        {"0.00012e5", 12},
        {"1200000000000000000000e-20", 12},
        {"999999999999999", 999999999999999},
        {"1000000000000000", 1000000000000000},
        {"9007199254740991", 9007199254740991},
        {"-9007199254740991", -9007199254740991},
        {"9007199254740991.000", 9007199254740991},
        {"9.007199254740991e15", 9007199254740991},
        {"90071992547409910e-1", 9007199254740991},
        {"0.9007199254740991e16", 9007199254740991},
        {"0.00000000000000000009007199254740991e35", 9007199254740991},
    };
    struct nx_json json = NX_JSON_INIT;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        int64_t value = 77;
        read_ok(&json, cases[i].json);
        unit_ok(nx_json_integer(&json, 0, &value, &err), &err);
        ck_assert_msg(value == cases[i].value, "%s gave %lld", cases[i].json, (long long)value);
    }
    nx_json_free(&json);
}
END_TEST

START_TEST(refuses_what_is_no_53_bit_integer)
{
    static const struct {
        const char *json;
        const char *message;
    } cases[] = {
        {"9007199254740992", "9007199254740992 exceeds 2^53-1"},
        {"9007199254740993", "9007199254740993 exceeds 2^53-1"},
        {"-9007199254740992", "-9007199254740992 is below -(2^53-1)"},
        {"9007199254740993.0", "9007199254740993.0 exceeds 2^53-1"},
        {"9.007199254740993e15", "9.007199254740993e15 exceeds 2^53-1"},
        {"90071992547409930e-1", "90071992547409930e-1 exceeds 2^53-1"},
        {"1e16", "1e16 exceeds 2^53-1"},
        {"-1e300", "-1e300 is below -(2^53-1)"},
        {"18446744073709551616", "18446744073709551616 exceeds 2^53-1"},
        {"18446744073709551617000", "18446744073709551617000 exceeds 2^53-1"},
        {"99999999999999999999999999999999999999999999",
         "9999999999999999999999999999999999999999 exceeds 2^53-1"},
        {"1.5", "expected an integer, got 1.5"},
        {"-0.1", "expected an integer, got -0.1"},
        {"1e-1", "expected an integer, got 1e-1"},
        {"1e-400", "expected an integer, got 1e-400"},
        {"9007199254740991.5", "expected an integer, got 9007199254740991.5"},
        {"1.00000000000000000000000000001",
         "expected an integer, got 1.00000000000000000000000000001"},
        {"\"1\"", "expected an integer, got a string"},
        {"null", "expected an integer, got null"},
        {"true", "expected an integer, got a boolean"},
        {"[1]", "expected an integer, got an array"},
    };
    struct nx_json json = NX_JSON_INIT;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        int64_t value = 77;
        read_ok(&json, cases[i].json);
        unit_expect(nx_json_integer(&json, 0, &value, &err), &err, NEXUS_E_VALIDATION, "",
                    cases[i].message);
        ck_assert_int_eq(value, 77);
    }
    nx_json_free(&json);
}
END_TEST

UNIT_MAIN("json_value", finds_members, unescapes_strings, compares_strings_to_their_end,
          names_types_for_messages, reads_integers_in_any_spelling,
          refuses_what_is_no_53_bit_integer)
