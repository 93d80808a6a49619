/* SPDX-License-Identifier: Apache-2.0 */
#include "json_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 100

struct reader {
    const char *at;
    const char *end;
};

static bool skip_value(struct reader *reader, int depth);

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at)
        reader->at++;
}

static bool skip_char(struct reader *reader, char expected)
{
    skip_space(reader);
    if (reader->at == reader->end || *reader->at != expected)
        return false;
    reader->at++;
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool skip_escape(struct reader *reader)
{
    char kind = reader->at < reader->end ? *reader->at++ : 0;

    if (kind != 'u')
        return kind && strchr("\"\\/bfnrt", kind);
    for (int i = 0; i < 4; i++)
        if (reader->at == reader->end || !is_hex(*reader->at++))
            return false;
    return true;
}

static bool skip_string(struct reader *reader)
{
    if (!skip_char(reader, '"'))
        return false;
    while (reader->at < reader->end) {
        unsigned char c = (unsigned char)*reader->at++;
        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !skip_escape(reader)))
            return false;
    }
    return false;
}

static bool skip_digits(struct reader *reader)
{
    const char *start = reader->at;

    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > start;
}

static bool at_any(const struct reader *reader, const char *set)
{
    return reader->at < reader->end && *reader->at && strchr(set, *reader->at);
}

static bool skip_number(struct reader *reader)
{
    if (at_any(reader, "-"))
        reader->at++;
    if (at_any(reader, "0"))
        reader->at++;
    else if (!skip_digits(reader))
        return false;
    if (at_any(reader, ".")) {
        reader->at++;
        if (!skip_digits(reader))
            return false;
    }
    if (at_any(reader, "eE")) {
        reader->at++;
        if (at_any(reader, "+-"))
            reader->at++;
        return skip_digits(reader);
    }
    return true;
}

static bool skip_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static bool skip_members(struct reader *reader, char close, int depth)
{
    if (skip_char(reader, close))
        return true;
    do {
        if (close == '}' && (!skip_string(reader) || !skip_char(reader, ':')))
            return false;
        if (!skip_value(reader, depth + 1))
            return false;
    } while (skip_char(reader, ','));
    return skip_char(reader, close);
}

static bool skip_value(struct reader *reader, int depth)
{
    skip_space(reader);
    if (reader->at == reader->end || depth > MAX_DEPTH)
        return false;
    switch (*reader->at) {
    case '{':
        reader->at++;
        return skip_members(reader, '}', depth);
    case '[':
        reader->at++;
        return skip_members(reader, ']', depth);
    case '"':
        return skip_string(reader);
    case 't':
        return skip_word(reader, "true");
    case 'f':
        return skip_word(reader, "false");
    case 'n':
        return skip_word(reader, "null");
    default:
        return skip_number(reader);
    }
}

/* Takes the next value from a reader. */
static bool take_value(struct reader *reader, struct json_piece *value)
{
    skip_space(reader);
    value->text = reader->at;
    if (!skip_value(reader, 0))
        return false;
    value->length = (size_t)(reader->at - value->text);
    return true;
}

bool json_value(const char *text, size_t length, struct json_piece *value)
{
    struct reader reader = {text, text + length};
    struct json_piece found;

    if (!take_value(&reader, &found))
        return false;
    skip_space(&reader);
    if (reader.at != reader.end)
        return false;
    if (value)
        *value = found;
    return true;
}

/* Steps over what stands before a member or an element: the opening bracket or a comma. */
static bool enter_next(struct reader *reader, char open)
{
    return skip_char(reader, open) || skip_char(reader, ',');
}

static void leave(struct json_piece *rest, const struct reader *reader)
{
    rest->text = reader->at;
    rest->length = (size_t)(reader->end - reader->at);
}

bool json_next_member(struct json_piece *rest, struct json_piece *key, struct json_piece *value)
{
    struct reader reader = {rest->text, rest->text + rest->length};

    if (!enter_next(&reader, '{') || !take_value(&reader, key) || !skip_char(&reader, ':') ||
        !take_value(&reader, value))
        return false;
    leave(rest, &reader);
    return true;
}

bool json_next_element(struct json_piece *rest, struct json_piece *value)
{
    struct reader reader = {rest->text, rest->text + rest->length};

    if (!enter_next(&reader, '[') || !take_value(&reader, value))
        return false;
    leave(rest, &reader);
    return true;
}

char *json_copy(struct json_piece piece)
{
    return strndup(piece.text, piece.length);
}

static uint32_t hex4(const char *at)
{
    uint32_t code = 0;

    for (int i = 0; i < 4; i++) {
        char c = at[i];
        code = code << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return code;
}

static char *put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* Unescapes what follows a backslash; `*at` stands on the letter and is moved behind it all. */
static char *put_escape(char *out, const char **at, const char *end)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    char letter = *(*at)++;
    const char *found = strchr(letters, letter);
    uint32_t code;

    if (letter != 'u') {
        *out++ = found ? meanings[found - letters] : letter;
        return out;
    }
    code = hex4(*at);
    *at += 4;
    if (code >= 0xd800 && code < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        uint32_t low = hex4(*at + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            *at += 6;
        }
    }
    return put_utf8(out, code);
}

char *json_string(struct json_piece piece)
{
    const char *at = piece.text + 1;
    const char *end = piece.text + piece.length - 1;
    char *text, *out;

    if (piece.length < 2 || piece.text[0] != '"')
        return NULL;
    text = out = malloc(piece.length);
    while (text && at < end) {
        if (*at != '\\') {
            *out++ = *at++;
        } else {
            at++;
            out = put_escape(out, &at, end);
        }
    }
    if (text && memchr(text, 0, (size_t)(out - text))) {
        free(text);
        return NULL;
    }
    if (text)
        *out = 0;
    return text;
}
