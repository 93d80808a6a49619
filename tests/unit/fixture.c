/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "json.h"

#define AT(member)         offsetof(struct fixture, member)
#define AT_GROWN(member)   offsetof(struct fixture_grown, member)
#define REQUIRED           NX_FIELD_REQUIRED
#define LATER              NX_FIELD_LATER
#define COUNT_OF(elements) (sizeof(elements) / sizeof((elements)[0]))

static const char *const color_values[] = {"red", "green", NULL};
static const struct nx_enum colors = {color_values, 2};

static const struct nx_field fields[] = {
    {"name", NEXUS_KIND_STRING, REQUIRED, AT(name), NX_NO_OFFSET, 8, NULL, NULL, "", NULL},
    {"count", NEXUS_KIND_INTEGER, REQUIRED, AT(count), NX_NO_OFFSET, 0, NULL, NULL, "", "7"},
    {"ratio", NEXUS_KIND_NUMBER, REQUIRED, AT(ratio), NX_NO_OFFSET, 0, NULL, "float", "", NULL},
    {"color", NEXUS_KIND_ENUM, REQUIRED, AT(color), AT(color_text), 0, &colors, NULL, "", NULL},
    {"tags", NEXUS_KIND_STRING_ARRAY, REQUIRED, AT(tags), AT(tags_count), 0, NULL, NULL, "", NULL},
    {"numbers", NEXUS_KIND_INTEGER_ARRAY, REQUIRED, AT(numbers), AT(numbers_count), 0, NULL, NULL,
     "", NULL},
    {"note", NEXUS_KIND_STRING, 0, AT(note), NX_NO_OFFSET, 5, NULL, NULL, "", NULL},
    {"link", NEXUS_KIND_STRING, NX_FIELD_URI, AT(link), NX_NO_OFFSET, 0, NULL, "uri", "A link.",
     "\"a:b\""},
    {"weight", NEXUS_KIND_INTEGER, 0, AT(weight), AT(has_weight), 0, NULL, NULL, "", NULL},
    {"score", NEXUS_KIND_NUMBER, 0, AT(score), AT(has_score), 0, NULL, NULL, "", NULL},
    {"mood", NEXUS_KIND_ENUM, 0, AT(mood), AT(mood_text), 0, &colors, NULL, "", NULL},
    {"labels", NEXUS_KIND_STRING_ARRAY, 0, AT(labels), AT(labels_count), 3, NULL, NULL, "", NULL},
    {"ids", NEXUS_KIND_INTEGER_ARRAY, 0, AT(ids), AT(ids_count), 0, NULL, NULL, "", NULL},
    {"nick", NEXUS_KIND_STRING, LATER, AT(nick), NX_NO_OFFSET, 5, NULL, NULL, "", NULL},
    {"level", NEXUS_KIND_INTEGER, LATER, AT(level), AT(has_level), 0, NULL, NULL, "", NULL},
};

const struct nexus_channel fixture_channel = {
    .name = "fixture",
    .c_name = "fixture",
    .address = "nexus.{tenant_id}.fixture",
    .fields = fields,
    .field_count = COUNT_OF(fields),
    .struct_size = sizeof(struct fixture),
    .json_offset = AT(json),
    .required_count = 6,
};

const struct nexus_channel fixture_open_channel = {
    .name = "fixtureOpen",
    .c_name = "fixture_open",
    .address = "nexus.{tenant_id}.open",
    .struct_size = sizeof(struct fixture_open),
    .json_offset = offsetof(struct fixture_open, json),
};

static const struct nx_field grown_fields[] = {
    {"id", NEXUS_KIND_STRING, REQUIRED | LATER, AT_GROWN(id), NX_NO_OFFSET, 0, NULL, NULL, "",
     NULL},
    {"amount", NEXUS_KIND_INTEGER, LATER, AT_GROWN(amount), AT_GROWN(has_amount), 0, NULL, NULL, "",
     NULL},
    {"lines", NEXUS_KIND_STRING_ARRAY, REQUIRED | LATER, AT_GROWN(lines), AT_GROWN(lines_count), 0,
     NULL, NULL, "", NULL},
};

const struct nexus_channel fixture_grown_channel = {
    .name = "fixtureGrown",
    .c_name = "fixture_grown",
    .address = "nexus.{tenant_id}.open",
    .fields = grown_fields,
    .field_count = COUNT_OF(grown_fields),
    .struct_size = sizeof(struct fixture_grown),
    .json_offset = AT_GROWN(json),
    .required_count = 2,
};

static const char *const tags[] = {"a", "\xd0\x91"};
static const int64_t numbers[] = {1, -2, NX_INTEGER_MAX};
static const char *const labels[] = {"", "xyz"};
static const int64_t ids[] = {-NX_INTEGER_MAX};

struct fixture fixture_minimal(void)
{
    struct fixture event = {.size = sizeof(event)};

    event.name = "n";
    event.ratio = 0.5;
    event.color = FIXTURE_COLOR_GREEN;
    return event;
}

const char fixture_minimal_json[] =
    "{\"name\":\"n\",\"count\":0,\"ratio\":0.5,\"color\":\"green\",\"tags\":[],\"numbers\":[]}";

struct fixture fixture_full(void)
{
    struct fixture event = fixture_minimal();

    event.count = 7;
    event.tags = tags;
    event.tags_count = COUNT_OF(tags);
    event.numbers = numbers;
    event.numbers_count = COUNT_OF(numbers);
    event.note = "\xd0\x9d\xd0\xb5\xd1\x82\"\n";
    event.link = "https://example.com/?q=1#f";
    event.has_weight = true;
    event.weight = -12;
    event.has_score = true;
    event.score = -0.0;
    event.mood = FIXTURE_COLOR_RED;
    event.labels = labels;
    event.labels_count = COUNT_OF(labels);
    event.ids = ids;
    event.ids_count = COUNT_OF(ids);
    event.nick = "nick";
    event.has_level = true;
    event.level = 3;
    return event;
}

const char fixture_full_json[] =
    "{\"name\":\"n\",\"count\":7,\"ratio\":0.5,\"color\":\"green\",\"tags\":[\"a\",\"\xd0\x91\"],"
    "\"numbers\":[1,-2,9007199254740991],\"note\":\"\xd0\x9d\xd0\xb5\xd1\x82\\\"\\n\","
    "\"link\":\"https://example.com/?q=1#f\",\"weight\":-12,\"score\":-0,\"mood\":\"red\","
    "\"labels\":[\"\",\"xyz\"],\"ids\":[-9007199254740991],\"nick\":\"nick\",\"level\":3}";
