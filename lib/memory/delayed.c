/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that a fault holds back. */
#include <stdlib.h>
#include <string.h>

#include "bus.h"

#define DELAY_DEFAULT_MS 1000

struct nx_delayed *nx_delayed_new(enum nexus_fault_point point, uint64_t port,
                                  struct nx_bus_message *message, struct nx_incoming *incoming,
                                  const char *inbox)
{
    size_t size = inbox ? strlen(inbox) + 1 : 1;
    struct nx_delayed *delayed = calloc(1, sizeof(*delayed) + size);

    if (!delayed)
        return NULL;
    delayed->point = point;
    delayed->port = port;
    delayed->message = message ? nx_bus_message_retain(message) : NULL;
    delayed->incoming = incoming;
    if (inbox)
        memcpy(delayed->inbox, inbox, size);
    return delayed;
}

void nx_delayed_free(struct nx_delayed *delayed)
{
    nx_bus_message_release(delayed->message);
    nx_bus_incoming_free(delayed->incoming);
    free(delayed);
}

static void hold_back(struct nexus_memory *bus, const struct nexus_fault *fault,
                      struct nx_delayed *delayed)
{
    int64_t ms = fault->delay_ms ? fault->delay_ms : DELAY_DEFAULT_MS;
    struct nx_delayed **at = &bus->delayed;

    delayed->at = nx_bus_now(bus) + ms * 1000000;
    delayed->overtaken = fault->kind == NEXUS_FAULT_REORDER;
    while (*at && (*at)->at <= delayed->at)
        at = &(*at)->next;
    delayed->next = *at;
    *at = delayed;
}

void nx_delay_in(struct nexus_memory *bus, const struct nexus_fault *fault, uint64_t port,
                 struct nx_bus_message *message)
{
    struct nx_delayed *delayed =
        nx_delayed_new((enum nexus_fault_point)fault->point, port, message, NULL, NULL);

    if (delayed)
        hold_back(bus, fault, delayed);
}

void nx_delay_out(struct nexus_memory *bus, const struct nexus_fault *fault, const char *inbox,
                  struct nx_incoming *incoming)
{
    struct nx_delayed *delayed =
        nx_delayed_new((enum nexus_fault_point)fault->point, 0, NULL, incoming, inbox);

    if (delayed)
        hold_back(bus, fault, delayed);
    else
        nx_bus_incoming_free(incoming);
}

static void let_go(struct nexus_memory *bus, struct nx_delayed *delayed)
{
    if (delayed->message)
        nx_bus_arrive(bus, delayed->message, false);
    else
        nx_bus_hand_over(bus, delayed->inbox, delayed->incoming->message, delayed->incoming->reply);
    nx_delayed_free(delayed);
}

/* Takes the first one out that is due, or that was overtaken at a point (0: none). */
static struct nx_delayed *take(struct nexus_memory *bus, int64_t now, int point)
{
    for (struct nx_delayed **at = &bus->delayed; *at; at = &(*at)->next) {
        struct nx_delayed *delayed = *at;
        if (delayed->at > now && !(delayed->overtaken && (int)delayed->point == point))
            continue;
        *at = delayed->next;
        return delayed;
    }
    return NULL;
}

void nx_delay_passed(struct nexus_memory *bus, enum nexus_fault_point point)
{
    struct nx_delayed *delayed;

    while (bus->delayed && (delayed = take(bus, INT64_MIN, (int)point)))
        let_go(bus, delayed);
}

void nx_delay_run(struct nexus_memory *bus, int64_t now)
{
    struct nx_delayed *delayed;

    while (bus->delayed && (delayed = take(bus, now, 0)))
        let_go(bus, delayed);
}

void nx_delay_forget(struct nexus_memory *bus)
{
    for (struct nx_delayed *delayed; (delayed = bus->delayed);) {
        bus->delayed = delayed->next;
        nx_delayed_free(delayed);
    }
}
