/* SPDX-License-Identifier: Apache-2.0 */
/* NKeys: the public key that belongs to a seed file. */
#ifndef NX_NKEY_H
#define NX_NKEY_H

#include <nexus/error.h>

#define NX_NKEY_PUBLIC_SIZE 57 /* "U" and 55 more of base32, and a NUL */

/* Reads a user's seed (`SU…`) from a file, by itself or between the lines that mark it, and derives
 * the public key. The seed is wiped from memory. NEXUS_E_NOT_FOUND, NEXUS_E_IO (unreadable, or no
 * sound user seed in it; the message never quotes the content). */
int nx_nkey_public(const char *seed_file, char out[NX_NKEY_PUBLIC_SIZE], struct nexus_error *err);

#endif
