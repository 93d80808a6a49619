/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, private and public, in PEM and JWK. A private key that is accepted has a sound public key,
 * which is accepted too. */
#include "fuzz.h"
#include "signer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum nexus_key_format formats[] = {NEXUS_KEY_JWK, NEXUS_KEY_PEM};
    struct nexus_signer *signer = NULL;
    struct nx_public_key key;

    if (nx_public_key_read((const char *)data, size, &key, NULL) == NEXUS_OK)
        FUZZ_ASSERT(nx_ed25519_key_sound(key.bytes) && key.key_id[0]);
    if (nexus_signer_from_text((const char *)data, size, NULL, &signer, NULL) != NEXUS_OK)
        return 0;
    for (int i = 0; i < 2; i++) {
        char *text = NULL;
        FUZZ_ASSERT(nexus_signer_public(signer, formats[i], &text, NULL) == NEXUS_OK);
        FUZZ_ASSERT(nx_public_key_read(text, strlen(text), &key, NULL) == NEXUS_OK);
        FUZZ_ASSERT(memcmp(key.bytes, signer->public_key, sizeof key.bytes) == 0);
        nexus_free(text);
    }
    nexus_signer_destroy(signer);
    return 0;
}
