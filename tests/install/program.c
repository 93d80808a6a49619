/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody else's program: valid C99 and C++11, and all it has is the installed library. */
#include <nexus/nexus.h>
#include <stdio.h>

int main(void)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_agent_handoff event = NEXUS_AGENT_HANDOFF_INIT;
    int status =
        nexus_validate_json("agentHandoff", "{\"from\":\"a\",\"to\":\"b\",\"task\":\"c\"}", &err);
    if (event.size != sizeof event || status != NEXUS_E_VALIDATION) {
        printf("%s: %s\n", nexus_status_name(status), err.message);
        return 1;
    }
    printf("nexus-sdk %s: %s: required\n", nexus_version(), err.where);
    return 0;
}
