/* SPDX-License-Identifier: Apache-2.0 */
/* From one JSON value to its typed member. */
#include <string.h>

#include "codec_field.h"
#include "status.h"

static void store(const struct nx_decoding *decoding, uint32_t offset, const void *value,
                  size_t size)
{
    memcpy(decoding->event + offset, value, size);
}

static int expect(const struct nx_decoding *decoding, const struct nx_field *field, size_t index,
                  uint32_t node, enum nx_json_type type, const char *what)
{
    if (decoding->json->nodes[node].type == type)
        return 0;
    return nx_field_fail(decoding->err, field, index, "expected %s, got %s", what,
                         nx_json_type_name(decoding->json, node));
}

static int read_text(const struct nx_decoding *decoding, const struct nx_field *field, size_t index,
                     uint32_t node, const char **out)
{
    int code = expect(decoding, field, index, node, NX_JSON_STRING, "a string");
    size_t length;
    char *text;

    if (code)
        return code;
    text = nx_json_string(decoding->json, node, decoding->arena, &length);
    if (!text)
        return nx_no_memory(decoding->err);
    *out = text;
    return nx_field_check_text(field, index, text, length, decoding->json->nodes[node].count,
                               decoding->err);
}

/* Gives an error of the number reader its place. */
static int locate(const struct nx_decoding *decoding, const struct nx_field *field, size_t index,
                  int code)
{
    if (code == NEXUS_E_VALIDATION && decoding->err) {
        struct nexus_error cause = *decoding->err;
        nx_field_fail(decoding->err, field, index, "%s", cause.message);
    }
    return code;
}

static int decode_integer(const struct nx_decoding *decoding, const struct nx_field *field,
                          size_t index, uint32_t node, int64_t *out)
{
    return locate(decoding, field, index,
                  nx_json_integer(decoding->json, node, out, decoding->err));
}

static int decode_number(const struct nx_decoding *decoding, const struct nx_field *field,
                         uint32_t node, double *out)
{
    return locate(decoding, field, NX_NO_INDEX,
                  nx_json_number(decoding->json, node, out, decoding->err));
}

/* A known value's text is the table's own, which need not be copied. */
static unsigned find_value(const struct nx_decoding *decoding, const struct nx_enum *known,
                           uint32_t node, const char **text)
{
    for (uint32_t i = 0; i < known->count; i++)
        if (nx_json_equals(decoding->json, node, known->values[i])) {
            *text = known->values[i];
            return i + 1;
        }
    return NX_ENUM_UNRECOGNIZED;
}

static int decode_enum(const struct nx_decoding *decoding, const struct nx_field *field,
                       uint32_t node)
{
    const char *text;
    unsigned value = find_value(decoding, field->enumeration, node, &text);
    int code = 0;

    if (value == NX_ENUM_UNRECOGNIZED)
        code = read_text(decoding, field, NX_NO_INDEX, node, &text);
    if (code)
        return code;
    if (value == NX_ENUM_UNRECOGNIZED && decoding->mode == NX_CODEC_STRICT)
        return nx_field_reject_enum(field, text, decoding->err);
    store(decoding, field->offset, &value, sizeof(value));
    store(decoding, field->beside, &text, sizeof(text));
    return 0;
}

/* An empty array is not NULL, so that it differs from an absent one. */
static void *new_array(const struct nx_decoding *decoding, size_t count, size_t size)
{
    if (count > SIZE_MAX / size)
        return NULL;
    return nx_arena_alloc(decoding->arena, count ? count * size : size);
}

static int decode_texts(const struct nx_decoding *decoding, const struct nx_field *field,
                        uint32_t node, size_t count, const void **out)
{
    const char **texts = new_array(decoding, count, sizeof(*texts));
    uint32_t at = node + 1;
    int code = texts ? 0 : nx_no_memory(decoding->err);

    for (size_t i = 0; i < count && !code; i++) {
        code = read_text(decoding, field, i, at, &texts[i]);
        at = decoding->json->nodes[at].next;
    }
    *out = texts;
    return code;
}

static int decode_integers(const struct nx_decoding *decoding, const struct nx_field *field,
                           uint32_t node, size_t count, const void **out)
{
    int64_t *integers = new_array(decoding, count, sizeof(*integers));
    uint32_t at = node + 1;
    int code = integers ? 0 : nx_no_memory(decoding->err);

    for (size_t i = 0; i < count && !code; i++) {
        code = decode_integer(decoding, field, i, at, &integers[i]);
        at = decoding->json->nodes[at].next;
    }
    *out = integers;
    return code;
}

int nx_decode_element(const struct nx_decoding *decoding, const struct nx_field *field,
                      size_t index, uint32_t node)
{
    const char *text;
    int64_t integer;

    return field->kind == NEXUS_KIND_STRING_ARRAY
               ? read_text(decoding, field, index, node, &text)
               : decode_integer(decoding, field, index, node, &integer);
}

static int decode_array(const struct nx_decoding *decoding, const struct nx_field *field,
                        uint32_t node)
{
    size_t count = decoding->json->nodes[node].count;
    const void *elements;
    int code = expect(decoding, field, NX_NO_INDEX, node, NX_JSON_ARRAY, "an array");

    if (code)
        return code;
    if (field->kind == NEXUS_KIND_STRING_ARRAY)
        code = decode_texts(decoding, field, node, count, &elements);
    else
        code = decode_integers(decoding, field, node, count, &elements);
    if (code)
        return code;
    store(decoding, field->offset, &elements, sizeof(elements));
    store(decoding, field->beside, &count, sizeof(count));
    return 0;
}

/* A scalar, and the bool beside it where it has one. */
static void store_scalar(const struct nx_decoding *decoding, const struct nx_field *field,
                         const void *value, size_t size)
{
    bool has = true;

    store(decoding, field->offset, value, size);
    if (field->beside != NX_NO_OFFSET)
        store(decoding, field->beside, &has, sizeof(has));
}

int nx_decode_member(const struct nx_decoding *decoding, const struct nx_field *field,
                     uint32_t node)
{
    const char *text;
    int64_t integer;
    double number;
    int code;

    switch (field->kind) {
    case NEXUS_KIND_STRING:
        code = read_text(decoding, field, NX_NO_INDEX, node, &text);
        if (!code)
            store(decoding, field->offset, &text, sizeof(text));
        return code;
    case NEXUS_KIND_INTEGER:
        code = decode_integer(decoding, field, NX_NO_INDEX, node, &integer);
        if (!code)
            store_scalar(decoding, field, &integer, sizeof(integer));
        return code;
    case NEXUS_KIND_NUMBER:
        code = decode_number(decoding, field, node, &number);
        if (!code)
            store_scalar(decoding, field, &number, sizeof(number));
        return code;
    case NEXUS_KIND_ENUM:
        return decode_enum(decoding, field, node);
    case NEXUS_KIND_STRING_ARRAY:
    case NEXUS_KIND_INTEGER_ARRAY:
        return decode_array(decoding, field, node);
    default:
        return nx_fail(decoding->err, NEXUS_E_INTERNAL, field->name, "a field of unknown kind");
    }
}
