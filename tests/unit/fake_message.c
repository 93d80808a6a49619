/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_message.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void (*fake_guard)(bool enter);

void fake_guarded(bool enter)
{
    if (fake_guard)
        fake_guard(enter);
}

char *fake_copy_text(const char *text)
{
    return text ? strdup(text) : NULL;
}

char *fake_copy_bytes(const void *bytes, size_t length)
{
    char *copy = malloc(length + 1);

    ck_assert_ptr_nonnull(copy);
    if (length)
        memcpy(copy, bytes, length);
    copy[length] = 0;
    return copy;
}

void fake_message_drop(struct fake_message *message)
{
    for (size_t i = 0; i < message->header_count; i++) {
        free(message->names[i]);
        free(message->values[i]);
    }
    free(message->subject);
    free(message->reply);
    free(message->body);
    free(message);
}

struct fake_message *fake_message_make(struct fake_wire *wire, const char *subject,
                                       const char *reply, const void *body, size_t length)
{
    struct fake_message *message;

    fake_guarded(true);
    message = calloc(1, sizeof(*message));
    ck_assert_ptr_nonnull(message);
    message->wire = wire;
    message->subject = strdup(subject);
    message->reply = fake_copy_text(reply);
    message->body = fake_copy_bytes(body, length);
    message->length = length;
    fake_guarded(false);
    return message;
}

void fake_message_add(struct fake_message *message, const char *name, const char *value)
{
    ck_assert_uint_lt(message->header_count, FAKE_HEADERS);
    fake_guarded(true);
    message->names[message->header_count] = strdup(name);
    message->values[message->header_count++] = strdup(value);
    fake_guarded(false);
}

struct nx_message *fake_message_new(struct nx_transport *transport, const char *subject,
                                    const char *reply, const struct nx_header *headers,
                                    size_t header_count, const void *body, size_t length)
{
    struct fake_message *message =
        fake_message_make((struct fake_wire *)transport, subject, reply, body, length);

    for (size_t i = 0; i < header_count; i++)
        fake_message_add(message, headers[i].name, headers[i].value);
    return (struct nx_message *)message;
}

void fake_message_free(struct nx_transport *transport, struct nx_message *message)
{
    (void)transport;
    if (message)
        fake_message_drop((struct fake_message *)message);
}

void fake_view(const struct nx_incoming *incoming, struct nx_view *view)
{
    const struct fake_message *message = (const struct fake_message *)incoming;

    view->subject = message->subject;
    view->reply = message->reply;
    view->body = message->body;
    view->length = message->length;
    view->status = message->status;
}

const char *fake_header(const struct nx_incoming *incoming, const char *name, size_t *count)
{
    const struct fake_message *message = (const struct fake_message *)incoming;
    const char *first = NULL;
    size_t found = 0;

    for (size_t i = 0; i < message->header_count; i++)
        if (strcmp(message->names[i], name) == 0 && found++ == 0)
            first = message->values[i];
    if (count)
        *count = found;
    return first;
}

bool fake_each_header(const struct nx_incoming *incoming, nx_header_visit visit, void *data)
{
    const struct fake_message *message = (const struct fake_message *)incoming;

    for (size_t i = 0; i < message->header_count; i++)
        visit(message->names[i], message->values[i], data);
    return true;
}

void fake_release(struct nx_incoming *incoming)
{
    struct fake_message *message = (struct fake_message *)incoming;

    __atomic_fetch_sub(&message->wire->in_memory, 1, __ATOMIC_RELAXED);
    fake_message_drop(message);
}
