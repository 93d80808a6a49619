/* SPDX-License-Identifier: Apache-2.0 */
/* The INIT macros set the size and nothing else, and the library is the version of its headers. */
#include <nexus/nexus.h>
#include <nexus/testing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void check(const char *name, const void *object, size_t bytes, size_t says)
{
    const char *rest = (const char *)object + sizeof(says);

    for (size_t i = 0; says == bytes && i < bytes - sizeof(says); i++)
        if (rest[i])
            says = 0;
    if (says != bytes) {
        fprintf(stderr, "%s does not set the size and nothing else\n", name);
        failures++;
    }
}

#define CHECK(type, init)                                   \
    do {                                                    \
        static const struct type object = init;             \
        check(#init, &object, sizeof(object), object.size); \
    } while (0)

int main(void)
{
    struct nexus_error error = NEXUS_ERROR_INIT;

    CHECK(nexus_receipt, NEXUS_RECEIPT_INIT);
    CHECK(nexus_client_stats, NEXUS_CLIENT_STATS_INIT);
    CHECK(nexus_capability_grant, NEXUS_CAPABILITY_GRANT_INIT);
    CHECK(nexus_trust_rule, NEXUS_TRUST_RULE_INIT);
    CHECK(nexus_signed_message, NEXUS_SIGNED_MESSAGE_INIT);
    CHECK(nexus_published, NEXUS_PUBLISHED_INIT);
    CHECK(nexus_fault, NEXUS_FAULT_INIT);
    if (((struct nexus_member)NEXUS_MEMBER_INIT).size != sizeof(struct nexus_member) ||
        ((struct nexus_check_result)NEXUS_CHECK_RESULT_INIT).size !=
            sizeof(struct nexus_check_result))
        failures++;
    if (error.code || error.flags || error.where[0] || error.message[0])
        failures++;
    if (nexus_version_number() != NEXUS_VERSION_NUMBER ||
        strcmp(nexus_version(), NEXUS_VERSION_STRING) != 0) {
        fprintf(stderr, "library %s, headers %s\n", nexus_version(), NEXUS_VERSION_STRING);
        failures++;
    }
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
