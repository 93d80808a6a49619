/* SPDX-License-Identifier: Apache-2.0 */
/* A sensor that reports what it measures:
 *
 *     publisher restaurant-003 temp-fridge-01 3.9 4.1 4.4
 *
 * Each publish waits until the stream has stored the event, and says why when it has not. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "environment.h"

static int report(const struct nexus_error *err)
{
    fprintf(stderr, "publisher: %s%s%s (%s)\n", err->where, *err->where ? ": " : "", err->message,
            nexus_status_name(err->code));
    return EXIT_FAILURE;
}

static int publish(struct nexus_client *client, const char *tenant, const char *sensor,
                   const char *reading)
{
    struct nexus_iot_sensor_data event = NEXUS_IOT_SENSOR_DATA_INIT;
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    char *end;

    event.sensor_id = sensor;
    event.metric = "temperature";
    event.value = strtod(reading, &end);
    if (end == reading || *end) {
        fprintf(stderr, "publisher: %s: not a number\n", reading);
        return EXIT_FAILURE;
    }
    event.unit = "°C";
    event.has_timestamp_unix = true;
    event.timestamp_unix = time(NULL);

    /* NULL options: wait for the ack, for 15 s at most, repeating where that can help. */
    if (nexus_publish_iot_sensor_data(client, tenant, &event, NULL, &receipt, &err))
        return report(&err);
    printf("%s %.1f °C: number %" PRIu64 " of %s, %s\n", sensor, event.value, receipt.sequence,
           receipt.stream, receipt.causal_id);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client *client;
    int status = EXIT_SUCCESS;

    if (argc < 4) {
        fprintf(stderr, "usage: publisher TENANT SENSOR READING…\n");
        return 2;
    }
    client = environment_client("fridge-hub", &err);
    if (!client)
        return report(&err);
    for (int i = 3; i < argc && status == EXIT_SUCCESS; i++)
        status = publish(client, argv[1], argv[2], argv[i]);
    nexus_client_destroy(client);
    return status;
}
