/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: found, freed, and the messages in them. */
#include <stdlib.h>
#include <string.h>

#include "bus_stream.h"
#include "bus_subject.h"

struct nx_bus_stream *nx_stream_find(struct nexus_memory *bus, const char *name, size_t length)
{
    struct nx_bus_stream *at = bus->streams;

    while (at && (strlen(at->name) != length || memcmp(at->name, name, length) != 0))
        at = at->next;
    return at;
}

static bool covers(const struct nx_bus_stream *stream, const char *subject)
{
    for (size_t i = 0; i < stream->subject_count; i++)
        if (nx_bus_matches(stream->subjects[i], subject))
            return true;
    return false;
}

struct nx_bus_stream *nx_stream_covering(struct nexus_memory *bus, const char *subject)
{
    struct nx_bus_stream *at = bus->streams;

    while (at && !covers(at, subject))
        at = at->next;
    return at;
}

void nx_stream_free(struct nexus_memory *bus, struct nx_bus_stream *stream)
{
    if (!stream)
        return;
    while (stream->consumers)
        nx_durable_free(bus, stream->consumers);
    for (size_t i = 0; i < stream->count; i++)
        nx_bus_message_release(stream->entries[i].message);
    nx_stream_forget_ids(stream);
    free(stream->entries);
    nx_stream_unconfigure(stream);
    free(stream);
}

void nx_streams_free(struct nexus_memory *bus)
{
    for (struct nx_bus_stream *stream; (stream = bus->streams);) {
        bus->streams = stream->next;
        nx_stream_free(bus, stream);
    }
}

struct nx_bus_entry *nx_stream_at(struct nx_bus_stream *stream, uint64_t sequence)
{
    struct nx_bus_entry *entry;

    if (sequence < stream->first || sequence > stream->last)
        return NULL;
    entry = &stream->entries[sequence - stream->first];
    return entry->message ? entry : NULL;
}

static bool make_room(struct nx_bus_stream *stream)
{
    size_t capacity = stream->capacity ? stream->capacity * 2 : 64;
    struct nx_bus_entry *entries;

    if (stream->count < stream->capacity)
        return true;
    entries = realloc(stream->entries, capacity * sizeof(*entries));
    if (!entries)
        return false;
    stream->entries = entries;
    stream->capacity = capacity;
    return true;
}

bool nx_stream_append(struct nexus_memory *bus, struct nx_bus_stream *stream,
                      struct nx_bus_message *message, int64_t time, uint64_t delivered)
{
    struct nx_bus_entry *entry;

    if (!make_room(stream))
        return false;
    entry = &stream->entries[stream->count++];
    entry->message = nx_bus_message_retain(message);
    entry->time = time;
    entry->delivered = delivered;
    stream->last++;
    stream->messages++;
    stream->bytes += message->size;
    for (struct nx_bus_consumer *at = stream->consumers; at; at = at->next)
        nx_durable_added(at, message);
    nx_stream_limit(bus, stream);
    for (struct nx_bus_consumer *at = stream->consumers; at; at = at->next)
        nx_pulls_serve(bus, at);
    return true;
}

/* Forgets the places of deleted messages at the beginning, a good part of all at a time. */
static void compact(struct nx_bus_stream *stream)
{
    size_t empty = 0;

    while (empty < stream->count && !stream->entries[empty].message)
        empty++;
    if (!stream->messages)
        empty = stream->count;
    else if (empty < 64 || empty < stream->count / 4)
        return;
    memmove(stream->entries, stream->entries + empty,
            (stream->count - empty) * sizeof(*stream->entries));
    stream->count -= empty;
    stream->first += empty;
}

void nx_stream_remove(struct nx_bus_stream *stream, uint64_t sequence)
{
    struct nx_bus_entry *entry = nx_stream_at(stream, sequence);

    if (!entry)
        return;
    for (struct nx_bus_consumer *at = stream->consumers; at; at = at->next)
        nx_durable_removed(at, sequence, entry->message);
    stream->messages--;
    stream->bytes -= entry->message->size;
    nx_bus_message_release(entry->message);
    entry->message = NULL;
    compact(stream);
}

static uint64_t oldest(struct nx_bus_stream *stream)
{
    uint64_t sequence = stream->first;

    while (sequence <= stream->last && !nx_stream_at(stream, sequence))
        sequence++;
    return sequence;
}

/* The oldest of the newest message's subject, when there are more of it than there may be. */
static void limit_subject(struct nx_bus_stream *stream)
{
    struct nx_bus_entry *newest = nx_stream_at(stream, stream->last);
    uint64_t first = 0;
    int64_t count = 0;

    if (!newest || stream->max_per_subject <= 0)
        return;
    for (uint64_t sequence = stream->first; sequence <= stream->last; sequence++) {
        struct nx_bus_entry *at = nx_stream_at(stream, sequence);
        if (!at || strcmp(at->message->subject, newest->message->subject) != 0)
            continue;
        first = first ? first : sequence;
        count++;
    }
    if (count > stream->max_per_subject)
        nx_stream_remove(stream, first);
}

void nx_stream_limit(struct nexus_memory *bus, struct nx_bus_stream *stream)
{
    int64_t now = nx_bus_now(bus) + bus->wall;

    limit_subject(stream);
    while (stream->messages) {
        uint64_t sequence = oldest(stream);
        bool old =
            stream->max_age > 0 && nx_stream_at(stream, sequence)->time + stream->max_age <= now;
        bool many = stream->max_msgs > 0 && stream->messages > (uint64_t)stream->max_msgs;
        bool large = stream->max_bytes > 0 && stream->bytes > (uint64_t)stream->max_bytes;
        if (!old && !many && !large)
            return;
        nx_stream_remove(stream, sequence);
    }
}
