/* SPDX-License-Identifier: Apache-2.0 */
/* What the server says about streams and consumers, in our terms. */
#include <nexus/inspect.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "names.h"
#include "requests.h"
#include "struct_size.h"

/* More would be a mistake somewhere, or an attack. */
#define LIST_MAX 65536

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static uint64_t number(const cJSON *object, const char *name)
{
    const cJSON *value = member(object, name);

    if (!cJSON_IsNumber(value) || value->valuedouble < 0 ||
        value->valuedouble >= 9007199254740992.0)
        return 0;
    return (uint64_t)value->valuedouble;
}

static void text(const cJSON *object, const char *name, char *out, size_t size)
{
    const cJSON *value = member(object, name);

    snprintf(out, size, "%s", cJSON_IsString(value) ? value->valuestring : "");
}

/* "2026-01-31T12:00:00.123456789Z"; 0 for anything else, and for the year 1 of a time that never
 * was. */
static int64_t nanoseconds(const cJSON *object, const char *name)
{
    const cJSON *value = member(object, name);
    struct tm utc = {0};
    const char *rest =
        cJSON_IsString(value) ? strptime(value->valuestring, "%Y-%m-%dT%H:%M:%S", &utc) : NULL;
    int64_t fraction = 0, unit = 100000000;

    if (!rest || utc.tm_year < 70 || utc.tm_year > 300)
        return 0;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
            fraction += (*rest - '0') * unit;
    return (int64_t)timegm(&utc) * 1000000000 + fraction;
}

/* The client's stream for NULL, after the checks that all calls share. */
static int choose_stream(struct nexus_client *client, const char **stream, struct nexus_error *err)
{
    int code = nx_client_usable(client, err);

    if (code != NEXUS_OK)
        return code;
    if (!*stream)
        *stream = client->options->stream;
    return nx_check_stream("stream", *stream, err);
}

/* Asks for `<call>.<stream>`, or `<call>.<stream>.<name>`. */
static int ask(struct nexus_client *client, const char *call, const char *stream, const char *name,
               const char *body, cJSON **answer, struct nexus_error *err)
{
    int64_t deadline = client->wire->ops->now(client->wire) + NX_CALL_TIMEOUT_NS;
    struct nx_buf subject = NX_BUF_INIT;
    cJSON *got = NULL;
    int code;

    nx_buf_printf(&subject, "$JS.API.%s.%s%s%s", call, stream, name ? "." : "", name ? name : "");
    code = nx_buf_text(&subject) ? nx_request_raw(client, subject.data, body, deadline, &got, err)
                                 : nx_no_memory(err);
    if (code == NEXUS_OK && nx_answer_error(got, NULL) == NX_API_STREAM_MISSING)
        code = nx_fail(err, NEXUS_E_NOT_FOUND, stream,
                       "stream \"%s\" does not exist: run \"nexusctl provision\" or call "
                       "nexus_provision()",
                       stream);
    else if (code == NEXUS_OK && nx_answer_error(got, NULL))
        code = nx_answer_fail(got, name ? name : subject.data, err);
    nx_buf_free(&subject);
    if (code == NEXUS_OK)
        *answer = got;
    else
        cJSON_Delete(got);
    return code;
}

static void read_stream(const cJSON *answer, struct nexus_stream_info *out)
{
    const cJSON *state = member(answer, "state");
    const cJSON *config = member(answer, "config");
    const cJSON *storage = member(config, "storage");

    out->events = number(state, "messages");
    out->bytes = number(state, "bytes");
    out->first_sequence = number(state, "first_seq");
    out->last_sequence = number(state, "last_seq");
    out->first_time = nanoseconds(state, "first_ts");
    out->last_time = nanoseconds(state, "last_ts");
    out->subjects = number(state, "num_subjects");
    out->consumers = number(state, "consumer_count");
    out->replicas = number(config, "num_replicas");
    out->memory = cJSON_IsString(storage) && strcmp(storage->valuestring, "memory") == 0;
    text(config, "name", out->name, sizeof(out->name));
}

int nexus_inspect_stream(struct nexus_client *client, const char *stream,
                         struct nexus_stream_info *out, struct nexus_error *err)
{
    struct nexus_stream_info info = NEXUS_STREAM_INFO_INIT;
    cJSON *answer = NULL;
    int code = choose_stream(client, &stream, err);

    if (code != NEXUS_OK)
        return code;
    if (!out)
        return nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    code = ask(client, "STREAM.INFO", stream, NULL, "", &answer, err);
    if (code == NEXUS_OK) {
        read_stream(answer, &info);
        code = nx_struct_give(out, out->size, &info, sizeof(info), err);
    }
    cJSON_Delete(answer);
    return code;
}

static void read_consumer(const cJSON *answer, struct nexus_consumer_info *out)
{
    const cJSON *config = member(answer, "config");
    const cJSON *delivered = member(answer, "delivered");
    const cJSON *durable = member(config, "durable_name");

    *out = (struct nexus_consumer_info)NEXUS_CONSUMER_INFO_INIT;
    out->pending = number(answer, "num_pending");
    out->unsettled = number(answer, "num_ack_pending");
    out->redelivered = number(answer, "num_redelivered");
    out->deliveries = number(delivered, "consumer_seq");
    out->delivered = number(delivered, "stream_seq");
    out->acked = number(member(answer, "ack_floor"), "stream_seq");
    out->waiting = number(answer, "num_waiting");
    out->created = nanoseconds(answer, "created");
    out->durable = cJSON_IsString(durable) && *durable->valuestring;
    text(answer, "name", out->name, sizeof(out->name));
    text(config, "filter_subject", out->filter, sizeof(out->filter));
}

int nexus_inspect_consumer(struct nexus_client *client, const char *stream, const char *durable,
                           struct nexus_consumer_info *out, struct nexus_error *err)
{
    struct nexus_consumer_info info;
    cJSON *answer = NULL;
    int code = choose_stream(client, &stream, err);

    if (code != NEXUS_OK)
        return code;
    if (!durable || !out)
        return nx_fail(err, NEXUS_E_INVALID, durable ? "out" : "durable", "is NULL");
    code = nx_check_durable("durable", durable, err);
    if (code != NEXUS_OK)
        return code;
    code = ask(client, "CONSUMER.INFO", stream, durable, "", &answer, err);
    if (code == NEXUS_OK) {
        read_consumer(answer, &info);
        code = nx_struct_give(out, out->size, &info, sizeof(info), err);
    }
    cJSON_Delete(answer);
    return code;
}

/* One page of the list; `*offset` moves behind it, `*total` is what the server says there are. */
static int list_page(struct nexus_client *client, const char *stream, uint64_t *offset,
                     uint64_t *total, nexus_consumer_callback callback, void *data,
                     struct nexus_error *err)
{
    const cJSON *consumer;
    cJSON *answer = NULL;
    char body[48];
    int code;

    snprintf(body, sizeof(body), "{\"offset\":%llu}", (unsigned long long)*offset);
    code = ask(client, "CONSUMER.LIST", stream, NULL, body, &answer, err);
    if (code != NEXUS_OK)
        return code;
    *total = number(answer, "total");
    if (!cJSON_GetArraySize(member(answer, "consumers")))
        *total = 0; /* some have gone meanwhile: there is no further page */
    cJSON_ArrayForEach(consumer, member(answer, "consumers"))
    {
        struct nexus_consumer_info info;
        read_consumer(consumer, &info);
        callback(&info, data);
        ++*offset;
    }
    cJSON_Delete(answer);
    return NEXUS_OK;
}

int nexus_list_consumers(struct nexus_client *client, const char *stream,
                         nexus_consumer_callback callback, void *data, struct nexus_error *err)
{
    uint64_t offset = 0, total = 0;
    int code = choose_stream(client, &stream, err);

    if (code != NEXUS_OK)
        return code;
    if (!callback)
        return nx_fail(err, NEXUS_E_INVALID, "callback", "is NULL");
    do
        code = list_page(client, stream, &offset, &total, callback, data, err);
    while (code == NEXUS_OK && offset < total && offset < LIST_MAX);
    return code;
}
