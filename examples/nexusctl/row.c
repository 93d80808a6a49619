/* SPDX-License-Identifier: Apache-2.0 */
#include "row.h"

#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

struct row row_begin(void)
{
    static bool ready;

    /* For wcwidth(): what is printed is UTF-8, whatever the user's locale is. */
    if (!ready && !setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "");
    ready = true;
    return (struct row){stdout, terminal_width()};
}

/* The character at `text`, of `*length` bytes; 0 for a byte that begins none. */
static unsigned decode(const char *text, size_t *length)
{
    unsigned char first = (unsigned char)*text;
    size_t count = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
    unsigned code = count > 1 ? first & (0xffu >> (count + 1)) : first;

    *length = count ? count : 1;
    for (size_t i = 1; i < count; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) {
            *length = 1;
            return 0;
        }
        code = code << 6 | ((unsigned char)text[i] & 0x3f);
    }
    return count ? code : 0;
}

/* Characters that would show what follows them in another order. */
static bool turns_direction(unsigned code)
{
    return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* How many columns a character takes; what does not show, or would do something, becomes "?". */
static size_t columns_of(unsigned code, bool *shown)
{
    int width = code ? wcwidth((wchar_t)code) : -1;

    *shown = width >= 0 && code >= 0x20 && !turns_direction(code);
    return *shown ? (size_t)width : 1;
}

static size_t columns(const char *text)
{
    size_t total = 0, length;
    bool shown;

    for (; *text; text += length)
        total += columns_of(decode(text, &length), &shown);
    return total;
}

/* Writes as much as fits; "…" stands for the rest. Returns the columns used. */
static size_t put_cut(FILE *out, const char *text, size_t room)
{
    bool whole = columns(text) <= room;
    size_t used = 0, length;

    while (*text) {
        bool shown;
        size_t wide = columns_of(decode(text, &length), &shown);
        if (!whole && used + wide + 1 > room)
            break;
        if (shown)
            fwrite(text, 1, length, out);
        else
            fputc(strchr("\t\r\n", *text) ? ' ' : '?', out);
        used += wide;
        text += length;
    }
    if (!whole && used < room) {
        fputs("…", out);
        used++;
    }
    return used;
}

void row_put(struct row *row, enum style style, const char *text, size_t width)
{
    size_t room = width && width < row->left ? width : row->left;
    size_t used;

    if (style)
        fputs(terminal_style(style), row->out);
    used = put_cut(row->out, text, room);
    if (style)
        fputs(terminal_style(STYLE_NONE), row->out);
    for (; used < room && used < width; used++)
        fputc(' ', row->out);
    row->left -= used;
}

void row_printf(struct row *row, enum style style, size_t width, const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    row_put(row, style, text, width);
}

void row_put_time(struct row *row, int64_t nanoseconds)
{
    time_t seconds = (time_t)(nanoseconds / 1000000000);
    struct tm local;
    char text[32] = "";

    if (localtime_r(&seconds, &local))
        strftime(text, sizeof(text), "%d %b %H:%M:%S", &local);
    row_printf(row, STYLE_DIM, 0, "%s.%03d  ", text, (int)(nanoseconds / 1000000 % 1000));
}

void row_end(struct row *row)
{
    fputc('\n', row->out);
}
