/* SPDX-License-Identifier: Apache-2.0 */
/* $JS.API.CONSUMER.…: durable consumers created, described, listed and deleted, and pulls. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bus_stream.h"

struct call {
    struct nexus_memory *bus;
    const struct nx_bus_message *message;
    const char *name; /* of the consumer; a filter may follow */
    size_t length;
    struct nx_bus_stream *stream;     /* NULL: there is none of this name */
    struct nx_bus_consumer *consumer; /* the same */
    struct nx_buf *out;
};

static uint64_t floor_of(const struct nx_bus_consumer *consumer)
{
    if (consumer->begin < consumer->end)
        return consumer->pending[consumer->begin].sequence - 1;
    return consumer->last_sequence;
}

static uint64_t redelivered(const struct nx_bus_consumer *consumer)
{
    uint64_t count = 0;

    for (size_t i = consumer->begin; i < consumer->end; i++)
        count += consumer->pending[i].count > 1;
    return count;
}

static void describe(const struct nx_bus_consumer *consumer, struct nx_buf *out)
{
    char *config = cJSON_PrintUnformatted(consumer->config);
    size_t pending = consumer->end - consumer->begin;

    nx_buf_printf(out,
                  "\"stream_name\":\"%s\",\"name\":\"%s\",\"created\":", consumer->stream->name,
                  consumer->name);
    nx_api_time(out, consumer->created);
    nx_buf_printf(out,
                  ",\"config\":%s,\"delivered\":{\"consumer_seq\":%" PRIu64
                  ",\"stream_seq\":%" PRIu64 "},\"ack_floor\":{\"consumer_seq\":%" PRIu64
                  ",\"stream_seq\":%" PRIu64
                  "},\"num_ack_pending\":%zu,\"num_redelivered\":%" PRIu64
                  ",\"num_waiting\":%zu,\"num_pending\":%" PRIu64,
                  config ? config : "{}", consumer->delivered, consumer->last_sequence,
                  consumer->delivered - pending, floor_of(consumer), pending, redelivered(consumer),
                  consumer->pull_count, consumer->waiting);
    cJSON_free(config);
}

/* Whether stream and consumer are there; answers when not. */
static bool found(const struct call *call, const char *type)
{
    if (!call->stream)
        nx_api_error(call->out, type, 404, 10059, "stream not found");
    else if (!call->consumer)
        nx_api_error(call->out, type, 404, 10014, "consumer not found");
    return call->consumer != NULL;
}

static void put_info(const struct call *call, const char *type)
{
    nx_buf_printf(call->out, "{\"type\":\"io.nats.jetstream.api.v1.%s_response\",", type);
    describe(call->consumer, call->out);
    nx_buf_putc(call->out, '}');
}

static void info(struct call *call)
{
    if (found(call, "consumer_info"))
        put_info(call, "consumer_info");
}

/* ---- creating */

static struct nx_bus_consumer *add(const struct call *call, cJSON *config)
{
    struct nx_bus_consumer *consumer = calloc(1, sizeof(*consumer));

    if (!consumer) {
        cJSON_Delete(config);
        return NULL;
    }
    consumer->stream = call->stream;
    consumer->pulls_last = &consumer->pulls;
    consumer->created = nx_bus_now(call->bus) + call->bus->wall;
    if (!nx_durable_configure(consumer, config) || !nx_durable_start(call->bus, consumer)) {
        nx_durable_free(call->bus, consumer);
        return NULL;
    }
    consumer->next = call->stream->consumers;
    call->stream->consumers = consumer;
    return consumer;
}

/* The names in subject and request are the same, and the filter behind them is. */
static bool names_agree(const struct call *call, const cJSON *config)
{
    const char *name = nx_consumer_name(config);
    const char *filter = call->name + call->length;

    return strlen(name) == call->length && memcmp(name, call->name, call->length) == 0 &&
           (!*filter || strcmp(filter + 1, nx_config_text(config, "filter_subject")) == 0);
}

static void create(struct call *call)
{
    static const char type[] = "consumer_create";
    cJSON *asked = cJSON_ParseWithLength(call->message->body, call->message->length);
    const char *why = "invalid JSON";
    cJSON *config = nx_durable_config(cJSON_GetObjectItemCaseSensitive(asked, "config"), &why);

    if (!call->stream)
        nx_api_error(call->out, type, 404, 10059, "stream not found");
    else if (!config)
        nx_api_error(call->out, type, 400, 10025, why);
    else if (!names_agree(call, config))
        nx_api_error(call->out, type, 400, 10131,
                     "consumer name or filter in subject does not match request");
    else if (call->consumer && !cJSON_Compare(call->consumer->config, config, true))
        nx_api_error(call->out, type, 400, 10148, "consumer already exists");
    if (!call->out->length && !call->consumer) {
        call->consumer = add(call, config);
        config = NULL;
    }
    if (!call->out->length && call->consumer)
        put_info(call, type);
    cJSON_Delete(config);
    cJSON_Delete(asked);
}

/* ---- the rest */

static void delete (struct call *call)
{
    if (!found(call, "consumer_delete"))
        return;
    nx_durable_free(call->bus, call->consumer);
    nx_buf_puts(
        call->out,
        "{\"type\":\"io.nats.jetstream.api.v1.consumer_delete_response\",\"success\":true}");
}

static void list(const struct call *call, bool full)
{
    struct nx_buf consumers = NX_BUF_INIT;
    int count = 0;

    if (!call->stream) {
        nx_api_error(call->out, full ? "consumer_list" : "consumer_names", 404, 10059,
                     "stream not found");
        return;
    }
    for (const struct nx_bus_consumer *at = call->stream->consumers; at; at = at->next) {
        nx_buf_puts(&consumers, count++ ? "," : "");
        if (!full) {
            nx_buf_printf(&consumers, "\"%s\"", at->name);
            continue;
        }
        nx_buf_putc(&consumers, '{');
        describe(at, &consumers);
        nx_buf_putc(&consumers, '}');
    }
    nx_buf_printf(call->out,
                  "{\"type\":\"io.nats.jetstream.api.v1.consumer_%s_response\",\"total\":%d,"
                  "\"offset\":0,\"limit\":1024,\"consumers\":[%s]}",
                  full ? "list" : "names", count, count ? nx_buf_text(&consumers) : "");
    nx_buf_free(&consumers);
}

static void names(struct call *call)
{
    list(call, false);
}

static void all(struct call *call)
{
    list(call, true);
}

static void next(struct call *call)
{
    if (!call->message->reply)
        return;
    if (call->consumer)
        nx_pulls_ask(call->bus, call->consumer, call->message);
    else
        nx_bus_unanswered(call->bus, call->message->reply);
}

bool nx_durable_api(struct nexus_memory *bus, const char *verb,
                    const struct nx_bus_message *message, struct nx_buf *out)
{
    static const struct {
        const char *verb; /* stream and consumer stand behind it */
        void (*run)(struct call *call);
    } calls[] = {{"MSG.NEXT.", next}, {"INFO.", info},   {"CREATE.", create},
                 {"DELETE.", delete}, {"NAMES.", names}, {"LIST.", all}};

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct call call = {.bus = bus, .message = message, .out = out};
        size_t length = strlen(calls[i].verb);
        const char *stream = verb + length;
        if (strncmp(verb, calls[i].verb, length) != 0)
            continue;
        length = strcspn(stream, ".");
        call.stream = nx_stream_find(bus, stream, length);
        call.name = stream[length] ? stream + length + 1 : stream + length;
        call.length = strcspn(call.name, ".");
        if (call.stream)
            call.consumer = nx_durable_find(call.stream, call.name, call.length);
        calls[i].run(&call);
        return true;
    }
    return false;
}
