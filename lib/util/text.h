/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of text: UTF-8, and URIs. */
#ifndef NX_TEXT_H
#define NX_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Strict UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). Counts code points into
 * `*points` (NULL allowed); on failure gives the offset of the bad byte in `*bad` (NULL allowed).
 */
bool nx_utf8_check(const char *text, size_t length, size_t *points, size_t *bad);

/* An absolute URI by RFC 3986: scheme, ":", and only characters that may stand where they stand. */
bool nx_uri_check(const char *text, size_t length);

#endif
