/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: a natsMsg goes by the name of nx_message on its way out and of nx_incoming on its way
 * in. */
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define FLUSH_BYTES (32 * 1024)

static _Thread_local bool quiet;

bool nx_wire_quiet(void)
{
    return quiet;
}

struct nx_message *nx_wire_message_new(struct nx_transport *transport, const char *subject,
                                       const char *reply, const struct nx_header *headers,
                                       size_t header_count, const void *body, size_t length)
{
    natsMsg *msg = NULL;
    natsStatus s = natsMsg_Create(&msg, subject, reply, body, (int)length);

    (void)transport;
    for (size_t i = 0; s == NATS_OK && i < header_count; i++)
        s = natsMsgHeader_Add(msg, headers[i].name, headers[i].value);
    if (s != NATS_OK) {
        natsMsg_Destroy(msg);
        msg = NULL;
    }
    return (struct nx_message *)msg;
}

void nx_wire_message_free(struct nx_transport *transport, struct nx_message *message)
{
    (void)transport;
    natsMsg_Destroy((natsMsg *)message);
}

bool nx_wire_message_header(struct nx_transport *transport, struct nx_message *message,
                            const char *name, const char *value)
{
    (void)transport;
    return natsMsgHeader_Set((natsMsg *)message, name, value) == NATS_OK;
}

/* Sees to it that what cnats has buffered goes out: now, with the I/O thread's next turn when that
 * is due anyway, or by waking it. */
static void see_to_bytes(struct wire *wire, struct link *link, size_t length, bool urgent)
{
    size_t buffered = atomic_fetch_add(&wire->buffered, length) + length;

    if (!atomic_load(&link->write_wanted))
        return;
    if (urgent || buffered >= FLUSH_BYTES)
        nx_wire_push(wire, link);
    else if (!atomic_load(&wire->soon))
        nx_wire_wake(wire);
}

static int sent(natsStatus s)
{
    switch (s) {
    case NATS_OK:
        return NEXUS_OK;
    case NATS_MAX_PAYLOAD:
        return NEXUS_E_TOO_LARGE;
    case NATS_NO_MEMORY:
        return NEXUS_E_MEMORY;
    default:
        return NEXUS_E_CLOSED;
    }
}

int nx_wire_send(struct nx_transport *transport, struct nx_message *message, bool urgent)
{
    struct wire *wire = (struct wire *)transport;
    struct link *link = nx_wire_link(wire);
    natsMsg *msg = (natsMsg *)message;
    natsStatus s;

    if (!link)
        return NEXUS_E_CLOSED;
    quiet = true;
    s = natsConnection_PublishMsg(link->nc, msg);
    quiet = false;
    if (s == NATS_OK)
        see_to_bytes(wire, link, (size_t)natsMsg_GetDataLength(msg), urgent);
    nx_link_release(link);
    return sent(s);
}

int nx_wire_send_bytes(struct nx_transport *transport, const char *subject, const char *reply,
                       const void *body, size_t length, bool urgent)
{
    struct wire *wire = (struct wire *)transport;
    struct link *link = nx_wire_link(wire);
    natsStatus s;

    if (!link)
        return NEXUS_E_CLOSED;
    quiet = true;
    s = reply ? natsConnection_PublishRequest(link->nc, subject, reply, body, (int)length)
              : natsConnection_Publish(link->nc, subject, body, (int)length);
    quiet = false;
    if (s == NATS_OK)
        see_to_bytes(wire, link, length, urgent);
    nx_link_release(link);
    return sent(s);
}

/* Only a message without body and reply can be a status: an event whose publisher forged the header
 * has a reply subject, on which it is acked. */
static int status_of(natsMsg *msg)
{
    const char *text = NULL;

    if (natsMsg_GetDataLength(msg) > 0 || natsMsg_GetReply(msg))
        return 0;
    if (natsMsgHeader_Get(msg, "Status", &text) != NATS_OK || !text)
        return 0;
    return atoi(text);
}

void nx_wire_view(const struct nx_incoming *incoming, struct nx_view *view)
{
    natsMsg *msg = (natsMsg *)(uintptr_t)incoming;

    view->subject = natsMsg_GetSubject(msg);
    view->reply = natsMsg_GetReply(msg);
    view->body = natsMsg_GetData(msg);
    view->length = (size_t)natsMsg_GetDataLength(msg);
    if (!view->body)
        view->body = "";
    view->status = status_of(msg);
}

static const char *second_value(natsMsg *msg, const char *name, size_t *count)
{
    const char **values = NULL;
    const char *first = NULL;
    int found = 0;

    if (natsMsgHeader_Values(msg, name, &values, &found) == NATS_OK && found > 0)
        first = values[0];
    free(values);
    *count = (size_t)found;
    return first;
}

const char *nx_wire_header(const struct nx_incoming *incoming, const char *name, size_t *count)
{
    natsMsg *msg = (natsMsg *)(uintptr_t)incoming;
    const char *value = NULL;

    if (count)
        return second_value(msg, name, count);
    return natsMsgHeader_Get(msg, name, &value) == NATS_OK ? value : NULL;
}

bool nx_wire_each_header(const struct nx_incoming *incoming, nx_header_visit visit, void *data)
{
    natsMsg *msg = (natsMsg *)(uintptr_t)incoming;
    const char **names = NULL, **values = NULL;
    int name_count = 0, count = 0;
    natsStatus s = natsMsgHeader_Keys(msg, &names, &name_count);

    for (int i = 0; s == NATS_OK && i < name_count; i++) {
        s = natsMsgHeader_Values(msg, names[i], &values, &count);
        for (int j = 0; s == NATS_OK && j < count; j++)
            visit(names[i], values[j] ? values[j] : "", data);
        free(values);
        values = NULL;
    }
    free(names);
    return s == NATS_OK || s == NATS_NOT_FOUND;
}

void nx_wire_incoming_free(struct nx_incoming *incoming)
{
    natsMsg_Destroy((natsMsg *)incoming);
}
