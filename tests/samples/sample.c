/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"

#define LARGEST_INTEGER 9007199254740991
#define ARRAY_LENGTH    3

/* Everything that escaping, encoding or C strings could spoil, short of NUL. */
static const char troublesome[] =
    "\x01\x02\b\t\n\v\f\r\x1b\x1f \" \\ / \x7f </script> \xc3\xa9 e\xcc\x81 "
    "\xd0\x96\xd1\x83\xd0\xba "
    "\xe2\x80\xa8 \xef\xbf\xbe \xf0\x9f\x92\x88 \xf4\x8f\xbf\xbf %s %n ${x}";

const char *test_variant_name(enum test_variant variant)
{
    static const char *const names[] = {"minimal", "full", "edge", "extra"};
    return names[variant];
}

/* Exactly as many code points as the contract allows, four bytes each. */
static char *longest(uint32_t points)
{
    char *text = malloc((size_t)points * 4 + 1);
    for (uint32_t point = 0; point < points; point++) {
        memcpy(text + (size_t)point * 4, "\xf0\x9f\x92\x88", 4);
    }
    text[(size_t)points * 4] = '\0';
    return text;
}

static char *make_string(const struct test_member *member, enum test_variant variant, int number)
{
    char text[256];
    if (strcmp(member->name, "node_id") == 0) {
        return strdup(TEST_NODE);
    }
    if (member->format != NULL && strcmp(member->format, "uri") == 0) {
        snprintf(text, sizeof text, "https://preview.example.com/p/%d?q=%%D0%%96#top", number);
        return strdup(text);
    }
    if (variant == TEST_EDGE) {
        return member->max_length > 0 ? longest(member->max_length) : strdup(troublesome);
    }
    snprintf(text, sizeof text,
             "%s \xe2\x84\x96%d: \xd0\x9c\xd0\xb0\xd1\x80\xd0\xb8\xd1\x8f "
             "\xf0\x9f\x98\x80",
             member->name, number);
    return strdup(text);
}

static int64_t make_integer(enum test_variant variant, int number, int place)
{
    if (variant == TEST_EDGE) {
        return place % 2 == 0 ? LARGEST_INTEGER : -LARGEST_INTEGER;
    }
    return (int64_t)number * 1000 - 500 + place;
}

static double make_number(enum test_variant variant, int number, int place)
{
    static const double edges[] = {DBL_MAX, -0.0, 5e-324, 0.1, -DBL_MIN, 1.0 / 3.0};
    if (variant == TEST_EDGE) {
        return edges[(number + place) % 6];
    }
    return number + place * 0.1;
}

static void make_array(const struct test_member *member, enum test_variant variant, int number,
                       void *event)
{
    const char **texts = calloc(ARRAY_LENGTH, sizeof *texts);
    int64_t *integers = calloc(ARRAY_LENGTH, sizeof *integers);
    for (int place = 0; place < ARRAY_LENGTH; place++) {
        texts[place] = make_string(member, variant, number + place);
        integers[place] = make_integer(variant, number, place);
    }
    if (member->kind == NEXUS_KIND_STRING_ARRAY) {
        test_member_set_pointer(member, event, texts);
        free(integers);
    } else {
        for (int place = 0; place < ARRAY_LENGTH; place++) {
            free((char *)(uintptr_t)texts[place]);
        }
        free(texts);
        test_member_set_pointer(member, event, integers);
    }
    test_member_set_count(member, event, ARRAY_LENGTH);
}

static int last_value(const struct test_member *member)
{
    int count = 0;
    while (count < TEST_ENUM_LIMIT && member->values[count] != NULL) {
        count++;
    }
    return count;
}

static void make_member(const struct test_member *member, enum test_variant variant, int number,
                        int place, void *event)
{
    switch (member->kind) {
    case NEXUS_KIND_STRING:
        test_member_set_pointer(member, event, make_string(member, variant, number));
        break;
    case NEXUS_KIND_INTEGER:
        test_member_set_integer(member, event, make_integer(variant, number, place));
        break;
    case NEXUS_KIND_NUMBER:
        test_member_set_number(member, event, make_number(variant, number, place));
        break;
    case NEXUS_KIND_ENUM:
        test_member_set_enum(member, event, variant == TEST_EDGE ? 1 : last_value(member));
        break;
    case NEXUS_KIND_STRING_ARRAY:
    case NEXUS_KIND_INTEGER_ARRAY:
        make_array(member, variant, number, event);
        break;
    }
}

/* Members beyond the contract. Spellings (1.50, 1e3) are part of what must survive. */
static char *make_json(const struct test_channel *channel, enum test_variant variant, int number)
{
    char text[1024];
    bool open = channel->member_count == 0;
    if (variant == TEST_MINIMAL || (!open && variant != TEST_EXTRA)) {
        return open ? strdup("{}") : NULL;
    }
    if (variant == TEST_EDGE) {
        snprintf(text, sizeof text,
                 "{\"\":\"\",\"largest\":%lld,\"smallest\":-%lld,\"tiny\":5e-324,"
                 "\"escapes\":\"\\u0001\\\"\\\\\\/\\ud83d\\ude00\",\"n\":[[[[[{\"n\":%d}]]]]]}",
                 (long long)LARGEST_INTEGER, (long long)LARGEST_INTEGER, number);
        return strdup(text);
    }
    snprintf(text, sizeof text,
             "{\"x_number\":%d,\"x_price\":1.50,\"x_power\":1e3,\"x_none\":null,\"x_yes\":true,"
             "\"x_list\":[1,\"\xd0\xb4\xd0\xb2\xd0\xb0\",{\"a\":{}}],"
             "\"\xd0\xb8\xd0\xbc\xd1\x8f\":\"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd \xf0\x9f\x92\x88\"}",
             number);
    return strdup(text);
}

void *test_sample_new(const struct test_channel *channel, enum test_variant variant, int number)
{
    char *event = calloc(1, channel->size);
    channel->init(event);
    for (size_t i = 0; i < channel->member_count; i++) {
        const struct test_member *member = &channel->members[i];
        if (member->required || variant != TEST_MINIMAL) {
            make_member(member, variant, number, (int)i, event);
        }
    }
    char *json = make_json(channel, variant, number);
    memcpy(event + channel->json_offset, &json, sizeof json);
    return event;
}

void test_sample_destroy(const struct test_channel *channel, void *event)
{
    if (event == NULL) {
        return;
    }
    for (size_t i = 0; i < channel->member_count; i++) {
        test_member_free(&channel->members[i], event);
    }
    char *json;
    memcpy(&json, (char *)event + channel->json_offset, sizeof json);
    free(json);
    free(event);
}
