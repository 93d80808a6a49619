/* SPDX-License-Identifier: Apache-2.0 */
/* A program of somebody else's project: checks a reading against the contract, and publishes it if
 * NEXUS_URL says where to. */
#include <nexus/nexus.h>
#include <stdio.h>
#include <stdlib.h>

static int publish(const char *url, struct nexus_error *err)
{
    struct nexus_iot_sensor_data event = NEXUS_IOT_SENSOR_DATA_INIT;
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_client *client = NULL;
    int code = nexus_client_options_set_url(options, url, err);

    event.sensor_id = "temp-fridge-01";
    event.metric = "temperature";
    event.value = 4.2;
    if (!code)
        code = nexus_client_new(options, &client, err);
    if (!code)
        code = nexus_publish_iot_sensor_data(client, "farm-004", &event, NULL, NULL, err);
    nexus_client_destroy(client);
    nexus_client_options_destroy(options);
    return code;
}

int main(void)
{
    static const char reading[] = "{\"sensor_id\":\"temp-1\",\"metric\":\"t\",\"value\":4.2}";
    struct nexus_error err = NEXUS_ERROR_INIT;
    const char *url = getenv("NEXUS_URL");
    int code = nexus_validate_json("iotSensorData", reading, &err);

    if (!code && url)
        code = publish(url, &err);
    if (code)
        fprintf(stderr, "%s: %s\n", err.where, err.message);
    else
        printf("nexus-sdk %s: a sound reading\n", nexus_version());
    return code ? EXIT_FAILURE : EXIT_SUCCESS;
}
