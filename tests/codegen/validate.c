/* SPDX-License-Identifier: Apache-2.0 */
/* validate: reads lines "channel payload" and says for each what the library says of it. */
#include <nexus/nexus.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    char line[65536];

    while (fgets(line, sizeof line, stdin)) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        char *payload = strchr(line, ' ');

        line[strcspn(line, "\n")] = '\0';
        if (!payload)
            return 2;
        *payload++ = '\0';
        printf("%s %s\n", line, nexus_status_name(nexus_validate_json(line, payload, &err)));
    }
    return 0;
}
