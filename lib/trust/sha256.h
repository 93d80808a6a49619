/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of events and of the nodes of their trees. From libcrypto where the build found it,
 * because that uses the processor's instructions; otherwise from libsodium. Public data only: what
 * is secret is hashed by libsodium. */
#ifndef NX_SHA256_H
#define NX_SHA256_H

#include <stddef.h>

#define NX_HASH_SIZE 32

/* A piece of what is hashed. */
struct nx_piece {
    const void *data;
    size_t length;
};

/* Hashes the pieces, one behind the other. Any thread; cannot fail. */
void nx_sha256(const struct nx_piece *pieces, size_t count, unsigned char out[NX_HASH_SIZE]);

#endif
