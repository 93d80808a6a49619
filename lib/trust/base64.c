/* SPDX-License-Identifier: Apache-2.0 */
#include "base64.h"

#include <stdint.h>

static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char plain_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t encode(char *out, const unsigned char *in, size_t size, const char *digits)
{
    char *at = out;
    uint32_t bits;

    for (; size >= 3; size -= 3, in += 3) {
        bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        *at++ = digits[bits >> 18];
        *at++ = digits[bits >> 12 & 63];
        *at++ = digits[bits >> 6 & 63];
        *at++ = digits[bits & 63];
    }
    if (size) {
        bits = (uint32_t)in[0] << 16 | (size == 2 ? (uint32_t)in[1] << 8 : 0);
        *at++ = digits[bits >> 18];
        *at++ = digits[bits >> 12 & 63];
        if (size == 2)
            *at++ = digits[bits >> 6 & 63];
    }
    return (size_t)(at - out);
}

size_t nx_base64url_write(char *out, const void *bytes, size_t size)
{
    return encode(out, bytes, size, url_digits);
}

size_t nx_base64_write(char *out, const void *bytes, size_t size)
{
    size_t length = encode(out, bytes, size, plain_digits);

    while (length % 4)
        out[length++] = '=';
    return length;
}

void nx_base64url_put(struct nx_buf *out, const void *bytes, size_t size)
{
    if (nx_buf_reserve(out, NX_BASE64_LENGTH(size)))
        out->length += nx_base64url_write(out->data + out->length, bytes, size);
}

/* Computed, not looked up: what is read may be a secret. 64: not a digit. */
static uint32_t value_of(unsigned char digit, char third_last, char last)
{
    uint32_t value = 64;

    if (digit >= 'A' && digit <= 'Z')
        value = (uint32_t)digit - 'A';
    else if (digit >= 'a' && digit <= 'z')
        value = (uint32_t)digit - 'a' + 26;
    else if (digit >= '0' && digit <= '9')
        value = (uint32_t)digit - '0' + 52;
    else if (digit == (unsigned char)third_last)
        value = 62;
    else if (digit == (unsigned char)last)
        value = 63;
    return value;
}

static bool decode(const char *text, size_t length, char d62, char d63, unsigned char *out,
                   size_t *size)
{
    unsigned char *at = out;
    uint32_t bits = 0;
    unsigned held = 0;

    *size = 0;
    if (length % 4 == 1)
        return false;
    for (size_t i = 0; i < length; i++) {
        uint32_t value = value_of((unsigned char)text[i], d62, d63);
        if (value > 63)
            return false;
        bits = (bits << 6 | value) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *at++ = (unsigned char)(bits >> held);
        }
    }
    *size = (size_t)(at - out);
    return (bits & ((1u << held) - 1)) == 0;
}

/* The values of digits for URLs, plus 1; 0: none. For what is no secret, where speed counts. */
static const unsigned char url_values[256] = {
    ['-'] = 63, ['_'] = 64, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58,
    ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,
    ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12,
    ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20,
    ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
    ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44,
    ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52,
};

/* Four digits at a time, while there are four sound ones; returns how many digits were read. */
static size_t decode_fours(const char *text, size_t length, unsigned char *out)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t done = 0;

    for (; length - done >= 4; done += 4, at += 4, out += 3) {
        uint32_t a = url_values[at[0]], b = url_values[at[1]], c = url_values[at[2]],
                 d = url_values[at[3]];
        uint32_t bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
        if (!a || !b || !c || !d)
            break;
        out[0] = (unsigned char)(bits >> 16);
        out[1] = (unsigned char)(bits >> 8);
        out[2] = (unsigned char)bits;
    }
    return done;
}

bool nx_base64url_read(const char *text, size_t length, void *out, size_t *size)
{
    size_t done = decode_fours(text, length, out);
    bool sound =
        decode(text + done, length - done, '-', '_', (unsigned char *)out + done / 4 * 3, size);

    *size += done / 4 * 3;
    return sound;
}

bool nx_base64url_read_secret(const char *text, size_t length, void *out, size_t *size)
{
    return decode(text, length, '-', '_', out, size);
}

bool nx_base64_read(const char *text, size_t length, void *out, size_t *size)
{
    if (length % 4)
        return false;
    for (int i = 0; i < 2 && length && text[length - 1] == '='; i++)
        length--;
    return decode(text, length, '+', '/', out, size);
}
