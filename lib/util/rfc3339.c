/* SPDX-License-Identifier: Apache-2.0 */
#include "rfc3339.h"

#include <stddef.h>

/* Exactly `digits` digits. */
static bool number(const char **at, int digits, int64_t *out)
{
    int64_t value = 0;

    for (; digits; digits--, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (**at - '0');
    }
    *out = value;
    return true;
}

static bool literal(const char **at, char wanted)
{
    if (**at != wanted)
        return false;
    (*at)++;
    return true;
}

/* Days since 1970 of a day of the Gregorian calendar: years begin in March, so that the leap day is
 * the last of a year. */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool read_fraction(const char **at, int64_t *nanoseconds)
{
    int64_t unit = 100000000;

    *nanoseconds = 0;
    if (**at != '.')
        return true;
    for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
        *nanoseconds += (**at - '0') * unit;
    return true;
}

/* "Z", or hours and minutes that the clock is ahead. */
static bool read_zone(const char **at, int64_t *seconds)
{
    int64_t hours, minutes;
    int sign = **at == '-' ? -1 : 1;

    *seconds = 0;
    if (literal(at, 'Z'))
        return true;
    if (**at != '+' && **at != '-')
        return false;
    (*at)++;
    if (!number(at, 2, &hours) || !literal(at, ':') || !number(at, 2, &minutes))
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool nx_rfc3339_read(const char *text, int64_t *nanoseconds)
{
    int64_t year, month, day, hour, minute, second, fraction, zone;
    const char *at = text;

    if (!at || !number(&at, 4, &year) || !literal(&at, '-') || !number(&at, 2, &month) ||
        !literal(&at, '-') || !number(&at, 2, &day) || !literal(&at, 'T') ||
        !number(&at, 2, &hour) || !literal(&at, ':') || !number(&at, 2, &minute) ||
        !literal(&at, ':') || !number(&at, 2, &second) || !read_fraction(&at, &fraction) ||
        !read_zone(&at, &zone) || *at)
        return false;
    if (year < 1678 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
        minute > 59 || second > 60)
        return false;
    *nanoseconds =
        (days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - zone) * 1000000000 +
        fraction;
    return true;
}
