/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at what has been read: members, strings, types. Numbers are in json_number.c. */
#include <string.h>

#include "json_reader.h"

static int hex_digit(char digit)
{
    return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

static unsigned hex4(const char *at)
{
    return (unsigned)(hex_digit(at[0]) << 12 | hex_digit(at[1]) << 8 | hex_digit(at[2]) << 4 |
                      hex_digit(at[3]));
}

static size_t put_utf8(unsigned point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xe0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

size_t nx_json_unescape(const char **at, char out[4])
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const char *from = *at;
    const char *letter;
    unsigned point;

    if (from[1] != 'u') {
        letter = strchr(letters, from[1]);
        out[0] = letter ? meanings[letter - letters] : from[1];
        *at = from + 2;
        return 1;
    }
    point = hex4(from + 2);
    *at = from + 6;
    if (point >= 0xd800 && point <= 0xdbff) {
        point = 0x10000 + ((point - 0xd800) << 10) + (hex4(from + 8) - 0xdc00);
        *at = from + 12;
    }
    return put_utf8(point, out);
}

size_t nx_json_unescape_all(const char *at, const char *end, char *out)
{
    char *from = out;
    char bytes[4];

    while (at < end) {
        const char *stop = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((stop ? stop : end) - at);
        size_t length;

        memcpy(out, at, plain);
        out += plain;
        at += plain;
        if (at == end)
            break;
        length = nx_json_unescape(&at, bytes);
        memcpy(out, bytes, length);
        out += length;
    }
    return (size_t)(out - from);
}

uint32_t nx_json_member(const struct nx_json *json, uint32_t object, const char *name)
{
    const struct nx_json_node *nodes = json->nodes;
    uint32_t key = object + 1;

    if (object >= json->count || nodes[object].type != NX_JSON_OBJECT)
        return 0;
    for (uint32_t i = 0; i < nodes[object].count; i++) {
        if (nx_json_equals(json, key, name))
            return key + 1;
        key = nodes[key + 1].next;
    }
    return 0;
}

static bool equals_escaped(const char *at, const char *end, const char *text)
{
    while (at < end) {
        char bytes[4];
        size_t length = 1;

        bytes[0] = *at;
        if (*at == '\\')
            length = nx_json_unescape(&at, bytes);
        else
            at++;
        if (strncmp(text, bytes, length) != 0)
            return false;
        text += length;
    }
    return *text == 0;
}

bool nx_json_equals(const struct nx_json *json, uint32_t node, const char *text)
{
    const struct nx_json_node *at = &json->nodes[node];
    const char *from = json->text + at->start + 1;
    size_t length;

    if (at->type != NX_JSON_STRING)
        return false;
    length = at->end - at->start - 2;
    if (at->escaped)
        return equals_escaped(from, from + length, text);
    /* Neither holds a NUL, so that strncmp() stops at the end of the shorter one. */
    return strncmp(text, from, length) == 0 && text[length] == 0;
}

char *nx_json_string(const struct nx_json *json, uint32_t node, struct nx_arena *arena,
                     size_t *length)
{
    const struct nx_json_node *at = &json->nodes[node];
    const char *from = json->text + at->start + 1;
    size_t size = at->end - at->start - 2;
    char *text;

    if (at->escaped) {
        text = nx_arena_bytes(arena, size + 1);
        if (!text)
            return NULL;
        size = nx_json_unescape_all(from, from + size, text);
        text[size] = 0;
    } else {
        text = nx_arena_text(arena, from, size);
    }
    if (text && length)
        *length = size;
    return text;
}

const char *nx_json_type_name(const struct nx_json *json, uint32_t node)
{
    static const char *const names[] = {
        [NX_JSON_NULL] = "null",       [NX_JSON_FALSE] = "a boolean", [NX_JSON_TRUE] = "a boolean",
        [NX_JSON_NUMBER] = "a number", [NX_JSON_STRING] = "a string", [NX_JSON_ARRAY] = "an array",
        [NX_JSON_OBJECT] = "an object"};

    return names[json->nodes[node].type];
}
