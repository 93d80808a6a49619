/* SPDX-License-Identifier: Apache-2.0 */
#include "greeter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 2000 /* for one answer; after that the event comes again */

/* The same event gives the same id, so an event that comes twice is answered once. */
static int answer(struct nexus_client *client, const struct nexus_telegram_message *question,
                  const struct nexus_delivery *delivery, struct nexus_error *err)
{
    struct nexus_telegram_message event = NEXUS_TELEGRAM_MESSAGE_INIT;
    struct nexus_publish_options *options = nexus_publish_options_new();
    char id[48];
    int code;

    event.direction = NEXUS_TELEGRAM_MESSAGE_DIRECTION_OUTBOUND;
    event.chat_id = question->chat_id;
    event.text = "Welcome! Write /book to make an appointment.";
    snprintf(id, sizeof(id), "greeting-%" PRIu64, nexus_delivery_sequence(delivery));
    code = nexus_publish_options_set_message_id(options, id, err);
    if (code == NEXUS_OK)
        code = nexus_publish_options_set_deadline(options, PATIENCE_MS, err);
    if (code == NEXUS_OK)
        code = nexus_publish_telegram_message(client, &event, options, NULL, err);
    nexus_publish_options_destroy(options);
    return code;
}

static enum nexus_verdict on_message(const struct nexus_telegram_message *event,
                                     struct nexus_delivery *delivery, void *data)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (event->direction != NEXUS_TELEGRAM_MESSAGE_DIRECTION_INBOUND ||
        strcmp(event->text, "/start") != 0)
        return NEXUS_ACK;
    if (answer(data, event, delivery, &err) == NEXUS_OK)
        return NEXUS_ACK;
    nexus_delivery_set_reason(delivery, err.message, NULL);
    nexus_delivery_set_retry_delay(delivery, 60000, NULL);
    return NEXUS_RETRY;
}

int greeter_start(struct nexus_client *client, struct nexus_subscription **out,
                  struct nexus_error *err)
{
    return nexus_subscribe_telegram_message(client, on_message, client, NULL, out, err);
}
