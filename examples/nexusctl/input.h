/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INPUT_H
#define INPUT_H

#include <stddef.h>

/* Reads a file, or standard input for NULL and "-", of at most `most` bytes, with a NUL behind it.
 * The caller frees it. NULL after a report. */
char *input_read(const char *path, size_t most, size_t *length);

#endif
