/* SPDX-License-Identifier: Apache-2.0 */
/* From the struct to the payload: each typed member is checked, then written. */
#include <math.h>
#include <string.h>

#include "codec_field.h"
#include "status.h"
#include "text.h"

/* More elements than the largest body could hold: a count that was never set. */
#define MOST_ELEMENTS ((size_t)1 << 24)

struct encoding {
    const struct nx_event *event;
    struct nx_buf *out;
    struct nexus_error *err;
};

static int put_text(const struct encoding *encoding, const struct nx_field *field, size_t index,
                    const char *text)
{
    size_t length;
    size_t points;
    size_t bad;
    int code;

    if (!text)
        return nx_field_fail(encoding->err, field, index, "the string is NULL");
    length = strlen(text);
    if (!nx_utf8_check(text, length, &points, &bad))
        return nx_field_fail(encoding->err, field, index, "byte %zu is not UTF-8", bad);
    code = nx_field_check_text(field, index, text, length, points, encoding->err);
    if (!code)
        nx_json_put_string(encoding->out, text, length);
    return code;
}

static int put_integer(const struct encoding *encoding, const struct nx_field *field, size_t index,
                       int64_t value)
{
    if (value > NX_INTEGER_MAX)
        return nx_field_fail(encoding->err, field, index, "%lld exceeds 2^53-1", (long long)value);
    if (value < -NX_INTEGER_MAX)
        return nx_field_fail(encoding->err, field, index, "%lld is below -(2^53-1)",
                             (long long)value);
    nx_buf_int64(encoding->out, value);
    return 0;
}

static int put_number(const struct encoding *encoding, const struct nx_field *field, double value)
{
    if (!isfinite(value))
        return nx_field_fail(encoding->err, field, NX_NO_INDEX, "not a finite number");
    nx_json_put_number(encoding->out, value);
    return 0;
}

static int put_enum(const struct encoding *encoding, const struct nx_field *field)
{
    const struct nx_enum *known = field->enumeration;
    unsigned value;
    const char *text;

    memcpy(&value, encoding->event->base + field->offset, sizeof(value));
    if (value == NX_ENUM_UNRECOGNIZED) {
        memcpy(&text, encoding->event->base + field->beside, sizeof(text));
        if (!text)
            return nx_field_fail(encoding->err, field, NX_NO_INDEX,
                                 "an unrecognized value without its text");
        return put_text(encoding, field, NX_NO_INDEX, text);
    }
    if (value > known->count)
        return nx_field_fail(encoding->err, field, NX_NO_INDEX, "%d is not one of its values",
                             (int)value);
    nx_json_put_string(encoding->out, known->values[value - 1], strlen(known->values[value - 1]));
    return 0;
}

static int put_elements(const struct encoding *encoding, const struct nx_field *field,
                        const char *const *texts, const int64_t *integers, size_t count)
{
    int code = 0;

    if (count > MOST_ELEMENTS)
        return nx_field_fail(encoding->err, field, NX_NO_INDEX, "%zu elements are too many", count);
    nx_buf_putc(encoding->out, '[');
    for (size_t i = 0; i < count && !code && !encoding->out->failed; i++) {
        if (i)
            nx_buf_putc(encoding->out, ',');
        if (texts)
            code = put_text(encoding, field, i, texts[i]);
        else
            code = put_integer(encoding, field, i, integers[i]);
    }
    nx_buf_putc(encoding->out, ']');
    return code;
}

static int put_array(const struct encoding *encoding, const struct nx_field *field)
{
    const void *elements;
    size_t count;

    memcpy(&elements, encoding->event->base + field->offset, sizeof(elements));
    memcpy(&count, encoding->event->base + field->beside, sizeof(count));
    if (!elements && count)
        return nx_field_fail(encoding->err, field, NX_NO_INDEX, "%zu elements, but NULL", count);
    if (field->kind == NEXUS_KIND_STRING_ARRAY)
        return put_elements(encoding, field, elements, NULL, count);
    return put_elements(encoding, field, NULL, elements, count);
}

static int put_value(const struct encoding *encoding, const struct nx_field *field)
{
    const char *place = encoding->event->base + field->offset;
    const char *text;
    int64_t integer;
    double number;

    switch (field->kind) {
    case NEXUS_KIND_STRING:
        memcpy(&text, place, sizeof(text));
        return put_text(encoding, field, NX_NO_INDEX, text);
    case NEXUS_KIND_INTEGER:
        memcpy(&integer, place, sizeof(integer));
        return put_integer(encoding, field, NX_NO_INDEX, integer);
    case NEXUS_KIND_NUMBER:
        memcpy(&number, place, sizeof(number));
        return put_number(encoding, field, number);
    case NEXUS_KIND_ENUM:
        return put_enum(encoding, field);
    case NEXUS_KIND_STRING_ARRAY:
    case NEXUS_KIND_INTEGER_ARRAY:
        return put_array(encoding, field);
    default:
        return nx_fail(encoding->err, NEXUS_E_INTERNAL, field->name, "a field of unknown kind");
    }
}

static bool is_array(const struct nx_field *field)
{
    return field->kind == NEXUS_KIND_STRING_ARRAY || field->kind == NEXUS_KIND_INTEGER_ARRAY;
}

/* Whether a member is to be written from its place in the struct, or fails the event. */
static int decide(const struct encoding *encoding, const struct nx_field *field,
                  const struct nx_extra *extra, bool *write)
{
    *write = nx_event_has(encoding->event, field);
    if (*write || !(field->flags & NX_FIELD_REQUIRED) || nx_extra_has(extra, field))
        return 0;
    /* A required array without elements is an empty one. */
    *write = is_array(field) && nx_event_has_place(encoding->event, field);
    if (*write)
        return 0;
    return nx_field_fail(encoding->err, field, NX_NO_INDEX, "required member is missing");
}

static int put_fields(const struct encoding *encoding, const struct nexus_channel *channel,
                      const struct nx_extra *extra, bool *first)
{
    struct nx_buf *out = encoding->out;

    for (uint32_t i = 0; i < channel->field_count; i++) {
        const struct nx_field *field = &channel->fields[i];
        bool write;
        int code = decide(encoding, field, extra, &write);

        if (!code && write) {
            nx_buf_puts(out, *first ? "\"" : ",\"");
            nx_buf_puts(out, field->name);
            nx_buf_append(out, "\":", 2);
            *first = false;
            code = put_value(encoding, field);
        }
        if (code)
            return code;
    }
    return 0;
}

static int put_payload(const struct encoding *encoding, const struct nexus_channel *channel)
{
    struct nx_extra extra;
    bool first = true;
    int code = nx_extra_open(&extra, channel, encoding->event, encoding->err);

    if (!code && channel->field_count == 0 && extra.json.count) {
        nx_buf_append(encoding->out, extra.json.text + extra.json.nodes[0].start,
                      extra.json.nodes[0].end - extra.json.nodes[0].start);
    } else if (!code) {
        nx_buf_putc(encoding->out, '{');
        code = put_fields(encoding, channel, &extra, &first);
        nx_extra_write(&extra, channel, encoding->event, first, encoding->out);
        nx_buf_putc(encoding->out, '}');
    }
    nx_extra_close(&extra);
    return code;
}

int nx_codec_encode(const struct nexus_channel *channel, const void *event, struct nx_buf *out,
                    struct nexus_error *err)
{
    struct nx_event opened;
    struct encoding encoding = {&opened, out, err};
    size_t start = out->length;
    int code = nx_event_open(channel, event, &opened, err);

    if (!code)
        code = put_payload(&encoding, channel);
    if (!code && out->failed)
        code = out->over_limit
                   ? nx_fail(err, NEXUS_E_TOO_LARGE, "payload",
                             "more than %zu bytes exceed the limit of %zu", out->limit, out->limit)
                   : nx_no_memory(err);
    if (code)
        out->length = start;
    return code;
}
