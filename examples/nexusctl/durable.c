/* SPDX-License-Identifier: Apache-2.0 */
#include "durable.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

void durable_name(char *out)
{
    static unsigned count; /* one process may read twice */
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(out, DURABLE_NAME_SIZE, "nexusctl-%ld-%lx%08lx-%u", (long)getpid(),
             (unsigned long)now.tv_sec, (unsigned long)now.tv_nsec, count++);
}

void durable_remove(struct nexus_client *client, const char *name)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (nexus_client_state(client) != NEXUS_STATE_CONNECTED)
        report_text("no connection: the consumer %s stays at the server", name);
    else if (nexus_delete_durable(client, NULL, name, &err) && err.code != NEXUS_E_NOT_FOUND)
        report(&err);
}
