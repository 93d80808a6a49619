/* SPDX-License-Identifier: Apache-2.0 */
/* Doubles as JSON: short for short decimals, else with as many digits as it takes to read them back
 * equal, and the same in every locale. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

/* Writes digits with a point `places` before their end: (2150, 2) is 21.50. */
static void put_fixed(struct nx_buf *out, uint64_t digits, unsigned places)
{
    char text[24];
    size_t at = sizeof(text);

    for (unsigned done = 0; digits || done <= places; done++) {
        if (places && done == places)
            text[--at] = '.';
        text[--at] = (char)('0' + digits % 10);
        digits /= 10;
    }
    nx_buf_append(out, text + at, sizeof(text) - at);
}

static bool reads_back(const char *text, size_t length, double value)
{
    struct nx_json_node node = {0, (uint32_t)length, 1, 0, NX_JSON_NUMBER, 0};
    struct nx_json json = {text, length, &node, 1, 1, true, false};
    double back;

    return nx_json_number(&json, 0, &back, NULL) == 0 && back == value;
}

/* The product's upper and lower half. */
static void multiply(uint64_t left, uint64_t right, uint64_t *high, uint64_t *low)
{
    uint64_t cross = (left >> 32) * (right & UINT32_MAX);
    uint64_t other = (left & UINT32_MAX) * (right >> 32);
    uint64_t bottom = (left & UINT32_MAX) * (right & UINT32_MAX);
    uint64_t middle = (cross & UINT32_MAX) + (other & UINT32_MAX) + (bottom >> 32);

    *high = (left >> 32) * (right >> 32) + (cross >> 32) + (other >> 32) + (middle >> 32);
    *low = middle << 32 | (bottom & UINT32_MAX);
}

/* value * 10^places, rounded: exact, since value is m * 2^e and 10^places is 5^places * 2^places.
 */
static uint64_t scale(double value, unsigned places)
{
    int exponent;
    uint64_t five = 1;
    uint64_t high;
    uint64_t low;
    uint64_t mantissa = (uint64_t)ldexp(frexp(value, &exponent), 53);
    unsigned shift = (unsigned)(53 - exponent) - places;

    for (unsigned i = 0; i < places; i++)
        five *= 5;
    multiply(mantissa, five, &high, &low);
    return (high << (64 - shift) | low >> shift) + (low >> (shift - 1) & 1);
}

#define EXACT_PRODUCT 1125899906842624.0 /* 2^50 */

/* Measurements have few decimal places: the first number of places at which the value is a whole
 * number of them is the shortest form, since dividing two exact doubles gives what a reader gets.
 * Up to 2^50 the product's error is too small to miss that whole number. Beyond are the 16 and 17
 * digits of values that once were floats, 0.10000000149011612; there, `places` is at most 22,
 * 5^places below 2^52, and the shift in scale() from 1 to 63. */
static bool put_plainly(struct nx_buf *out, double value)
{
    size_t start = out->length;
    double power = 1;
    double scaled = 0;

    if (FLT_EVAL_METHOD != 0 || value < 1e-5 || value >= EXACT_PRODUCT)
        return false;
    for (unsigned places = 0; scaled < 1e16; places++, power *= 10) {
        uint64_t whole;

        scaled = value * power;
        whole = scaled < EXACT_PRODUCT ? (uint64_t)(scaled + 0.5) : scale(value, places);
        if (scaled < EXACT_PRODUCT && (double)whole / power != value)
            continue;
        put_fixed(out, whole, places);
        if (scaled < EXACT_PRODUCT || out->failed ||
            reads_back(out->data + start, out->length - start, value))
            return true;
        out->length = start;
    }
    return false;
}

/* Formats significant digits d.ddd * 10^exponent. */
static void put_digits(struct nx_buf *out, const char *digits, int count, int exponent)
{
    if (exponent >= 21 || exponent < -6) {
        nx_buf_append(out, digits, 1);
        if (count > 1)
            nx_buf_putc(out, '.');
        nx_buf_append(out, digits + 1, (size_t)count - 1);
        nx_buf_putc(out, 'e');
        nx_buf_int64(out, exponent);
        return;
    }
    if (exponent < 0)
        nx_buf_puts(out, "0.");
    for (int i = exponent + 1; i < 0; i++)
        nx_buf_putc(out, '0');
    for (int i = 0; i < count || i <= exponent; i++) {
        if (i > 0 && i == exponent + 1)
            nx_buf_putc(out, '.');
        nx_buf_putc(out, i < count ? digits[i] : '0');
    }
}

/* The digits of a "%.*e" text, whatever the locale's decimal point is, without zeros at the end. */
static int pick_digits(const char *text, char *digits, int *exponent)
{
    const char *mark = strchr(text, 'e');
    int sign = mark[1] == '-' ? -1 : 1;
    int count = 0;

    for (const char *at = text; at < mark; at++)
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    *exponent = 0;
    for (const char *at = mark + 2; *at; at++)
        *exponent = *exponent * 10 + (*at - '0');
    *exponent *= sign;
    return count;
}

static void put_long(struct nx_buf *out, double value)
{
    size_t start = out->length;

    /* Subnormal numbers have fewer digits to give than the 15 that others always have. */
    for (int wanted = value < DBL_MIN ? 1 : 15; wanted <= 17; wanted++) {
        char text[64];
        char digits[sizeof(text)];
        int exponent;
        int count;

        snprintf(text, sizeof(text), "%.*e", wanted - 1, value);
        count = pick_digits(text, digits, &exponent);
        out->length = start;
        put_digits(out, digits, count, exponent);
        if (out->failed || reads_back(out->data + start, out->length - start, value))
            return;
    }
}

void nx_json_put_number(struct nx_buf *out, double value)
{
    if (!isfinite(value)) {
        nx_buf_puts(out, "null");
        return;
    }
    if (signbit(value))
        nx_buf_putc(out, '-');
    value = fabs(value);
    if (value == 0)
        nx_buf_putc(out, '0');
    else if (!put_plainly(out, value))
        put_long(out, value);
}
