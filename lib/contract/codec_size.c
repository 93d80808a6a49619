/* SPDX-License-Identifier: Apache-2.0 */
/* The `size` rule: structs of older and newer callers than this library, and what they have. */
#include <string.h>

#include "codec_field.h"
#include "status.h"

/* No event's struct comes near; a larger `size` was never set, and must not be believed. */
#define LARGEST_STRUCT 65536

int nx_event_open(const struct nexus_channel *channel, const void *event, struct nx_event *out,
                  struct nexus_error *err)
{
    size_t smallest = channel->json_offset + sizeof(char *);
    size_t size;

    if (!event)
        return nx_fail(err, NEXUS_E_INVALID, "event", "the event is NULL");
    memcpy(&size, event, sizeof(size));
    if (size < smallest || size > LARGEST_STRUCT)
        return nx_fail(err, NEXUS_E_INVALID, "size",
                       "%zu is not the size of a struct nexus_%s; set it with its INIT macro", size,
                       channel->c_name);
    out->base = event;
    out->size = size;
    for (size_t i = channel->struct_size; i < size; i++)
        if (out->base[i])
            return nx_fail(err, NEXUS_E_INVALID, "size",
                           "a member beyond the %u bytes that this version knows is set",
                           channel->struct_size);
    return 0;
}

const char *nx_event_json(const struct nexus_channel *channel, const struct nx_event *event)
{
    const char *text;

    memcpy(&text, event->base + channel->json_offset, sizeof(text));
    return text;
}

/* Bytes of the member itself, and of what stands beside it. */
static const struct {
    uint8_t value;
    uint8_t beside;
} sizes[] = {
    [NEXUS_KIND_STRING] = {sizeof(char *), 0},
    [NEXUS_KIND_INTEGER] = {sizeof(int64_t), sizeof(bool)},
    [NEXUS_KIND_NUMBER] = {sizeof(double), sizeof(bool)},
    [NEXUS_KIND_ENUM] = {sizeof(int), sizeof(char *)},
    [NEXUS_KIND_STRING_ARRAY] = {sizeof(char **), sizeof(size_t)},
    [NEXUS_KIND_INTEGER_ARRAY] = {sizeof(int64_t *), sizeof(size_t)},
};

bool nx_event_has_place(const struct nx_event *event, const struct nx_field *field)
{
    if ((size_t)field->offset + sizes[field->kind].value > event->size)
        return false;
    return field->beside == NX_NO_OFFSET ||
           (size_t)field->beside + sizes[field->kind].beside <= event->size;
}

static bool is_set(const char *at, size_t size)
{
    static const char zeros[sizeof(int64_t)];

    return memcmp(at, zeros, size) != 0;
}

bool nx_event_has(const struct nx_event *event, const struct nx_field *field)
{
    const char *value = event->base + field->offset;

    if (!nx_event_has_place(event, field))
        return false;
    switch (field->kind) {
    case NEXUS_KIND_INTEGER:
    case NEXUS_KIND_NUMBER:
        return field->beside == NX_NO_OFFSET || is_set(event->base + field->beside, sizeof(bool));
    case NEXUS_KIND_STRING_ARRAY:
    case NEXUS_KIND_INTEGER_ARRAY:
        return is_set(value, sizeof(void *)) || is_set(event->base + field->beside, sizeof(size_t));
    default:
        return is_set(value, sizes[field->kind].value);
    }
}
