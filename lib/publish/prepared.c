/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared events: one piece of bytes, and where in it what stands. */
#include <stdlib.h>
#include <string.h>

#include "compose.h"
#include "envelope.h"
#include "json_event.h"
#include "publish_options.h"

struct nexus_prepared {
    char *bytes;
    size_t length;
    struct nx_outgoing event; /* points into `bytes` */
};

_Static_assert(NEXUS_PREPARED_MAX == NX_OUTGOING_MAX, "the header states the limit");

void nexus_prepared_destroy(struct nexus_prepared *prepared)
{
    if (!prepared)
        return;
    free(prepared->bytes);
    free(prepared);
}

/* Takes `bytes` over, also on failure. NULL is no memory. */
static int adopt(char *bytes, size_t length, struct nexus_prepared **out, struct nexus_error *err)
{
    struct nexus_prepared *prepared = bytes ? calloc(1, sizeof(*prepared)) : NULL;
    int code;

    if (!prepared) {
        free(bytes);
        return nx_no_memory(err);
    }
    prepared->bytes = bytes;
    prepared->length = length;
    code = nx_outgoing_read(bytes, length, &prepared->event, err);
    if (code == NEXUS_OK)
        *out = prepared;
    else
        nexus_prepared_destroy(prepared);
    return code;
}

/* ---- preparing */

static int compose(struct nx_composing *composing, struct nexus_prepared **out,
                   struct nexus_error *err)
{
    struct nexus_client *client = composing->client;
    struct nx_outgoing event;
    struct nx_buf bytes = NX_BUF_INIT;
    size_t length;
    int code;

    pthread_mutex_lock(&client->publisher->order);
    code = nx_compose(composing, NULL, &event, err);
    if (code == NEXUS_OK) {
        nx_outgoing_write(&event, &bytes);
        if (bytes.failed) {
            nx_clock_untick(client->clock);
            code = nx_no_memory(err);
        }
    }
    pthread_mutex_unlock(&client->publisher->order);
    length = bytes.length;
    if (code == NEXUS_OK)
        code = adopt(nx_buf_take(&bytes), length, out, err);
    nx_buf_free(&bytes);
    return code;
}

int nx_prepare_event(struct nexus_client *client, const struct nexus_channel *channel,
                     const char *const *arguments, const void *event,
                     const struct nexus_publish_options *options, struct nexus_prepared **out,
                     struct nexus_error *err)
{
    struct nx_composing composing = {
        .client = client, .channel = channel, .options = options ? options : &nx_publish_defaults};
    int code;

    if (!out)
        return nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    *out = NULL;
    code = nx_client_usable(client, err);
    if (code == NEXUS_OK && !event)
        code = nx_fail(err, NEXUS_E_INVALID, "event", "is NULL");
    if (code == NEXUS_OK)
        code = nx_composing_begin(&composing, err);
    if (code != NEXUS_OK)
        return code;
    code = nx_composing_prepare(&composing, arguments, event, err);
    if (code == NEXUS_OK)
        code = compose(&composing, out, err);
    nx_composing_end(&composing);
    return code;
}

int nexus_prepare_json(struct nexus_client *client, const char *channel, const char *tenant,
                       const char *payload, const struct nexus_publish_options *options,
                       struct nexus_prepared **out, struct nexus_error *err)
{
    struct nx_json_event event = NX_JSON_EVENT_INIT;
    int code = nx_client_usable(client, err);

    if (out)
        *out = NULL;
    if (code == NEXUS_OK)
        code = nx_json_event_read(&event, channel, tenant, payload, options, err);
    if (code == NEXUS_OK)
        code = nx_prepare_event(client, event.channel, event.arguments, event.event, options, out,
                                err);
    nx_json_event_free(&event);
    return code;
}

/* ---- reading */

/* The envelope, as a receiver will check it. */
static int check_body(const struct nx_outgoing *event, struct nexus_error *err)
{
    struct nx_json json = NX_JSON_INIT;
    struct nx_envelope envelope;
    struct nx_subject subject;
    int code = nx_json_read(&json, event->body, event->length, err);

    if (code == NEXUS_OK && !nx_subject_parse(event->subject, &subject))
        code = nx_fail(err, NEXUS_E_CHANNEL, "subject", "no channel has this subject");
    if (code == NEXUS_OK)
        code = nx_envelope_read(&json, event->channel->has_tenant ? subject.values[0] : NULL,
                                &envelope, err);
    if (code == NEXUS_OK && !nx_json_equals(&json, envelope.causal_id, event->causal_id))
        code = nx_fail(err, NEXUS_E_INVALID, "causal_id", "the body has another one than \"%s\"",
                       event->causal_id);
    nx_json_free(&json);
    return code;
}

int nexus_prepared_read(const void *bytes, size_t length, struct nexus_prepared **out,
                        struct nexus_error *err)
{
    struct nexus_prepared *prepared = NULL;
    char *copy;
    int code;

    if (!out)
        return nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    *out = NULL;
    if (!bytes)
        return nx_fail(err, NEXUS_E_INVALID, "bytes", "is NULL");
    if (length > NX_OUTGOING_MAX)
        return nx_fail(err, NEXUS_E_TOO_LARGE, "prepared", "%zu bytes exceed the limit of %d",
                       length, NX_OUTGOING_MAX);
    copy = malloc(length + 1);
    if (copy)
        memcpy(copy, bytes, length);
    code = adopt(copy, length, &prepared, err);
    if (code == NEXUS_OK)
        code = check_body(&prepared->event, err);
    if (code == NEXUS_OK)
        *out = prepared;
    else
        nexus_prepared_destroy(prepared);
    return code;
}

/* ---- parts */

const void *nexus_prepared_bytes(const struct nexus_prepared *prepared, size_t *length)
{
    if (length)
        *length = prepared ? prepared->length : 0;
    return prepared ? prepared->bytes : NULL;
}

const char *nexus_prepared_subject(const struct nexus_prepared *prepared)
{
    return prepared ? prepared->event.subject : NULL;
}

const char *nexus_prepared_message_id(const struct nexus_prepared *prepared)
{
    return prepared ? prepared->event.message_id : NULL;
}

const char *nexus_prepared_causal_id(const struct nexus_prepared *prepared)
{
    return prepared ? prepared->event.causal_id : NULL;
}

const struct nexus_channel *nexus_prepared_channel(const struct nexus_prepared *prepared)
{
    return prepared ? prepared->event.channel : NULL;
}

const char *nexus_prepared_body(const struct nexus_prepared *prepared, size_t *length)
{
    if (length)
        *length = prepared ? prepared->event.length : 0;
    return prepared ? prepared->event.body : NULL;
}

size_t nexus_prepared_header_count(const struct nexus_prepared *prepared)
{
    return prepared ? prepared->event.header_count : 0;
}

const char *nexus_prepared_header_name(const struct nexus_prepared *prepared, size_t index)
{
    return index < nexus_prepared_header_count(prepared) ? prepared->event.headers[index].name
                                                         : NULL;
}

const char *nexus_prepared_header_value(const struct nexus_prepared *prepared, size_t index)
{
    return index < nexus_prepared_header_count(prepared) ? prepared->event.headers[index].value
                                                         : NULL;
}

int nexus_publish_prepared(struct nexus_client *client, const struct nexus_prepared *prepared,
                           const struct nexus_publish_options *options,
                           struct nexus_receipt *receipt, struct nexus_error *err)
{
    int code = nx_client_usable(client, err);

    if (code == NEXUS_OK && !prepared)
        code = nx_fail(err, NEXUS_E_INVALID, "prepared", "is NULL");
    if (code == NEXUS_OK)
        code = nx_publish_outgoing(client, &prepared->event, options, receipt, err);
    return code;
}
