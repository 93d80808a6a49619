/* SPDX-License-Identifier: Apache-2.0 */
/* What standard output is: a terminal, with colours and a width, or not. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

bool terminal_is(void);

/* Colours help the eye on a terminal, and are in the way everywhere else. NO_COLOR turns them off,
 * and so does TERM=dumb. */
bool terminal_coloured(void);

/* Columns of the terminal, now; elsewhere those of COLUMNS, and without it no limit: SIZE_MAX. */
size_t terminal_width(void);

enum style { STYLE_NONE, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_WARNING, STYLE_BAD };

/* The sequence that begins a style; STYLE_NONE ends it. An empty text where there are no colours.
 */
const char *terminal_style(enum style style);

#endif
