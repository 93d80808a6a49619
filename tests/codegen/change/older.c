/* SPDX-License-Identifier: Apache-2.0 */
/* Built against the header from before the change, and never again. */
#include "caller.h"

static void publish_iot(void)
{
    struct nexus_iot_sensor_data event = NEXUS_IOT_SENSOR_DATA_INIT;

    event.sensor_id = "older";
    event.metric = "temperature";
    event.value = 4.5;
    event.has_timestamp_unix = true;
    event.timestamp_unix = 1767225600;
    sent("iot", nexus_publish_iot_sensor_data(client, TENANT, &event, NULL, NULL, &err));
    event.json = "{\"battery_pct\":\"full\"}";
    sent("iot-bad", nexus_publish_iot_sensor_data(client, TENANT, &event, NULL, NULL, &err));
}

static void publish_booking(const char *what, const char *json)
{
    struct nexus_booking_created event = NEXUS_BOOKING_CREATED_INIT;

    event.json = json;
    sent(what, nexus_publish_booking_created(client, TENANT, &event, NULL, NULL, &err));
}

static void publish_edge(void)
{
    struct nexus_edge_health event = NEXUS_EDGE_HEALTH_INIT;

    event.node_id = "older";
    event.status = NEXUS_EDGE_HEALTH_STATUS_OFFLINE;
    sent("edge", nexus_publish_edge_health(client, &event, NULL, NULL, &err));
}

static void publish_kb(const char *what, const char *json)
{
    struct nexus_kb_searched event = NEXUS_KB_SEARCHED_INIT;

    event.query = "older";
    event.results_count = 3;
    event.json = json;
    sent(what, nexus_publish_kb_searched(client, TENANT, &event, NULL, NULL, &err));
}

static enum nexus_verdict on_iot(const struct nexus_iot_sensor_data *event,
                                 struct nexus_delivery *delivery, void *data)
{
    (void)delivery, (void)data;
    printf("iot %s %g %d %s\n", event->sensor_id, event->value, event->has_timestamp_unix,
           text(event->json));
    return came();
}

static enum nexus_verdict on_booking(const struct nexus_booking_created *event,
                                     struct nexus_delivery *delivery, void *data)
{
    (void)delivery, (void)data;
    printf("booking %s\n", text(event->json));
    sent("copy", nexus_publish_booking_created(client, "copy-older", event, NULL, NULL, &err));
    return came();
}

static enum nexus_verdict on_edge(const struct nexus_edge_health *event,
                                  struct nexus_delivery *delivery, void *data)
{
    (void)delivery, (void)data;
    printf("edge %s %d %s\n", event->node_id, (int)event->status, text(event->status_text));
    return came();
}

static enum nexus_verdict on_kb(const struct nexus_kb_searched *event,
                                struct nexus_delivery *delivery, void *data)
{
    (void)delivery, (void)data;
    printf("kb %s %lld %s\n", event->query, (long long)event->results_count, text(event->json));
    return came();
}

static void subscribe(void)
{
    struct nexus_subscription *s = NULL; /* ends with the client */

    check("iot", nexus_subscribe_iot_sensor_data(client, TENANT, on_iot, NULL, NULL, &s, &err));
    check("booking",
          nexus_subscribe_booking_created(client, TENANT, on_booking, NULL, NULL, &s, &err));
    check("edge", nexus_subscribe_edge_health(client, NULL, on_edge, NULL, NULL, &s, &err));
    check("kb", nexus_subscribe_kb_searched(client, TENANT, on_kb, NULL, NULL, &s, &err));
}

int main(int argc, char **argv)
{
    printf("sizes %d %d\n", (int)sizeof(struct nexus_iot_sensor_data),
           (int)sizeof(struct nexus_booking_created));
    connect_as("older");
    if (argc > 1 && strcmp(argv[1], "publish") == 0) {
        publish_iot();
        publish_booking("booking", "{\"booking_id\":\"older\",\"duration_min\":30,\"x\":[1]}");
        publish_booking("booking-bad", "{\"duration_min\":30}");
        publish_edge();
        publish_kb("kb", "{\"language\":\"ru\"}");
        publish_kb("kb-bad", NULL);
    } else {
        subscribe();
        wait_for(8);
    }
    return finish();
}
