/* SPDX-License-Identifier: Apache-2.0 */
/* accept TRUST TABLE: whether each message of a table (see forgery.h) gets the answer that stands
 * there, for messages that other implementations have signed. */
#include <nexus/nexus.h>
#include <stdlib.h>

#include "forgery.h"

static struct forgery forgery;

static int check_one(struct nexus_trust *trust)
{
    struct nexus_signed_message message = NEXUS_SIGNED_MESSAGE_INIT;
    struct nexus_check_result result = NEXUS_CHECK_RESULT_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    const char *answer;

    message.subject = forgery.subject;
    message.message_id = forgery.message_id;
    message.signature = forgery.signature;
    message.capability = forgery.capability;
    message.body = forgery.body;
    message.length = forgery.length;
    answer = nexus_trust_check(trust, &message, &result, &err) == NEXUS_OK
                 ? "accepted"
                 : nexus_refusal_name(result.refusal);
    if (strcmp(answer, forgery.reason) == 0)
        return 0;
    printf("%s: %s instead of %s: %s\n", forgery.name, answer, forgery.reason, err.message);
    return 1;
}

int main(int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_trust *trust = NULL;
    FILE *table = argc == 3 ? fopen(argv[2], "r") : NULL;
    int failures = 0, count = 0;

    if (!table || nexus_trust_load(argv[1], &trust, &err) != NEXUS_OK) {
        fprintf(stderr, "%s: %s\n", err.where, err.message);
        return 2;
    }
    for (; forgery_next(table, &forgery); count++)
        failures += check_one(trust);
    fclose(table);
    nexus_trust_destroy(trust);
    printf("%d messages, %d wrong answers\n", count, failures);
    return failures || !count ? 1 : 0;
}
