/* SPDX-License-Identifier: Apache-2.0 */
/* A service that watches fridges and sends an alarm when one is too warm:
 *
 *     subscriber             every tenant's sensors
 *     subscriber farm-004    one tenant's
 *
 * Ctrl-C ends it. The server remembers what it has handled: started again, it goes on there. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"

#define TOO_WARM  8.0
#define OPERATORS INT64_C(-1001234567890) /* a chat */

static struct nexus_client *client;

static void on_signal(int number)
{
    (void)number;
    nexus_client_stop(client); /* makes nexus_client_run() return */
}

static int report(const struct nexus_error *err)
{
    fprintf(stderr, "subscriber: %s%s%s (%s)\n", err->where, *err->where ? ": " : "", err->message,
            nexus_status_name(err->code));
    return EXIT_FAILURE;
}

static enum nexus_verdict on_reading(const struct nexus_iot_sensor_data *event,
                                     struct nexus_delivery *delivery, void *data)
{
    struct nexus_telegram_message alarm = NEXUS_TELEGRAM_MESSAGE_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    char text[256];

    (void)data;
    snprintf(text, sizeof(text), "%s %s: %.1f %s", nexus_delivery_tenant(delivery),
             event->sensor_id, event->value, event->unit ? event->unit : "");
    puts(text);
    if (strcmp(event->metric, "temperature") != 0 || event->value <= TOO_WARM)
        return NEXUS_ACK;

    /* Published from inside a handler, the alarm joins the causal chain of the reading. */
    alarm.direction = NEXUS_TELEGRAM_MESSAGE_DIRECTION_OUTBOUND;
    alarm.chat_id = OPERATORS;
    alarm.text = text;
    if (nexus_publish_telegram_message(client, &alarm, NULL, NULL, &err) == NEXUS_OK)
        return NEXUS_ACK;
    report(&err);
    return err.flags & NEXUS_ERROR_RETRIABLE ? NEXUS_RETRY : NEXUS_REJECT;
}

int main(int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_subscription *subscription;
    const char *tenant = argc > 1 ? argv[1] : NULL;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a line at a time, into pipes too */
    client = environment_client("fridge-watch", &err);
    if (!client)
        return report(&err);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (nexus_subscribe_iot_sensor_data(client, tenant, on_reading, NULL, NULL, &subscription,
                                        &err) ||
        nexus_client_run(client, &err) || nexus_client_close(client, 5000, &err))
        report(&err);
    nexus_client_destroy(client); /* and the subscription with it; the durable consumer stays */
    return err.code ? EXIT_FAILURE : EXIT_SUCCESS;
}
