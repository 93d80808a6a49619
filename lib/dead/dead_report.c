/* SPDX-License-Identifier: Apache-2.0 */
#include "dead_report.h"

#include <stdlib.h>

#include "letter.h"

static void collect(const char *name, const char *value, void *data)
{
    nx_header_list_add(data, name, value);
}

/* The public header has the layout of ours. */
_Static_assert(sizeof(struct nexus_header) == sizeof(struct nx_header), "headers differ");

static void describe(const struct nx_burial *burial, const struct nx_header_list *headers,
                     struct nexus_dead_letter *out)
{
    const struct nexus_delivery *delivery = burial->delivery;
    const struct nexus_subscription *subscription = delivery->subscription;

    *out = (struct nexus_dead_letter){
        .size = sizeof(*out),
        .number = burial->number,
        .time = burial->time,
        .reason = burial->reason,
        .err = &burial->err,
        .subject = delivery->view.subject,
        .stream = nexus_delivery_stream(delivery),
        .sequence = delivery->ack.stream_sequence,
        .stored = delivery->ack.time,
        .consumer = subscription->durable,
        .service = subscription->client->options->service,
        .deliveries = delivery->ack.count,
        .message_id = nexus_delivery_message_id(delivery),
        .body = delivery->view.body,
        .body_length = delivery->view.length,
        .header_count = headers->failed ? 0 : headers->count,
        .headers = headers->failed ? NULL : (const struct nexus_header *)(void *)headers->items,
    };
}

static void run_report(struct nexus_client *client, struct nx_due *due)
{
    struct nx_burial *burial = (struct nx_burial *)due;
    struct nexus_delivery *delivery = burial->delivery;
    struct nexus_subscription *subscription = delivery->subscription;
    struct nx_header_list headers = {0};
    struct nexus_dead_letter letter;

    if (nx_subscription_enter(subscription)) {
        (void)client->wire->ops->each_header(delivery->received->incoming, collect, &headers);
        describe(burial, &headers, &letter);
        subscription->options.dead_letter(subscription, &letter,
                                          subscription->options.dead_letter_data);
        nx_subscription_leave(subscription);
        nx_header_list_free(&headers);
    }
    nx_delivery_drop(delivery, 1, false, false);
    free(burial);
}

bool nx_dead_report(struct nx_burial *burial, bool in_hand)
{
    struct nexus_delivery *delivery = burial->delivery;
    struct nexus_client *client = delivery->subscription->client;

    if (!delivery->subscription->options.dead_letter)
        return false;
    if (in_hand)
        nx_delivery_drop(delivery, 0, true, false);
    burial->due.run = run_report;
    pthread_mutex_lock(&client->lock);
    nx_due_push(client, &burial->due);
    pthread_mutex_unlock(&client->lock);
    return true;
}
