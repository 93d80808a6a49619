/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include <string.h>

static const char *sound(const char *text, size_t most)
{
    size_t length = text ? strnlen(text, most + 1) : 0;

    if (!length || length > most || text[0] == ' ' || text[length - 1] == ' ')
        return NULL;
    for (size_t i = 0; i < length; i++)
        if (text[i] < 0x20 || text[i] >= 0x7f)
            return NULL;
    return text;
}

const char *nx_tracestate_sound(const char *text)
{
    return sound(text, NX_TRACESTATE_MAX);
}

const char *nx_baggage_sound(const char *text)
{
    return sound(text, NX_BAGGAGE_MAX);
}

const char *nexus_delivery_tracestate(const struct nexus_delivery *delivery)
{
    return nx_tracestate_sound(nexus_delivery_header(delivery, "tracestate"));
}

const char *nexus_delivery_baggage(const struct nexus_delivery *delivery)
{
    return nx_baggage_sound(nexus_delivery_header(delivery, "baggage"));
}

struct nx_trace nx_trace_of(const struct nexus_delivery *delivery)
{
    struct nx_trace trace = {NULL, NULL};

    if (delivery) {
        trace.tracestate = nexus_delivery_tracestate(delivery);
        trace.baggage = nexus_delivery_baggage(delivery);
    }
    return trace;
}
