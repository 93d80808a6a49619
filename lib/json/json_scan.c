/* SPDX-License-Identifier: Apache-2.0 */
/* The tokens of a JSON text: strings, numbers, and the three words. */
#include <string.h>

#include "bytes.h"
#include "json_reader.h"
#include "status.h"

/* Four hex digits as a number, or -1. */
static int hex4(const char *at, const char *end)
{
    int value = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char digit = at[i];
        if (digit >= '0' && digit <= '9')
            value = value * 16 + (digit - '0');
        else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
            value = value * 16 + ((digit | 0x20) - 'a' + 10);
        else
            return -1;
    }
    return value;
}

/* Reads "\uXXXX", or two of them that form a surrogate pair. */
static int scan_unicode(struct nx_json_reader *reader, const char **cursor)
{
    const char *at = *cursor;
    const char *end = reader->end;
    int unit = hex4(at + 2, end);
    int low;

    if (unit < 0)
        return nx_json_reject(reader, at, "\\u without four hex digits");
    if (unit == 0)
        return nx_json_reject(reader, at, "\\u0000 is not accepted");
    *cursor = at + 6;
    if (unit < 0xd800 || unit > 0xdfff)
        return 0;
    low = end - at >= 12 && at[6] == '\\' && at[7] == 'u' ? hex4(at + 8, end) : -1;
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return nx_json_reject(reader, at, "lone surrogate");
    *cursor = at + 12;
    return 0;
}

static int scan_escape(struct nx_json_reader *reader, const char **cursor)
{
    const char *at = *cursor;

    if (reader->end - at < 2)
        return nx_json_reject(reader, reader->end, "the text ends inside a string");
    if (at[1] == 'u')
        return scan_unicode(reader, cursor);
    if (at[1] == 0 || !strchr("\"\\/bfnrt", at[1]))
        return nx_json_reject(reader, at, "unknown escape in a string");
    *cursor = at + 2;
    return 0;
}

/* Deals with the byte that ended a run of plain ones, when it is not the closing quote. */
static int scan_special(struct nx_json_reader *reader, struct nx_json_node *node,
                        const char **cursor)
{
    const char *at = *cursor;
    unsigned char byte = (unsigned char)*at;
    size_t length;

    node->count++;
    if (byte == '\\') {
        node->escaped = 1;
        return scan_escape(reader, cursor);
    }
    if (byte < 0x20)
        return nx_json_reject(reader, at, "control byte 0x%02X in a string", byte);
    length = nx_utf8_sequence(at, reader->end);
    if (length == 0)
        return nx_json_reject(reader, at, "a string is not UTF-8");
    *cursor = at + length;
    return 0;
}

int nx_json_scan_string(struct nx_json_reader *reader, struct nx_json_node *node)
{
    const char *at = reader->at + 1;
    const char *end = reader->end;

    for (;;) {
        size_t plain = nx_plain_span(at, end, true);
        int code;

        at += plain;
        node->count += (uint32_t)plain;
        if (at == end)
            return nx_json_reject(reader, end, "the text ends inside a string");
        if (*at == '"')
            break;
        code = scan_special(reader, node, &at);
        if (code)
            return code;
    }
    reader->at = at + 1;
    return 0;
}

/* Moves over digits; false when there is none. */
static bool scan_digits(struct nx_json_reader *reader)
{
    const char *from = reader->at;

    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > from;
}

static bool scan_char(struct nx_json_reader *reader, char first, char second)
{
    if (reader->at == reader->end || (*reader->at != first && *reader->at != second))
        return false;
    reader->at++;
    return true;
}

static int scan_fraction_and_exponent(struct nx_json_reader *reader)
{
    if (scan_char(reader, '.', '.') && !scan_digits(reader))
        return nx_json_reject_unexpected(reader, "a digit");
    if (!scan_char(reader, 'e', 'E'))
        return 0;
    scan_char(reader, '+', '-');
    if (!scan_digits(reader))
        return nx_json_reject_unexpected(reader, "a digit");
    return 0;
}

int nx_json_scan_number(struct nx_json_reader *reader, struct nx_json_node *node)
{
    const char *from = reader->at;
    const char *digits;
    int code;

    (void)node;
    scan_char(reader, '-', '-');
    digits = reader->at;
    if (!scan_digits(reader))
        return nx_json_reject_unexpected(reader, "a digit");
    if (*digits == '0' && reader->at - digits > 1)
        return nx_json_reject(reader, digits, "a number starts with 0");
    code = scan_fraction_and_exponent(reader);
    if (code)
        return code;
    if (reader->at - from > NX_NUMBER_LENGTH_MAX)
        return nx_json_reject(reader, from, "a number has more than %d characters",
                              NX_NUMBER_LENGTH_MAX);
    if (!nx_json_is_finite(from, (size_t)(reader->at - from)))
        return nx_json_reject(reader, from, "a number is beyond the range of a double");
    return 0;
}

int nx_json_scan_word(struct nx_json_reader *reader, struct nx_json_node *node)
{
    static const struct {
        const char *text;
        enum nx_json_type type;
    } words[] = {{"null", NX_JSON_NULL}, {"true", NX_JSON_TRUE}, {"false", NX_JSON_FALSE}};
    size_t left = (size_t)(reader->end - reader->at);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t length = strlen(words[i].text);
        if (left >= length && memcmp(reader->at, words[i].text, length) == 0) {
            node->type = (uint8_t)words[i].type;
            reader->at += length;
            return 0;
        }
    }
    return nx_json_reject_unexpected(reader, "a value");
}
