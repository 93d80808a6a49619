/* SPDX-License-Identifier: Apache-2.0 */
/* One client's wire. What arrives for it is put down under the bus's lock, and handed to the sink
 * by the client's I/O thread, without it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus.h"
#include "bus_stream.h"
#include "status.h"

static const struct nx_transport_ops ops;

static struct nx_port *port_of(struct nx_transport *transport)
{
    return (struct nx_port *)transport;
}

struct nexus_memory *nx_memory_bus(struct nx_transport *wire)
{
    return wire->ops == &ops ? port_of(wire)->bus : NULL;
}

struct nx_port *nx_port_find(struct nexus_memory *bus, uint64_t number)
{
    struct nx_port *at = bus->ports;

    while (at && at->number != number)
        at = at->next;
    return at;
}

void nx_port_wake(struct nx_port *port)
{
    port->woken = true;
    pthread_cond_signal(&port->changed);
}

/* ---- what arrives */

void nx_port_push(struct nx_port *port, enum nx_item_kind kind, uint64_t listener,
                  struct nx_incoming *incoming, const char *text)
{
    struct nx_item *item = calloc(1, sizeof(*item));

    if (!item || (incoming && port->items >= NX_BUS_INBOX_MAX)) {
        nx_bus_incoming_free(incoming);
        if (item)
            item->kind = NX_ITEM_SLOW;
        else
            return;
    } else {
        item->kind = kind;
        item->incoming = incoming;
    }
    item->listener = listener;
    item->text = text;
    *port->last = item;
    port->last = &item->next;
    port->items++;
    pthread_cond_signal(&port->changed);
}

static void free_items(struct nx_item *item)
{
    while (item) {
        struct nx_item *next = item->next;
        nx_bus_incoming_free(item->incoming);
        free(item);
        item = next;
    }
}

static struct nx_item *take_items(struct nx_port *port)
{
    struct nx_item *first = port->first;

    port->first = NULL;
    port->last = &port->first;
    port->items = 0;
    return first;
}

void nx_port_break(struct nx_port *port, const char *why)
{
    if (!port->linked)
        return;
    port->linked = port->connected = false;
    free_items(take_items(port));
    nx_port_push(port, NX_ITEM_DOWN, 0, NULL, why);
}

static void come_up(struct nx_port *port)
{
    bool linked;

    pthread_mutex_lock(&port->bus->lock);
    linked = port->linked;
    port->connected = linked;
    pthread_mutex_unlock(&port->bus->lock);
    if (linked)
        port->sink.wire(port->sink.owner, NX_WIRE_UP, NEXUS_OK, NULL);
}

static void feed(struct nx_port *port, struct nx_item *item)
{
    const struct nx_sink *sink = &port->sink;

    switch (item->kind) {
    case NX_ITEM_MESSAGE:
        sink->message(sink->owner, item->listener, item->incoming);
        break;
    case NX_ITEM_UNANSWERED:
        sink->unanswered(sink->owner, item->listener);
        break;
    case NX_ITEM_UP:
        come_up(port);
        break;
    case NX_ITEM_DOWN:
        sink->wire(sink->owner, NX_WIRE_DOWN, NEXUS_E_CONNECT, item->text);
        break;
    case NX_ITEM_SLOW:
        sink->wire(sink->owner, NX_WIRE_SLOW, NEXUS_E_FULL, NULL);
        break;
    }
    free(item);
}

/* ---- the I/O thread's turn; with the lock */

/* Real time also brings what is due on the bus itself. */
static void wait_real(struct nx_port *port, int64_t next_timer)
{
    struct nexus_memory *bus = port->bus;
    int64_t at = port->until < next_timer ? port->until : next_timer;
    int64_t real = at == INT64_MAX ? at : at - atomic_load(&bus->time);
    struct timespec limit = {(time_t)(real / 1000000000), (long)(real % 1000000000)};

    bus->armed = next_timer;
    if (at == INT64_MAX)
        pthread_cond_wait(&port->changed, &bus->lock);
    else
        pthread_cond_timedwait(&port->changed, &bus->lock, &limit);
}

static void wait_for_input(struct nx_port *port)
{
    struct nexus_memory *bus = port->bus;

    port->polling = true;
    while (!port->woken && !port->first && port->until > nx_bus_now(bus)) {
        int64_t next = nx_bus_run_timers(bus);
        if (port->woken || port->first)
            break;
        nx_bus_rest(bus);
        if (port->woken || port->first || port->until <= nx_bus_now(bus))
            break;
        if (atomic_load(&bus->clock) == NEXUS_CLOCK_REAL)
            wait_real(port, next);
        else
            pthread_cond_wait(&port->changed, &bus->lock);
    }
    port->polling = false;
    port->woken = false;
}

static void port_poll(struct nx_transport *transport, int64_t timeout)
{
    struct nx_port *port = port_of(transport);
    struct nx_item *item;

    pthread_mutex_lock(&port->bus->lock);
    port->until = timeout < 0 ? INT64_MAX : nx_bus_now(port->bus) + timeout;
    wait_for_input(port);
    item = take_items(port);
    pthread_mutex_unlock(&port->bus->lock);
    while (item) {
        struct nx_item *next = item->next;
        feed(port, item);
        item = next;
    }
}

static void port_wake(struct nx_transport *transport)
{
    struct nx_port *port = port_of(transport);

    pthread_mutex_lock(&port->bus->lock);
    nx_port_wake(port);
    pthread_mutex_unlock(&port->bus->lock);
}

static void port_waiting(struct nx_transport *transport, int change)
{
    struct nx_port *port = port_of(transport);

    pthread_mutex_lock(&port->bus->lock);
    port->bus->waiting += (unsigned)change;
    /* It must learn of the new deadline before time moves. */
    if (change > 0 && !port->ended)
        nx_port_wake(port);
    pthread_mutex_unlock(&port->bus->lock);
}

/* ---- connecting */

static int port_connect(struct nx_transport *transport, struct nexus_error *err)
{
    struct nx_port *port = port_of(transport);

    (void)err;
    pthread_mutex_lock(&port->bus->lock);
    port->linked = !port->bus->down;
    if (port->linked)
        nx_port_push(port, NX_ITEM_UP, 0, NULL, NULL);
    else
        nx_port_push(port, NX_ITEM_DOWN, 0, NULL, "the bus in memory is down");
    pthread_mutex_unlock(&port->bus->lock);
    return NEXUS_OK;
}

/* The I/O thread's last call. */
static void port_disconnect(struct nx_transport *transport)
{
    struct nx_port *port = port_of(transport);
    struct nx_item *item;

    pthread_mutex_lock(&port->bus->lock);
    port->linked = port->connected = false;
    port->ended = true;
    item = take_items(port);
    nx_bus_rest(port->bus);
    pthread_mutex_unlock(&port->bus->lock);
    free_items(item);
}

/* ---- sending */

static struct nx_message *port_message_new(struct nx_transport *transport, const char *subject,
                                           const char *reply, const struct nx_header *headers,
                                           size_t header_count, const void *body, size_t length)
{
    (void)transport;
    return (struct nx_message *)nx_bus_message_new(subject, reply, headers, header_count, body,
                                                   length);
}

static void port_message_free(struct nx_transport *transport, struct nx_message *message)
{
    (void)transport;
    nx_bus_message_release((struct nx_bus_message *)message);
}

static bool port_message_header(struct nx_transport *transport, struct nx_message *message,
                                const char *name, const char *value)
{
    (void)transport;
    return nx_bus_message_add((struct nx_bus_message *)message, name, value);
}

static int64_t port_max_payload(struct nx_transport *transport)
{
    return atomic_load(&port_of(transport)->bus->max_payload);
}

static int port_send(struct nx_transport *transport, struct nx_message *message, bool urgent)
{
    struct nx_port *port = port_of(transport);
    struct nx_bus_message *sent = (struct nx_bus_message *)message;
    int code = NEXUS_E_CLOSED;

    (void)urgent;
    if (sent->size - strlen(sent->subject) > (size_t)port_max_payload(transport))
        return NEXUS_E_TOO_LARGE;
    pthread_mutex_lock(&port->bus->lock);
    if (port->connected) {
        code = NEXUS_OK;
        nx_bus_run_timers(port->bus);
        nx_bus_route(port->bus, port->number, sent);
        nx_bus_rearm(port->bus);
    }
    pthread_mutex_unlock(&port->bus->lock);
    return code;
}

static int port_send_bytes(struct nx_transport *transport, const char *subject, const char *reply,
                           const void *body, size_t length, bool urgent)
{
    struct nx_bus_message *message = nx_bus_message_new(subject, reply, NULL, 0, body, length);
    int code;

    if (!message)
        return NEXUS_E_MEMORY;
    code = port_send(transport, (struct nx_message *)message, urgent);
    nx_bus_message_release(message);
    return code;
}

static int64_t port_now(struct nx_transport *transport)
{
    return nx_bus_now(port_of(transport)->bus);
}

/* ---- its life */

static void port_destroy(struct nx_transport *transport)
{
    struct nx_port *port = port_of(transport);
    struct nexus_memory *bus = port->bus;
    struct nx_port **at = &bus->ports;

    pthread_mutex_lock(&bus->lock);
    while (*at != port)
        at = &(*at)->next;
    *at = port->next;
    nx_port_forget_listeners(port);
    free_items(take_items(port));
    nx_bus_rest(bus);
    pthread_mutex_unlock(&bus->lock);
    pthread_cond_destroy(&port->changed);
    free(port);
    nx_bus_release(bus);
}

static const struct nx_transport_ops ops = {
    .destroy = port_destroy,
    .connect = port_connect,
    .disconnect = port_disconnect,
    .poll = port_poll,
    .wake = port_wake,
    .nudge = port_wake,
    .message_new = port_message_new,
    .message_free = port_message_free,
    .message_header = port_message_header,
    .send = port_send,
    .send_bytes = port_send_bytes,
    .listen = nx_port_listen,
    .unlisten = nx_port_unlisten,
    .view = nx_bus_view,
    .header = nx_bus_header,
    .each_header = nx_bus_each_header,
    .release = nx_bus_incoming_free,
    .max_payload = port_max_payload,
    .now = port_now,
    .waiting = port_waiting,
};

static void link_port(struct nexus_memory *bus, struct nx_port *port)
{
    pthread_mutex_lock(&bus->lock);
    port->number = ++bus->last_port;
    port->next = bus->ports;
    bus->ports = port;
    pthread_mutex_unlock(&bus->lock);
}

int nx_transport_memory_new(const struct nx_options *options, const struct nx_sink *sink,
                            struct nx_transport **out, struct nexus_error *err)
{
    const char *name = strchr(options->url, ':') + 1;
    struct nx_port *port = calloc(1, sizeof(*port));
    pthread_condattr_t monotonic;
    int code;

    if (!port)
        return nx_no_memory(err);
    code = nx_bus_open(*name ? name : NULL, &port->bus, err);
    if (code != NEXUS_OK) {
        free(port);
        return code;
    }
    port->base.ops = &ops;
    port->sink = *sink;
    port->last = &port->first;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&port->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    link_port(port->bus, port);
    *out = &port->base;
    return NEXUS_OK;
}

/* ---- the whole bus */

static void cut_all(struct nexus_memory *bus)
{
    for (struct nx_port *at = bus->ports; at; at = at->next)
        nx_port_break(at, "the bus in memory went down");
    for (struct nx_bus_stream *stream = bus->streams; stream; stream = stream->next)
        for (struct nx_bus_consumer *at = stream->consumers; at; at = at->next)
            nx_pulls_end(bus, at, NULL);
    nx_delay_forget(bus);
    nx_bus_clear_stalled(bus, false);
}

int nexus_memory_set_state(struct nexus_memory *bus, enum nexus_memory_state state,
                           struct nexus_error *err)
{
    if (!bus)
        return nx_fail(err, NEXUS_E_INVALID, "bus", "is NULL");
    if (state != NEXUS_MEMORY_UP && state != NEXUS_MEMORY_DOWN && state != NEXUS_MEMORY_STALLED)
        return nx_fail(err, NEXUS_E_INVALID, "state", "%d is no state", (int)state);
    pthread_mutex_lock(&bus->lock);
    bus->down = state == NEXUS_MEMORY_DOWN;
    bus->stalled = state == NEXUS_MEMORY_STALLED;
    if (bus->down)
        cut_all(bus);
    else if (!bus->stalled)
        nx_bus_clear_stalled(bus, true);
    nx_bus_rearm(bus);
    pthread_mutex_unlock(&bus->lock);
    return NEXUS_OK;
}
