/* SPDX-License-Identifier: Apache-2.0 */
/* The header Nexus-Signature against a store with one key: whatever comes, nothing is accepted but
 * what that key signed, which the input cannot do. */
#include "checker.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const subjects[] = {"nexus.>", NULL};
    static struct nx_checker *checker;
    char *text = fuzz_text(data, size);
    struct nx_signed_event event = {.subject = "nexus.salon-001.kb.ingested",
                                    .signature = text,
                                    .body = "{}",
                                    .length = 2,
                                    .stored = 1800000000};
    struct nx_checked checked;

    if (!checker) {
        struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
        struct nexus_trust *trust = NULL;
        rule.subjects = subjects;
        rule.key_id = "till-1";
        FUZZ_ASSERT(nexus_trust_new(&trust, NULL) == NEXUS_OK);
        FUZZ_ASSERT(nexus_trust_add(trust,
                                    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                                    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
                                    &rule, NULL) == NEXUS_OK);
        checker = nx_checker_new(trust, NEXUS_TRUST_REQUIRE);
        nexus_trust_destroy(trust);
    }
    FUZZ_ASSERT(checker && nx_checker_check(checker, &event, &checked, NULL) != NEXUS_OK);
    FUZZ_ASSERT(checked.refusal != NEXUS_REFUSED_NOT);
    free(text);
    return 0;
}
