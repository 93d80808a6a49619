/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "json.h"

static void put_escape(struct nx_buf *out, unsigned char byte)
{
    static const char letters[] = "\"\\\b\f\n\r\t";
    static const char escapes[] = "\"\\bfnrt";
    static const char digits[] = "0123456789abcdef";
    const char *letter = byte ? strchr(letters, byte) : NULL;
    char text[6] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};

    if (letter)
        text[1] = escapes[letter - letters];
    nx_buf_append(out, text, letter ? 2 : sizeof(text));
}

void nx_json_put_string(struct nx_buf *out, const char *text, size_t length)
{
    const char *end = text + length;

    nx_buf_putc(out, '"');
    for (;;) {
        size_t plain = nx_plain_span(text, end, false);
        nx_buf_append(out, text, plain);
        text += plain;
        if (text == end)
            break;
        put_escape(out, (unsigned char)*text++);
    }
    nx_buf_putc(out, '"');
}

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

/* Measurements have few decimal places: the first number of places at which the value is a whole
 * number of them is the shortest form, since dividing two exact doubles gives what a reader gets.
 * Up to 2^50 the product's error is too small to miss that whole number. */
static bool put_short(struct nx_buf *out, double value)
{
    double power = 1;

    if (FLT_EVAL_METHOD != 0 || value < 1e-5)
        return false;
    for (unsigned places = 0; places < 20; places++, power *= 10) {
        double scaled = value * power;
        uint64_t whole;

        if (scaled >= 1125899906842624.0)
            return false;
        whole = (uint64_t)(scaled + 0.5);
        if ((double)whole / power == value) {
            put_fixed(out, whole, places);
            return true;
        }
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

/* The digits of a "%.*e" text, whatever the locale's decimal point is, without trailing zeros. */
static int pick_digits(const char *text, char *digits, int *exponent)
{
    const char *mark = strchr(text, 'e');
    int count = 0;
    int sign = mark[1] == '-' ? -1 : 1;

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

static bool reads_back(const char *text, size_t length, double value)
{
    struct nx_json_node node = {0, (uint32_t)length, 1, 0, NX_JSON_NUMBER, 0};
    struct nx_json json = {text, length, &node, 1, 1, true, false};
    double back;

    return nx_json_number(&json, 0, &back, NULL) == 0 && back == value;
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
    else if (!put_short(out, value))
        put_long(out, value);
}
