/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PUBLIC_KEY_H
#define PUBLIC_KEY_H

/* The public key in a file, PEM or JWK; that of a private key where it holds one. The caller frees
 * it. NULL after a report, with the exit status. */
char *public_key_read(const char *path, int *status);

#endif
