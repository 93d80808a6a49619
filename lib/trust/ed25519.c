/* SPDX-License-Identifier: Apache-2.0 */
#include "ed25519.h"

#include <sodium.h>

bool nx_sodium_ready(void)
{
    return sodium_init() >= 0;
}

bool nx_ed25519_key_sound(const unsigned char key[NX_ED25519_PUBLIC])
{
    return crypto_core_ed25519_is_valid_point(key) == 1;
}

bool nx_ed25519_scalar_sound(const unsigned char scalar[32])
{
    /* 2^252 + 27742317777372353535851937790883648493, lowest byte first. */
    static const unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                            0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                            0,    0,    0,    0,    0,    0,    0,    0,
                                            0,    0,    0,    0,    0,    0,    0,    0x10};

    for (int i = 31; i >= 0; i--)
        if (scalar[i] != order[i])
            return scalar[i] < order[i];
    return false;
}

bool nx_ed25519_verify(const unsigned char signature[NX_ED25519_SIGNATURE], const void *message,
                       size_t length, const unsigned char key[NX_ED25519_PUBLIC])
{
    return nx_ed25519_scalar_sound(signature + 32) &&
           crypto_sign_verify_detached(signature, message, length, key) == 0;
}
