/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../environment.h"
#include "command.h"
#include "report.h"
#include "signals.h"

static void on_state(struct nexus_client *client, enum nexus_client_state state, const char *reason,
                     void *data)
{
    bool *lost = data;

    (void)client;
    if (state == NEXUS_STATE_RECONNECTING)
        report_text("connection lost%s%s; trying again", reason ? ": " : "", reason ? reason : "");
    else if (state == NEXUS_STATE_CONNECTED && *lost)
        report_text("connected again");
    *lost = state == NEXUS_STATE_RECONNECTING;
}

struct nexus_client *ctl_connect(int *status)
{
    static bool lost;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client_options *options = environment_options("nexusctl", &err);
    struct nexus_client *client = NULL;

    signals_hold();
    if (!options || nexus_client_options_set_state_callback(options, on_state, &lost, &err) ||
        nexus_client_new(options, &client, &err))
        *status = report(&err) == CTL_USAGE ? CTL_USAGE : CTL_CONNECTION;
    signals_release();
    nexus_client_options_destroy(options);
    return client;
}

bool ctl_flush(int *status)
{
    static bool failed;

    if (failed || (fflush(stdout) == 0 && !ferror(stdout)))
        return !failed;
    failed = true;
    if (errno != EPIPE) {
        report_text("standard output: %s", strerror(errno));
        *status = CTL_FAILED;
    }
    return false;
}
