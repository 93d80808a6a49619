/* SPDX-License-Identifier: Apache-2.0 */
/* From the payload to the struct. */
#include <string.h>

#include "codec_field.h"
#include "status.h"

/* Whether a received member goes into `json`: those without a field, and those whose field an older
 * handler does not know. */
static bool stays_in_json(const struct nx_field *field)
{
    return !field || (field->flags & NX_FIELD_LATER);
}

struct members {
    uint32_t required;  /* how many required ones were there */
    uint32_t kept;      /* how many stay in `json` … */
    size_t kept_length; /* … and their bytes, with a separator each */
};

static int decode_members(const struct nx_decoding *decoding, const struct nexus_channel *channel,
                          uint32_t object, struct members *out)
{
    const struct nx_json_node *nodes = decoding->json->nodes;
    uint32_t key = object + 1;
    uint32_t hint = 0;

    *out = (struct members){0};
    for (uint32_t i = 0; i < nodes[object].count; i++, key = nodes[key + 1].next) {
        const struct nx_field *field = nx_field_find(channel, decoding->json, key, hint);
        int code = field ? nx_decode_member(decoding, field, key + 1) : 0;

        if (code)
            return code;
        if (field) {
            out->required += (field->flags & NX_FIELD_REQUIRED) != 0;
            hint = (uint32_t)(field - channel->fields) + 1;
        }
        if (stays_in_json(field)) {
            out->kept++;
            out->kept_length += nodes[key + 1].end - nodes[key].start + 1;
        }
    }
    return 0;
}

/* Joins the members that stay, each as it was spelled. */
static char *join_kept(const struct nx_decoding *decoding, const struct nexus_channel *channel,
                       uint32_t object, size_t length)
{
    const struct nx_json_node *nodes = decoding->json->nodes;
    char *text = nx_arena_bytes(decoding->arena, length + 2);
    char *at = text;
    uint32_t key = object + 1;

    for (uint32_t i = 0; text && i < nodes[object].count; i++, key = nodes[key + 1].next) {
        size_t size = nodes[key + 1].end - nodes[key].start;
        if (!stays_in_json(nx_field_find(channel, decoding->json, key, 0)))
            continue;
        *at = at == text ? '{' : ',';
        memcpy(++at, decoding->json->text + nodes[key].start, size);
        at += size;
    }
    if (text)
        memcpy(at, "}", 2);
    return text;
}

static int keep_json(const struct nx_decoding *decoding, const struct nexus_channel *channel,
                     uint32_t object, const struct members *members)
{
    const struct nx_json_node *node = &decoding->json->nodes[object];
    const char *text;

    if (nx_channel_born_open(channel))
        text = nx_arena_text(decoding->arena, decoding->json->text + node->start,
                             node->end - node->start);
    else if (members->kept)
        text = join_kept(decoding, channel, object, members->kept_length);
    else
        return 0;
    if (!text)
        return nx_no_memory(decoding->err);
    memcpy(decoding->event + channel->json_offset, &text, sizeof(text));
    return 0;
}

static int reject_missing(const struct nx_decoding *decoding, const struct nexus_channel *channel,
                          uint32_t object)
{
    for (uint32_t i = 0; i < channel->field_count; i++) {
        const struct nx_field *field = &channel->fields[i];
        if ((field->flags & NX_FIELD_REQUIRED) &&
            !nx_json_member(decoding->json, object, field->name))
            return nx_field_fail(decoding->err, field, NX_NO_INDEX, "required member is missing");
    }
    return nx_fail(decoding->err, NEXUS_E_INTERNAL, channel->name, "the table miscounts");
}

int nx_codec_decode(const struct nexus_channel *channel, const struct nx_json *json, uint32_t node,
                    enum nx_codec_mode mode, struct nx_arena *arena, void **event,
                    struct nexus_error *err)
{
    struct nx_decoding decoding = {json, mode, arena, NULL, err};
    size_t size = channel->struct_size;
    struct members members;
    int code;

    if (json->nodes[node].type != NX_JSON_OBJECT)
        return nx_fail(err, NEXUS_E_VALIDATION, "payload", "expected an object, got %s",
                       nx_json_type_name(json, node));
    decoding.event = nx_arena_alloc(arena, size);
    if (!decoding.event)
        return nx_no_memory(err);
    memcpy(decoding.event, &size, sizeof(size));
    code = decode_members(&decoding, channel, node, &members);
    if (!code && members.required != channel->required_count)
        code = reject_missing(&decoding, channel, node);
    if (!code)
        code = keep_json(&decoding, channel, node, &members);
    if (!code)
        *event = decoding.event;
    return code;
}
