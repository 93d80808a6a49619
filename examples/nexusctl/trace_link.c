/* SPDX-License-Identifier: Apache-2.0 */
/* Which event of a chain follows from which: by their vector clocks, not by when they were stored.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../event_line.h"
#include "trace.h"

enum { BEFORE = 1, DIRECTLY = 2 };

static char *copy(const char *text)
{
    return strdup(text ? text : "");
}

static char *line_of(const struct nexus_delivery *delivery)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    event_line_write(out, delivery);
    if (fclose(out) != 0 || size < 2) {
        free(text);
        return NULL;
    }
    text[size - 2] = 0; /* "}\n": more members follow */
    return text;
}

bool trace_add(struct trace *trace, const struct nexus_delivery *delivery)
{
    struct trace_event *event = &trace->events[trace->count];
    const char *key_id = nexus_delivery_key_id(delivery);

    if (trace->count == TRACE_MAX) {
        trace->beyond++;
        return true;
    }
    trace->count++;
    *event = (struct trace_event){
        .subject = copy(nexus_delivery_subject(delivery)),
        .clock = copy(nexus_delivery_vector_clock(delivery)),
        .payload = copy(nexus_delivery_payload(delivery)),
        .key_id = key_id ? copy(key_id) : NULL,
        .line = line_of(delivery),
        .verdict = nexus_delivery_trust(delivery),
        .is_signed = nexus_delivery_header(delivery, "Nexus-Signature") != NULL,
        .sequence = nexus_delivery_sequence(delivery),
        .time = nexus_delivery_time(delivery),
        .parent = NO_PARENT,
    };
    return event->subject && event->clock && event->payload && event->line &&
           (!key_id || event->key_id);
}

static unsigned char *cell(const struct trace *trace, size_t first, size_t second)
{
    return &trace->before[first * trace->count + second];
}

bool trace_is_parent(const struct trace *trace, size_t first, size_t second)
{
    return *cell(trace, first, second) == DIRECTLY;
}

static int compare(struct trace *trace, size_t first, size_t second, struct nexus_error *err)
{
    enum nexus_clock_order order;
    int code = nexus_vector_clock_compare(trace->events[first].clock, trace->events[second].clock,
                                          &order, err);

    if (code)
        return code;
    if (order == NEXUS_CLOCK_BEFORE)
        *cell(trace, first, second) = BEFORE;
    if (order == NEXUS_CLOCK_AFTER)
        *cell(trace, second, first) = BEFORE;
    return NEXUS_OK;
}

/* Whether another event lies between the two. */
static bool has_between(const struct trace *trace, size_t first, size_t second)
{
    for (size_t i = 0; i < trace->count; i++)
        if (*cell(trace, first, i) && *cell(trace, i, second))
            return true;
    return false;
}

/* The events stand in the order of the stream, so the last one found is the latest. */
static void find_parents(struct trace *trace, size_t event)
{
    for (size_t i = 0; i < trace->count; i++)
        if (*cell(trace, i, event) && !has_between(trace, i, event)) {
            *cell(trace, i, event) = DIRECTLY;
            trace->events[event].parent = i;
        }
}

static size_t depth_of(const struct trace *trace, size_t event)
{
    size_t depth = 0;

    for (; trace->events[event].parent != NO_PARENT; event = trace->events[event].parent)
        depth++;
    return depth;
}

static int by_sequence(const void *left, const void *right)
{
    const struct trace_event *a = left, *b = right;

    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

int trace_link(struct trace *trace, struct nexus_error *err)
{
    size_t count = trace->count;

    qsort(trace->events, count, sizeof(trace->events[0]), by_sequence);
    trace->before = calloc(count ? count : 1, count ? count : 1);
    if (!trace->before) {
        *err = (struct nexus_error){NEXUS_E_MEMORY, 0, "", "out of memory"};
        return NEXUS_E_MEMORY;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            int code = compare(trace, i, j, err);
            if (code)
                return code;
        }
    for (size_t i = 0; i < count; i++)
        find_parents(trace, i);
    for (size_t i = 0; i < count; i++)
        trace->events[i].depth = depth_of(trace, i);
    return NEXUS_OK;
}

void trace_free(struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        free(trace->events[i].subject);
        free(trace->events[i].clock);
        free(trace->events[i].payload);
        free(trace->events[i].key_id);
        free(trace->events[i].line);
    }
    free(trace->before);
    free(trace);
}
