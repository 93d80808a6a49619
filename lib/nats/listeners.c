/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners: subjects that are subscribed to on every connection, and drained on the I/O thread. */
#include <stdlib.h>
#include <string.h>

#include "wire.h"

static void listener_free(struct listener *listener)
{
    natsSubscription_Destroy(listener->sub);
    free(listener->subject);
    free(listener);
}

int nx_wire_listen(struct nx_transport *transport, const char *subject, uint64_t number,
                   struct nexus_error *err)
{
    struct wire *wire = (struct wire *)transport;
    struct listener *listener = calloc(1, sizeof(*listener));
    natsStatus s = NATS_OK;
    bool full;

    if (!listener || !(listener->subject = strdup(subject))) {
        free(listener);
        return nx_no_memory(err);
    }
    listener->number = number;
    pthread_mutex_lock(&wire->lock);
    full = wire->listener_count == NX_WIRE_LISTENERS;
    /* At once, so that what is sent next cannot be answered before the server knows of us. */
    if (!full && wire->link && wire->link->announced)
        s = natsConnection_SubscribeSync(&listener->sub, wire->link->nc, subject);
    if (!full)
        wire->listeners[wire->listener_count++] = listener;
    pthread_mutex_unlock(&wire->lock);
    if (full) {
        listener_free(listener);
        return nx_fail(err, NEXUS_E_FULL, NULL, "more than %d listeners", NX_WIRE_LISTENERS);
    }
    (void)s; /* a connection that has just gone subscribes when it is back */
    return NEXUS_OK;
}

void nx_wire_unlisten(struct nx_transport *transport, uint64_t number)
{
    struct wire *wire = (struct wire *)transport;

    pthread_mutex_lock(&wire->lock);
    for (size_t i = 0; i < wire->listener_count; i++)
        if (wire->listeners[i]->number == number && !wire->listeners[i]->gone) {
            wire->listeners[i]->gone = true;
            if (wire->listeners[i]->sub)
                natsSubscription_Unsubscribe(wire->listeners[i]->sub);
        }
    pthread_mutex_unlock(&wire->lock);
    nx_wire_wake(wire);
}

/* The I/O thread alone frees listeners, so that it may use them without the lock. */
static struct listener *listener_at(struct wire *wire, size_t *index)
{
    struct listener *found = NULL;

    pthread_mutex_lock(&wire->lock);
    while (!found && *index < wire->listener_count) {
        found = wire->listeners[*index];
        if (found->gone) {
            wire->listeners[*index] = wire->listeners[--wire->listener_count];
            listener_free(found);
            found = NULL;
        } else {
            (*index)++;
        }
    }
    pthread_mutex_unlock(&wire->lock);
    return found;
}

bool nx_wire_drain(struct wire *wire)
{
    struct listener *listener;
    bool any = false;

    for (size_t i = 0; (listener = listener_at(wire, &i));) {
        natsMsg *msg = NULL;
        int queued = 0;
        if (!listener->sub || natsSubscription_GetPending(listener->sub, &queued, NULL) != NATS_OK)
            continue;
        for (; queued > 0; queued--) {
            natsStatus s = natsSubscription_NextMsg(&msg, listener->sub, 0);
            if (s != NATS_OK && s != NATS_NO_RESPONDERS)
                break;
            any = true;
            if (s == NATS_NO_RESPONDERS)
                wire->sink.unanswered(wire->sink.owner, listener->number);
            else
                wire->sink.message(wire->sink.owner, listener->number, (struct nx_incoming *)msg);
        }
    }
    return any;
}

void nx_wire_subscribe(struct wire *wire, natsConnection *nc)
{
    for (size_t i = 0; i < wire->listener_count; i++)
        if (!wire->listeners[i]->gone)
            natsConnection_SubscribeSync(&wire->listeners[i]->sub, nc, wire->listeners[i]->subject);
}

void nx_wire_unsubscribe(struct wire *wire)
{
    for (size_t i = 0; i < wire->listener_count; i++) {
        natsSubscription_Destroy(wire->listeners[i]->sub);
        wire->listeners[i]->sub = NULL;
    }
}

void nx_wire_forget_listeners(struct wire *wire)
{
    for (size_t i = 0; i < wire->listener_count; i++)
        listener_free(wire->listeners[i]);
    wire->listener_count = 0;
}
