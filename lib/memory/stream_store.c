/* SPDX-License-Identifier: Apache-2.0 */
/* A publish: known already, refused, or stored; and the answer to it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bus_stream.h"

static void forget_oldest_id(struct nx_bus_stream *stream)
{
    struct nx_bus_id *id = stream->id_first;

    stream->id_first = id->next;
    if (!id->next)
        stream->id_last = &stream->id_first;
    nx_id_table_remove(&stream->ids, id->id);
    free(id);
}

void nx_stream_forget_ids(struct nx_bus_stream *stream)
{
    while (stream->id_first)
        forget_oldest_id(stream);
    nx_id_table_free(&stream->ids);
}

static void remember_id(struct nx_bus_stream *stream, const char *text, int64_t now,
                        uint64_t sequence)
{
    size_t size = strlen(text) + 1;
    struct nx_bus_id *id = malloc(sizeof(*id) + size);

    if (!id || !nx_id_table_add(&stream->ids, text, sequence)) {
        free(id);
        return;
    }
    memcpy(id->id, text, size);
    id->until = now + stream->window;
    id->next = NULL;
    *stream->id_last = id;
    stream->id_last = &id->next;
}

static const char *message_id(const struct nx_bus_message *message)
{
    const char *id = nx_bus_message_header(message, "Nats-Msg-Id", NULL);

    return id && *id ? id : NULL;
}

struct answer {
    struct nexus_memory *bus;
    struct nx_bus_stream *stream;
    const struct nx_bus_message *message;
};

static void say(const struct answer *answer, struct nx_buf *text)
{
    const struct nx_bus_message *message = answer->message;
    struct nx_bus_message *ack = NULL;
    const char *words = nx_buf_text(text);

    if (message->reply && !answer->stream->no_ack && words)
        ack = nx_bus_message_new(message->reply, NULL, NULL, 0, words, text->length);
    if (ack)
        nx_bus_send_out(answer->bus, NEXUS_FAULT_ON_ACK, message->subject, message->reply, ack,
                        NULL);
    nx_bus_message_release(ack);
    nx_buf_free(text);
}

static void say_stored(const struct answer *answer, uint64_t sequence, bool duplicate)
{
    struct nx_buf text = NX_BUF_INIT;

    nx_buf_printf(&text, "{\"stream\":\"%s\", \"seq\":%" PRIu64 "%s}", answer->stream->name,
                  sequence, duplicate ? ",\"duplicate\": true" : "");
    say(answer, &text);
}

static void say_refused(const struct answer *answer, int code, int number, const char *words)
{
    struct nx_buf text = NX_BUF_INIT;

    nx_buf_printf(&text,
                  "{\"error\":{\"code\":%d,\"err_code\":%d,\"description\":\"%s\"},"
                  "\"stream\":\"%s\",\"seq\":0}",
                  code, number, words, answer->stream->name);
    say(answer, &text);
}

static bool is_full(const struct nx_bus_stream *stream, const struct nx_bus_message *message)
{
    if (!stream->discard_new)
        return false;
    return (stream->max_msgs > 0 && stream->messages >= (uint64_t)stream->max_msgs) ||
           (stream->max_bytes > 0 && stream->bytes + message->size > (uint64_t)stream->max_bytes);
}

void nx_stream_store(struct nexus_memory *bus, struct nx_bus_stream *stream,
                     struct nx_bus_message *message, bool full)
{
    const struct answer answer = {bus, stream, message};
    const char *id = message_id(message);
    int64_t now = nx_bus_now(bus);
    const uint64_t *known;
    uint64_t sequence;

    while (stream->id_first && stream->id_first->until <= now)
        forget_oldest_id(stream);
    known = id ? nx_id_table_find(&stream->ids, id) : NULL;
    if (known) {
        nx_capture_stored(bus, message, *known);
        say_stored(&answer, *known, true);
    } else if (stream->max_size > 0 && message->size > (uint64_t)stream->max_size) {
        say_refused(&answer, 400, 10054, "message size exceeds maximum allowed");
    } else if (full || is_full(stream, message)) {
        say_refused(&answer, 503, 10077, "maximum messages exceeded");
    } else {
        sequence = stream->last + 1;
        if (!nx_stream_append(bus, stream, message, now + bus->wall, 0)) {
            say_refused(&answer, 503, 10077, "insufficient memory");
            return;
        }
        if (id)
            remember_id(stream, id, now, sequence);
        nx_capture_stored(bus, message, sequence);
        say_stored(&answer, sequence, false);
    }
}
