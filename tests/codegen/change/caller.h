/* SPDX-License-Identifier: Apache-2.0 */
/* What the older and the newer program share. Each prints one line per thing that it did or saw,
 * and exits with 1 when an expected event does not come. */
#ifndef CALLER_H
#define CALLER_H

#include <nexus/nexus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TENANT       "salon-001"
#define WAIT_TIMEOUT 30000 /* milliseconds without an event before giving up */

static struct nexus_client *client;
static struct nexus_error err;

static void check(const char *what, int status)
{
    if (status) {
        printf("%s: %s: %s: %s\n", what, nexus_status_name(status), err.where, err.message);
        exit(1);
    }
}

static void connect_as(const char *service)
{
    struct nexus_client_options *options = nexus_client_options_new();

    check("url", nexus_client_options_set_url(options, getenv("NEXUS_URL"), &err));
    check("service", nexus_client_options_set_service(options, service, &err));
    check("connect", nexus_client_new(options, &client, &err));
    nexus_client_options_destroy(options);
    check("provision", nexus_provision(client, NULL, NULL, &err));
}

/* The end of a publish: "sent iot NEXUS_OK" or "sent kb NEXUS_E_VALIDATION payload.language". */
static void sent(const char *what, int status)
{
    printf("sent %s %s %s\n", what, nexus_status_name(status), status ? err.where : "");
}

static const char *text(const char *value)
{
    return value ? value : "-";
}

/* Runs handlers until so many events have come; each handler calls came(). */
static int expected;

static enum nexus_verdict came(void)
{
    expected--;
    return NEXUS_ACK;
}

static void wait_for(int events)
{
    expected += events;
    while (expected > 0) {
        int ran = nexus_client_dispatch(client, WAIT_TIMEOUT, &err);
        if (ran < 0)
            check("dispatch", ran);
        if (ran == 0) {
            printf("%d events have not come\n", expected);
            exit(1);
        }
    }
}

static int finish(void)
{
    check("close", nexus_client_close(client, WAIT_TIMEOUT, &err));
    nexus_client_destroy(client);
    return 0;
}

#endif
