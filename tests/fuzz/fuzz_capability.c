/* SPDX-License-Identifier: Apache-2.0 */
/* Capability chains: read, shown, and checked against a store whose key the input does not have. */
#include "captoken.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const grants[] = {"nexus.>", NULL};
    static struct nexus_trust *trust;
    struct nx_jwt tokens[NEXUS_CAPABILITY_DEPTH];
    struct nx_arena arena = NX_ARENA_INIT;
    struct nx_json json = NX_JSON_INIT;
    struct nx_claims claims = {0};
    char *text = fuzz_text(data, size), *shown = NULL;
    unsigned count;

    if (!trust) {
        struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
        rule.grants = grants;
        rule.key_id = "core-1";
        FUZZ_ASSERT(nexus_trust_new(&trust, NULL) == NEXUS_OK);
        FUZZ_ASSERT(nexus_trust_add(trust,
                                    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                                    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
                                    &rule, NULL) == NEXUS_OK);
    }
    FUZZ_ASSERT(nexus_capability_verify(text, trust, 0, NULL) != NEXUS_OK);
    if (nexus_capability_inspect(text, &shown, NULL) == NEXUS_OK)
        FUZZ_ASSERT(nx_json_read(&json, shown, strlen(shown), NULL) == NEXUS_OK);
    count = nx_chain_split(text, tokens);
    for (unsigned i = 0; i < count; i++)
        (void)nx_jwt_claims(&json, &tokens[i], &arena, &claims, NULL);
    nexus_free(shown);
    nx_json_free(&json);
    nx_arena_free(&arena);
    free(text);
    return 0;
}
