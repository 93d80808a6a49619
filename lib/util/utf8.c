/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"
#include "text.h"

/* Moves over ASCII, eight bytes at a time where it can. */
static const char *skip_ascii(const char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t high = nx_load8(at) & NX_EVERY_BYTE(0x80);
        if (high)
            return at + nx_first_flag(high);
    }
    while (at < end && (unsigned char)*at < 0x80)
        at++;
    return at;
}

bool nx_utf8_check(const char *text, size_t length, size_t *points, size_t *bad)
{
    const char *at = text;
    const char *end = text + length;
    size_t beyond = 0; /* bytes that are not the first of their character */

    while ((at = skip_ascii(at, end)) < end) {
        size_t sequence = nx_utf8_sequence(at, end);
        if (sequence == 0) {
            if (bad)
                *bad = (size_t)(at - text);
            return false;
        }
        beyond += sequence - 1;
        at += sequence;
    }
    if (points)
        *points = length - beyond;
    return true;
}
