/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "codec.h"
#include "fixture.h"
#include "unit.h"

static void expect_text(const struct nexus_channel *channel, const void *event, const char *json)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf out = NX_BUF_INIT;

    nx_buf_puts(&out, "before");
    unit_ok(nx_codec_encode(channel, event, &out, &err), &err);
    ck_assert_str_eq(nx_buf_text(&out) + 6, json);
    nx_buf_free(&out);
}

static void expect_refused(const struct nexus_channel *channel, const void *event, int code,
                           const char *where, const char *message)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf out = NX_BUF_INIT;

    nx_buf_puts(&out, "before");
    unit_expect(nx_codec_encode(channel, event, &out, &err), &err, code, where, message);
    ck_assert_int_eq(nx_codec_encode(channel, event, &out, NULL), code);
    ck_assert_str_eq(nx_buf_text(&out), "before");
    nx_buf_free(&out);
}

static void expect_invalid(const struct fixture *event, const char *where, const char *message)
{
    expect_refused(&fixture_channel, event, NEXUS_E_VALIDATION, where, message);
}

START_TEST(writes_required_members)
{
    struct fixture event = fixture_minimal();

    expect_text(&fixture_channel, &event, fixture_minimal_json);
}
END_TEST

START_TEST(writes_all_members_in_order)
{
    struct fixture event = fixture_full();

    expect_text(&fixture_channel, &event, fixture_full_json);
}
END_TEST

START_TEST(tells_empty_from_absent)
{
    static const char *const none[] = {NULL};
    struct fixture event = fixture_minimal();

    event.note = "";
    event.labels = none;
    event.has_weight = true;
    event.ids = &event.weight;
    expect_text(&fixture_channel, &event,
                "{\"name\":\"n\",\"count\":0,\"ratio\":0.5,\"color\":\"green\",\"tags\":[],"
                "\"numbers\":[],\"note\":\"\",\"weight\":0,\"labels\":[],\"ids\":[]}");
}
END_TEST

START_TEST(names_a_missing_member)
{
    struct fixture event = fixture_minimal();

    event.name = NULL;
    expect_invalid(&event, "payload.name", "required member is missing");
    event = fixture_minimal();
    event.color = FIXTURE_COLOR_UNSET;
    event.color_text = "red";
    expect_invalid(&event, "payload.color", "required member is missing");
}
END_TEST

START_TEST(checks_integers)
{
    struct fixture event = fixture_full();
    int64_t numbers[] = {0, INT64_MIN};

    event.count = NX_INTEGER_MAX + 2;
    expect_invalid(&event, "payload.count", "9007199254740993 exceeds 2^53-1");
    event.count = -NX_INTEGER_MAX - 1;
    expect_invalid(&event, "payload.count", "-9007199254740992 is below -(2^53-1)");
    event = fixture_full();
    event.weight = INT64_MAX;
    expect_invalid(&event, "payload.weight", "9223372036854775807 exceeds 2^53-1");
    event.has_weight = false;
    event.numbers = numbers;
    event.numbers_count = 2;
    expect_invalid(&event, "payload.numbers[1]", "-9223372036854775808 is below -(2^53-1)");
}
END_TEST

START_TEST(checks_numbers)
{
    static const double values[] = {NAN, INFINITY, -INFINITY};

    for (size_t i = 0; i < 3; i++) {
        struct fixture event = fixture_full();
        event.ratio = values[i];
        expect_invalid(&event, "payload.ratio", "not a finite number");
        event = fixture_full();
        event.score = values[i];
        expect_invalid(&event, "payload.score", "not a finite number");
    }
}
END_TEST

START_TEST(checks_strings)
{
    static const char *const bad_tags[] = {"ok", "ok", "\xed\xa0\x80"};
    static const char *const long_labels[] = {"abc", "\xd0\x90\xd0\x90\xd0\x90", "abcd"};
    struct fixture event = fixture_full();

    event.name = "123456789";
    expect_invalid(&event, "payload.name", "9 characters exceed the limit of 8");
    event.name = "ascii only, then \xff";
    expect_invalid(&event, "payload.name", "byte 17 is not UTF-8");
    event = fixture_full();
    event.tags = bad_tags;
    event.tags_count = 3;
    expect_invalid(&event, "payload.tags[2]", "byte 0 is not UTF-8");
    event = fixture_full();
    event.labels = long_labels;
    event.labels_count = 3;
    expect_invalid(&event, "payload.labels[2]", "4 characters exceed the limit of 3");
    event = fixture_full();
    event.link = "example.com/path";
    expect_invalid(&event, "payload.link", "not an absolute URI");
}
END_TEST

START_TEST(counts_characters_not_bytes)
{
    struct fixture event = fixture_minimal();

    event.name = "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
                 "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80";
    expect_text(&fixture_channel, &event,
                "{\"name\":\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
                "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\",\"count\":0,"
                "\"ratio\":0.5,\"color\":\"green\",\"tags\":[],\"numbers\":[]}");
}
END_TEST

START_TEST(checks_arrays)
{
    static const char *const holed[] = {"a", NULL, "c"};
    struct fixture event = fixture_full();
    char message[80];

    event.tags = holed;
    event.tags_count = 3;
    expect_invalid(&event, "payload.tags[1]", "the string is NULL");
    event.tags = NULL;
    expect_invalid(&event, "payload.tags", "3 elements, but NULL");
    event = fixture_full();
    event.ids = NULL;
    expect_invalid(&event, "payload.ids", "1 elements, but NULL");
    event = fixture_full();
    event.ids_count = SIZE_MAX / 2;
    snprintf(message, sizeof(message), "%zu elements are too many", SIZE_MAX / 2);
    expect_invalid(&event, "payload.ids", message);
}
END_TEST

START_TEST(writes_unrecognized_enums_from_their_text)
{
    struct fixture event = fixture_minimal();

    event.color = FIXTURE_COLOR_UNRECOGNIZED;
    event.color_text = "ultra\"violet";
    event.mood = FIXTURE_COLOR_RED;
    event.mood_text = "not looked at";
    expect_text(&fixture_channel, &event,
                "{\"name\":\"n\",\"count\":0,\"ratio\":0.5,\"color\":\"ultra\\\"violet\","
                "\"tags\":[],\"numbers\":[],\"mood\":\"red\"}");
    event.color_text = "\x80";
    expect_invalid(&event, "payload.color", "byte 0 is not UTF-8");
    event.color_text = NULL;
    expect_invalid(&event, "payload.color", "an unrecognized value without its text");
    event.color = (enum fixture_color)3;
    expect_invalid(&event, "payload.color", "3 is not one of its values");
    event.color = (enum fixture_color) - 1;
    expect_invalid(&event, "payload.color", "-1 is not one of its values");
}
END_TEST

START_TEST(refuses_a_payload_above_the_limit)
{
    struct fixture event = fixture_full();
    size_t length = strlen(fixture_full_json);

    for (size_t limit = 1; limit <= length; limit++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        struct nx_buf out = NX_BUF_INIT;
        char message[80];
        out.limit = limit;
        snprintf(message, sizeof(message), "more than %zu bytes exceed the limit of %zu", limit,
                 limit);
        if (limit < length)
            unit_expect(nx_codec_encode(&fixture_channel, &event, &out, &err), &err,
                        NEXUS_E_TOO_LARGE, "payload", message);
        else
            unit_ok(nx_codec_encode(&fixture_channel, &event, &out, &err), &err);
        nx_buf_free(&out);
    }
}
END_TEST

START_TEST(writes_into_memory_that_is_there)
{
    struct fixture event = fixture_full();
    struct nx_buf out = NX_BUF_INIT;
    const char *data;

    ck_assert(nx_buf_reserve(&out, 1000));
    data = out.data;
    for (int i = 0; i < 10; i++) {
        nx_buf_reset(&out);
        ck_assert_int_eq(nx_codec_encode(&fixture_channel, &event, &out, NULL), 0);
        ck_assert_ptr_eq(out.data, data);
    }
    nx_buf_free(&out);
}
END_TEST

START_TEST(gives_a_string_member)
{
    struct fixture event = fixture_full();

    ck_assert_str_eq(nx_codec_string(&fixture_channel, &event, 0), "n");
    ck_assert_str_eq(nx_codec_string(&fixture_channel, &event, 13), "nick");
    ck_assert_ptr_null(nx_codec_string(&fixture_channel, &event, 1));
    ck_assert_ptr_null(nx_codec_string(&fixture_channel, &event, 99));
    ck_assert_ptr_null(nx_codec_string(&fixture_channel, NULL, 0));
    event.size = offsetof(struct fixture, nick);
    ck_assert_ptr_null(nx_codec_string(&fixture_channel, &event, 13));
    event.name = NULL;
    ck_assert_ptr_null(nx_codec_string(&fixture_channel, &event, 0));
}
END_TEST

UNIT_MAIN("codec_encode", writes_required_members, writes_all_members_in_order,
          tells_empty_from_absent, names_a_missing_member, checks_integers, checks_numbers,
          checks_strings, counts_characters_not_bytes, checks_arrays,
          writes_unrecognized_enums_from_their_text, refuses_a_payload_above_the_limit,
          writes_into_memory_that_is_there, gives_a_string_member)
