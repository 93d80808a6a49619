/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader accepts, and the table it makes. What it refuses is in test_json_refuse.c. */
#include "json.h"
#include "unit.h"

static void read_ok(struct nx_json *json, const char *text)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    unit_ok(nx_json_read(json, text, strlen(text), &err), &err);
    ck_assert_ptr_eq(json->text, text);
}

static void expect_node(const struct nx_json *json, uint32_t index, enum nx_json_type type,
                        const char *text, uint32_t count, uint32_t next)
{
    const struct nx_json_node *node = &json->nodes[index];

    ck_assert_uint_eq(node->type, type);
    ck_assert_uint_eq(node->end - node->start, strlen(text));
    ck_assert_mem_eq(json->text + node->start, text, strlen(text));
    ck_assert_uint_eq(node->count, count);
    ck_assert_uint_eq(node->next, next);
}

START_TEST(makes_a_flat_table)
{
    struct nx_json json = NX_JSON_INIT;

    read_ok(&json, " {\"a\" : [1, {\"b\":null}, []] ,\"\":\"\xd0\x90\\n\"}\n");
    ck_assert_uint_eq(json.count, 10);
    expect_node(&json, 0, NX_JSON_OBJECT, "{\"a\" : [1, {\"b\":null}, []] ,\"\":\"\xd0\x90\\n\"}",
                2, 10);
    expect_node(&json, 1, NX_JSON_STRING, "\"a\"", 1, 2);
    expect_node(&json, 2, NX_JSON_ARRAY, "[1, {\"b\":null}, []]", 3, 8);
    expect_node(&json, 3, NX_JSON_NUMBER, "1", 0, 4);
    expect_node(&json, 4, NX_JSON_OBJECT, "{\"b\":null}", 1, 7);
    expect_node(&json, 5, NX_JSON_STRING, "\"b\"", 1, 6);
    expect_node(&json, 6, NX_JSON_NULL, "null", 0, 7);
    expect_node(&json, 7, NX_JSON_ARRAY, "[]", 0, 8);
    expect_node(&json, 8, NX_JSON_STRING, "\"\"", 0, 9);
    expect_node(&json, 9, NX_JSON_STRING, "\"\xd0\x90\\n\"", 2, 10);
    ck_assert_uint_eq(json.nodes[8].escaped, 0);
    ck_assert_uint_eq(json.nodes[9].escaped, 1);
    nx_json_free(&json);
}
END_TEST

START_TEST(takes_any_value_alone)
{
    static const struct {
        const char *text;
        enum nx_json_type type;
    } cases[] = {{"null", NX_JSON_NULL},     {"true", NX_JSON_TRUE},
                 {"false", NX_JSON_FALSE},   {"0", NX_JSON_NUMBER},
                 {"-0", NX_JSON_NUMBER},     {"-12.50e+3", NX_JSON_NUMBER},
                 {"1E-2", NX_JSON_NUMBER},   {"0.0", NX_JSON_NUMBER},
                 {"0e0", NX_JSON_NUMBER},    {"1e308", NX_JSON_NUMBER},
                 {"1e-400", NX_JSON_NUMBER}, {"0e99999999999999999999", NX_JSON_NUMBER},
                 {"\"\"", NX_JSON_STRING},   {"\"\x7f\"", NX_JSON_STRING},
                 {"[]", NX_JSON_ARRAY},      {"{}", NX_JSON_OBJECT},
                 {"[ ]", NX_JSON_ARRAY},     {"{\r\n\t }", NX_JSON_OBJECT}};
    struct nx_json json = NX_JSON_INIT;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_ok(&json, cases[i].text);
        ck_assert_uint_eq(json.count, 1);
        ck_assert_uint_eq(json.nodes[0].type, cases[i].type);
        ck_assert_uint_eq(json.nodes[0].start, 0);
        ck_assert_uint_eq(json.nodes[0].end, strlen(cases[i].text));
    }
    nx_json_free(&json);
}
END_TEST

START_TEST(takes_the_largest_double)
{
    struct nx_json json = NX_JSON_INIT;
    char digits[400];

    read_ok(&json, "1.7976931348623157e308");
    read_ok(&json, "1.7976931348623158e308");
    memset(digits, '0', sizeof(digits));
    digits[0] = '1';
    digits[309] = 0;
    read_ok(&json, digits);
    read_ok(&json, "0.0000000000000000000000000000000000001e340");
    nx_json_free(&json);
}
END_TEST

START_TEST(counts_code_points_of_strings)
{
    static const struct {
        const char *text;
        uint32_t points;
    } cases[] = {{"\"abcdefghijkl\"", 12},
                 {"\"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0\"", 4},
                 {"\"\\u0410\\n\\\"\"", 3},
                 {"\"\\ud83d\\ude00\"", 1},
                 {"\"\xf0\x9f\x98\x80\"", 1},
                 {"\"12345678\xe2\x82\xac"
                  "12345678\\\\\"",
                  18}};
    struct nx_json json = NX_JSON_INIT;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_ok(&json, cases[i].text);
        ck_assert_uint_eq(json.nodes[0].count, cases[i].points);
    }
    nx_json_free(&json);
}
END_TEST

START_TEST(takes_64_levels)
{
    struct nx_json json = NX_JSON_INIT;
    char text[2 * NX_JSON_DEPTH + 1] = "";

    memset(text, '[', NX_JSON_DEPTH);
    memset(text + NX_JSON_DEPTH, ']', NX_JSON_DEPTH);
    read_ok(&json, text);
    ck_assert_uint_eq(json.count, NX_JSON_DEPTH);
    nx_json_free(&json);
}
END_TEST

/* Names of all lengths, many of which differ in one byte only. */
START_TEST(tells_similar_names_apart)
{
    struct nx_json json = NX_JSON_INIT;

    for (int count = 1; count < 300; count++) {
        struct nx_buf text = NX_BUF_INIT;
        nx_buf_putc(&text, '{');
        for (int i = 0; i < count; i++)
            nx_buf_printf(&text, "%s\"%s%d\":%d", i ? "," : "", count % 2 ? "edge-msk-" : "", i, i);
        nx_buf_putc(&text, '}');
        read_ok(&json, nx_buf_text(&text));
        ck_assert_uint_eq(json.nodes[0].count, (unsigned)count);
        nx_buf_free(&text);
    }
    nx_json_free(&json);
}
END_TEST

START_TEST(takes_one_name_in_different_objects)
{
    struct nx_json json = NX_JSON_INIT;

    read_ok(&json, "{\"a\":{\"a\":{\"a\":[{\"a\":1},{\"a\":2}]}},\"b\":{\"a\":3}}");
    read_ok(&json, "{\"\\u0061\":1,\"b\":2,\"\\u00610\":3,\"a1\":4}");
    nx_json_free(&json);
}
END_TEST

START_TEST(needs_no_more_nodes_than_promised)
{
    static const char *const repeated[] = {"0,", "[],", "\"\",", "{},"};
    struct nx_json json = NX_JSON_INIT;

    for (size_t i = 0; i < 4; i++) {
        struct nx_buf text = NX_BUF_INIT;
        nx_buf_putc(&text, '[');
        for (int j = 0; j < 50000; j++)
            nx_buf_puts(&text, repeated[i]);
        nx_buf_puts(&text, "0]");
        read_ok(&json, nx_buf_text(&text));
        ck_assert_uint_eq(json.count, 50002);
        ck_assert_uint_le(json.count, text.length / 2 + 1);
        ck_assert_uint_le(json.capacity, text.length / 2 + 1);
        nx_json_free(&json);
        nx_buf_free(&text);
    }
}
END_TEST

START_TEST(reuses_its_table_but_not_a_huge_one)
{
    struct nx_json json = NX_JSON_INIT;
    struct nx_buf text = NX_BUF_INIT;
    const struct nx_json_node *nodes;

    read_ok(&json, "[1,2,3]");
    nodes = json.nodes;
    read_ok(&json, "[1,2,4]");
    ck_assert_ptr_eq(json.nodes, nodes);
    nx_buf_putc(&text, '[');
    for (int i = 0; i < 100000; i++)
        nx_buf_puts(&text, "0,");
    nx_buf_puts(&text, "0]");
    read_ok(&json, nx_buf_text(&text));
    ck_assert_uint_gt(json.capacity, 100000);
    read_ok(&json, "[1,2,3]");
    ck_assert_uint_lt(json.capacity, 10000);
    nx_json_free(&json);
    nx_json_free(&json);
    nx_json_free(NULL);
    nx_buf_free(&text);
}
END_TEST

START_TEST(outgrows_lent_memory)
{
    struct nx_json_node lent[4];
    struct nx_json json = NX_JSON_INIT;

    nx_json_lend(&json, lent, 4);
    read_ok(&json, "[1,2,3]");
    ck_assert_ptr_eq(json.nodes, lent);
    read_ok(&json, "[1,2,3,{\"a\":4}]");
    ck_assert_ptr_ne(json.nodes, lent);
    ck_assert_uint_eq(json.count, 7);
    expect_node(&json, 0, NX_JSON_ARRAY, "[1,2,3,{\"a\":4}]", 4, 7);
    expect_node(&json, 3, NX_JSON_NUMBER, "3", 0, 4);
    expect_node(&json, 6, NX_JSON_NUMBER, "4", 0, 7);
    nx_json_free(&json);
    nx_json_lend(&json, lent, 4);
    nx_json_free(&json);
}
END_TEST

UNIT_MAIN("json_read", makes_a_flat_table, takes_any_value_alone, takes_the_largest_double,
          counts_code_points_of_strings, takes_64_levels, tells_similar_names_apart,
          takes_one_name_in_different_objects, needs_no_more_nodes_than_promised,
          reuses_its_table_but_not_a_huge_one, outgrows_lent_memory)
