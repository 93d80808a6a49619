/* SPDX-License-Identifier: Apache-2.0 */
#include "json_text.h"

/* Whether a C1 control character begins here: two bytes, which some terminals obey. */
static bool is_c1(const char *at)
{
    unsigned char second = (unsigned char)at[1];

    return (unsigned char)at[0] == 0xc2 && second >= 0x80 && second < 0xa0;
}

void json_put_string(FILE *out, const char *text)
{
    if (!text) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\u%04x", c);
        else if (is_c1(at))
            fprintf(out, "\\u%04x", (unsigned char)*++at);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

void json_put_line(FILE *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x20)
            fputc(' ', out);
        else if (c == 0x7f)
            fputs("\\u007f", out);
        else if (is_c1(at))
            fprintf(out, "\\u%04x", (unsigned char)*++at);
        else
            fputc(c, out);
    }
}
