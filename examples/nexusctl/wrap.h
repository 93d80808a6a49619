/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WRAP_H
#define WRAP_H

#include <stddef.h>
#include <stdio.h>

/* Writes text in lines of at most `width` columns, the first one from column `indent` on, where the
 * cursor is, the others indented to it. Ends with a newline. */
void wrap_text(FILE *out, const char *text, size_t indent, size_t width);

#endif
