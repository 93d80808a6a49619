/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_message.h"

#define HEADER_LINE 4 /* ": " and a line break */

/* One piece of memory holds the message, its headers and all texts. */
struct writer {
    char *at;
};

static const char *put(struct writer *writer, const void *bytes, size_t length)
{
    char *start = writer->at;

    if (length)
        memcpy(start, bytes, length);
    start[length] = 0;
    writer->at += length + 1;
    return start;
}

static size_t texts_size(const char *subject, const char *reply, const struct nx_header *headers,
                         size_t header_count, size_t length)
{
    size_t size = strlen(subject) + 1 + (reply ? strlen(reply) + 1 : 0) + length + 1;

    for (size_t i = 0; i < header_count; i++)
        size += strlen(headers[i].name) + strlen(headers[i].value) + 2;
    return size;
}

/* Only a message without body and reply can be a status, as on the wire. */
static int status_of(const struct nx_bus_message *message)
{
    const char *text = nx_bus_message_header(message, "Status", NULL);

    return !message->length && !message->reply && text ? atoi(text) : 0;
}

struct nx_bus_message *nx_bus_message_new(const char *subject, const char *reply,
                                          const struct nx_header *headers, size_t header_count,
                                          const void *body, size_t length)
{
    size_t fixed = sizeof(struct nx_bus_message) + (header_count + 1) * sizeof(struct nx_header);
    struct nx_bus_message *message =
        malloc(fixed + texts_size(subject, reply, headers, header_count, length));
    struct writer writer;

    if (!message)
        return NULL;
    writer.at = (char *)message + fixed;
    atomic_init(&message->references, 1);
    message->subject = put(&writer, subject, strlen(subject));
    message->reply = reply ? put(&writer, reply, strlen(reply)) : NULL;
    message->added = NULL;
    message->header_count = header_count;
    message->size = strlen(subject) + length;
    for (size_t i = 0; i < header_count; i++) {
        size_t name = strlen(headers[i].name), value = strlen(headers[i].value);
        message->headers[i].name = put(&writer, headers[i].name, name);
        message->headers[i].value = put(&writer, headers[i].value, value);
        message->size += name + value + HEADER_LINE;
    }
    message->body = put(&writer, body, length);
    message->length = length;
    message->status = status_of(message);
    return message;
}

bool nx_bus_message_add(struct nx_bus_message *message, const char *name, const char *value)
{
    size_t names = strlen(name), values = strlen(value);
    struct writer writer;

    if (message->added)
        return false;
    writer.at = message->added = malloc(names + values + 2);
    if (!message->added)
        return false;
    message->headers[message->header_count].name = put(&writer, name, names);
    message->headers[message->header_count++].value = put(&writer, value, values);
    message->size += names + values + HEADER_LINE;
    return true;
}

struct nx_bus_message *nx_bus_message_retain(struct nx_bus_message *message)
{
    atomic_fetch_add(&message->references, 1);
    return message;
}

void nx_bus_message_release(struct nx_bus_message *message)
{
    if (!message || atomic_fetch_sub(&message->references, 1) != 1)
        return;
    free(message->added);
    free(message);
}

const char *nx_bus_message_header(const struct nx_bus_message *message, const char *name,
                                  size_t *count)
{
    const char *first = NULL;
    size_t found = 0;

    for (size_t i = 0; i < message->header_count; i++)
        if (strcmp(message->headers[i].name, name) == 0 && found++ == 0)
            first = message->headers[i].value;
    if (count)
        *count = found;
    return first;
}

struct nx_bus_message *nx_bus_message_status(const char *subject, int status, const char *words,
                                             const uint64_t counts[2])
{
    char number[16], messages[24] = "", bytes[24] = "";
    const struct nx_header headers[] = {{"Status", number},
                                        {"Description", words},
                                        {"Nats-Pending-Messages", messages},
                                        {"Nats-Pending-Bytes", bytes}};

    snprintf(number, sizeof(number), "%d", status);
    if (counts) {
        snprintf(messages, sizeof(messages), "%" PRIu64, counts[0]);
        snprintf(bytes, sizeof(bytes), "%" PRIu64, counts[1]);
    }
    return nx_bus_message_new(subject, NULL, headers, counts ? 4 : 2, NULL, 0);
}

struct nx_bus_message *nx_bus_message_corrupt(const struct nx_bus_message *message, uint64_t at)
{
    struct nx_bus_message *copy =
        nx_bus_message_new(message->subject, message->reply, message->headers,
                           message->header_count, message->body, message->length);

    if (copy && copy->length) {
        char *byte = (char *)copy + (copy->body - (const char *)copy) + at % copy->length;
        *byte = (char)(*byte ^ 0x01);
    }
    return copy;
}

/* ---- received */

struct nx_incoming *nx_bus_incoming_new(struct nx_bus_message *message, const char *reply)
{
    size_t length = reply ? strlen(reply) : 0;
    struct nx_incoming *incoming = malloc(sizeof(*incoming) + length + 1);

    if (!incoming)
        return NULL;
    incoming->message = nx_bus_message_retain(message);
    memcpy(incoming->reply, reply ? reply : "", length + 1);
    return incoming;
}

bool nx_bus_each_header(const struct nx_incoming *incoming, nx_header_visit visit, void *data)
{
    const struct nx_bus_message *message = incoming->message;

    for (size_t i = 0; i < message->header_count; i++)
        visit(message->headers[i].name, message->headers[i].value, data);
    return true;
}

void nx_bus_incoming_free(struct nx_incoming *incoming)
{
    if (!incoming)
        return;
    nx_bus_message_release(incoming->message);
    free(incoming);
}

void nx_bus_view(const struct nx_incoming *incoming, struct nx_view *view)
{
    const struct nx_bus_message *message = incoming->message;

    view->subject = message->subject;
    view->reply = *incoming->reply ? incoming->reply : message->reply;
    view->body = message->body;
    view->length = message->length;
    view->status = *incoming->reply ? 0 : message->status;
}

const char *nx_bus_header(const struct nx_incoming *incoming, const char *name, size_t *count)
{
    return nx_bus_message_header(incoming->message, name, count);
}
