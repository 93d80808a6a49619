/* SPDX-License-Identifier: Apache-2.0 */
/* One trace through three services, each a process of its own:
 *
 *     export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318
 *     traced bell & traced desk &     # each handles one event, exports its spans and ends
 *     traced front                    # a booking comes in
 *
 * front publishes bookingCreated; desk handles it and publishes a telegramMessage; bell handles
 * that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "otlp.h"

#define TENANT "salon-001"

struct service {
    struct nexus_client *client;
    bool done;
};

static enum nexus_verdict on_booking(const struct nexus_booking_created *booking,
                                     struct nexus_delivery *delivery, void *data)
{
    struct service *service = data;
    struct nexus_telegram_message message = NEXUS_TELEGRAM_MESSAGE_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;

    (void)booking;
    (void)delivery;
    message.direction = NEXUS_TELEGRAM_MESSAGE_DIRECTION_OUTBOUND;
    message.chat_id = 17;
    message.text = "A new booking";
    if (nexus_publish_telegram_message(service->client, &message, NULL, NULL, &err) != NEXUS_OK) {
        fprintf(stderr, "traced: %s\n", err.message);
        return NEXUS_RETRY;
    }
    service->done = true;
    return NEXUS_ACK;
}

static enum nexus_verdict on_message(const struct nexus_telegram_message *message,
                                     struct nexus_delivery *delivery, void *data)
{
    (void)delivery;
    printf("%s\n", message->text);
    ((struct service *)data)->done = true;
    return NEXUS_ACK;
}

static int run_front(struct service *service, struct nexus_error *err)
{
    struct nexus_booking_created booking = NEXUS_BOOKING_CREATED_INIT;

    booking.json = "{\"booking\":7}";
    return nexus_publish_booking_created(service->client, TENANT, &booking, NULL, NULL, err);
}

static int handle_one(struct service *service, struct nexus_error *err)
{
    int code = NEXUS_OK;

    printf("ready\n");
    fflush(stdout);
    while (!service->done && code >= 0)
        code = nexus_client_dispatch(service->client, 1000, err);
    return code < 0 ? code : NEXUS_OK;
}

static int run_desk(struct service *service, struct nexus_error *err)
{
    struct nexus_subscription *subscription = NULL;
    int code = nexus_subscribe_booking_created(service->client, TENANT, on_booking, service, NULL,
                                               &subscription, err);

    return code == NEXUS_OK ? handle_one(service, err) : code;
}

static int run_bell(struct service *service, struct nexus_error *err)
{
    struct nexus_subscription *subscription = NULL;
    int code = nexus_subscribe_telegram_message(service->client, on_message, service, NULL,
                                                &subscription, err);

    return code == NEXUS_OK ? handle_one(service, err) : code;
}

static const struct {
    const char *name;
    int (*run)(struct service *service, struct nexus_error *err);
} roles[] = {{"front", run_front}, {"desk", run_desk}, {"bell", run_bell}};

/* Connects with the exporter's hooks, runs the role and says what became of the spans. */
static int run(size_t role, struct otlp *otlp, struct nexus_error *err)
{
    struct nexus_client_options *options = environment_options(roles[role].name, err);
    struct service service = {NULL, false};
    char problem[128] = "";
    int code = options ? otlp_watch(otlp, options, err) : err->code;

    if (code == NEXUS_OK)
        code = nexus_client_new(options, &service.client, err);
    nexus_client_options_destroy(options);
    if (code == NEXUS_OK)
        code = roles[role].run(&service, err);
    if (code == NEXUS_OK)
        code = nexus_client_close(service.client, 5000, err);
    nexus_client_destroy(service.client);
    if (!otlp_flush(otlp, problem))
        fprintf(stderr, "traced: spans were not exported: %s\n", problem);
    return code;
}

int main(int argc, char **argv)
{
    const char *endpoint = getenv("OTEL_EXPORTER_OTLP_ENDPOINT");
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct otlp *otlp;
    size_t role = 0;
    int code;

    while (argc == 2 && role < 3 && strcmp(argv[1], roles[role].name) != 0)
        role++;
    if (argc != 2 || role == 3) {
        fprintf(stderr, "usage: traced front|desk|bell\n");
        return 2;
    }
    otlp = otlp_new(roles[role].name, endpoint ? endpoint : "http://127.0.0.1:4318");
    if (!otlp)
        return 1;
    code = run(role, otlp, &err);
    otlp_free(otlp);
    if (code != NEXUS_OK)
        fprintf(stderr, "traced: %s: %s\n", err.where, err.message);
    return code == NEXUS_OK ? 0 : 1;
}
