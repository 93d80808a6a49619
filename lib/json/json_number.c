/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, from their text: exact integers, and correctly rounded doubles in any locale. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_reader.h"
#include "status.h"

/* A number is mantissa * 10^exponent, when `exact`; else digits beyond the first 19 were left out.
 * `point` is where its decimal point stands, counted from the first significant digit: the number
 * is 0.ddd * 10^point. */
struct decimal {
    uint64_t mantissa;
    int64_t exponent;
    int64_t point;
    bool negative;
    bool exact;
};

#define EXPONENT_MAX 1000000 /* beyond, a number is 0 or infinite whatever its digits */

static int64_t read_exponent(const char *at, const char *end)
{
    bool negative = at < end && *at == '-';
    int64_t exponent = 0;

    for (at += at < end && (*at == '-' || *at == '+'); at < end; at++)
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    return negative ? -exponent : exponent;
}

/* Splits a checked number. */
static void read_decimal(const char *at, const char *end, struct decimal *out)
{
    int64_t digits = 0;   /* significant ones */
    int64_t fraction = 0; /* digits behind the point that are in the mantissa, or zeros before it */
    bool behind = false;

    *out = (struct decimal){.exact = true, .negative = *at == '-'};
    for (at += out->negative; at < end && (*at | 0x20) != 'e'; at++) {
        if (*at == '.') {
            behind = true;
            continue;
        }
        if (digits == 0 && *at == '0') {
            fraction += behind;
            continue;
        }
        if (digits++ < 19) {
            out->mantissa = out->mantissa * 10 + (uint64_t)(*at - '0');
            fraction += behind;
        } else {
            fraction -= !behind;
            out->exact = out->exact && *at == '0';
        }
    }
    if (at < end)
        out->exponent = read_exponent(at + 1, end);
    out->exponent -= fraction;
    out->point = out->exponent + (digits < 19 ? digits : 19);
}

/* Any number whose text is at most NX_NUMBER_LENGTH_MAX bytes long. The C locale is constant data
 * in the C libraries; asking for it each time needs no state of our own. */
static bool convert_slowly(const char *text, size_t length, double *out)
{
    char copy[NX_NUMBER_LENGTH_MAX + 1];
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);

    if (!locale)
        return false;
    memcpy(copy, text, length);
    copy[length] = 0;
    *out = strtod_l(copy, NULL, locale);
    freelocale(locale);
    return true;
}

/* Both the mantissa and the power of ten are exact doubles, so that one operation rounds once. */
static bool convert_quickly(const struct decimal *decimal, double *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double value = (double)decimal->mantissa;

    if (FLT_EVAL_METHOD != 0 || !decimal->exact || decimal->mantissa > (uint64_t)1 << 53)
        return false;
    if (decimal->exponent < -22 || decimal->exponent > 22)
        return false;
    if (decimal->exponent < 0)
        value /= powers[-decimal->exponent];
    else
        value *= powers[decimal->exponent];
    *out = decimal->negative ? -value : value;
    return true;
}

bool nx_json_is_finite(const char *text, size_t length)
{
    struct decimal decimal;
    double value = 0;

    if (length <= 300 && !memchr(text, 'e', length) && !memchr(text, 'E', length))
        return true;
    read_decimal(text, text + length, &decimal);
    if (decimal.mantissa == 0 || decimal.point < 309)
        return true;
    return decimal.point == 309 && convert_slowly(text, length, &value) && isfinite(value);
}

/* Up to 15 digits, as nearly all integers are written. */
static bool read_plain_integer(const char *at, size_t length, int64_t *out)
{
    bool negative = *at == '-';
    int64_t value = 0;

    if (length > 15)
        return false;
    for (size_t i = negative; i < length; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        value = value * 10 + (at[i] - '0');
    }
    *out = negative ? -value : value;
    return true;
}

static int reject_size(struct nexus_error *err, const char *text, int length, bool negative)
{
    return nx_fail(err, NEXUS_E_VALIDATION, NULL, "%.*s %s", length < 40 ? length : 40, text,
                   negative ? "is below -(2^53-1)" : "exceeds 2^53-1");
}

int nx_json_integer(const struct nx_json *json, uint32_t node, int64_t *out,
                    struct nexus_error *err)
{
    const struct nx_json_node *at = &json->nodes[node];
    const char *text = json->text + at->start;
    size_t length = at->end - at->start;
    struct decimal decimal;

    if (at->type != NX_JSON_NUMBER)
        return nx_fail(err, NEXUS_E_VALIDATION, NULL, "expected an integer, got %s",
                       nx_json_type_name(json, node));
    if (read_plain_integer(text, length, out))
        return 0;
    read_decimal(text, text + length, &decimal);
    if (decimal.mantissa && decimal.point > 16)
        return reject_size(err, text, (int)length, decimal.negative);
    for (; decimal.mantissa && decimal.exponent > 0; decimal.exponent--)
        decimal.mantissa *= 10;
    for (; decimal.exponent < 0 && decimal.mantissa && decimal.mantissa % 10 == 0;
         decimal.exponent++)
        decimal.mantissa /= 10;
    if (decimal.mantissa && (!decimal.exact || decimal.exponent < 0))
        return nx_fail(err, NEXUS_E_VALIDATION, NULL, "expected an integer, got %.*s",
                       length < 40 ? (int)length : 40, text);
    if (decimal.mantissa > NX_INTEGER_MAX)
        return reject_size(err, text, (int)length, decimal.negative);
    *out = decimal.negative ? -(int64_t)decimal.mantissa : (int64_t)decimal.mantissa;
    return 0;
}

int nx_json_number(const struct nx_json *json, uint32_t node, double *out, struct nexus_error *err)
{
    const struct nx_json_node *at = &json->nodes[node];
    const char *text = json->text + at->start;
    size_t length = at->end - at->start;
    struct decimal decimal;
    double value;

    if (at->type != NX_JSON_NUMBER)
        return nx_fail(err, NEXUS_E_VALIDATION, NULL, "expected a number, got %s",
                       nx_json_type_name(json, node));
    read_decimal(text, text + length, &decimal);
    if (!convert_quickly(&decimal, &value) && !convert_slowly(text, length, &value))
        return nx_no_memory(err);
    *out = value;
    return 0;
}
