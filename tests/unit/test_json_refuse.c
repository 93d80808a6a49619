/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader refuses, with the place and the words. Whole bodies are in ../vectors. */
#include "json.h"
#include <stdio.h>

#include "unit.h"

struct refused {
    const char *text;
    const char *where;
    const char *message;
};

static const struct refused syntax[] = {
    {"", "byte 0", "expected a value, got the end of the text"},
    {" \n", "byte 2", "expected a value, got the end of the text"},
    {"\xef\xbb\xbf{}", "byte 0", "starts with a byte order mark"},
    {"\xef\xbb", "byte 0", "expected a value, got byte 0xEF"},
    {"nul", "byte 0", "expected a value, got n"},
    {"True", "byte 0", "expected a value, got T"},
    {"truex", "byte 4", "expected the end of the text, got x"},
    {"1 2", "byte 2", "expected the end of the text, got 2"},
    {"{}}", "byte 2", "expected the end of the text, got }"},
    {"{} \x01", "byte 3", "expected the end of the text, got byte 0x01"},
    {"\xc2\xa0{}", "byte 0", "expected a value, got byte 0xC2"},
    {"\f1", "byte 0", "expected a value, got byte 0x0C"},
    {"[", "[0]", "expected a value, got the end of the text at byte 1"},
    {"[1", "byte 2", "expected ',' or ']', got the end of the text"},
    {"[1,", "[1]", "expected a value, got the end of the text at byte 3"},
    {"[1,]", "[1]", "expected a value, got ] at byte 3"},
    {"[,1]", "[0]", "expected a value, got , at byte 1"},
    {"[1 2]", "byte 3", "expected ',' or ']', got 2"},
    {"[1}", "byte 2", "expected ',' or ']', got }"},
    {"]", "byte 0", "expected a value, got ]"},
    {"{", "byte 1", "expected a member's name, got the end of the text"},
    {"{1:2}", "byte 1", "expected a member's name, got 1"},
    {"{a:2}", "byte 1", "expected a member's name, got a"},
    {"{'a':2}", "byte 1", "expected a member's name, got '"},
    {"{,}", "byte 1", "expected a member's name, got ,"},
    {"{\"a\"", "a", "expected ':', got the end of the text at byte 4"},
    {"{\"a\" 1}", "a", "expected ':', got 1 at byte 5"},
    {"{\"a\":}", "a", "expected a value, got } at byte 5"},
    {"{\"a\":1", "byte 6", "expected ',' or '}', got the end of the text"},
    {"{\"a\":1]", "byte 6", "expected ',' or '}', got ]"},
    {"{\"a\":1,}", "byte 7", "expected a member's name, got }"},
    {"{\"a\":1 \"b\":2}", "byte 7", "expected ',' or '}', got \""},
    {"{\"a\":{\"b\":[1,{\"c\":x}]}}", "a.b[1].c", "expected a value, got x at byte 18"},
    {"{\"a\":{\"b\":[1,{\"c\":1}x]}}", "a.b", "expected ',' or ']', got x at byte 20"},
    {"// c\n1", "byte 0", "expected a value, got /"},
    {"[1/* c */]", "byte 2", "expected ',' or ']', got /"},
};

static const struct refused numbers[] = {
    {"-", "byte 1", "expected a digit, got the end of the text"},
    {"+1", "byte 0", "expected a value, got +"},
    {".5", "byte 0", "expected a value, got ."},
    {"-.5", "byte 1", "expected a digit, got ."},
    {"1.", "byte 2", "expected a digit, got the end of the text"},
    {"[1.]", "[0]", "expected a digit, got ] at byte 3"},
    {"1.e5", "byte 2", "expected a digit, got e"},
    {"1e", "byte 2", "expected a digit, got the end of the text"},
    {"1e+", "byte 3", "expected a digit, got the end of the text"},
    {"1e5.5", "byte 3", "expected the end of the text, got ."},
    {"01", "byte 0", "a number starts with 0"},
    {"-01", "byte 1", "a number starts with 0"},
    {"00", "byte 0", "a number starts with 0"},
    {"0x10", "byte 1", "expected the end of the text, got x"},
    {"1_000", "byte 1", "expected the end of the text, got _"},
    {"NaN", "byte 0", "expected a value, got N"},
    {"Infinity", "byte 0", "expected a value, got I"},
    {"-Infinity", "byte 1", "expected a digit, got I"},
    {"1e309", "byte 0", "a number is beyond the range of a double"},
    {"-1e400", "byte 0", "a number is beyond the range of a double"},
    {"1.8e308", "byte 0", "a number is beyond the range of a double"},
    {"[1E99999999999999999999]", "[0]", "a number is beyond the range of a double at byte 1"},
    {"0.001e312", "byte 0", "a number is beyond the range of a double"},
};

static const struct refused strings[] = {
    {"\"", "byte 1", "the text ends inside a string"},
    {"\"abcdefghijk", "byte 12", "the text ends inside a string"},
    {"\"\\", "byte 2", "the text ends inside a string"},
    {"\"\\\"", "byte 3", "the text ends inside a string"},
    {"'a'", "byte 0", "expected a value, got '"},
    {"\"a\nb\"", "byte 2", "control byte 0x0A in a string"},
    {"\"\t\"", "byte 1", "control byte 0x09 in a string"},
    {"\"12345678\x1f\"", "byte 9", "control byte 0x1F in a string"},
    {"\"\\x41\"", "byte 1", "unknown escape in a string"},
    {"\"\\'\"", "byte 1", "unknown escape in a string"},
    {"\"\\U0041\"", "byte 1", "unknown escape in a string"},
    {"\"\\u\"", "byte 1", "\\u without four hex digits"},
    {"\"\\u12\"", "byte 1", "\\u without four hex digits"},
    {"\"\\u004g\"", "byte 1", "\\u without four hex digits"},
    {"\"\\u+041\"", "byte 1", "\\u without four hex digits"},
    {"\"\\u00", "byte 1", "\\u without four hex digits"},
    {"\"\\u0000\"", "byte 1", "\\u0000 is not accepted"},
    {"\"\\ud800\"", "byte 1", "lone surrogate"},
    {"\"\\udc00\"", "byte 1", "lone surrogate"},
    {"\"\\ud83dx\"", "byte 1", "lone surrogate"},
    {"\"\\ud83d\\n\"", "byte 1", "lone surrogate"},
    {"\"\\ud83d\\u0041\"", "byte 1", "lone surrogate"},
    {"\"\\ud83d\\ud83d\"", "byte 1", "lone surrogate"},
    {"\"\\ud83d\\u", "byte 1", "lone surrogate"},
    {"\"\xff\"", "byte 1", "a string is not UTF-8"},
    {"\"\x80\"", "byte 1", "a string is not UTF-8"},
    {"\"12345678\xc3\"", "byte 9", "a string is not UTF-8"},
    {"\"\xc0\xaf\"", "byte 1", "a string is not UTF-8"},
    {"\"\xe0\x80\xaf\"", "byte 1", "a string is not UTF-8"},
    {"\"\xed\xa0\x80\"", "byte 1", "a string is not UTF-8"},
    {"\"\xf5\x80\x80\x80\"", "byte 1", "a string is not UTF-8"},
    {"\"\xf4\x90\x80\x80\"", "byte 1", "a string is not UTF-8"},
    {"{\"a\xff\":1}", "byte 3", "a string is not UTF-8"},
    {"{\"ok\":{\"a\xff\":1}}", "ok", "a string is not UTF-8 at byte 9"},
};

static const struct refused duplicates[] = {
    {"{\"a\":1,\"a\":2}", "a", "duplicate member at byte 7"},
    {"{\"a\":1,\"\\u0061\":2}", "a", "duplicate member at byte 7"},
    {"{\"\\u0061\":1,\"a\":2}", "a", "duplicate member at byte 12"},
    {"{\"\\u0061\":1,\"\\u0061\":2}", "a", "duplicate member at byte 12"},
    {"{\"\":1,\"b\":2,\"\":3}", "byte 12", "duplicate member"},
    {"{\"b\":[{},{\"x\":1,\"y\":2,\"x\":3}]}", "b[1].x", "duplicate member at byte 22"},
    {"{\"a/b\":1,\"a\\/b\":2}", "a/b", "duplicate member at byte 9"},
    {"{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\uDE00\":2}", "\xf0\x9f\x98\x80",
     "duplicate member at byte 10"},
};

/* The text stands at the end of its own allocation, so that a sanitizer sees a byte too many. */
static void expect_refused(struct nx_json *json, const struct refused *wanted)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    size_t length = strlen(wanted->text);
    char *copy = malloc(length + (length == 0));

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, wanted->text, length);
    unit_expect(nx_json_read(json, copy, length, &err), &err, NEXUS_E_JSON, wanted->where,
                wanted->message);
    ck_assert_uint_eq(json->count, 0);
    ck_assert(json->in_member == (strncmp(wanted->where, "byte ", 5) != 0));
    ck_assert_int_eq(nx_json_read(json, copy, length, NULL), NEXUS_E_JSON);
    free(copy);
}

static void expect_all(const struct refused *cases, size_t count)
{
    struct nx_json json = NX_JSON_INIT;

    for (size_t i = 0; i < count; i++)
        expect_refused(&json, &cases[i]);
    nx_json_free(&json);
}

START_TEST(refuses_bad_syntax)
{
    expect_all(syntax, sizeof(syntax) / sizeof(syntax[0]));
}
END_TEST

START_TEST(refuses_bad_numbers)
{
    expect_all(numbers, sizeof(numbers) / sizeof(numbers[0]));
}
END_TEST

START_TEST(refuses_bad_strings)
{
    expect_all(strings, sizeof(strings) / sizeof(strings[0]));
}
END_TEST

START_TEST(refuses_duplicate_members)
{
    expect_all(duplicates, sizeof(duplicates) / sizeof(duplicates[0]));
}
END_TEST

/* Objects below and above the size from which the random hash is used; the last repeats one. */
START_TEST(finds_a_duplicate_among_many)
{
    struct nx_json json = NX_JSON_INIT;

    for (int count = 1; count < 200; count++)
        for (int twice = 0; twice < count; twice += 1 + count / 7) {
            struct nexus_error err = NEXUS_ERROR_INIT;
            struct nx_buf text = NX_BUF_INIT;
            char where[32];
            nx_buf_putc(&text, '{');
            for (int i = 0; i < count; i++)
                nx_buf_printf(&text, "\"member-%d\":0,", i);
            nx_buf_printf(&text, "\"member-%d\":1}", twice);
            snprintf(where, sizeof(where), "member-%d", twice);
            unit_expect(nx_json_read(&json, text.data, text.length, &err), &err, NEXUS_E_JSON,
                        where, NULL);
            nx_buf_free(&text);
        }
    nx_json_free(&json);
}
END_TEST

START_TEST(refuses_a_65th_level)
{
    struct nx_json json = NX_JSON_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    char text[10000];

    memset(text, '[', sizeof(text));
    unit_expect(nx_json_read(&json, text, sizeof(text), &err), &err, NEXUS_E_JSON, NULL,
                "nested deeper than 64 levels at byte 64");
    ck_assert_int_eq(strncmp(err.where, "[0][0][0]", 9), 0);
    unit_expect(nx_json_read_depth(&json, "[[[]]]", 6, 2, &err), &err, NEXUS_E_JSON, "[0][0]",
                "nested deeper than 2 levels at byte 2");
    unit_ok(nx_json_read_depth(&json, "[[[]]]", 6, 3, &err), &err);
    nx_json_free(&json);
}
END_TEST

START_TEST(refuses_a_number_of_1025_characters)
{
    struct nx_json json = NX_JSON_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    char text[NX_NUMBER_LENGTH_MAX + 1];

    memset(text, '1', sizeof(text));
    text[1] = '.';
    unit_ok(nx_json_read(&json, text, NX_NUMBER_LENGTH_MAX, &err), &err);
    unit_expect(nx_json_read(&json, text, sizeof(text), &err), &err, NEXUS_E_JSON, "byte 0",
                "a number has more than 1024 characters");
    nx_json_free(&json);
}
END_TEST

START_TEST(refuses_a_text_it_could_not_number)
{
    struct nx_json json = NX_JSON_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;

    unit_expect(nx_json_read(&json, "{}", ((size_t)1 << 31) + 1, &err), &err, NEXUS_E_TOO_LARGE, "",
                "2147483649 bytes of JSON exceed the limit of 2147483648");
    unit_expect(nx_json_read(&json, NULL, 0, &err), &err, NEXUS_E_JSON, "byte 0", NULL);
    nx_json_free(&json);
}
END_TEST

START_TEST(refuses_a_nul_anywhere)
{
    static const char text[] = "{\"a\":[1,\"x\"]}";
    struct nx_json json = NX_JSON_INIT;

    for (size_t i = 0; i < sizeof(text); i++) {
        char with_nul[sizeof(text)];
        memcpy(with_nul, text, sizeof(text) - 1);
        memmove(with_nul + i, text + i - (i > 0), sizeof(text) - i);
        with_nul[i] = 0;
        ck_assert_int_eq(nx_json_read(&json, with_nul, sizeof(text), NULL), NEXUS_E_JSON);
    }
    nx_json_free(&json);
}
END_TEST

START_TEST(cuts_a_long_path_between_characters)
{
    struct nx_json json = NX_JSON_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf text = NX_BUF_INIT;

    nx_buf_puts(&text, "{\"x");
    for (int i = 0; i < 1000; i++)
        nx_buf_puts(&text, "\xd0\x90");
    nx_buf_puts(&text, "\":?}");
    unit_expect(nx_json_read(&json, text.data, text.length, &err), &err, NEXUS_E_JSON, NULL,
                "expected a value, got ? at byte 2005");
    ck_assert_uint_eq(strlen(err.where), 119);
    ck_assert_str_eq(err.where + 117, "\xd0\x90");
    nx_buf_free(&text);
    nx_json_free(&json);
}
END_TEST

UNIT_MAIN("json_refuse", refuses_bad_syntax, refuses_bad_numbers, refuses_bad_strings,
          refuses_duplicate_members, finds_a_duplicate_among_many, refuses_a_65th_level,
          refuses_a_number_of_1025_characters, refuses_a_text_it_could_not_number,
          refuses_a_nul_anywhere, cuts_a_long_path_between_characters)
