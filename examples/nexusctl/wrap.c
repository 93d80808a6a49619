/* SPDX-License-Identifier: Apache-2.0 */
#include "wrap.h"

#include <string.h>

/* Characters, not bytes; help texts have no wide ones. */
static size_t columns(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

void wrap_text(FILE *out, const char *text, size_t indent, size_t width)
{
    size_t at = indent;

    while (*text) {
        size_t length = strcspn(text, " \n");
        size_t wide = columns(text, length);
        if (at > indent && at + 1 + wide > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        }
        if (at > indent)
            fputc(' ', out);
        at += wide + (at > indent);
        fwrite(text, 1, length, out);
        text += length;
        text += strspn(text, " \n");
    }
    fputc('\n', out);
}
