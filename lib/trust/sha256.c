/* SPDX-License-Identifier: Apache-2.0 */
#include "sha256.h"

#ifdef NX_WITH_LIBCRYPTO

/* The plain functions: they need no allocation, and so no answer to its failure. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

void nx_sha256(const struct nx_piece *pieces, size_t count, unsigned char out[NX_HASH_SIZE])
{
    SHA256_CTX state;

    SHA256_Init(&state);
    for (size_t i = 0; i < count; i++)
        SHA256_Update(&state, pieces[i].data, pieces[i].length);
    SHA256_Final(out, &state);
}

#else

#include <sodium.h>

void nx_sha256(const struct nx_piece *pieces, size_t count, unsigned char out[NX_HASH_SIZE])
{
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha256_update(&state, pieces[i].data, pieces[i].length);
    crypto_hash_sha256_final(&state, out);
}

#endif
