/* SPDX-License-Identifier: Apache-2.0 */
/* $JS.API.STREAM.…: streams created, described, listed, emptied and deleted, and single messages
 * read. */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bus_stream.h"
#include "bus_subject.h"

/* One call. */
struct call {
    struct nexus_memory *bus;
    const char *name; /* of the stream */
    const struct nx_bus_message *message;
    struct nx_bus_stream *stream; /* NULL: there is none of this name */
    struct nx_buf *out;
};

static void missing(const struct call *call, const char *type)
{
    nx_api_error(call->out, type, 404, 10059, "stream not found");
}

static int64_t time_of(struct nx_bus_stream *stream, uint64_t sequence)
{
    const struct nx_bus_entry *entry = nx_stream_at(stream, sequence);

    return entry ? entry->time : 0;
}

static size_t consumer_count(const struct nx_bus_stream *stream)
{
    size_t count = 0;

    for (const struct nx_bus_consumer *at = stream->consumers; at; at = at->next)
        count++;
    return count;
}

static uint64_t first_sequence(struct nx_bus_stream *stream)
{
    uint64_t sequence = stream->first;

    while (sequence <= stream->last && !nx_stream_at(stream, sequence))
        sequence++;
    return stream->last ? sequence : 0;
}

static void describe(struct nexus_memory *bus, struct nx_bus_stream *stream, struct nx_buf *out)
{
    char *config;
    uint64_t first;

    nx_stream_limit(bus, stream);
    config = cJSON_PrintUnformatted(stream->config);
    first = first_sequence(stream);
    nx_buf_printf(out, "\"config\":%s,\"created\":", config ? config : "{}");
    nx_api_time(out, stream->created);
    nx_buf_printf(out,
                  ",\"state\":{\"messages\":%" PRIu64 ",\"bytes\":%" PRIu64
                  ",\"first_seq\":%" PRIu64 ",\"first_ts\":",
                  stream->messages, stream->bytes, first);
    nx_api_time(out, time_of(stream, first));
    nx_buf_printf(out, ",\"last_seq\":%" PRIu64 ",\"last_ts\":", stream->last);
    nx_api_time(out, time_of(stream, stream->last));
    nx_buf_printf(out, ",\"consumer_count\":%zu}", consumer_count(stream));
    cJSON_free(config);
}

static void info(const struct call *call)
{
    if (!call->stream) {
        missing(call, "stream_info");
        return;
    }
    nx_buf_puts(call->out, "{\"type\":\"io.nats.jetstream.api.v1.stream_info_response\",");
    describe(call->bus, call->stream, call->out);
    nx_buf_putc(call->out, '}');
}

/* ---- creating */

static bool overlaps(const struct nx_bus_stream *stream, const cJSON *config)
{
    const cJSON *subject;

    cJSON_ArrayForEach(subject, cJSON_GetObjectItemCaseSensitive(config, "subjects"))
    {
        for (size_t i = 0; i < stream->subject_count; i++)
            if (nx_bus_overlaps(stream->subjects[i], subject->valuestring))
                return true;
    }
    return false;
}

static bool subjects_taken(const struct call *call, const cJSON *config)
{
    for (struct nx_bus_stream *at = call->bus->streams; at; at = at->next)
        if (at != call->stream && overlaps(at, config))
            return true;
    return false;
}

/* Takes the configuration. */
static struct nx_bus_stream *add(struct nexus_memory *bus, cJSON *config)
{
    struct nx_bus_stream *stream = calloc(1, sizeof(*stream));

    if (!stream) {
        cJSON_Delete(config);
        return NULL;
    }
    stream->first = 1;
    stream->id_last = &stream->id_first;
    stream->created = nx_bus_now(bus) + bus->wall;
    if (!nx_stream_configure(stream, config)) {
        nx_stream_free(bus, stream);
        return NULL;
    }
    stream->next = bus->streams;
    bus->streams = stream;
    return stream;
}

static void create(const struct call *call)
{
    static const char type[] = "stream_create";
    cJSON *asked = cJSON_ParseWithLength(call->message->body, call->message->length);
    const char *why = NULL;
    cJSON *config = cJSON_IsObject(asked) ? nx_stream_config(asked, &why) : NULL;
    struct call found = *call;

    if (!config) {
        nx_api_error(call->out, type, 400, 10025, why ? why : "invalid JSON");
    } else if (strcmp(nx_config_text(config, "name"), call->name) != 0) {
        nx_api_error(call->out, type, 400, 10056, "stream name in subject does not match request");
    } else if (call->stream && !cJSON_Compare(call->stream->config, config, true)) {
        nx_api_error(call->out, type, 400, 10058,
                     "stream name already in use with a different configuration");
    } else if (subjects_taken(call, config)) {
        nx_api_error(call->out, type, 400, 10065, "subjects overlap with an existing stream");
    } else if (!call->stream) {
        found.stream = add(call->bus, config);
        config = NULL;
    }
    if (!call->out->length)
        info(&found);
    cJSON_Delete(config);
    cJSON_Delete(asked);
}

/* Takes the configuration. */
static void reconfigure(const struct call *call, cJSON *config, const char *type)
{
    if (!nx_stream_reconfigure(call->stream, config)) {
        nx_api_error(call->out, type, 500, 10003, "insufficient resources");
        return;
    }
    info(call); /* which applies the new limits first */
}

static void update(const struct call *call)
{
    static const char type[] = "stream_update";
    cJSON *asked = cJSON_ParseWithLength(call->message->body, call->message->length);
    const char *why = NULL;
    cJSON *config = cJSON_IsObject(asked) ? nx_stream_config(asked, &why) : NULL;

    if (!call->stream) {
        missing(call, type);
    } else if (!config) {
        nx_api_error(call->out, type, 400, 10025, why ? why : "invalid JSON");
    } else if (strcmp(nx_config_text(config, "storage"),
                      nx_config_text(call->stream->config, "storage")) != 0) {
        nx_api_error(call->out, type, 500, 10052,
                     "stream configuration update can not change storage type");
    } else if (subjects_taken(call, config)) {
        nx_api_error(call->out, type, 400, 10065, "subjects overlap with an existing stream");
    } else {
        reconfigure(call, config, type);
        config = NULL;
    }
    cJSON_Delete(config);
    cJSON_Delete(asked);
}

/* ---- the rest */

static void delete (const struct call *call)
{
    struct nx_bus_stream **at = &call->bus->streams;

    if (!call->stream) {
        missing(call, "stream_delete");
        return;
    }
    while (*at != call->stream)
        at = &(*at)->next;
    *at = call->stream->next;
    nx_stream_free(call->bus, call->stream);
    nx_buf_puts(call->out,
                "{\"type\":\"io.nats.jetstream.api.v1.stream_delete_response\",\"success\":true}");
}

static void purge(const struct call *call)
{
    uint64_t purged = call->stream ? call->stream->messages : 0;

    if (!call->stream) {
        missing(call, "stream_purge");
        return;
    }
    for (uint64_t sequence = call->stream->first; sequence <= call->stream->last; sequence++)
        nx_stream_remove(call->stream, sequence);
    nx_buf_printf(call->out,
                  "{\"type\":\"io.nats.jetstream.api.v1.stream_purge_response\",\"success\":true,"
                  "\"purged\":%" PRIu64 "}",
                  purged);
}

/* The streams that a subject's filter overlaps, or all. */
static bool listed(const struct nx_bus_stream *stream, const char *subject)
{
    for (size_t i = 0; i < stream->subject_count; i++)
        if (!*subject || nx_bus_overlaps(stream->subjects[i], subject))
            return true;
    return false;
}

static void list(const struct call *call, bool full)
{
    cJSON *asked = cJSON_ParseWithLength(call->message->body, call->message->length);
    const char *subject = nx_config_text(asked, "subject");
    struct nx_buf streams = NX_BUF_INIT;
    int count = 0;

    for (struct nx_bus_stream *at = call->bus->streams; at; at = at->next) {
        if (!listed(at, subject))
            continue;
        nx_buf_puts(&streams, count++ ? "," : "");
        if (!full) {
            nx_buf_printf(&streams, "\"%s\"", at->name);
            continue;
        }
        nx_buf_putc(&streams, '{');
        describe(call->bus, at, &streams);
        nx_buf_putc(&streams, '}');
    }
    nx_buf_printf(call->out,
                  "{\"type\":\"io.nats.jetstream.api.v1.stream_%s_response\",\"total\":%d,"
                  "\"offset\":0,\"limit\":1024,\"streams\":",
                  full ? "list" : "names", count);
    if (count)
        nx_buf_printf(call->out, "[%s]}", nx_buf_text(&streams));
    else
        nx_buf_puts(call->out, "null}");
    nx_buf_free(&streams);
    cJSON_Delete(asked);
}

static void put_base64(struct nx_buf *out, const char *member, const void *bytes, size_t length)
{
    size_t size = sodium_base64_ENCODED_LEN(length, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);

    if (!text) {
        out->failed = true;
        return;
    }
    sodium_bin2base64(text, size, bytes, length, sodium_base64_VARIANT_ORIGINAL);
    nx_buf_printf(out, ",\"%s\":\"%s\"", member, text);
    free(text);
}

static void put_headers(struct nx_buf *out, const struct nx_bus_message *message)
{
    struct nx_buf lines = NX_BUF_INIT;

    if (!message->header_count)
        return;
    nx_buf_puts(&lines, "NATS/1.0\r\n");
    for (size_t i = 0; i < message->header_count; i++)
        nx_buf_printf(&lines, "%s: %s\r\n", message->headers[i].name, message->headers[i].value);
    nx_buf_puts(&lines, "\r\n");
    if (nx_buf_text(&lines))
        put_base64(out, "hdrs", lines.data, lines.length);
    nx_buf_free(&lines);
}

/* 0: there is none. */
static uint64_t next_matching(struct nx_bus_stream *stream, const char *filter, uint64_t sequence)
{
    for (; sequence <= stream->last; sequence++) {
        const struct nx_bus_entry *entry = nx_stream_at(stream, sequence);
        if (entry && nx_bus_matches(filter, entry->message->subject))
            return sequence;
    }
    return 0;
}

static void get_message(const struct call *call)
{
    static const char type[] = "stream_msg_get";
    cJSON *asked = cJSON_ParseWithLength(call->message->body, call->message->length);
    uint64_t sequence = (uint64_t)nx_config_number(asked, "seq");
    const char *last = nx_config_text(asked, "last_by_subj");
    const char *next = nx_config_text(asked, "next_by_subj");
    const struct nx_bus_entry *entry = NULL;

    if (*next && call->stream)
        sequence = next_matching(call->stream, next, sequence);
    for (uint64_t at = call->stream ? call->stream->last : 0; *last && at; at--) {
        entry = nx_stream_at(call->stream, at);
        if (entry && nx_bus_matches(last, entry->message->subject)) {
            sequence = at;
            break;
        }
    }
    entry = call->stream ? nx_stream_at(call->stream, sequence) : NULL;
    if (!call->stream) {
        missing(call, type);
    } else if (!entry) {
        nx_api_error(call->out, type, 404, 10037, "no message found");
    } else {
        nx_buf_printf(call->out,
                      "{\"type\":\"io.nats.jetstream.api.v1.%s_response\",\"message\":{"
                      "\"subject\":\"%s\",\"seq\":%" PRIu64 ",\"time\":",
                      type, entry->message->subject, sequence);
        nx_api_time(call->out, entry->time);
        put_headers(call->out, entry->message);
        put_base64(call->out, "data", entry->message->body, entry->message->length);
        nx_buf_puts(call->out, "}}");
    }
    cJSON_Delete(asked);
}

static void delete_message(const struct call *call)
{
    static const char type[] = "stream_msg_delete";
    cJSON *asked = cJSON_ParseWithLength(call->message->body, call->message->length);
    uint64_t sequence = (uint64_t)nx_config_number(asked, "seq");

    cJSON_Delete(asked);
    if (!call->stream) {
        missing(call, type);
    } else if (!nx_stream_at(call->stream, sequence)) {
        nx_api_error(call->out, type, 400, 10057, "message not found");
    } else {
        nx_stream_remove(call->stream, sequence);
        nx_buf_printf(call->out,
                      "{\"type\":\"io.nats.jetstream.api.v1.%s_response\","
                      "\"success\":true}",
                      type);
    }
}

bool nx_stream_api(struct nexus_memory *bus, const char *verb, const struct nx_bus_message *message,
                   struct nx_buf *out)
{
    static const struct {
        const char *verb; /* the stream's name stands behind the dot */
        void (*run)(const struct call *call);
    } calls[] = {{"INFO.", info},          {"CREATE.", create}, {"UPDATE.", update},
                 {"DELETE.", delete},      {"PURGE.", purge},   {"MSG.DELETE.", delete_message},
                 {"MSG.GET.", get_message}};
    struct call call = {bus, "", message, NULL, out};

    if (strcmp(verb, "NAMES") == 0 || strcmp(verb, "LIST") == 0) {
        list(&call, *verb == 'L');
        return true;
    }
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        size_t length = strlen(calls[i].verb);
        if (strncmp(verb, calls[i].verb, length) != 0)
            continue;
        call.name = verb + length;
        call.stream = nx_stream_find(bus, call.name, strlen(call.name));
        calls[i].run(&call);
        return true;
    }
    return false;
}
