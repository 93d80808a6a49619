/* SPDX-License-Identifier: Apache-2.0 */
#include "units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double factor;
};

static const struct unit durations[] = {{"", 1000},  {"ms", 1},    {"s", 1000}, {"m", 60000},
                                        {"h", 36e5}, {"d", 864e5}, {NULL, 0}};
static const struct unit sizes[] = {
    {"", 1},  {"K", 1024.0}, {"M", 1048576.0}, {"G", 1073741824.0}, {"T", 1099511627776.0},
    {NULL, 0}};

bool parse_count(const char *text, int64_t least, int64_t most, int64_t *out)
{
    char *end;
    long long value;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno || *end || value < least || value > most)
        return false;
    *out = value;
    return true;
}

/* Digits, perhaps a point and more digits, then a unit. */
static bool parse_with_unit(const char *text, const struct unit *units, int64_t *out)
{
    size_t length = strspn(text, "0123456789.");
    char *end;
    double value = strtod(text, &end);

    if (*text < '0' || *text > '9' || end != text + length)
        return false;
    for (; units->name; units++) {
        if (strcmp(end, units->name) != 0)
            continue;
        if (value * units->factor > 9e15)
            return false;
        *out = (int64_t)(value * units->factor);
        return true;
    }
    return false;
}

bool parse_duration(const char *text, int64_t *milliseconds)
{
    return parse_with_unit(text, durations, milliseconds);
}

bool parse_size(const char *text, int64_t *bytes)
{
    return parse_with_unit(text, sizes, bytes);
}
