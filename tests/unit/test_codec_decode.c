/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "codec.h"
#include "fixture.h"
#include "unit.h"

static struct nx_json json;
static struct nx_arena arena;

static int decode(const struct nexus_channel *channel, const char *text, enum nx_codec_mode mode,
                  void **out, struct nexus_error *err)
{
    unit_ok(nx_json_read(&json, text, strlen(text), err), err);
    return nx_codec_decode(channel, &json, 0, mode, &arena, out, err);
}

static const struct fixture *decode_ok(const char *text)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    const struct fixture *event;
    void *decoded;

    unit_ok(decode(&fixture_channel, text, NX_CODEC_LENIENT, &decoded, &err), &err);
    event = decoded;
    ck_assert_uint_eq(event->size, sizeof(*event));
    return event;
}

static void release(void)
{
    nx_json_free(&json);
    nx_arena_free(&arena);
}

/* A sound payload; `member` (a name and a colon) stands with another value, or is added. */
static char *payload_with(const char *member, const char *value)
{
    static const char *const members[][2] = {{"\"name\":", "\"n\""}, {"\"count\":", "7"},
                                             {"\"ratio\":", "0.5"},  {"\"color\":", "\"green\""},
                                             {"\"tags\":", "[]"},    {"\"numbers\":", "[]"}};
    struct nx_buf out = NX_BUF_INIT;
    bool found = false;

    for (size_t i = 0; i < 6; i++) {
        bool same = strcmp(members[i][0], member) == 0;
        found |= same;
        if (!same || value)
            nx_buf_printf(&out, "%s%s%s", out.length ? "," : "{", members[i][0],
                          same ? value : members[i][1]);
    }
    if (!found)
        nx_buf_printf(&out, ",%s%s", member, value);
    nx_buf_putc(&out, '}');
    return nx_buf_take(&out);
}

START_TEST(fills_required_members)
{
    const struct fixture *event = decode_ok(fixture_minimal_json);

    ck_assert_str_eq(event->name, "n");
    ck_assert_int_eq(event->count, 0);
    ck_assert(event->ratio == 0.5);
    ck_assert_int_eq(event->color, FIXTURE_COLOR_GREEN);
    ck_assert_str_eq(event->color_text, "green");
    ck_assert_ptr_nonnull(event->tags);
    ck_assert_uint_eq(event->tags_count, 0);
    ck_assert_ptr_nonnull(event->numbers);
    ck_assert_uint_eq(event->numbers_count, 0);
    release();
}
END_TEST

START_TEST(leaves_absent_members_unset)
{
    const struct fixture *event = decode_ok(fixture_minimal_json);

    ck_assert_ptr_null(event->json);
    ck_assert_ptr_null(event->note);
    ck_assert_ptr_null(event->link);
    ck_assert(!event->has_weight);
    ck_assert(!event->has_score);
    ck_assert_int_eq(event->mood, FIXTURE_COLOR_UNSET);
    ck_assert_ptr_null(event->mood_text);
    ck_assert_ptr_null(event->labels);
    ck_assert_uint_eq(event->labels_count, 0);
    ck_assert_ptr_null(event->ids);
    ck_assert_ptr_null(event->nick);
    ck_assert(!event->has_level);
    release();
}
END_TEST

START_TEST(fills_all_members)
{
    const struct fixture *event = decode_ok(fixture_full_json);

    ck_assert_uint_eq(event->tags_count, 2);
    ck_assert_str_eq(event->tags[0], "a");
    ck_assert_str_eq(event->tags[1], "\xd0\x91");
    ck_assert_uint_eq(event->numbers_count, 3);
    ck_assert_int_eq(event->numbers[1], -2);
    ck_assert_int_eq(event->numbers[2], NX_INTEGER_MAX);
    ck_assert_str_eq(event->note, "\xd0\x9d\xd0\xb5\xd1\x82\"\n");
    ck_assert_str_eq(event->link, "https://example.com/?q=1#f");
    ck_assert(event->has_weight);
    ck_assert_int_eq(event->weight, -12);
    ck_assert(event->has_score);
    ck_assert(event->score == 0 && 1 / event->score < 0);
    ck_assert_int_eq(event->mood, FIXTURE_COLOR_RED);
    ck_assert_str_eq(event->mood_text, "red");
    ck_assert_str_eq(event->labels[0], "");
    ck_assert_str_eq(event->labels[1], "xyz");
    ck_assert_int_eq(event->ids[0], -NX_INTEGER_MAX);
    ck_assert_str_eq(event->nick, "nick");
    ck_assert(event->has_level);
    ck_assert_int_eq(event->level, 3);
    release();
}
END_TEST

START_TEST(takes_members_in_any_order_and_spelling)
{
    const struct fixture *event =
        decode_ok("{\"numbers\":[1.0,2e0],\"t\\u0061gs\":[\"\\u0041\"],\"color\":\"r\\u0065d\","
                  "\"ratio\":1,\"count\":70e-1,\"\\u006eame\":\"\\n\"}");

    ck_assert_int_eq(event->numbers[1], 2);
    ck_assert_str_eq(event->tags[0], "A");
    ck_assert_int_eq(event->color, FIXTURE_COLOR_RED);
    ck_assert_str_eq(event->color_text, "red");
    ck_assert(event->ratio == 1.0);
    ck_assert_int_eq(event->count, 7);
    ck_assert_str_eq(event->name, "\n");
    ck_assert_ptr_null(event->json);
    release();
}
END_TEST

static const struct {
    const char *member;
    const char *value;
    const char *where;
    const char *message;
} wrong_members[] = {
    {"\"name\":", NULL, "payload.name", "required member is missing"},
    {"\"count\":", NULL, "payload.count", "required member is missing"},
    {"\"ratio\":", NULL, "payload.ratio", "required member is missing"},
    {"\"color\":", NULL, "payload.color", "required member is missing"},
    {"\"tags\":", NULL, "payload.tags", "required member is missing"},
    {"\"numbers\":", NULL, "payload.numbers", "required member is missing"},
    {"\"name\":", "null", "payload.name", "expected a string, got null"},
    {"\"name\":", "7", "payload.name", "expected a string, got a number"},
    {"\"name\":", "\"123456789\"", "payload.name", "9 characters exceed the limit of 8"},
    {"\"count\":", "\"7\"", "payload.count", "expected an integer, got a string"},
    {"\"count\":", "true", "payload.count", "expected an integer, got a boolean"},
    {"\"count\":", "7.5", "payload.count", "expected an integer, got 7.5"},
    {"\"count\":", "9007199254740993", "payload.count", "9007199254740993 exceeds 2^53-1"},
    {"\"ratio\":", "\"NaN\"", "payload.ratio", "expected a number, got a string"},
    {"\"ratio\":", "null", "payload.ratio", "expected a number, got null"},
    {"\"color\":", "1", "payload.color", "expected a string, got a number"},
    {"\"tags\":", "\"a\"", "payload.tags", "expected an array, got a string"},
    {"\"tags\":", "{}", "payload.tags", "expected an array, got an object"},
    {"\"tags\":", "[\"a\",[\"b\"]]", "payload.tags[1]", "expected a string, got an array"},
    {"\"tags\":", "[\"a\",\"b\",3]", "payload.tags[2]", "expected a string, got a number"},
    {"\"numbers\":", "[1,2,\"3\"]", "payload.numbers[2]", "expected an integer, got a string"},
    {"\"numbers\":", "[{}]", "payload.numbers[0]", "expected an integer, got an object"},
    {"\"numbers\":", "[0,-1e17]", "payload.numbers[1]", "-1e17 is below -(2^53-1)"},
    {"\"note\":", "\"123456\"", "payload.note", "6 characters exceed the limit of 5"},
    {"\"note\":", "null", "payload.note", "expected a string, got null"},
    {"\"link\":", "\"//host\"", "payload.link", "not an absolute URI"},
    {"\"weight\":", "{}", "payload.weight", "expected an integer, got an object"},
    {"\"score\":", "false", "payload.score", "expected a number, got a boolean"},
    {"\"labels\":", "[\"\\u0410\\u0410\\u0410\\u0410\"]", "payload.labels[0]",
     "4 characters exceed the limit of 3"},
    {"\"nick\":", "[]", "payload.nick", "expected a string, got an array"},
};

START_TEST(tells_what_is_wrong_with_a_member)
{
    for (size_t i = 0; i < sizeof(wrong_members) / sizeof(wrong_members[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        char *text = payload_with(wrong_members[i].member, wrong_members[i].value);
        void *event = NULL;
        ck_assert_ptr_nonnull(text);
        unit_expect(decode(&fixture_channel, text, NX_CODEC_LENIENT, &event, &err), &err,
                    NEXUS_E_VALIDATION, wrong_members[i].where, wrong_members[i].message);
        ck_assert_ptr_null(event);
        ck_assert_int_eq(
            nx_codec_decode(&fixture_channel, &json, 0, NX_CODEC_STRICT, &arena, &event, NULL),
            NEXUS_E_VALIDATION);
        free(text);
    }
    release();
}
END_TEST

START_TEST(refuses_what_is_no_object)
{
    static const char *const texts[] = {"[]", "null", "\"{}\"", "7"};
    static const char *const messages[] = {
        "expected an object, got an array", "expected an object, got null",
        "expected an object, got a string", "expected an object, got a number"};

    for (size_t i = 0; i < 4; i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        void *event = NULL;
        unit_expect(decode(&fixture_channel, texts[i], NX_CODEC_LENIENT, &event, &err), &err,
                    NEXUS_E_VALIDATION, "payload", messages[i]);
    }
    release();
}
END_TEST

START_TEST(hands_on_an_unknown_enum_value_or_refuses_it)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    char *text = payload_with("\"color\":", "\"ultra\\u0076iolet\"");
    const struct fixture *event = decode_ok(text);
    void *none = NULL;

    ck_assert_int_eq(event->color, FIXTURE_COLOR_UNRECOGNIZED);
    ck_assert_str_eq(event->color_text, "ultraviolet");
    unit_expect(decode(&fixture_channel, text, NX_CODEC_STRICT, &none, &err), &err,
                NEXUS_E_VALIDATION, "payload.color", "\"ultraviolet\" is not one of red, green");
    free(text);
    text = payload_with("\"mood\":", "\"\"");
    event = decode_ok(text);
    ck_assert_int_eq(event->mood, FIXTURE_COLOR_UNRECOGNIZED);
    ck_assert_str_eq(event->mood_text, "");
    free(text);
    release();
}
END_TEST

START_TEST(cuts_a_long_enum_value_between_characters)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf value = NX_BUF_INIT;
    void *none = NULL;
    char *text;

    nx_buf_puts(&value, "\"x");
    for (int i = 0; i < 100; i++)
        nx_buf_puts(&value, "\xd0\x90");
    nx_buf_putc(&value, '"');
    text = payload_with("\"color\":", nx_buf_text(&value));
    ck_assert_int_eq(decode(&fixture_channel, text, NX_CODEC_STRICT, &none, &err),
                     NEXUS_E_VALIDATION);
    ck_assert_uint_eq(strlen(err.message), 2 + 63 + strlen(" is not one of red, green"));
    free(text);
    nx_buf_free(&value);
    release();
}
END_TEST

START_TEST(keeps_unknown_members_verbatim)
{
    static const struct {
        const char *text; /* `@` stands for the required members */
        const char *json;
    } cases[] = {
        {"{@}", NULL},
        {"{@,\"x\":1}", "{\"x\":1}"},
        {"{\"x\" : 1.50 ,@, \"y\":[ {} ]  }", "{\"x\" : 1.50,\"y\":[ {} ]}"},
        {"{\"z\":9007199254740993,@,\"\\u0061\":\"\\/\"}",
         "{\"z\":9007199254740993,\"\\u0061\":\"\\/\"}"},
        {"{\"a\":null,\"Name\":\"n\",@,\"nam\":1,\"names\":2}",
         "{\"a\":null,\"Name\":\"n\",\"nam\":1,\"names\":2}"},
        /* Members that came later are typed, and stay for handlers that do not know them. */
        {"{\"x\":1,@,\"nick\":\"\\u006e\",\"note\":\"\"}", "{\"x\":1,\"nick\":\"\\u006e\"}"},
        {"{\"level\":1.0,@}", "{\"level\":1.0}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = strchr(cases[i].text, '@');
        size_t inner = strlen(fixture_minimal_json) - 2;
        struct nx_buf text = NX_BUF_INIT;
        const struct fixture *event;
        nx_buf_append(&text, cases[i].text, (size_t)(at - cases[i].text));
        nx_buf_append(&text, fixture_minimal_json + 1, inner);
        nx_buf_puts(&text, at + 1);
        event = decode_ok(nx_buf_text(&text));
        if (cases[i].json)
            ck_assert_str_eq(event->json, cases[i].json);
        else
            ck_assert_ptr_null(event->json);
        nx_buf_free(&text);
    }
    release();
}
END_TEST

START_TEST(gives_an_open_payload_as_it_stood)
{
    static const char *const texts[] = {"{}", "{ }", "{ \"a\" : [ 1.0 ] }"};

    for (size_t i = 0; i < 3; i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        const struct fixture_open *event;
        void *decoded;
        unit_ok(decode(&fixture_open_channel, texts[i], NX_CODEC_STRICT, &decoded, &err), &err);
        event = decoded;
        ck_assert_str_eq(event->json, texts[i]);
        ck_assert_uint_eq(event->size, sizeof(*event));
    }
    release();
}
END_TEST

/* A handler of the time when the channel was open reads `json` only, one of today the members. */
START_TEST(serves_handlers_older_than_the_schema)
{
    static const char text[] = "{ \"id\":\"i\", \"lines\" :[], \"x\":1 }";
    struct nexus_error err = NEXUS_ERROR_INIT;
    const struct fixture_grown *event;
    void *decoded;

    unit_ok(decode(&fixture_grown_channel, text, NX_CODEC_LENIENT, &decoded, &err), &err);
    event = decoded;
    ck_assert_str_eq(event->json, text);
    ck_assert_str_eq(event->id, "i");
    ck_assert_ptr_nonnull(event->lines);
    ck_assert(!event->has_amount);
    release();
}
END_TEST

/* What was received can be published again, and is the same text. */
START_TEST(passes_on_what_it_received)
{
    static const char *const texts[] = {
        fixture_minimal_json, fixture_full_json,
        "{\"name\":\"n\",\"count\":0,\"ratio\":0.5,\"color\":\"new\",\"tags\":[],\"numbers\":[],"
        "\"x\":{\"y\" : 1e2}}"};

    for (size_t i = 0; i < 3; i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        struct nx_buf out = NX_BUF_INIT;
        const struct fixture *event = decode_ok(texts[i]);
        unit_ok(nx_codec_encode(&fixture_channel, event, &out, &err), &err);
        ck_assert_str_eq(nx_buf_text(&out), texts[i]);
        nx_buf_free(&out);
    }
    release();
}
END_TEST

START_TEST(decodes_an_inner_object)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf text = NX_BUF_INIT;
    const struct fixture *event;
    void *decoded;

    nx_buf_printf(&text, "{\"a\":[1],\"payload\":%s,\"b\":2}", fixture_full_json);
    unit_ok(nx_json_read(&json, nx_buf_text(&text), text.length, &err), &err);
    unit_ok(nx_codec_decode(&fixture_channel, &json, nx_json_member(&json, 0, "payload"),
                            NX_CODEC_STRICT, &arena, &decoded, &err),
            &err);
    event = decoded;
    ck_assert_int_eq(event->level, 3);
    nx_buf_free(&text);
    release();
}
END_TEST

UNIT_MAIN("codec_decode", fills_required_members, leaves_absent_members_unset, fills_all_members,
          takes_members_in_any_order_and_spelling, tells_what_is_wrong_with_a_member,
          refuses_what_is_no_object, hands_on_an_unknown_enum_value_or_refuses_it,
          cuts_a_long_enum_value_between_characters, keeps_unknown_members_verbatim,
          gives_an_open_payload_as_it_stood, serves_handlers_older_than_the_schema,
          passes_on_what_it_received, decodes_an_inner_object)
