/* SPDX-License-Identifier: Apache-2.0 */
/* Events in any state: what no publish call of the library would let pass. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_stream.h"
#include "bus_subject.h"
#include "ids.h"
#include "json.h"
#include "status.h"
#include "subject.h"

#define HEADERS_MAX 32

struct nexus_test_event {
    char *subject;
    char *payload, *tenant, *causal_id,
        *clock; /* JSON texts, but for the two names; NULL: absent */
    char *body; /* NULL: the envelope */
    size_t body_length;
    struct nx_header headers[HEADERS_MAX];
    size_t header_count;
    uint64_t delivered;
    int64_t time;
};

static void free_header(struct nx_header *header)
{
    free((char *)(uintptr_t)header->name);
    free((char *)(uintptr_t)header->value);
}

void nexus_test_event_destroy(struct nexus_test_event *event)
{
    if (!event)
        return;
    for (size_t i = 0; i < event->header_count; i++)
        free_header(&event->headers[i]);
    free(event->subject);
    free(event->payload);
    free(event->tenant);
    free(event->causal_id);
    free(event->clock);
    free(event->body);
    free(event);
}

/* Replaces a text; NULL removes it. */
static int replace(char **slot, const char *text, struct nexus_error *err)
{
    char *copy = text ? strdup(text) : NULL;

    if (text && !copy)
        return nx_no_memory(err);
    free(*slot);
    *slot = copy;
    return NEXUS_OK;
}

/* ---- making one */

/* The value of an address parameter that is a member of the payload. */
static char *member_of(const char *payload, const char *name)
{
    cJSON *object = cJSON_Parse(payload);
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    char *value = cJSON_IsString(member) ? strdup(member->valuestring) : NULL;

    cJSON_Delete(object);
    return value;
}

static int make_subject(const struct nexus_channel *channel, const char *tenant,
                        const char *payload, char *subject, struct nexus_error *err)
{
    const char *values[NX_PARAMETERS_MAX] = {NULL};
    char *taken[NX_PARAMETERS_MAX] = {NULL};
    int code;

    for (uint32_t i = 0; i < channel->parameter_count; i++) {
        int32_t member = channel->parameters[i].member;
        if (member >= 0)
            taken[i] = member_of(payload, channel->fields[member].name);
        values[i] = member >= 0 ? taken[i] : tenant;
    }
    code = nx_subject_render(channel, values, subject, err);
    for (uint32_t i = 0; i < NX_PARAMETERS_MAX; i++)
        free(taken[i]);
    return code;
}

static int fill(struct nexus_test_event *event, const struct nexus_channel *channel,
                const char *tenant, const char *payload, struct nexus_error *err)
{
    char subject[NEXUS_SUBJECT_MAX + 1];
    int code = make_subject(channel, tenant, payload, subject, err);

    if (code == NEXUS_OK)
        code = replace(&event->subject, subject, err);
    if (code == NEXUS_OK)
        code = replace(&event->payload, payload, err);
    if (code == NEXUS_OK)
        code = replace(&event->tenant, tenant, err);
    if (code == NEXUS_OK)
        code = replace(&event->causal_id, "evt-00000001", err);
    if (code == NEXUS_OK)
        code = replace(&event->clock, "{\"test\":1}", err);
    return code;
}

int nexus_test_event_new(const char *channel, const char *tenant, const char *payload,
                         struct nexus_test_event **out, struct nexus_error *err)
{
    const struct nexus_channel *found = channel ? nexus_channel_by_name(channel) : NULL;
    struct nexus_test_event *event;
    int code;

    if (!out || !payload)
        return nx_fail(err, NEXUS_E_INVALID, out ? "payload" : "out", "is NULL");
    *out = NULL;
    if (!found)
        return nx_fail(err, NEXUS_E_CHANNEL, "channel", "the contract has no channel \"%s\"",
                       channel ? channel : "");
    event = calloc(1, sizeof(*event));
    if (!event)
        return nx_no_memory(err);
    code = fill(event, found, tenant, payload, err);
    if (code != NEXUS_OK) {
        nexus_test_event_destroy(event);
        return code;
    }
    *out = event;
    return NEXUS_OK;
}

/* ---- changing it */

static int check_event(const struct nexus_test_event *event, struct nexus_error *err)
{
    return event ? NEXUS_OK : nx_fail(err, NEXUS_E_INVALID, "event", "is NULL");
}

int nexus_test_event_set_subject(struct nexus_test_event *event, const char *subject,
                                 struct nexus_error *err)
{
    int code = check_event(event, err);

    if (code == NEXUS_OK && (!nx_bus_filter_sound(subject) || strpbrk(subject, "*>")))
        code = nx_fail(err, NEXUS_E_INVALID, "subject", "is no subject");
    return code == NEXUS_OK ? replace(&event->subject, subject, err) : code;
}

int nexus_test_event_set_tenant(struct nexus_test_event *event, const char *tenant,
                                struct nexus_error *err)
{
    int code = check_event(event, err);

    return code == NEXUS_OK ? replace(&event->tenant, tenant, err) : code;
}

int nexus_test_event_set_causal_id(struct nexus_test_event *event, const char *causal_id,
                                   struct nexus_error *err)
{
    int code = check_event(event, err);

    return code == NEXUS_OK ? replace(&event->causal_id, causal_id, err) : code;
}

int nexus_test_event_set_vector_clock(struct nexus_test_event *event, const char *json,
                                      struct nexus_error *err)
{
    int code = check_event(event, err);

    return code == NEXUS_OK ? replace(&event->clock, json, err) : code;
}

static void remove_headers(struct nexus_test_event *event, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < event->header_count; i++) {
        if (strcmp(event->headers[i].name, name) == 0)
            free_header(&event->headers[i]);
        else
            event->headers[kept++] = event->headers[i];
    }
    event->header_count = kept;
}

int nexus_test_event_set_header(struct nexus_test_event *event, const char *name, const char *value,
                                struct nexus_error *err)
{
    struct nx_header header;
    int code = check_event(event, err);

    if (code != NEXUS_OK)
        return code;
    if (!name || !*name || (value && !*value))
        return nx_fail(err, NEXUS_E_INVALID, name && *name ? "value" : "name", "is empty");
    if (!value) {
        remove_headers(event, name);
        return NEXUS_OK;
    }
    if (event->header_count == HEADERS_MAX)
        return nx_fail(err, NEXUS_E_INVALID, "name", "more than %d headers", HEADERS_MAX);
    header = (struct nx_header){strdup(name), strdup(value)};
    if (!header.name || !header.value) {
        free_header(&header);
        return nx_no_memory(err);
    }
    event->headers[event->header_count++] = header;
    return NEXUS_OK;
}

int nexus_test_event_set_body(struct nexus_test_event *event, const void *body, size_t length,
                              struct nexus_error *err)
{
    char *copy = NULL;
    int code = check_event(event, err);

    if (code != NEXUS_OK)
        return code;
    if (body && !(copy = malloc(length + 1)))
        return nx_no_memory(err);
    if (body)
        memcpy(copy, body, length);
    free(event->body);
    event->body = copy;
    event->body_length = length;
    return NEXUS_OK;
}

int nexus_test_event_set_delivered(struct nexus_test_event *event, uint64_t deliveries,
                                   struct nexus_error *err)
{
    int code = check_event(event, err);

    if (code == NEXUS_OK)
        event->delivered = deliveries;
    return code;
}

int nexus_test_event_set_time(struct nexus_test_event *event, int64_t nanoseconds,
                              struct nexus_error *err)
{
    int code = check_event(event, err);

    if (code == NEXUS_OK && nanoseconds < 0)
        code = nx_fail(err, NEXUS_E_INVALID, "nanoseconds", "is below 0");
    if (code == NEXUS_OK)
        event->time = nanoseconds;
    return code;
}

/* ---- sending it */

static void put_member(struct nx_buf *out, const char *name, const char *text, bool quoted)
{
    if (!text)
        return;
    nx_buf_printf(out, "%s\"%s\":", out->length > 1 ? "," : "", name);
    if (quoted)
        nx_json_put_string(out, text, strlen(text));
    else
        nx_buf_puts(out, text);
}

static void write_envelope(const struct nexus_test_event *event, struct nx_buf *out)
{
    nx_buf_putc(out, '{');
    put_member(out, "causal_id", event->causal_id, true);
    put_member(out, "vector_clock", event->clock, false);
    put_member(out, "payload", event->payload, false);
    put_member(out, "tenant", event->tenant, true);
    nx_buf_putc(out, '}');
}

static const char *find_header(const struct nexus_test_event *event, const char *name)
{
    for (size_t i = 0; i < event->header_count; i++)
        if (strcmp(event->headers[i].name, name) == 0)
            return event->headers[i].value;
    return NULL;
}

/* The message id is part of what is signed. */
static int ensure_message_id(struct nexus_test_event *event, struct nexus_error *err)
{
    unsigned char uuid[16];
    char text[NX_UUID_SIZE], id[NEXUS_MESSAGE_ID_SIZE];

    if (find_header(event, "Nats-Msg-Id"))
        return NEXUS_OK;
    nx_uuid7_bytes(uuid);
    nx_uuid7_text(uuid, text);
    snprintf(id, sizeof(id), "%s:%s", event->tenant ? event->tenant : "_core", text);
    return nexus_test_event_set_header(event, "Nats-Msg-Id", id, err);
}

int nexus_test_event_sign(struct nexus_test_event *event, const struct nexus_signer *signer,
                          struct nexus_error *err)
{
    struct nx_buf envelope = NX_BUF_INIT;
    char *signature = NULL;
    int code = check_event(event, err);

    if (code == NEXUS_OK && !signer)
        code = nx_fail(err, NEXUS_E_INVALID, "signer", "is NULL");
    if (code == NEXUS_OK)
        code = ensure_message_id(event, err);
    if (code != NEXUS_OK)
        return code;
    write_envelope(event, &envelope);
    if (!nx_buf_text(&envelope))
        code = nx_no_memory(err);
    if (code == NEXUS_OK)
        code =
            nexus_signer_sign(signer, event->subject, find_header(event, "Nats-Msg-Id"),
                              event->body ? event->body : envelope.data,
                              event->body ? event->body_length : envelope.length, &signature, err);
    if (code == NEXUS_OK) {
        remove_headers(event, "Nexus-Signature");
        code = nexus_test_event_set_header(event, "Nexus-Signature", signature, err);
    }
    nexus_free(signature);
    nx_buf_free(&envelope);
    return code;
}

static struct nx_bus_message *make_message(const struct nexus_test_event *event)
{
    struct nx_bus_message *message = NULL;
    struct nx_buf envelope = NX_BUF_INIT;

    if (event->body)
        return nx_bus_message_new(event->subject, NULL, event->headers, event->header_count,
                                  event->body, event->body_length);
    write_envelope(event, &envelope);
    if (nx_buf_text(&envelope))
        message = nx_bus_message_new(event->subject, NULL, event->headers, event->header_count,
                                     envelope.data, envelope.length);
    nx_buf_free(&envelope);
    return message;
}

static int put(struct nexus_memory *bus, const struct nexus_test_event *event,
               struct nx_bus_message *message, uint64_t *sequence, struct nexus_error *err)
{
    struct nx_bus_stream *stream = nx_stream_covering(bus, event->subject);
    int64_t time = event->time ? event->time : nx_bus_now(bus) + bus->wall;

    if (!stream)
        return nx_fail(err, NEXUS_E_NO_STREAM, event->subject,
                       "no stream of this bus covers this subject: call nexus_provision()");
    if (!nx_stream_append(bus, stream, message, time, event->delivered))
        return nx_no_memory(err);
    if (sequence)
        *sequence = stream->last;
    return NEXUS_OK;
}

int nexus_test_event_put(struct nexus_memory *bus, const struct nexus_test_event *event,
                         uint64_t *sequence, struct nexus_error *err)
{
    struct nx_bus_message *message;
    int code;

    if (!bus || !event)
        return nx_fail(err, NEXUS_E_INVALID, bus ? "event" : "bus", "is NULL");
    message = make_message(event);
    if (!message)
        return nx_no_memory(err);
    pthread_mutex_lock(&bus->lock);
    code = put(bus, event, message, sequence, err);
    nx_bus_rearm(bus);
    pthread_mutex_unlock(&bus->lock);
    nx_bus_message_release(message);
    return code;
}
