/* SPDX-License-Identifier: Apache-2.0 */
/* One line of output that stays on its line: cut at the terminal's width, and free of whatever a
 * terminal could take for a command, wherever the text came from. */
#ifndef ROW_H
#define ROW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "terminal.h"

struct row {
    FILE *out;
    size_t left; /* columns */
};

/* Begins a row on standard output, as wide as the terminal is now. */
struct row row_begin(void);

/* Writes text in a style. Padded to `width` columns and cut there with "…", where that is not 0. */
void row_put(struct row *row, enum style style, const char *text, size_t width);

/* The same, for text that is made of a format; at most 255 bytes of it. */
void row_printf(struct row *row, enum style style, size_t width, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* When something was stored, in local time. */
void row_put_time(struct row *row, int64_t nanoseconds);

void row_end(struct row *row);

#endif
