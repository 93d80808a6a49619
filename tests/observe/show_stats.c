/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the statistics of a client that has published and handled five events. */
#include <nexus/nexus.h>
#include <nexus/testing.h>
#include <stdio.h>
#include <stdlib.h>

static struct nexus_error err = NEXUS_ERROR_INIT;

static void must(int code)
{
    if (code >= NEXUS_OK)
        return;
    fprintf(stderr, "%s: %s\n", err.where, err.message);
    exit(1);
}

static enum nexus_verdict handle(const struct nexus_json_event *event,
                                 struct nexus_delivery *delivery, void *data)
{
    (void)event;
    (void)delivery;
    ++*(int *)data;
    return NEXUS_ACK;
}

int main(void)
{
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_subscription *subscription = NULL;
    struct nexus_client *client = NULL;
    struct nexus_memory *bus = NULL;
    int handled = 0;
    char *text = NULL;

    must(nexus_memory_open(NULL, &bus, &err));
    must(nexus_client_options_set_service(options, "observed", &err));
    must(nexus_client_options_set_url(options, nexus_memory_url(bus), &err));
    must(nexus_client_new(options, &client, &err));
    must(nexus_provision(client, NULL, NULL, &err));
    for (int i = 0; i < 5; i++)
        must(nexus_publish_json(client, "bookingCreated", "salon-001", "{\"booking\":7}", NULL,
                                NULL, &err));
    must(nexus_subscribe_json(client, "bookingCreated", "salon-001", handle, &handled, NULL,
                              &subscription, &err));
    while (handled < 5)
        must(nexus_client_dispatch(client, 1000, &err));
    must(nexus_client_stats_prometheus(client, &text, &err));
    fputs(text, stdout);
    nexus_free(text);
    nexus_client_destroy(client);
    nexus_client_options_destroy(options);
    nexus_memory_close(bus);
    return 0;
}
