/* SPDX-License-Identifier: Apache-2.0 */
#include "pattern.h"

#include <string.h>

#define PATTERN_MAX 255

static size_t token_length(const char *at)
{
    return strcspn(at, ".");
}

static bool is_any(const char *at, size_t length, char sign)
{
    return length == 1 && *at == sign;
}

static bool token_sound(const char *at, size_t length, bool last)
{
    if (is_any(at, length, '*') || (is_any(at, length, '>') && last))
        return true;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)at[i];
        if (byte <= ' ' || byte > '~' || byte == '*' || byte == '>' || byte == '"' || byte == '\\')
            return false;
    }
    return length > 0;
}

bool nx_pattern_sound(const char *pattern, size_t length)
{
    const char *at = pattern, *end = pattern + length;

    if (!length || length > PATTERN_MAX)
        return false;
    for (;;) {
        const char *dot = memchr(at, '.', (size_t)(end - at));
        if (!token_sound(at, (size_t)((dot ? dot : end) - at), !dot))
            return false;
        if (!dot)
            return true;
        at = dot + 1;
    }
}

/* Wildcards of the inner one are matched by wildcards that are as wide; in a subject, which has
 * none, they are ordinary bytes that no sound subject contains. */
bool nx_pattern_covers(const char *outer, const char *inner)
{
    for (;;) {
        size_t a = token_length(outer), b = token_length(inner);
        if (is_any(outer, a, '>'))
            return b > 0;
        if (is_any(inner, b, '>'))
            return false;
        if (is_any(outer, a, '*') ? b == 0 : a != b || memcmp(outer, inner, a) != 0)
            return false;
        if (!outer[a] || !inner[b])
            return !outer[a] && !inner[b];
        outer += a + 1;
        inner += b + 1;
    }
}

bool nx_pattern_matches(const char *pattern, const char *subject)
{
    return nx_pattern_covers(pattern, subject);
}

bool nx_patterns_match(const struct nx_patterns *patterns, const char *subject)
{
    for (unsigned i = 0; i < patterns->count; i++)
        if (nx_pattern_matches(patterns->items[i], subject))
            return true;
    return false;
}

bool nx_patterns_cover(const struct nx_patterns *outer, const struct nx_patterns *inner)
{
    for (unsigned i = 0; i < inner->count; i++)
        if (!nx_patterns_match(outer, inner->items[i]))
            return false;
    return true;
}
