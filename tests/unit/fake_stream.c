/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bury.h"
#include "posts.h"
#include "requests.h"

#define NO_CONSUMER \
    "{\"error\":{\"code\":404,\"err_code\":10014,\"description\":\"consumer not found\"}}"
#define NO_STREAM \
    "{\"error\":{\"code\":404,\"err_code\":10059,\"description\":\"stream not found\"}}"

static bool asks(const struct fake_sent *sent, const char *what)
{
    return strncmp(sent->subject, what, strlen(what)) == 0;
}

static void create(struct fake_stream *stream, const struct fake_sent *sent)
{
    cJSON *body = cJSON_Parse(sent->body);
    char *config = cJSON_PrintUnformatted(cJSON_GetObjectItem(body, "config"));

    ck_assert_ptr_nonnull(config);
    snprintf(stream->config, sizeof(stream->config), "%s", config);
    stream->exists = true;
    cJSON_free(config);
    cJSON_Delete(body);
}

static void answer(struct fake_wire *wire, const struct fake_sent *sent, void *data)
{
    struct fake_stream *stream = data;
    char text[sizeof(stream->config) + 256];
    bool info = asks(sent, "$JS.API.CONSUMER.INFO.");
    bool creates = asks(sent, "$JS.API.CONSUMER.CREATE.");

    if (asks(sent, "nexus-dlq.") && !stream->letters_lost)
        fake_message(wire, NX_LISTENER_POSTS, sent->reply, NULL, NULL,
                     "{\"stream\":\"NEXUS_DLQ\",\"seq\":1}");
    if (!sent->reply || asks(sent, PULL) || !asks(sent, "$JS.API."))
        return;
    if (asks(sent, "$JS.API.STREAM.INFO.")) {
        fake_message(wire, NX_LISTENER_REQUESTS, sent->reply, NULL, NULL,
                     stream->stream_missing ? NO_STREAM
                     : stream->stream_info  ? stream->stream_info
                                            : "{\"state\":{\"last_seq\":0}}");
        return;
    }
    stream->infos += info;
    stream->creates += creates;
    if (stream->mute)
        return;
    if (creates && !stream->stream_missing && !stream->answer)
        create(stream, sent);
    snprintf(text, sizeof(text), "{%s\"config\":%s}", stream->state ? stream->state : "",
             stream->config);
    fake_message(wire, NX_LISTENER_REQUESTS, sent->reply, NULL, NULL,
                 stream->answer           ? stream->answer
                 : stream->stream_missing ? NO_STREAM
                 : stream->exists         ? text
                                          : NO_CONSUMER);
}

void fake_stream_open(struct fake_stream *stream, const struct nexus_client_options *options)
{
    struct nexus_client_options *own = nexus_client_options_new();

    memset(stream, 0, sizeof(*stream));
    ck_assert_int_eq(nexus_client_options_set_service(own, "test", NULL), NEXUS_OK);
    stream->client = fake_client_new(options ? options : own);
    stream->wire = fake_wire_of(stream->client);
    stream->wire->on_send = answer;
    stream->wire->data = stream;
    nexus_client_options_destroy(own);
}

void fake_stream_close(struct fake_stream *stream)
{
    fake_client_free(stream->client);
}

const char *fake_reply(const struct nexus_subscription *subscription, uint64_t number,
                       unsigned count)
{
    static char reply[512];

    snprintf(reply, sizeof(reply), "$JS.ACK.%s.%s.%u.%llu.%llu.1700000000000000000.5",
             subscription->stream, subscription->durable, count, (unsigned long long)number,
             (unsigned long long)number);
    return reply;
}

uint64_t fake_deliver(struct fake_stream *stream, struct nexus_subscription *subscription,
                      const char *subject, const char *const *headers, const char *body)
{
    uint64_t number = ++stream->sequence;

    fake_message(stream->wire, subscription->listener, subject, fake_reply(subscription, number, 1),
                 headers, body);
    return number;
}

uint64_t fake_event(struct fake_stream *stream, struct nexus_subscription *subscription)
{
    return fake_deliver(stream, subscription, KB_SUBJECT, NULL, KB_BODY("evt-0000abcd"));
}

size_t fake_verdicts(struct fake_stream *stream, const struct nexus_subscription *subscription,
                     uint64_t number, const char *verdict)
{
    return fake_count(stream->wire, fake_reply(subscription, number, 1), verdict);
}

void fake_pull_status(struct fake_stream *stream, struct nexus_subscription *subscription,
                      uint64_t pull, int status, const char *description,
                      const char *const *headers)
{
    char subject[400];

    snprintf(subject, sizeof(subject), "%s.p%llu.%llu", stream->client->inbox,
             (unsigned long long)subscription->listener,
             (unsigned long long)(pull ? pull : subscription->pull.last_number));
    fake_status(stream->wire, subscription->listener, subject, status, description, headers);
}

void fake_pass(struct fake_stream *stream, int64_t milliseconds)
{
    __atomic_fetch_add(&stream->wire->now, milliseconds * 1000000, __ATOMIC_RELAXED);
    nx_requests_tick(stream->client, stream->wire->now);
    fake_letters(stream);
    nx_subscriptions_tick(stream->client, stream->wire->now);
}

void fake_letters(struct fake_stream *stream)
{
    nx_burials_tick(stream->client, stream->wire->now);
    nx_posts_tick(stream->client, stream->wire->now);
}

int fake_dispatch(struct fake_stream *stream)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int ran = nexus_client_dispatch(stream->client, 0, &err);

    ck_assert_msg(ran >= 0, "%s", err.message);
    fake_letters(stream);
    return ran;
}

int64_t fake_asked(struct fake_stream *stream, const char *member)
{
    cJSON *body = cJSON_Parse(fake_last(stream->wire, PULL, NULL)->body);
    const cJSON *value = cJSON_GetObjectItem(body, member);
    int64_t number = cJSON_IsNumber(value) ? (int64_t)value->valuedouble : -1;

    cJSON_Delete(body);
    return number;
}
