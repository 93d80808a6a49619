/* SPDX-License-Identifier: Apache-2.0 */
/* Lower-case hexadecimal, both ways. */
#ifndef NX_HEX_H
#define NX_HEX_H

#include <stddef.h>

/* Writes 2 * `length` digits, no NUL, and returns the place behind them. */
char *nx_hex_write(char *out, const unsigned char *bytes, size_t length);

/* The value of a digit of either case, or -1. */
int nx_hex_digit(char digit);

#endif
