/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as text: finding a member of an object without converting anything, so that numbers keep
 * every digit and whatever is passed on keeps its spelling. */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A piece of a longer text; not NUL-terminated. */
struct json_piece {
    const char *text;
    size_t length;
};

/* Whether the text is one JSON value and nothing else; `value` (NULL allowed) is set to it, without
 * the space around it. Checks the grammar, to a depth of 100; not that strings are sound UTF-8. */
bool json_value(const char *text, size_t length, struct json_piece *value);

/* Walks the members of an object that json_value() has passed: start with the object itself in
 * `rest`; false after the last one. `key` includes its quotes. */
bool json_next_member(struct json_piece *rest, struct json_piece *key, struct json_piece *value);

/* The same for the elements of an array. */
bool json_next_element(struct json_piece *rest, struct json_piece *value);

/* The text of a string, unescaped; the caller frees it. NULL when the piece is not a string, when
 * it contains U+0000, or without memory. */
char *json_string(struct json_piece piece);

/* A copy, NUL-terminated; the caller frees it. NULL without memory. */
char *json_copy(struct json_piece piece);

/* Writes a text as a JSON string, or null for NULL. */
void json_put_string(FILE *out, const char *text);

/* Writes JSON text as part of one line of output that is safe on a terminal: line breaks, which can
 * only stand between tokens, become spaces; DEL and C1 control characters, which can only stand in
 * strings, become escapes. The value stays the same. */
void json_put_line(FILE *out, const char *text);

/* The same value in one fixed spelling: members sorted, no space, strings with the fewest escapes,
 * numbers as exact decimals (never by way of a double): 10, 10.0 and 1e1 agree, 9007199254740993
 * and 9007199254740992 do not. Two texts mean the same exactly when these are equal. The caller
 * frees it. NULL when `text` is not JSON, or without memory. */
char *json_canonical(const char *text);

#endif
