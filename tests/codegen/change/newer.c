/* SPDX-License-Identifier: Apache-2.0 */
/* Built against the header that followed from the change. */
#include "caller.h"

static struct nexus_boiler_inspected inspection(void)
{
    static const char *const notes[] = {"rust", "шум"};
    static const int64_t readings[] = {-1, 0, 9007199254740991};
    struct nexus_boiler_inspected event = NEXUS_BOILER_INSPECTED_INIT;

    event.inspector = "Пётр";
    event.report = "https://example.com/7";
    event.pressure = 1.25;
    event.has_defects = true;
    event.defects = 2;
    event.outcome = NEXUS_BOILER_INSPECTED_OUTCOME_REPAIR;
    event.notes = notes;
    event.notes_count = 2;
    event.readings = readings;
    event.readings_count = 3;
    event.class_ = "B";
    event.json = "{\"beyond\":null}";
    return event;
}

static void publish_boiler(void)
{
    struct nexus_boiler_inspected event = inspection();

    sent("boiler", nexus_publish_boiler_inspected(client, TENANT, "b-7", &event, NULL, NULL, &err));
    sent("boiler-other",
         nexus_publish_boiler_inspected(client, TENANT, "b-8", &event, NULL, NULL, &err));
    sent("boiler-token",
         nexus_publish_boiler_inspected(client, TENANT, "b.7", &event, NULL, NULL, &err));
    event.inspector = "123456789";
    sent("boiler-length",
         nexus_publish_boiler_inspected(client, TENANT, "b-7", &event, NULL, NULL, &err));
    event = inspection();
    event.report = "not a uri";
    sent("boiler-uri",
         nexus_publish_boiler_inspected(client, TENANT, "b-7", &event, NULL, NULL, &err));
    event = inspection();
    event.outcome = NEXUS_BOILER_INSPECTED_OUTCOME_UNSET;
    sent("boiler-enum",
         nexus_publish_boiler_inspected(client, TENANT, "b-7", &event, NULL, NULL, &err));
}

static void publish_grown(void)
{
    struct nexus_iot_sensor_data iot = NEXUS_IOT_SENSOR_DATA_INIT;
    struct nexus_booking_created booking = NEXUS_BOOKING_CREATED_INIT;
    struct nexus_edge_health edge = NEXUS_EDGE_HEALTH_INIT;
    struct nexus_kb_searched kb = NEXUS_KB_SEARCHED_INIT;

    iot.sensor_id = "newer";
    iot.metric = "humidity";
    iot.value = 61;
    iot.has_battery_pct = true;
    iot.battery_pct = 87.5;
    sent("iot", nexus_publish_iot_sensor_data(client, TENANT, &iot, NULL, NULL, &err));
    booking.booking_id = "newer";
    booking.has_duration_min = true;
    booking.duration_min = 45;
    booking.json = "{\"y\":true}";
    sent("booking", nexus_publish_booking_created(client, TENANT, &booking, NULL, NULL, &err));
    edge.node_id = "newer";
    edge.status = NEXUS_EDGE_HEALTH_STATUS_DRAINING;
    sent("edge", nexus_publish_edge_health(client, &edge, NULL, NULL, &err));
    kb.query = "newer";
    kb.results_count = 4;
    kb.language = "en";
    sent("kb", nexus_publish_kb_searched(client, TENANT, &kb, NULL, NULL, &err));
}

static enum nexus_verdict on_boiler(const struct nexus_boiler_inspected *event,
                                    struct nexus_delivery *delivery, void *data)
{
    (void)data;
    printf("boiler %s %s %s %g %d %lld %d %s %s,%s/%d %lld,%lld/%d %s %s\n",
           nexus_delivery_subject(delivery), event->inspector, event->report, event->pressure,
           event->has_defects, (long long)event->defects, (int)event->outcome, event->outcome_text,
           event->notes[0], event->notes[1], (int)event->notes_count, (long long)event->readings[0],
           (long long)event->readings[2], (int)event->readings_count, event->class_,
           text(event->json));
    return came();
}

static enum nexus_verdict on_iot(const struct nexus_iot_sensor_data *event,
                                 struct nexus_delivery *delivery, void *data)
{
    (void)delivery, (void)data;
    printf("iot %s %g %d %g %s\n", event->sensor_id, event->value, event->has_battery_pct,
           event->battery_pct, text(event->json));
    return came();
}

static enum nexus_verdict on_booking(const struct nexus_booking_created *event,
                                     struct nexus_delivery *delivery, void *data)
{
    const char *copy = data;

    printf("booking %s %s %d %lld %s\n", nexus_delivery_tenant(delivery), event->booking_id,
           event->has_duration_min, (long long)event->duration_min, text(event->json));
    if (copy)
        sent("copy", nexus_publish_booking_created(client, copy, event, NULL, NULL, &err));
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
    printf("kb %s %lld %s %s\n", event->query, (long long)event->results_count, event->language,
           text(event->json));
    return came();
}

static void subscribe(void)
{
    static char copy[] = "copy-newer";
    struct nexus_subscription *s = NULL; /* ends with the client */

    check("boiler",
          nexus_subscribe_boiler_inspected(client, NULL, "b-7", on_boiler, NULL, NULL, &s, &err));
    check("iot", nexus_subscribe_iot_sensor_data(client, TENANT, on_iot, NULL, NULL, &s, &err));
    check("booking",
          nexus_subscribe_booking_created(client, TENANT, on_booking, copy, NULL, &s, &err));
    check("edge", nexus_subscribe_edge_health(client, NULL, on_edge, NULL, NULL, &s, &err));
    check("kb", nexus_subscribe_kb_searched(client, TENANT, on_kb, NULL, NULL, &s, &err));
}

static void copies(void)
{
    struct nexus_subscription *s = NULL;

    check("copies",
          nexus_subscribe_booking_created(client, "copy-older", on_booking, NULL, NULL, &s, &err));
    check("copies",
          nexus_subscribe_booking_created(client, "copy-newer", on_booking, NULL, NULL, &s, &err));
}

static void describe(void)
{
    const struct nexus_channel *channel = nexus_channel_by_name("boilerInspected");

    printf("channel %s %d %d %d %d\n", nexus_channel_address(channel),
           (int)nexus_channel_parameter_count(channel), (int)nexus_channel_member_count(channel),
           (int)nexus_channel_count(),
           nexus_channel_is_open(nexus_channel_by_name("bookingCreated")));
    sent("validate", nexus_validate_json("boilerInspected",
                                         "{\"inspector\":\"a\",\"report\":\"urn:a:b\","
                                         "\"pressure\":1,\"outcome\":\"fine\",\"notes\":[]}",
                                         &err));
    sent("validate-bad", nexus_validate_json("boilerInspected", "{\"inspector\":7}", &err));
}

int main(int argc, char **argv)
{
    const char *role = argc > 1 ? argv[1] : "";

    printf("sizes %d %d\n", (int)sizeof(struct nexus_iot_sensor_data),
           (int)sizeof(struct nexus_booking_created));
    connect_as("newer");
    if (strcmp(role, "publish") == 0) {
        describe();
        publish_boiler();
        publish_grown();
    } else if (strcmp(role, "copies") == 0) {
        copies();
        wait_for(4);
    } else {
        subscribe();
        wait_for(9);
    }
    return finish();
}
