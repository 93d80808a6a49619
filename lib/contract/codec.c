/* SPDX-License-Identifier: Apache-2.0 */
/* What encoding and decoding have in common: finding fields, their rules, and their errors. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "codec_field.h"
#include "status.h"
#include "text.h"

const struct nx_field *nx_field_find(const struct nexus_channel *channel,
                                     const struct nx_json *json, uint32_t key, uint32_t hint)
{
    for (uint32_t i = 0; i < channel->field_count; i++) {
        uint32_t at = hint + i < channel->field_count ? hint + i : hint + i - channel->field_count;
        if (nx_json_equals(json, key, channel->fields[at].name))
            return &channel->fields[at];
    }
    return NULL;
}

bool nx_channel_born_open(const struct nexus_channel *channel)
{
    for (uint32_t i = 0; i < channel->field_count; i++)
        if (!(channel->fields[i].flags & NX_FIELD_LATER))
            return false;
    return true;
}

int nx_field_fail(struct nexus_error *err, const struct nx_field *field, size_t index,
                  const char *format, ...)
{
    char where[NEXUS_ERROR_WHERE_SIZE];
    char message[NEXUS_ERROR_MESSAGE_SIZE * 2];
    va_list arguments;

    if (!err)
        return NEXUS_E_VALIDATION;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (index == NX_NO_INDEX)
        snprintf(where, sizeof(where), "payload.%s", field->name);
    else
        snprintf(where, sizeof(where), "payload.%s[%zu]", field->name, index);
    return nx_fail(err, NEXUS_E_VALIDATION, where, "%s", message);
}

int nx_field_check_text(const struct nx_field *field, size_t index, const char *text, size_t length,
                        size_t points, struct nexus_error *err)
{
    if (field->max_length && points > field->max_length)
        return nx_field_fail(err, field, index, "%zu characters exceed the limit of %u", points,
                             field->max_length);
    if ((field->flags & NX_FIELD_URI) && !nx_uri_check(text, length))
        return nx_field_fail(err, field, index, "not an absolute URI");
    return 0;
}

/* How much of a text to quote: at most `most` bytes, whole characters. */
static int quotable(const char *text, size_t most)
{
    size_t length = strnlen(text, most + 1);

    if (length > most)
        for (length = most; length && nx_utf8_continues(text[length]); length--)
            ;
    return (int)length;
}

int nx_field_reject_enum(const struct nx_field *field, const char *text, struct nexus_error *err)
{
    char list[NEXUS_ERROR_MESSAGE_SIZE] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < field->enumeration->count && used < sizeof(list); i++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
                                 field->enumeration->values[i]);
    return nx_field_fail(err, field, NX_NO_INDEX, "\"%.*s\" is not one of %s", quotable(text, 64),
                         text, list);
}

int nx_codec_check_struct(const struct nexus_channel *channel, const void *event,
                          struct nexus_error *err)
{
    struct nx_event opened;

    return nx_event_open(channel, event, &opened, err);
}

const char *nx_codec_string(const struct nexus_channel *channel, const void *event, uint32_t member)
{
    struct nx_event opened;
    const struct nx_field *field;
    const char *text;

    if (member >= channel->field_count || nx_event_open(channel, event, &opened, NULL))
        return NULL;
    field = &channel->fields[member];
    if (field->kind != NEXUS_KIND_STRING || !nx_event_has(&opened, field))
        return NULL;
    memcpy(&text, opened.base + field->offset, sizeof(text));
    return text;
}

int nx_payload_read(struct nx_json *json, const char *what, const char *text, size_t length,
                    struct nexus_error *err)
{
    char prefix[32];
    int code = nx_json_read_depth(json, text, length, NX_JSON_DEPTH - 1, err);

    if (code == NEXUS_E_JSON) {
        snprintf(prefix, sizeof(prefix), "%s: ", what);
        nx_error_prefix(err, json->in_member ? "payload." : prefix);
    }
    if (!code && json->nodes[0].type != NX_JSON_OBJECT)
        return nx_fail(err, NEXUS_E_VALIDATION, what, "expected an object, got %s",
                       nx_json_type_name(json, 0));
    return code;
}
