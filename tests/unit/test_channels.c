/* SPDX-License-Identifier: Apache-2.0 */
/* Every channel of the contract through the codec: random events there and back. */
#include <math.h>
#include <stdio.h>

#include "codec.h"
#include "random_source.h"
#include "unit.h"

#define ROUNDS 50

static uint64_t state = 20260301;

static const char *const texts[] = {
    "",
    "plain",
    "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0",
    "\"\\/\b\f\n\r\t\x01\x7f",
    "\xf0\x9f\x98\x80 \xe2\x82\xac",
    "a text that is longer than a few machine words, so that loops run"};

static const char *const no_texts[] = {NULL};
static const int64_t no_integers[] = {0};

static const char *random_text(const struct nx_field *field)
{
    if (field->flags & NX_FIELD_URI)
        return "https://example.com/%D0%90?b#c";
    return texts[random_below(&state, 6)];
}

static int64_t random_integer(void)
{
    int64_t value = (int64_t)(random_next(&state) >> (11 + random_below(&state, 53)));

    return random_below(&state, 2) ? value : -value;
}

static void put(char *event, uint32_t offset, const void *value, size_t size)
{
    if (offset != NX_NO_OFFSET)
        memcpy(event + offset, value, size);
}

static void fill_array(char *event, const struct nx_field *field, struct nx_arena *arena)
{
    size_t count = random_below(&state, 4);
    const char **strings = nx_arena_alloc(arena, 4 * sizeof(*strings));
    int64_t *integers = nx_arena_alloc(arena, 4 * sizeof(*integers));
    const void *elements = strings;

    for (size_t i = 0; i < count; i++) {
        strings[i] = random_text(field);
        integers[i] = random_integer();
    }
    if (field->kind == NEXUS_KIND_INTEGER_ARRAY)
        elements = integers;
    put(event, field->offset, &elements, sizeof(elements));
    put(event, field->beside, &count, sizeof(count));
}

static void fill_field(char *event, const struct nx_field *field, struct nx_arena *arena)
{
    bool has = true;
    const char *text = random_text(field);
    int64_t integer = random_integer();
    double number = ldexp((double)integer, (int)random_below(&state, 100) - 80);

    switch (field->kind) {
    case NEXUS_KIND_STRING:
        put(event, field->offset, &text, sizeof(text));
        break;
    case NEXUS_KIND_INTEGER:
        put(event, field->offset, &integer, sizeof(integer));
        put(event, field->beside, &has, sizeof(has));
        break;
    case NEXUS_KIND_NUMBER:
        put(event, field->offset, &number, sizeof(number));
        put(event, field->beside, &has, sizeof(has));
        break;
    case NEXUS_KIND_ENUM: {
        unsigned value = 1 + random_below(&state, field->enumeration->count);
        put(event, field->offset, &value, sizeof(value));
        put(event, field->beside, &field->enumeration->values[value - 1], sizeof(char *));
        break;
    }
    default:
        fill_array(event, field, arena);
    }
}

static char *random_event(const struct nexus_channel *channel, struct nx_arena *arena)
{
    static const char *const jsons[] = {NULL, "{\"x\": [1.50, {}]}",
                                        "{\"\\u0061\":null,\"z\":1e2}"};
    char *event = nx_arena_alloc(arena, channel->struct_size);
    size_t size = channel->struct_size;

    put(event, 0, &size, sizeof(size));
    put(event, channel->json_offset, &jsons[random_below(&state, 3)], sizeof(char *));
    for (uint32_t i = 0; i < channel->field_count; i++)
        if ((channel->fields[i].flags & NX_FIELD_REQUIRED) || random_below(&state, 2))
            fill_field(event, &channel->fields[i], arena);
    return event;
}

static bool same_text(const char *left, const char *right)
{
    return left && right ? strcmp(left, right) == 0 : left == right;
}

static bool same_texts(const void *left, const void *right, size_t count)
{
    const char *const *one = left ? left : no_texts;
    const char *const *two = right ? right : no_texts;

    for (size_t i = 0; i < count; i++)
        if (!same_text(one[i], two[i]))
            return false;
    return true;
}

static bool same_array(const char *left, const char *right, const struct nx_field *field)
{
    const void *one;
    const void *two;
    size_t count;

    if (memcmp(left + field->beside, right + field->beside, sizeof(count)) != 0)
        return false;
    memcpy(&one, left + field->offset, sizeof(one));
    memcpy(&two, right + field->offset, sizeof(two));
    memcpy(&count, left + field->beside, sizeof(count));
    if (!(field->flags & NX_FIELD_REQUIRED) && !one != !two)
        return false;
    if (field->kind == NEXUS_KIND_STRING_ARRAY)
        return same_texts(one, two, count);
    return memcmp(one ? one : no_integers, two ? two : no_integers, count * sizeof(int64_t)) == 0;
}

static bool same_place(const char *left, const char *right, uint32_t offset, size_t size)
{
    return offset == NX_NO_OFFSET || memcmp(left + offset, right + offset, size) == 0;
}

static bool same_string_at(const char *left, const char *right, uint32_t offset)
{
    const char *one;
    const char *two;

    memcpy(&one, left + offset, sizeof(one));
    memcpy(&two, right + offset, sizeof(two));
    return same_text(one, two);
}

static bool same_field(const char *left, const char *right, const struct nx_field *field)
{
    switch (field->kind) {
    case NEXUS_KIND_STRING:
        return same_string_at(left, right, field->offset);
    case NEXUS_KIND_INTEGER:
    case NEXUS_KIND_NUMBER:
        return same_place(left, right, field->offset, sizeof(int64_t)) &&
               same_place(left, right, field->beside, sizeof(bool));
    case NEXUS_KIND_ENUM:
        return same_place(left, right, field->offset, sizeof(int)) &&
               same_string_at(left, right, field->beside);
    default:
        return same_array(left, right, field);
    }
}

static void expect_same(const struct nexus_channel *channel, const char *left, const char *right,
                        const char *payload)
{
    for (uint32_t i = 0; i < channel->field_count; i++)
        ck_assert_msg(same_field(left, right, &channel->fields[i]), "%s.%s: %s", channel->name,
                      channel->fields[i].name, payload);
}

static void travel(const struct nexus_channel *channel)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_arena arena = NX_ARENA_INIT;
    struct nx_json json = NX_JSON_INIT;
    struct nx_buf out = NX_BUF_INIT;
    struct nx_buf again = NX_BUF_INIT;
    char *event = random_event(channel, &arena);
    void *back;

    unit_ok(nx_codec_encode(channel, event, &out, &err), &err);
    unit_ok(nx_json_read(&json, nx_buf_text(&out), out.length, &err), &err);
    unit_ok(nx_codec_decode(channel, &json, 0, NX_CODEC_STRICT, &arena, &back, &err), &err);
    expect_same(channel, event, back, out.data);
    unit_ok(nx_codec_encode(channel, back, &again, &err), &err);
    ck_assert_str_eq(nx_buf_text(&again), out.data);
    unit_ok(nexus_validate_json(channel->name, out.data, &err), &err);
    nx_buf_free(&out);
    nx_buf_free(&again);
    nx_json_free(&json);
    nx_arena_free(&arena);
}

START_TEST(every_channel_there_and_back)
{
    for (size_t i = 0; i < nx_channel_count; i++)
        for (int round = 0; round < ROUNDS; round++)
            travel(&nx_channels[i]);
}
END_TEST

/* An event with nothing in it fails for the first required member, or is the least payload. */
START_TEST(every_channel_names_what_is_missing)
{
    for (size_t i = 0; i < nx_channel_count; i++) {
        const struct nexus_channel *channel = &nx_channels[i];
        struct nexus_error err = NEXUS_ERROR_INIT;
        struct nx_arena arena = NX_ARENA_INIT;
        struct nx_buf out = NX_BUF_INIT;
        void *event = nx_arena_alloc(&arena, channel->struct_size);
        size_t size = channel->struct_size;
        const struct nx_field *missing = NULL;
        char where[80];

        memcpy(event, &size, sizeof(size));
        for (uint32_t j = channel->field_count; j-- > 0;)
            if ((channel->fields[j].flags & NX_FIELD_REQUIRED) &&
                (channel->fields[j].kind == NEXUS_KIND_STRING ||
                 channel->fields[j].kind == NEXUS_KIND_ENUM))
                missing = &channel->fields[j];
        if (missing) {
            snprintf(where, sizeof(where), "payload.%s", missing->name);
            unit_expect(nx_codec_encode(channel, event, &out, &err), &err, NEXUS_E_VALIDATION,
                        where, "required member is missing");
        } else {
            unit_ok(nx_codec_encode(channel, event, &out, &err), &err);
        }
        nx_buf_free(&out);
        nx_arena_free(&arena);
    }
}
END_TEST

UNIT_MAIN("channels", every_channel_there_and_back, every_channel_names_what_is_missing)
