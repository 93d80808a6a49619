/* SPDX-License-Identifier: Apache-2.0 */
/* Strings as JSON. Doubles are in test_json_number.c. */
#include "json.h"
#include "unit.h"

START_TEST(escapes_what_must_be)
{
    static const struct {
        const char *text;
        const char *json;
    } cases[] = {
        {"", "\"\""},
        {"plain text, longer than a word", "\"plain text, longer than a word\""},
        {"\"quoted\" \\ back", "\"\\\"quoted\\\" \\\\ back\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x0b\x1f", "\"\\u0001\\u000b\\u001f\""},
        {"/ \x7f", "\"/ \x7f\""},
        {"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0 \xf0\x9f\x98\x80 \xe2\x80\xa8",
         "\"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0 \xf0\x9f\x98\x80 \xe2\x80\xa8\""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nx_buf out = NX_BUF_INIT;
        nx_json_put_string(&out, cases[i].text, strlen(cases[i].text));
        ck_assert_str_eq(nx_buf_text(&out), cases[i].json);
        nx_buf_free(&out);
    }
}
END_TEST

/* Every ASCII character at every place of short texts, so that both loops of the scan meet it. */
START_TEST(reads_back_every_character_anywhere)
{
    struct nx_arena arena = NX_ARENA_INIT;
    struct nx_json json = NX_JSON_INIT;
    struct nx_buf out = NX_BUF_INIT;

    for (int byte = 1; byte < 0x80; byte++)
        for (size_t at = 0; at < 20; at++) {
            char text[21] = "abcdefghijklmnopqrst";
            text[at] = (char)byte;
            nx_buf_reset(&out);
            nx_json_put_string(&out, text, 20);
            ck_assert_int_eq(nx_json_read(&json, out.data, out.length, NULL), 0);
            ck_assert_str_eq(nx_json_string(&json, 0, &arena, NULL), text);
            ck_assert_uint_eq(json.nodes[0].count, 20);
            nx_arena_reset(&arena);
        }
    nx_buf_free(&out);
    nx_json_free(&json);
    nx_arena_free(&arena);
}
END_TEST

START_TEST(fails_with_its_buffer)
{
    struct nx_buf out = NX_BUF_INIT;

    out.limit = 5;
    nx_json_put_string(&out, "\n\n\n", 3);
    ck_assert(out.failed && out.over_limit);
    nx_buf_free(&out);
}
END_TEST

UNIT_MAIN("json_write", escapes_what_must_be, reads_back_every_character_anywhere,
          fails_with_its_buffer)
