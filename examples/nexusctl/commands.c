/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands. A new one is a line here, and one in command.h. */
#include <string.h>

#include "command.h"

const struct command *const commands[] = {
    /* a server to try things with */
    &dev_command,
    /* events */
    &pub_command,
    &sub_command,
    &trace_command,
    &replay_command,
    /* the stream */
    &provision_command,
    &permissions_command,
    &doctor_command,
    &consumers_command,
    &dlq_command,
    &stats_command,
    &bench_command,
    /* the contract */
    &channels_command,
    &schema_command,
    &validate_command,
    /* keys */
    &keygen_command,
    &jwks_command,
    &sign_command,
    &verify_command,
    &capability_command,
    /* the tool itself */
    &completion_command,
    &man_command,
    NULL,
};

const struct command *command_find(const struct command *const *list, const char *name)
{
    for (; *list; list++) {
        const char *space = strrchr((*list)->name, ' ');
        if (strcmp(space ? space + 1 : (*list)->name, name) == 0)
            return *list;
    }
    return NULL;
}
