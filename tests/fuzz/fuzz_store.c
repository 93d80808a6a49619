/* SPDX-License-Identifier: Apache-2.0 */
/* JWK Sets: what is accepted is the same when it is written and read again. */
#include "fuzz.h"
#include "trust_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nexus_trust *trust = NULL, *again = NULL;
    char *first = NULL, *second = NULL;

    FUZZ_ASSERT(nexus_trust_new(&trust, NULL) == NEXUS_OK);
    FUZZ_ASSERT(nexus_trust_new(&again, NULL) == NEXUS_OK);
    if (nx_trust_text_read((const char *)data, size, trust->set, NULL) == NEXUS_OK) {
        FUZZ_ASSERT(nexus_trust_json(trust, &first, NULL) == NEXUS_OK);
        FUZZ_ASSERT(nx_trust_text_read(first, strlen(first), again->set, NULL) == NEXUS_OK);
        FUZZ_ASSERT(nexus_trust_json(again, &second, NULL) == NEXUS_OK);
        FUZZ_ASSERT(strcmp(first, second) == 0);
    }
    nexus_free(first);
    nexus_free(second);
    nexus_trust_destroy(trust);
    nexus_trust_destroy(again);
    return 0;
}
