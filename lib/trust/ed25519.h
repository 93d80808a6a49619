/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 (RFC 8032) by libsodium, with the checks that not every version of it makes. */
#ifndef NX_ED25519_H
#define NX_ED25519_H

#include <stdbool.h>
#include <stddef.h>

#define NX_ED25519_PUBLIC    32
#define NX_ED25519_SEED      32
#define NX_ED25519_SECRET    64 /* the seed, and the public key behind it */
#define NX_ED25519_SIGNATURE 64

/* Makes libsodium ready; any thread, any number of times. False when it cannot be. */
bool nx_sodium_ready(void);

/* Whether 32 bytes are a public key: a canonical encoding of a point of the prime-order group. Keys
 * of small order verify signatures that nobody made. */
bool nx_ed25519_key_sound(const unsigned char key[NX_ED25519_PUBLIC]);

/* Whether the second half of a signature is below the group's order; others are copies of sound
 * signatures with other bytes. */
bool nx_ed25519_scalar_sound(const unsigned char scalar[32]);

bool nx_ed25519_verify(const unsigned char signature[NX_ED25519_SIGNATURE], const void *message,
                       size_t length, const unsigned char key[NX_ED25519_PUBLIC]);

#endif
