/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners: subjects that are subscribed to on every connection, and drained on the I/O thread. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define DRAIN_MS 5000

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

/* cnats waits, on a thread of its own, for the server to know; until then messages come. Threads of
 * libraries take no signals. */
static bool start_draining(struct listener *listener)
{
    sigset_t all, before;
    natsStatus s;

    if (!listener->sub)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s = natsSubscription_DrainTimeout(listener->sub, DRAIN_MS);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s == NATS_OK;
}

void nx_wire_unlisten(struct nx_transport *transport, uint64_t number)
{
    struct wire *wire = (struct wire *)transport;

    pthread_mutex_lock(&wire->lock);
    for (size_t i = 0; i < wire->listener_count; i++) {
        struct listener *listener = wire->listeners[i];
        if (listener->number != number || listener->gone || listener->draining)
            continue;
        listener->draining = start_draining(listener);
        listener->gone = !listener->draining;
    }
    pthread_mutex_unlock(&wire->lock);
    nx_wire_wake(wire);
}

void nx_wire_flush(struct nx_transport *transport, int64_t timeout)
{
    struct link *link = nx_wire_link((struct wire *)transport);

    if (link)
        (void)natsConnection_FlushTimeout(link->nc, timeout / 1000000 + 1);
    nx_link_release(link);
}

/* With wire->lock. */
static bool is_gone(struct listener *listener)
{
    if (listener->draining &&
        natsSubscription_DrainCompletionStatus(listener->sub) != NATS_ILLEGAL_STATE)
        listener->gone = true;
    return listener->gone;
}

/* The I/O thread alone frees listeners, so that it may use them without the lock. */
static struct listener *listener_at(struct wire *wire, size_t *index)
{
    struct listener *found = NULL;

    pthread_mutex_lock(&wire->lock);
    while (!found && *index < wire->listener_count) {
        found = wire->listeners[*index];
        if (is_gone(found)) {
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
        if (!wire->listeners[i]->gone && !wire->listeners[i]->draining)
            natsConnection_SubscribeSync(&wire->listeners[i]->sub, nc, wire->listeners[i]->subject);
}

void nx_wire_unsubscribe(struct wire *wire)
{
    for (size_t i = 0; i < wire->listener_count; i++) {
        natsSubscription_Destroy(wire->listeners[i]->sub);
        wire->listeners[i]->sub = NULL;
        wire->listeners[i]->gone |= wire->listeners[i]->draining;
    }
}

void nx_wire_forget_listeners(struct wire *wire)
{
    for (size_t i = 0; i < wire->listener_count; i++)
        listener_free(wire->listeners[i]);
    wire->listener_count = 0;
}
