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

bool nx_base64url_read(const char *text, size_t length, void *out, size_t *size)
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
