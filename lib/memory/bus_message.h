/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on the bus: never changed once they are on it, shared by all who hold one. */
#ifndef NX_BUS_MESSAGE_H
#define NX_BUS_MESSAGE_H

#include <stdatomic.h>

#include "transport.h"

struct nx_bus_message {
    atomic_uint references;
    const char *subject;
    const char *reply; /* NULL: none */
    const char *body;  /* NUL-terminated behind `length` bytes */
    size_t length;
    size_t size; /* what a server counts: subject, headers and body */
    int status;  /* of a status message, else 0 */
    char *added; /* the texts of the header that was added, or NULL */
    size_t header_count;
    struct nx_header headers[]; /* with room for one more */
};

/* All texts are copied. NULL without memory. */
struct nx_bus_message *nx_bus_message_new(const char *subject, const char *reply,
                                          const struct nx_header *headers, size_t header_count,
                                          const void *body, size_t length);
/* Adds a header to a message that nobody else holds yet, once; false without memory. */
bool nx_bus_message_add(struct nx_bus_message *message, const char *name, const char *value);
struct nx_bus_message *nx_bus_message_retain(struct nx_bus_message *message);
void nx_bus_message_release(struct nx_bus_message *message);
/* A header's value by exact name, the first of that name, or NULL. */
const char *nx_bus_message_header(const struct nx_bus_message *message, const char *name,
                                  size_t *count);
/* A status for a pull: `counts` (NULL: none) are the messages and bytes that it had left. */
struct nx_bus_message *nx_bus_message_status(const char *subject, int status, const char *words,
                                             const uint64_t counts[2]);
/* The same message with one byte of its body changed. An empty body stays as it is. */
struct nx_bus_message *nx_bus_message_corrupt(const struct nx_bus_message *message, uint64_t at);

/* A message on its way to one listener, with a reply subject of its own. */
struct nx_incoming {
    struct nx_bus_message *message;
    char reply[]; /* "": the message's */
};

struct nx_incoming *nx_bus_incoming_new(struct nx_bus_message *message, const char *reply);

/* Of struct nx_transport_ops. */
void nx_bus_view(const struct nx_incoming *incoming, struct nx_view *view);
const char *nx_bus_header(const struct nx_incoming *incoming, const char *name, size_t *count);
bool nx_bus_each_header(const struct nx_incoming *incoming, nx_header_visit visit, void *data);
void nx_bus_incoming_free(struct nx_incoming *incoming);

#endif
