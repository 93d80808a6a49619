/* SPDX-License-Identifier: Apache-2.0 */
/* Strings as JSON. Doubles are in json_double.c. */
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
