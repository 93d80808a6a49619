/* SPDX-License-Identifier: Apache-2.0 */
/* Every event of the bus as one line of JSON on standard output, for anything that reads lines:
 *
 *     bridge | my-warehouse-loader
 *     bridge salon-001 > salon.ndjson
 *
 * event_line.h lists the members of a line. An event counts as handled once its line is written; it
 * comes again when that failed. Ctrl-C ends the bridge, and so does a reader that goes away. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "environment.h"
#include "event_line.h"

static struct nexus_client *client;

static void on_signal(int number)
{
    (void)number;
    nexus_client_stop(client);
}

static int report(const struct nexus_error *err)
{
    fprintf(stderr, "bridge: %s%s%s (%s)\n", err->where, *err->where ? ": " : "", err->message,
            nexus_status_name(err->code));
    return EXIT_FAILURE;
}

static enum nexus_verdict on_event(const struct nexus_json_event *event,
                                   struct nexus_delivery *delivery, void *data)
{
    bool *failed = data;

    (void)event;
    if (!*failed)
        event_line_write(stdout, delivery);
    if (!*failed && fflush(stdout) == 0 && !ferror(stdout))
        return NEXUS_ACK;
    if (!*failed && errno != EPIPE)
        perror("bridge: standard output");
    *failed = true;
    nexus_client_stop(client);
    return NEXUS_RETRY;
}

int main(int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_subscription *subscription;
    bool failed = false;

    signal(SIGPIPE, SIG_IGN);
    client = environment_client("bridge", &err);
    if (!client)
        return report(&err);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (nexus_subscribe_json(client, NULL, argc > 1 ? argv[1] : NULL, on_event, &failed, NULL,
                             &subscription, &err) ||
        nexus_client_run(client, &err) || nexus_client_close(client, 5000, &err))
        report(&err);
    nexus_client_destroy(client);
    return err.code ? EXIT_FAILURE : EXIT_SUCCESS;
}
