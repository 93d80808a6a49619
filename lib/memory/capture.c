/* SPDX-License-Identifier: Apache-2.0 */
/* What clients published: each event once, however often it was sent. */
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "bus_subject.h"
#include "status.h"
#include "struct_size.h"

#define CAPTURE_MAX 100000

static struct nx_captured *find(struct nexus_memory *bus, const struct nx_bus_message *message)
{
    const char *id = nx_bus_message_header(message, "Nats-Msg-Id", NULL);
    const uint64_t *place = id ? nx_id_table_find(&bus->capture.ids, id) : NULL;

    return place ? &bus->capture.list[*place] : NULL;
}

static bool make_room(struct nx_capture *capture)
{
    size_t capacity = capture->capacity ? capture->capacity * 2 : 64;
    struct nx_captured *list;

    if (capture->count == CAPTURE_MAX)
        return false;
    if (capture->count < capture->capacity)
        return true;
    list = realloc(capture->list, capacity * sizeof(*list));
    if (!list)
        return false;
    capture->list = list;
    capture->capacity = capacity;
    return true;
}

void nx_capture_sent(struct nexus_memory *bus, struct nx_bus_message *message)
{
    struct nx_capture *capture = &bus->capture;
    const char *id = nx_bus_message_header(message, "Nats-Msg-Id", NULL);
    struct nx_captured *known = find(bus, message);

    if (known) {
        known->attempts++;
        return;
    }
    if (!make_room(capture) || (id && !nx_id_table_add(&capture->ids, id, capture->count)))
        return;
    capture->list[capture->count++] = (struct nx_captured){nx_bus_message_retain(message), 0, 1};
}

void nx_capture_stored(struct nexus_memory *bus, const struct nx_bus_message *message,
                       uint64_t sequence)
{
    struct nx_captured *captured = find(bus, message);

    if (captured && !captured->sequence)
        captured->sequence = sequence;
}

void nx_capture_forget(struct nexus_memory *bus)
{
    struct nx_capture *capture = &bus->capture;

    for (size_t i = 0; i < capture->count; i++)
        nx_bus_message_release(capture->list[i].message);
    free(capture->list);
    nx_id_table_free(&capture->ids);
    memset(capture, 0, sizeof(*capture));
}

/* ---- public */

static bool matches(const struct nx_captured *captured, const char *filter)
{
    return !filter || nx_bus_matches(filter, captured->message->subject);
}

size_t nexus_memory_published_count(struct nexus_memory *bus, const char *filter)
{
    size_t count = 0;

    if (!bus)
        return 0;
    pthread_mutex_lock(&bus->lock);
    for (size_t i = 0; i < bus->capture.count; i++)
        count += matches(&bus->capture.list[i], filter);
    pthread_mutex_unlock(&bus->lock);
    return count;
}

static void show(const struct nx_captured *captured, struct nexus_published *out)
{
    const struct nx_bus_message *message = captured->message;
    const struct nexus_channel *channel = nexus_channel_by_subject(message->subject);

    out->subject = message->subject;
    out->channel = channel ? nexus_channel_name(channel) : NULL;
    out->message_id = nx_bus_message_header(message, "Nats-Msg-Id", NULL);
    out->body = message->body;
    out->body_length = message->length;
    out->sequence = captured->sequence;
    out->attempts = captured->attempts;
    out->inside = message;
}

int nexus_memory_published(struct nexus_memory *bus, const char *filter, size_t index,
                           struct nexus_published *out, struct nexus_error *err)
{
    struct nexus_published ours = NEXUS_PUBLISHED_INIT;
    bool found = false;

    if (!bus || !out)
        return nx_fail(err, NEXUS_E_INVALID, bus ? "out" : "bus", "is NULL");
    pthread_mutex_lock(&bus->lock);
    for (size_t i = 0, seen = 0; i < bus->capture.count && !found; i++) {
        if (!matches(&bus->capture.list[i], filter))
            continue;
        found = seen++ == index;
        if (found)
            show(&bus->capture.list[i], &ours);
    }
    pthread_mutex_unlock(&bus->lock);
    if (!found)
        return nx_fail(err, NEXUS_E_NOT_FOUND, "index", "%zu events or fewer were published",
                       index);
    return nx_struct_give(out, out->size, &ours, sizeof(ours), err);
}

const char *nexus_published_header(const struct nexus_published *published, const char *name)
{
    return published && published->inside && name
               ? nx_bus_message_header(published->inside, name, NULL)
               : NULL;
}

void nexus_memory_forget_published(struct nexus_memory *bus)
{
    if (!bus)
        return;
    pthread_mutex_lock(&bus->lock);
    nx_capture_forget(bus);
    pthread_mutex_unlock(&bus->lock);
}
