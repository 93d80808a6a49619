/* SPDX-License-Identifier: Apache-2.0 */
/* Where a message goes: to a stream, to the JetStream API, to whoever listens, or to nobody, which
 * the sender is told when it wants an answer. */
#include <string.h>

#include "bus.h"
#include "bus_stream.h"

#define API "$JS.API."
#define ACK "$JS.ACK."

static bool begins(const char *subject, const char *prefix)
{
    return strncmp(subject, prefix, strlen(prefix)) == 0;
}

/* Events are what no part of the protocol is. */
static bool is_event(struct nexus_memory *bus, const struct nx_bus_message *message)
{
    return *message->subject != '$' && !nx_bus_heard(bus, message->subject, NULL);
}

void nx_bus_arrive(struct nexus_memory *bus, struct nx_bus_message *message, bool full)
{
    struct nx_bus_stream *stream = nx_stream_covering(bus, message->subject);
    bool heard;

    if (begins(message->subject, API)) {
        nx_bus_api(bus, message);
        return;
    }
    if (begins(message->subject, ACK)) {
        if (!nx_bus_verdict(bus, message) && message->reply)
            nx_bus_unanswered(bus, message->reply);
        return;
    }
    heard = nx_bus_hand_over(bus, message->subject, message, NULL);
    if (stream)
        nx_stream_store(bus, stream, message, full);
    else if (!heard && message->reply)
        nx_bus_unanswered(bus, message->reply);
}

/* What a fault makes of a message on its way in. */
static void strike(struct nexus_memory *bus, uint64_t port, struct nx_bus_message *message,
                   const struct nexus_fault *fault)
{
    struct nx_port *sender = nx_port_find(bus, port);
    struct nx_bus_message *changed;

    switch ((enum nexus_fault_kind)fault->kind) {
    case NEXUS_FAULT_DROP:
        return;
    case NEXUS_FAULT_DELAY:
    case NEXUS_FAULT_REORDER:
        nx_delay_in(bus, fault, port, message);
        return;
    case NEXUS_FAULT_DUPLICATE:
        nx_bus_arrive(bus, message, false);
        nx_bus_arrive(bus, message, false);
        return;
    case NEXUS_FAULT_CORRUPT:
        changed = nx_bus_message_corrupt(message, fault->byte);
        if (changed)
            nx_bus_arrive(bus, changed, false);
        nx_bus_message_release(changed);
        return;
    case NEXUS_FAULT_DISCONNECT:
        if (sender)
            nx_port_break(sender, "a fault cut the connection");
        return;
    case NEXUS_FAULT_NO_RESPONDERS:
        if (message->reply)
            nx_bus_unanswered(bus, message->reply);
        return;
    case NEXUS_FAULT_FULL_STREAM:
        nx_bus_arrive(bus, message, true);
        return;
    }
}

static void stall(struct nexus_memory *bus, uint64_t port, struct nx_bus_message *message)
{
    struct nx_delayed *held = nx_delayed_new(NEXUS_FAULT_ON_PUBLISH, port, message, NULL, NULL);

    if (!held)
        return;
    *bus->stalled_last = held;
    bus->stalled_last = &held->next;
}

/* What the bus had not read when a connection ended is lost with it. */
void nx_bus_clear_stalled(struct nexus_memory *bus, bool deliver)
{
    struct nx_delayed *held = bus->stalled_first;

    bus->stalled_first = NULL;
    bus->stalled_last = &bus->stalled_first;
    while (held) {
        struct nx_delayed *next = held->next;
        struct nx_port *port = nx_port_find(bus, held->port);
        if (deliver && port && port->connected)
            nx_bus_route(bus, held->port, held->message);
        nx_delayed_free(held);
        held = next;
    }
}

void nx_bus_route(struct nexus_memory *bus, uint64_t port, struct nx_bus_message *message)
{
    const struct nexus_fault *fault = NULL;
    enum nexus_fault_point point = NEXUS_FAULT_ON_PUBLISH;
    bool subject_to_faults = true;

    if (bus->stalled) {
        stall(bus, port, message);
        return;
    }
    if (begins(message->subject, ACK))
        point = NEXUS_FAULT_ON_VERDICT;
    else if (is_event(bus, message))
        nx_capture_sent(bus, message);
    else
        subject_to_faults = false;
    if (subject_to_faults)
        fault = nx_fault_strike(bus, point, message->subject, message);
    if (fault)
        strike(bus, port, message, fault);
    else
        nx_bus_arrive(bus, message, false);
    if (subject_to_faults && (!fault || fault->kind != NEXUS_FAULT_REORDER))
        nx_delay_passed(bus, point);
}

/* ---- on the way out */

static void cut_receiver(struct nexus_memory *bus, const char *inbox)
{
    struct nx_port *port;

    if (nx_bus_heard(bus, inbox, &port))
        nx_port_break(port, "a fault cut the connection");
}

static void delay_out(struct nexus_memory *bus, const struct nexus_fault *fault, const char *inbox,
                      struct nx_bus_message *message, const char *reply)
{
    struct nx_incoming *incoming = nx_bus_incoming_new(message, reply);

    if (incoming)
        nx_delay_out(bus, fault, inbox, incoming);
}

static void strike_out(struct nexus_memory *bus, const struct nexus_fault *fault, const char *inbox,
                       struct nx_bus_message *message, const char *reply)
{
    struct nx_bus_message *changed;

    switch ((enum nexus_fault_kind)fault->kind) {
    case NEXUS_FAULT_DELAY:
    case NEXUS_FAULT_REORDER:
        delay_out(bus, fault, inbox, message, reply);
        return;
    case NEXUS_FAULT_DUPLICATE:
        nx_bus_hand_over(bus, inbox, message, reply);
        nx_bus_hand_over(bus, inbox, message, reply);
        return;
    case NEXUS_FAULT_CORRUPT:
        changed = nx_bus_message_corrupt(message, fault->byte);
        if (changed)
            nx_bus_hand_over(bus, inbox, changed, reply);
        nx_bus_message_release(changed);
        return;
    case NEXUS_FAULT_DISCONNECT:
        cut_receiver(bus, inbox);
        return;
    default:
        return;
    }
}

void nx_bus_send_out(struct nexus_memory *bus, enum nexus_fault_point point, const char *subject,
                     const char *inbox, struct nx_bus_message *message, const char *reply)
{
    const struct nexus_fault *fault = nx_fault_strike(bus, point, subject, message);

    if (fault)
        strike_out(bus, fault, inbox, message, reply);
    else
        nx_bus_hand_over(bus, inbox, message, reply);
    if (!fault || fault->kind != NEXUS_FAULT_REORDER)
        nx_delay_passed(bus, point);
}

void nx_bus_answer(struct nexus_memory *bus, const char *reply, const char *text)
{
    struct nx_bus_message *answer =
        reply ? nx_bus_message_new(reply, NULL, NULL, 0, text, strlen(text)) : NULL;

    if (answer)
        nx_bus_hand_over(bus, reply, answer, NULL);
    nx_bus_message_release(answer);
}
