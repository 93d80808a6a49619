/* SPDX-License-Identifier: Apache-2.0 */
#include "ack_subject.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Steps over `begin`; NULL when something else stands there. */
static const char *skip(const char *at, const char *begin)
{
    size_t length = strlen(begin);

    return strncmp(at, begin, length) == 0 ? at + length : NULL;
}

static const char *skip_any(const char *at)
{
    const char *dot = strchr(at, '.');

    return dot && dot > at ? dot + 1 : NULL;
}

/* Reads a decimal number and what ends it; NULL when there is none or it does not fit. */
static const char *read_number(const char *at, uint64_t *out)
{
    uint64_t value = 0;
    const char *first = at;

    for (; *at >= '0' && *at <= '9'; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (value > UINT64_MAX / 10 || value * 10 > UINT64_MAX - digit)
            return NULL;
        value = value * 10 + digit;
    }
    *out = value;
    return at > first ? at : NULL;
}

/* The five numbers; `*end` is what follows them. */
static bool read_numbers(const char *at, struct nx_ack_subject *out, const char **end)
{
    uint64_t numbers[5];

    for (size_t i = 0; i < 5; i++) {
        at = read_number(at, &numbers[i]);
        if (!at || (i < 4 && *at++ != '.'))
            return false;
    }
    out->count = numbers[0];
    out->stream_sequence = numbers[1];
    out->consumer_sequence = numbers[2];
    out->time = numbers[3] <= INT64_MAX ? (int64_t)numbers[3] : INT64_MAX;
    out->pending = numbers[4];
    *end = at;
    return true;
}

bool nx_ack_subject_match(const char *reply, const char *prefix, struct nx_ack_subject *out)
{
    const char *end, *at = reply ? skip(reply, prefix) : NULL;

    if (at && read_numbers(at, out, &end) && !*end)
        return true;
    at = reply ? skip(reply, NX_ACK_PREFIX) : NULL;
    at = at ? skip_any(at) : NULL;
    at = at ? skip_any(at) : NULL;
    at = at ? skip(at, prefix + strlen(NX_ACK_PREFIX)) : NULL;
    /* One token more may stand at the end. */
    return at && read_numbers(at, out, &end) &&
           (!*end || (*end == '.' && end[1] && !strchr(end + 1, '.')));
}

bool nx_ack_subject_parse(const char *reply, const char *stream, const char *consumer,
                          struct nx_ack_subject *out)
{
    char prefix[512];
    int length = snprintf(prefix, sizeof(prefix), NX_ACK_PREFIX "%s.%s.", stream, consumer);

    return length > 0 && (size_t)length < sizeof(prefix) &&
           nx_ack_subject_match(reply, prefix, out);
}
