/* SPDX-License-Identifier: Apache-2.0 */
/* A durable consumer: where it stands in its stream, and what it has delivered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus_stream.h"
#include "bus_subject.h"

struct nx_bus_consumer *nx_durable_find(struct nx_bus_stream *stream, const char *name,
                                        size_t length)
{
    struct nx_bus_consumer *at = stream->consumers;

    while (at && (strlen(at->name) != length || memcmp(at->name, name, length) != 0))
        at = at->next;
    return at;
}

void nx_durable_free(struct nexus_memory *bus, struct nx_bus_consumer *consumer)
{
    struct nx_bus_consumer **at = &consumer->stream->consumers;

    while (*at && *at != consumer)
        at = &(*at)->next;
    if (*at)
        *at = consumer->next;
    nx_pulls_end(bus, consumer, "Consumer Deleted");
    free(consumer->pending);
    free(consumer->chosen);
    free(consumer->name);
    free(consumer->filter);
    cJSON_Delete(consumer->config);
    free(consumer);
}

bool nx_durable_wants(const struct nx_bus_consumer *consumer, const char *subject)
{
    return !*consumer->filter || nx_bus_matches(consumer->filter, subject);
}

/* ---- where it starts */

static bool wants_at(const struct nx_bus_consumer *consumer, uint64_t sequence)
{
    const struct nx_bus_entry *entry = nx_stream_at(consumer->stream, sequence);

    return entry && nx_durable_wants(consumer, entry->message->subject);
}

static bool has_successor(const struct nx_bus_consumer *consumer, uint64_t sequence)
{
    struct nx_bus_stream *stream = consumer->stream;
    const char *subject = nx_stream_at(stream, sequence)->message->subject;

    for (uint64_t at = sequence + 1; at <= stream->last; at++) {
        const struct nx_bus_entry *entry = nx_stream_at(stream, at);
        if (entry && strcmp(entry->message->subject, subject) == 0)
            return true;
    }
    return false;
}

/* The latest message of each subject, or of all of them. */
static bool choose_last(struct nx_bus_consumer *consumer, bool per_subject)
{
    struct nx_bus_stream *stream = consumer->stream;

    consumer->chosen = calloc((size_t)stream->messages + 1, sizeof(*consumer->chosen));
    if (!consumer->chosen)
        return false;
    for (uint64_t at = stream->first; at <= stream->last; at++) {
        if (!wants_at(consumer, at) || (per_subject && has_successor(consumer, at)))
            continue;
        if (!per_subject)
            consumer->chosen_count = 0;
        consumer->chosen[consumer->chosen_count++] = at;
    }
    consumer->chosen_until = stream->last;
    consumer->waiting = consumer->chosen_count;
    consumer->cursor = stream->last + 1;
    return true;
}

/* 2026-07-09T10:11:12.123456789Z in nanoseconds since 1970. */
static int64_t read_time(const char *text)
{
    struct tm utc = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
    int64_t nanoseconds = 0, unit = 100000000;

    if (!rest)
        return 0;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
            nanoseconds += (*rest - '0') * unit;
    return (int64_t)timegm(&utc) * 1000000000 + nanoseconds;
}

static uint64_t first_since(struct nx_bus_stream *stream, int64_t time)
{
    uint64_t sequence = stream->first;

    for (; sequence <= stream->last; sequence++) {
        const struct nx_bus_entry *entry = nx_stream_at(stream, sequence);
        if (entry && entry->time >= time)
            break;
    }
    return sequence;
}

bool nx_durable_start(struct nexus_memory *bus, struct nx_bus_consumer *consumer)
{
    struct nx_bus_stream *stream = consumer->stream;
    const char *policy = nx_config_text(consumer->config, "deliver_policy");

    nx_stream_limit(bus, stream);
    consumer->pulls_last = &consumer->pulls;
    consumer->next_at = INT64_MAX;
    if (strncmp(policy, "last", 4) == 0)
        return choose_last(consumer, strcmp(policy, "last") != 0);
    consumer->cursor = 1;
    if (strcmp(policy, "new") == 0)
        consumer->cursor = stream->last + 1;
    else if (strcmp(policy, "by_start_sequence") == 0)
        consumer->cursor = (uint64_t)nx_config_number(consumer->config, "opt_start_seq");
    else if (strcmp(policy, "by_start_time") == 0)
        consumer->cursor =
            first_since(stream, read_time(nx_config_text(consumer->config, "opt_start_time")));
    for (uint64_t at = consumer->cursor; at <= stream->last; at++)
        consumer->waiting += wants_at(consumer, at);
    return true;
}

/* ---- the stream changes */

void nx_durable_added(struct nx_bus_consumer *consumer, const struct nx_bus_message *message)
{
    if (consumer->stream->last >= consumer->cursor && nx_durable_wants(consumer, message->subject))
        consumer->waiting++;
}

static bool is_chosen(const struct nx_bus_consumer *consumer, uint64_t sequence)
{
    for (size_t i = consumer->chosen_at; i < consumer->chosen_count; i++)
        if (consumer->chosen[i] == sequence)
            return true;
    return false;
}

void nx_durable_removed(struct nx_bus_consumer *consumer, uint64_t sequence,
                        const struct nx_bus_message *message)
{
    struct nx_bus_pending *pending = nx_durable_pending(consumer, sequence);
    bool ahead = consumer->chosen && sequence <= consumer->chosen_until
                     ? is_chosen(consumer, sequence)
                     : sequence >= consumer->cursor;

    if (pending)
        nx_durable_settle(consumer, pending);
    else if (ahead && nx_durable_wants(consumer, message->subject))
        consumer->waiting--;
}

/* ---- deliveries without a verdict */

struct nx_bus_pending *nx_durable_pending(struct nx_bus_consumer *consumer, uint64_t sequence)
{
    size_t low = consumer->begin, high = consumer->end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (consumer->pending[middle].sequence < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low < consumer->end && consumer->pending[low].sequence == sequence
               ? &consumer->pending[low]
               : NULL;
}

void nx_durable_settle(struct nx_bus_consumer *consumer, struct nx_bus_pending *pending)
{
    size_t at = (size_t)(pending - consumer->pending);

    consumer->due -= pending->due;
    memmove(consumer->pending + consumer->begin + 1, consumer->pending + consumer->begin,
            (at - consumer->begin) * sizeof(*pending));
    consumer->begin++;
}

static bool make_room(struct nx_bus_consumer *consumer)
{
    size_t used = consumer->end - consumer->begin;
    size_t capacity = used * 2 + 64;
    struct nx_bus_pending *larger;

    if (consumer->end < consumer->capacity)
        return true;
    larger = malloc(capacity * sizeof(*larger));
    if (!larger)
        return false;
    if (used)
        memcpy(larger, consumer->pending + consumer->begin, used * sizeof(*larger));
    free(consumer->pending);
    consumer->pending = larger;
    consumer->capacity = capacity;
    consumer->begin = 0;
    consumer->end = used;
    return true;
}

/* ---- what comes next */

/* The earliest one that is due again. Those whose deliveries are used up end here. */
static bool next_due(struct nx_bus_consumer *consumer, uint64_t *sequence)
{
    for (size_t i = consumer->begin; consumer->due && i < consumer->end; i++) {
        struct nx_bus_pending *pending = &consumer->pending[i];
        if (!pending->due)
            continue;
        if (pending->count < (uint64_t)consumer->max_deliver) {
            *sequence = pending->sequence;
            return true;
        }
        nx_durable_settle(consumer, pending);
    }
    return false;
}

bool nx_durable_next(struct nexus_memory *bus, struct nx_bus_consumer *consumer, uint64_t *sequence)
{
    struct nx_bus_stream *stream = consumer->stream;

    nx_stream_limit(bus, stream);
    if (next_due(consumer, sequence))
        return true;
    if (consumer->end - consumer->begin >= (size_t)consumer->max_ack_pending)
        return false;
    for (; consumer->chosen_at < consumer->chosen_count; consumer->chosen_at++) {
        *sequence = consumer->chosen[consumer->chosen_at];
        if (nx_stream_at(stream, *sequence))
            return true;
    }
    for (; consumer->cursor <= stream->last; consumer->cursor++) {
        *sequence = consumer->cursor;
        if (wants_at(consumer, *sequence))
            return true;
    }
    return false;
}

/* One that is delivered for the first time. Sequences only rise, so it goes to the end. */
static struct nx_bus_pending *first_delivery(struct nx_bus_consumer *consumer, uint64_t sequence)
{
    struct nx_bus_pending *pending;

    if (!make_room(consumer))
        return NULL;
    if (consumer->chosen_at < consumer->chosen_count)
        consumer->chosen_at++;
    else
        consumer->cursor = sequence + 1;
    consumer->waiting--;
    pending = &consumer->pending[consumer->end++];
    pending->sequence = sequence;
    pending->count = nx_stream_at(consumer->stream, sequence)->delivered;
    pending->due = false;
    return pending;
}

struct nx_bus_pending *nx_durable_deliver(struct nexus_memory *bus,
                                          struct nx_bus_consumer *consumer, uint64_t sequence)
{
    struct nx_bus_pending *pending = nx_durable_pending(consumer, sequence);

    if (!pending)
        pending = first_delivery(consumer, sequence);
    if (!pending)
        return NULL;
    consumer->due -= pending->due;
    pending->due = false;
    pending->count++;
    pending->deadline = nx_bus_now(bus) + consumer->ack_wait;
    if (pending->deadline < consumer->next_at)
        consumer->next_at = pending->deadline;
    consumer->delivered++;
    consumer->last_sequence = sequence;
    return pending;
}

int64_t nx_durable_tick(struct nx_bus_consumer *consumer, int64_t now)
{
    int64_t next = INT64_MAX;

    for (size_t i = consumer->begin; i < consumer->end; i++) {
        struct nx_bus_pending *pending = &consumer->pending[i];
        if (pending->due)
            continue;
        if (pending->deadline <= now) {
            pending->due = true;
            consumer->due++;
        } else if (pending->deadline < next) {
            next = pending->deadline;
        }
    }
    return next;
}
