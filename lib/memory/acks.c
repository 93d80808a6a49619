/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts on deliveries. */
#include <string.h>

#include "ack_subject.h"
#include "bus_stream.h"

#define PREFIX "$JS.ACK."

static struct nx_bus_consumer *consumer_of(struct nexus_memory *bus, const char *subject,
                                           struct nx_ack_subject *ack)
{
    const char *name = subject + strlen(PREFIX);
    size_t length = strcspn(name, ".");
    struct nx_bus_stream *stream = nx_stream_find(bus, name, length);
    struct nx_bus_consumer *consumer = NULL;

    name += length;
    if (stream && *name == '.')
        consumer = nx_durable_find(stream, name + 1, strcspn(name + 1, "."));
    if (!consumer || !nx_ack_subject_parse(subject, stream->name, consumer->name, ack))
        return NULL;
    return consumer;
}

static bool says(const struct nx_bus_message *message, const char *word)
{
    return strncmp(message->body, word, strlen(word)) == 0;
}

static void come_again(struct nexus_memory *bus, struct nx_bus_consumer *consumer,
                       struct nx_bus_pending *pending, const struct nx_bus_message *message)
{
    cJSON *asked = cJSON_Parse(message->body + strlen("-NAK"));
    int64_t delay = nx_config_number(asked, "delay");

    cJSON_Delete(asked);
    if (pending->due)
        return;
    if (delay > 0) {
        pending->deadline = nx_bus_now(bus) + delay;
        if (pending->deadline < consumer->next_at)
            consumer->next_at = pending->deadline;
        return;
    }
    pending->due = true;
    consumer->due++;
}

static void extend(struct nexus_memory *bus, struct nx_bus_consumer *consumer,
                   struct nx_bus_pending *pending)
{
    consumer->due -= pending->due;
    pending->due = false;
    pending->deadline = nx_bus_now(bus) + consumer->ack_wait;
    if (pending->deadline < consumer->next_at)
        consumer->next_at = pending->deadline;
}

bool nx_bus_verdict(struct nexus_memory *bus, const struct nx_bus_message *message)
{
    struct nx_ack_subject ack;
    struct nx_bus_consumer *consumer = consumer_of(bus, message->subject, &ack);
    struct nx_bus_pending *pending;

    if (!consumer)
        return false;
    pending = nx_durable_pending(consumer, ack.stream_sequence);
    if (pending && says(message, "-NAK")) {
        /* Not by one who had it before: somebody else has it now. */
        if (ack.count == pending->count)
            come_again(bus, consumer, pending, message);
    } else if (pending && says(message, "+WPI")) {
        extend(bus, consumer, pending);
    } else if (pending) {
        nx_durable_settle(consumer, pending);
    }
    if (message->reply)
        nx_bus_answer(bus, message->reply, "");
    nx_pulls_serve(bus, consumer);
    return true;
}
