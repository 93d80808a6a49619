/* SPDX-License-Identifier: Apache-2.0 */
/* Who hears what: the subjects that clients listen on, and handing messages to them. */
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "bus_subject.h"
#include "status.h"

int nx_port_listen(struct nx_transport *transport, const char *subject, uint64_t number,
                   struct nexus_error *err)
{
    struct nx_port *port = (struct nx_port *)transport;
    size_t size = strlen(subject) + 1;
    struct nx_listener *listener = malloc(sizeof(*listener) + size);

    if (!listener)
        return nx_no_memory(err);
    listener->number = number;
    memcpy(listener->subject, subject, size);
    pthread_mutex_lock(&port->bus->lock);
    listener->next = port->listeners;
    port->listeners = listener;
    pthread_mutex_unlock(&port->bus->lock);
    return NEXUS_OK;
}

void nx_port_unlisten(struct nx_transport *transport, uint64_t number)
{
    struct nx_port *port = (struct nx_port *)transport;
    struct nx_listener **at = &port->listeners;

    pthread_mutex_lock(&port->bus->lock);
    while (*at) {
        struct nx_listener *listener = *at;
        if (listener->number != number) {
            at = &listener->next;
            continue;
        }
        *at = listener->next;
        free(listener);
    }
    pthread_mutex_unlock(&port->bus->lock);
}

void nx_port_forget_listeners(struct nx_port *port)
{
    for (struct nx_listener *listener; (listener = port->listeners);) {
        port->listeners = listener->next;
        free(listener);
    }
}

/* The next listener of a connected client, from a place on; NULL at the end. */
static struct nx_listener *hearing(struct nx_port **port, struct nx_listener *after,
                                   const char *subject)
{
    struct nx_listener *at = after;

    while (*port) {
        for (; (*port)->linked && at; at = at->next)
            if (nx_bus_matches(at->subject, subject))
                return at;
        *port = (*port)->next;
        at = *port ? (*port)->listeners : NULL;
    }
    return NULL;
}

static struct nx_listener *first_hearing(struct nexus_memory *bus, struct nx_port **port,
                                         const char *subject)
{
    *port = bus->ports;
    return hearing(port, *port ? (*port)->listeners : NULL, subject);
}

bool nx_bus_heard(struct nexus_memory *bus, const char *subject, struct nx_port **out)
{
    struct nx_port *port;
    bool heard = first_hearing(bus, &port, subject) != NULL;

    if (out)
        *out = port;
    return heard;
}

bool nx_bus_hand_over(struct nexus_memory *bus, const char *subject, struct nx_bus_message *message,
                      const char *reply)
{
    struct nx_port *port;
    struct nx_listener *at = first_hearing(bus, &port, subject);
    bool heard = at != NULL;

    for (; at; at = hearing(&port, at->next, subject)) {
        struct nx_incoming *incoming = nx_bus_incoming_new(message, reply);
        if (incoming) /* without memory it is as if the wire had lost it */
            nx_port_push(port, NX_ITEM_MESSAGE, at->number, incoming, NULL);
    }
    return heard;
}

void nx_bus_unanswered(struct nexus_memory *bus, const char *reply)
{
    struct nx_port *port;
    struct nx_listener *at = first_hearing(bus, &port, reply);

    for (; at; at = hearing(&port, at->next, reply))
        nx_port_push(port, NX_ITEM_UNANSWERED, at->number, NULL, NULL);
}
