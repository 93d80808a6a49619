/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648), in the alphabet of URLs for JOSE and in the plain one for PEM and modules. */
#ifndef NX_BASE64_H
#define NX_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* The length of the text of `size` bytes, without padding. */
#define NX_BASE64_LENGTH(size) (((size)*4 + 2) / 3)

/* Appends the text of the bytes, in the alphabet of URLs, without padding. */
void nx_base64url_put(struct nx_buf *out, const void *bytes, size_t size);
/* The same to memory that has room for NX_BASE64_LENGTH(size); returns the length. No NUL. */
size_t nx_base64url_write(char *out, const void *bytes, size_t size);
/* The plain alphabet, padded. `out` has room for (size + 2) / 3 * 4 bytes; returns the length. */
size_t nx_base64_write(char *out, const void *bytes, size_t size);

/* Reads a text of URL alphabet and no padding. Each sequence of bytes has one spelling: padding,
 * spaces, foreign digits and bits beyond the last byte are refused. `out` has room for
 * length * 3 / 4 bytes. */
bool nx_base64url_read(const char *text, size_t length, void *out, size_t *size);
/* The same for a secret: in a time, and by ways, that do not depend on its digits. */
bool nx_base64url_read_secret(const char *text, size_t length, void *out, size_t *size);
/* The same for the plain alphabet with its padding; fit for secrets too. */
bool nx_base64_read(const char *text, size_t length, void *out, size_t *size);

#endif
