/* SPDX-License-Identifier: Apache-2.0 */
/* Pulls: requests that wait for messages, and what is delivered to them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_stream.h"

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void say(struct nexus_memory *bus, const struct nx_bus_pull *pull, int status,
                const char *words)
{
    const uint64_t left[2] = {pull->batch, pull->bytes};
    struct nx_bus_message *message = nx_bus_message_status(pull->reply, status, words, left);

    if (message)
        nx_bus_hand_over(bus, pull->reply, message, NULL);
    nx_bus_message_release(message);
}

static void drop_first(struct nx_bus_consumer *consumer)
{
    struct nx_bus_pull *pull = consumer->pulls;

    consumer->pulls = pull->next;
    if (!pull->next)
        consumer->pulls_last = &consumer->pulls;
    consumer->pull_count--;
    free(pull);
}

static void append(struct nx_bus_consumer *consumer, struct nx_bus_pull *pull)
{
    pull->next = NULL;
    *consumer->pulls_last = pull;
    consumer->pulls_last = &pull->next;
    consumer->pull_count++;
}

/* Who does not wait gets its answer before those who do. */
static void put_first(struct nx_bus_consumer *consumer, struct nx_bus_pull *pull)
{
    pull->next = consumer->pulls;
    consumer->pulls = pull;
    if (!pull->next)
        consumer->pulls_last = &pull->next;
    consumer->pull_count++;
}

/* Those who wait take turns. */
static void rotate(struct nx_bus_consumer *consumer)
{
    struct nx_bus_pull *pull = consumer->pulls;

    if (!pull->next)
        return;
    consumer->pulls = pull->next;
    consumer->pull_count--;
    append(consumer, pull);
}

/* ---- delivering */

static void deliver(struct nexus_memory *bus, struct nx_bus_consumer *consumer,
                    const struct nx_bus_pull *pull, uint64_t sequence)
{
    struct nx_bus_stream *stream = consumer->stream;
    const struct nx_bus_pending *pending = nx_durable_deliver(bus, consumer, sequence);
    const struct nx_bus_entry *entry = nx_stream_at(stream, sequence);
    struct nx_buf reply = NX_BUF_INIT;

    if (!pending)
        return;
    nx_buf_printf(&reply, "$JS.ACK.%s.%s.%" PRIu64 ".%" PRIu64 ".%" PRIu64 ".%" PRId64 ".%" PRIu64,
                  stream->name, consumer->name, pending->count, sequence, consumer->delivered,
                  entry->time, consumer->waiting);
    if (nx_buf_text(&reply))
        nx_bus_send_out(bus, NEXUS_FAULT_ON_DELIVERY, entry->message->subject, pull->reply,
                        entry->message, reply.data);
    nx_buf_free(&reply);
    if (consumer->no_acks)
        nx_durable_settle(consumer, nx_durable_pending(consumer, sequence));
}

/* Serves the first pull, with one message or with its end; false when it has to wait. */
static bool serve_one(struct nexus_memory *bus, struct nx_bus_consumer *consumer)
{
    struct nx_bus_pull *pull = consumer->pulls;
    const struct nx_bus_entry *entry;
    uint64_t sequence;
    size_t size;

    if (!nx_bus_heard(bus, pull->reply, NULL)) {
        drop_first(consumer); /* who asked has gone */
        return true;
    }
    if (!nx_durable_next(bus, consumer, &sequence)) {
        if (!pull->no_wait)
            return false;
        say(bus, pull, pull->served ? 408 : 404, pull->served ? "Request Timeout" : "No Messages");
        drop_first(consumer);
        return true;
    }
    entry = nx_stream_at(consumer->stream, sequence);
    size = entry->message->size;
    if (pull->limited && size > pull->bytes) {
        say(bus, pull, 409, "Message Size Exceeds MaxBytes");
        drop_first(consumer);
        return true;
    }
    pull->bytes -= pull->limited ? size : 0;
    pull->batch--;
    pull->served = true;
    pull->next_beat = pull->beat ? nx_bus_now(bus) + pull->beat : INT64_MAX;
    deliver(bus, consumer, pull, sequence);
    if (pull->batch)
        rotate(consumer);
    else
        drop_first(consumer);
    return true;
}

void nx_pulls_serve(struct nexus_memory *bus, struct nx_bus_consumer *consumer)
{
    while (consumer->pulls && serve_one(bus, consumer))
        ;
}

/* ---- asking */

static void read_request(struct nx_bus_pull *pull, const struct nx_bus_message *message,
                         int64_t now)
{
    cJSON *asked = cJSON_ParseWithLength(message->body, message->length);
    int64_t expires = nx_config_number(asked, "expires");
    int64_t batch =
        cJSON_IsNumber(asked) ? (int64_t)asked->valuedouble : nx_config_number(asked, "batch");
    int64_t bytes = nx_config_number(asked, "max_bytes");

    pull->batch = batch > 0 ? (uint64_t)batch : 1;
    pull->limited = bytes > 0;
    pull->bytes = bytes > 0 ? (uint64_t)bytes : 0;
    pull->no_wait = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(asked, "no_wait"));
    pull->expires = expires > 0 ? now + expires : INT64_MAX;
    pull->beat = nx_config_number(asked, "idle_heartbeat");
    pull->next_beat = pull->beat > 0 ? now + pull->beat : INT64_MAX;
    cJSON_Delete(asked);
}

void nx_pulls_ask(struct nexus_memory *bus, struct nx_bus_consumer *consumer,
                  const struct nx_bus_message *message)
{
    size_t size = strlen(message->reply) + 1;
    struct nx_bus_pull *pull = calloc(1, sizeof(*pull) + size);

    if (!pull)
        return;
    memcpy(pull->reply, message->reply, size);
    read_request(pull, message, nx_bus_now(bus));
    if (consumer->pull_count >= (size_t)consumer->max_waiting) {
        say(bus, pull, 409, "Exceeded MaxWaiting");
        free(pull);
        return;
    }
    if (pull->no_wait)
        put_first(consumer, pull);
    else
        append(consumer, pull);
    consumer->next_at = earlier(consumer->next_at, earlier(pull->expires, pull->next_beat));
    nx_pulls_serve(bus, consumer);
}

/* ---- time */

int64_t nx_pulls_tick(struct nexus_memory *bus, struct nx_bus_consumer *consumer, int64_t now)
{
    struct nx_bus_pull **at = &consumer->pulls;
    int64_t next = INT64_MAX;

    while (*at) {
        struct nx_bus_pull *pull = *at;
        if (pull->expires <= now) {
            say(bus, pull, 408, "Request Timeout");
            *at = pull->next;
            consumer->pull_count--;
            free(pull);
            continue;
        }
        if (pull->next_beat <= now) {
            say(bus, pull, 100, "Idle Heartbeat");
            pull->next_beat = now + pull->beat;
        }
        next = earlier(next, earlier(pull->expires, pull->next_beat));
        at = &pull->next;
    }
    consumer->pulls_last = at;
    nx_pulls_serve(bus, consumer);
    return next;
}

void nx_pulls_end(struct nexus_memory *bus, struct nx_bus_consumer *consumer, const char *words)
{
    while (consumer->pulls) {
        if (words)
            say(bus, consumer->pulls, 409, words);
        drop_first(consumer);
    }
}
