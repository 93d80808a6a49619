/* SPDX-License-Identifier: Apache-2.0 */
/* The rule of subject tokens, for code that has a piece of text instead of a string. */
#ifndef NX_TOKEN_H
#define NX_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether `length` bytes are a sound token; see nexus_check_token(). */
bool nx_token_sound(const char *text, size_t length);

#endif
