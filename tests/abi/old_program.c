/* SPDX-License-Identifier: Apache-2.0 */
/* A program of the time of the first headers on record (headers-1.0), against which it is compiled
 * for ever; it runs with today's library. It is never changed: what it does must go on working. */
#include <nexus/nexus.h>
#include <nexus/testing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct nexus_error err = NEXUS_ERROR_INIT;
static int acked, handled;

static void expect(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s: %s: %s\n", what, err.where, err.message);
        exit(EXIT_FAILURE);
    }
}

static struct nexus_client *connect_to(struct nexus_memory *bus)
{
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_client *client = NULL;

    expect(options != NULL, "options");
    expect(!nexus_client_options_set_url(options, nexus_memory_url(bus), &err), "url");
    expect(!nexus_client_options_set_service(options, "old-till", &err), "service");
    expect(!nexus_client_new(options, &client, &err), "client");
    expect(!nexus_provision(client, NULL, NULL, &err), "provision");
    nexus_client_options_destroy(options);
    return client;
}

static void on_stored(struct nexus_client *client, const struct nexus_receipt *receipt,
                      const struct nexus_error *failure, void *data)
{
    (void)client;
    expect(!failure && receipt->sequence == 2 && !receipt->duplicate, "completion");
    expect(strcmp(receipt->stream, "NEXUS") == 0, "stream");
    *(int *)data += 1;
}

static void publish(struct nexus_client *client)
{
    struct nexus_publish_options *options = nexus_publish_options_new();
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct nexus_iot_sensor_data reading = NEXUS_IOT_SENSOR_DATA_INIT;
    struct nexus_edge_health health = NEXUS_EDGE_HEALTH_INIT;

    reading.sensor_id = "temp-1", reading.metric = "temperature", reading.value = 4.25;
    reading.has_timestamp_unix = true, reading.timestamp_unix = 1767225600;
    reading.json = "{\"beyond\":[1]}";
    expect(!nexus_publish_iot_sensor_data(client, "farm-004", &reading, NULL, &receipt, &err),
           "publish");
    expect(receipt.sequence == 1 && receipt.message_id[0] && receipt.causal_id[0], "receipt");
    health.node_id = "edge-1", health.status = NEXUS_EDGE_HEALTH_STATUS_OFFLINE;
    expect(!nexus_publish_options_set_callback(options, on_stored, &acked, &err), "callback");
    expect(!nexus_publish_edge_health(client, &health, options, NULL, &err), "edge");
    expect(!nexus_client_flush(client, 10000, &err) && acked == 1, "flush");
    reading.metric = NULL;
    expect(nexus_publish_iot_sensor_data(client, "farm-004", &reading, NULL, NULL, &err) ==
                   NEXUS_E_VALIDATION &&
               strcmp(err.where, "payload.metric") == 0,
           "an error");
    nexus_publish_options_destroy(options);
}

static enum nexus_verdict on_reading(const struct nexus_iot_sensor_data *event,
                                     struct nexus_delivery *delivery, void *client)
{
    expect(strcmp(event->sensor_id, "temp-1") == 0 && strcmp(event->metric, "temperature") == 0,
           "texts");
    expect(event->value > 4.24 && event->value < 4.26 && !event->unit, "value");
    expect(event->has_timestamp_unix && event->timestamp_unix == 1767225600, "time");
    expect(strcmp(event->json, "{\"beyond\":[1]}") == 0, "the rest");
    expect(strcmp(nexus_delivery_tenant(delivery), "farm-004") == 0, "tenant");
    handled++;
    nexus_client_stop(client);
    return NEXUS_ACK;
}

static enum nexus_verdict on_health(const struct nexus_edge_health *event,
                                    struct nexus_delivery *delivery, void *client)
{
    (void)delivery, (void)client;
    expect(strcmp(event->node_id, "edge-1") == 0, "node");
    expect(event->status == NEXUS_EDGE_HEALTH_STATUS_OFFLINE, "status");
    handled++;
    return NEXUS_ACK;
}

static void subscribe(struct nexus_client *client)
{
    struct nexus_subscription *readings = NULL, *healths = NULL;

    expect(
        !nexus_subscribe_iot_sensor_data(client, NULL, on_reading, client, NULL, &readings, &err),
        "subscribe");
    expect(!nexus_client_run(client, &err), "run");
    expect(!nexus_subscribe_edge_health(client, "edge-1", on_health, NULL, NULL, &healths, &err),
           "subscribe");
    while (handled < 2)
        expect(nexus_client_dispatch(client, 10000, &err) > 0, "dispatch");
    nexus_subscription_destroy(readings);
}

int main(void)
{
    struct nexus_client_stats stats = NEXUS_CLIENT_STATS_INIT;
    struct nexus_memory *bus = NULL;
    struct nexus_client *client;

    expect(nexus_version_number() >= NEXUS_VERSION_NUMBER, "version");
    expect(!nexus_memory_open(NULL, &bus, &err), "bus");
    client = connect_to(bus);
    publish(client);
    subscribe(client);
    expect(!nexus_client_stats(client, &stats, &err), "stats");
    expect(stats.size == sizeof(stats) && stats.published == 2 && stats.acked == 2, "published");
    expect(stats.handled == 2 && stats.poison == 0 && stats.verifications == 0, "handled");
    expect(!nexus_client_close(client, 1000, &err), "close");
    nexus_client_destroy(client);
    nexus_memory_close(bus);
    printf("headers " NEXUS_VERSION_STRING ", library %s\n", nexus_version());
    return EXIT_SUCCESS;
}
