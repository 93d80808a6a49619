/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "bus_subject.h"

static size_t token_length(const char *at)
{
    return strcspn(at, ".");
}

/* The token behind this one, or NULL at the end. */
static const char *next_token(const char *at)
{
    at += token_length(at);
    return *at ? at + 1 : NULL;
}

static bool is_token(const char *at, char only)
{
    return at[0] == only && (at[1] == '.' || !at[1]);
}

static bool same_token(const char *a, const char *b)
{
    size_t length = token_length(a);

    return length == token_length(b) && memcmp(a, b, length) == 0;
}

bool nx_bus_matches(const char *filter, const char *subject)
{
    while (filter && subject) {
        if (is_token(filter, '>'))
            return true;
        if (!is_token(filter, '*') && !same_token(filter, subject))
            return false;
        filter = next_token(filter);
        subject = next_token(subject);
    }
    return !filter && !subject;
}

bool nx_bus_overlaps(const char *a, const char *b)
{
    while (a && b) {
        if (is_token(a, '>') || is_token(b, '>'))
            return true;
        if (!is_token(a, '*') && !is_token(b, '*') && !same_token(a, b))
            return false;
        a = next_token(a);
        b = next_token(b);
    }
    return !a && !b;
}

bool nx_bus_filter_sound(const char *filter)
{
    for (const char *at = filter; at; at = next_token(at)) {
        size_t length = token_length(at);
        if (!length || strcspn(at, " \t\r\n") < length)
            return false;
        if (is_token(at, '>') && at[1])
            return false;
    }
    return filter != NULL;
}
