/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of a scripted wire: those that the client makes, and those that a test delivers. */
#ifndef FAKE_MESSAGE_H
#define FAKE_MESSAGE_H

#include "fake_wire.h"

/* What both nx_message and nx_incoming are here. */
struct fake_message {
    struct fake_wire *wire;
    char *subject;
    char *reply;
    char *body;
    size_t length;
    int status;
    char *names[FAKE_HEADERS];
    char *values[FAKE_HEADERS];
    size_t header_count;
};

/* Calls fake_guard, where a test has set it: around the allocations of the fakes. */
void fake_guarded(bool enter);

/* Copies: of a text, which may be NULL, and of bytes, with a NUL behind them. */
char *fake_copy_text(const char *text);
char *fake_copy_bytes(const void *bytes, size_t length);

/* A message with copies of everything; one header more; its end. */
void fake_message_drop(struct fake_message *message);
struct fake_message *fake_message_make(struct fake_wire *wire, const char *subject,
                                       const char *reply, const void *body, size_t length);
void fake_message_add(struct fake_message *message, const char *name, const char *value);

/* The parts of the wire's operations that are about messages. */
struct nx_message *fake_message_new(struct nx_transport *transport, const char *subject,
                                    const char *reply, const struct nx_header *headers,
                                    size_t header_count, const void *body, size_t length);
void fake_message_free(struct nx_transport *transport, struct nx_message *message);
void fake_view(const struct nx_incoming *incoming, struct nx_view *view);
const char *fake_header(const struct nx_incoming *incoming, const char *name, size_t *count);
bool fake_each_header(const struct nx_incoming *incoming, nx_header_visit visit, void *data);
void fake_release(struct nx_incoming *incoming);

#endif
