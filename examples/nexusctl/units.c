/* SPDX-License-Identifier: Apache-2.0 */
#include "units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* ".123456789" and what follows; moves `*text` behind the digits. */
static int64_t parse_fraction(const char **text)
{
    int64_t value = 0, unit = 100000000;

    if (**text != '.')
        return 0;
    for (++*text; **text >= '0' && **text <= '9'; ++*text, unit /= 10)
        value += (**text - '0') * unit;
    return value;
}

static bool parse_date(const char *text, int64_t *nanoseconds)
{
    static const char *const formats[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
                                          "%Y-%m-%d %H:%M", "%Y-%m-%d"};

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct tm broken = {.tm_isdst = -1};
        const char *rest = strptime(text, formats[i], &broken);
        int64_t fraction = rest ? parse_fraction(&rest) : 0;
        bool utc = rest && strcmp(rest, "Z") == 0;
        time_t seconds;
        if (!rest || (*rest && !utc))
            continue;
        seconds = utc ? timegm(&broken) : mktime(&broken);
        if (seconds < 0 || seconds > 9000000000)
            return false;
        *nanoseconds = (int64_t)seconds * 1000000000 + fraction;
        return true;
    }
    return false;
}

bool parse_moment(const char *text, int64_t *nanoseconds)
{
    struct timespec now;
    int64_t milliseconds;

    if (!parse_duration(text, &milliseconds))
        return parse_date(text, nanoseconds);
    clock_gettime(CLOCK_REALTIME, &now);
    *nanoseconds = now.tv_sec * INT64_C(1000000000) + now.tv_nsec - milliseconds * 1000000;
    return *nanoseconds >= 0;
}
