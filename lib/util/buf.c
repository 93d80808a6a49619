/* SPDX-License-Identifier: Apache-2.0 */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST 256

void nx_buf_free(struct nx_buf *buf)
{
    if (!buf)
        return;
    free(buf->data);
    buf->data = NULL;
    buf->capacity = 0;
    nx_buf_reset(buf);
}

void nx_buf_reset(struct nx_buf *buf)
{
    buf->length = 0;
    buf->failed = false;
    buf->over_limit = false;
}

static bool fail(struct nx_buf *buf, bool over_limit)
{
    buf->failed = true;
    buf->over_limit = over_limit;
    return false;
}

/* Room for `wanted` bytes, and one more for the NUL of nx_buf_text(). */
static bool grow(struct nx_buf *buf, size_t wanted)
{
    size_t capacity = buf->capacity ? buf->capacity : SMALLEST;
    char *data;

    while (capacity <= wanted) {
        if (capacity > SIZE_MAX / 2)
            return fail(buf, false);
        capacity *= 2;
    }
    data = realloc(buf->data, capacity);
    if (!data)
        return fail(buf, false);
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

bool nx_buf_reserve(struct nx_buf *buf, size_t extra)
{
    if (buf->failed)
        return false;
    if (extra > SIZE_MAX / 4 - buf->length)
        return fail(buf, buf->limit > 0);
    if (buf->limit && buf->length + extra > buf->limit)
        return fail(buf, true);
    return buf->length + extra < buf->capacity || grow(buf, buf->length + extra);
}

void nx_buf_append(struct nx_buf *buf, const void *bytes, size_t length)
{
    if (length == 0 || !nx_buf_reserve(buf, length))
        return;
    memcpy(buf->data + buf->length, bytes, length);
    buf->length += length;
}

void nx_buf_puts(struct nx_buf *buf, const char *text)
{
    nx_buf_append(buf, text, strlen(text));
}

void nx_buf_putc(struct nx_buf *buf, char byte)
{
    if (nx_buf_reserve(buf, 1))
        buf->data[buf->length++] = byte;
}

void nx_buf_int64(struct nx_buf *buf, int64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    nx_buf_append(buf, digits + at, sizeof(digits) - at);
}

void nx_buf_printf(struct nx_buf *buf, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        fail(buf, false);
        return;
    }
    /* One byte beyond the text is always there, for vsnprintf's NUL. */
    if (!nx_buf_reserve(buf, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(buf->data + buf->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buf->length += (size_t)length;
}

const char *nx_buf_text(struct nx_buf *buf)
{
    if (!nx_buf_reserve(buf, 0))
        return NULL;
    buf->data[buf->length] = 0;
    return buf->data;
}

char *nx_buf_take(struct nx_buf *buf)
{
    char *text = nx_buf_text(buf) ? buf->data : NULL;

    if (text) {
        buf->data = NULL;
        buf->capacity = 0;
        nx_buf_reset(buf);
    }
    return text;
}
