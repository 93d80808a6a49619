/* SPDX-License-Identifier: Apache-2.0 */
/* The members that an event carries in its `json`, on their way into the payload. */
#include <string.h>

#include "codec_field.h"
#include "status.h"

bool nx_extra_has(const struct nx_extra *extra, const struct nx_field *field)
{
    return nx_json_member(&extra->json, 0, field->name) != 0;
}

/* Checks a member by its field's rules, by decoding it into a struct that nobody looks at. */
static int check_value(const struct nx_extra *extra, const struct nexus_channel *channel,
                       const struct nx_field *field, uint32_t node, struct nexus_error *err)
{
    struct nx_arena arena = NX_ARENA_INIT;
    struct nx_decoding decoding = {&extra->json, NX_CODEC_STRICT, &arena,
                                   nx_arena_alloc(&arena, channel->struct_size), err};
    int code =
        decoding.event ? nx_decode_member(&decoding, field, node) : nx_no_memory(decoding.err);

    nx_arena_free(&arena);
    return code;
}

static int check_member(const struct nx_extra *extra, const struct nexus_channel *channel,
                        const struct nx_event *event, uint32_t key, struct nexus_error *err)
{
    const struct nx_field *field = nx_field_find(channel, &extra->json, key, 0);

    if (!field)
        return 0;
    if (nx_event_has_place(event, field) && !(field->flags & NX_FIELD_LATER))
        return nx_field_fail(err, field, NX_NO_INDEX,
                             nx_event_has(event, field)
                                 ? "also given in json"
                                 : "given in json, but belongs into the typed member");
    /* The typed member replaces it. */
    if (nx_event_has(event, field))
        return 0;
    return check_value(extra, channel, field, key + 1, err);
}

int nx_extra_open(struct nx_extra *extra, const struct nexus_channel *channel,
                  const struct nx_event *event, struct nexus_error *err)
{
    const char *text = nx_event_json(channel, event);
    const struct nx_json_node *nodes;
    uint32_t key = 1;
    int code;

    extra->json = (struct nx_json)NX_JSON_INIT;
    if (!text)
        return 0;
    nx_json_lend(&extra->json, extra->nodes, sizeof(extra->nodes) / sizeof(extra->nodes[0]));
    code = nx_payload_read(&extra->json, "json", text, strlen(text), err);
    if (channel->field_count == 0)
        return code;
    nodes = extra->json.nodes;
    for (uint32_t i = 0; !code && i < nodes[0].count; i++) {
        code = check_member(extra, channel, event, key, err);
        key = nodes[key + 1].next;
    }
    return code;
}

void nx_extra_close(struct nx_extra *extra)
{
    nx_json_free(&extra->json);
}

static bool is_replaced(const struct nx_extra *extra, const struct nexus_channel *channel,
                        const struct nx_event *event, uint32_t key)
{
    const struct nx_field *field = nx_field_find(channel, &extra->json, key, 0);

    return field && nx_event_has(event, field);
}

void nx_extra_write(const struct nx_extra *extra, const struct nexus_channel *channel,
                    const struct nx_event *event, bool first, struct nx_buf *out)
{
    const struct nx_json_node *nodes = extra->json.nodes;
    uint32_t key = 1;

    if (extra->json.count == 0)
        return;
    for (uint32_t i = 0; i < nodes[0].count; i++) {
        const struct nx_json_node *value = &nodes[key + 1];
        if (!is_replaced(extra, channel, event, key)) {
            if (!first)
                nx_buf_putc(out, ',');
            nx_buf_append(out, extra->json.text + nodes[key].start, value->end - nodes[key].start);
            first = false;
        }
        key = value->next;
    }
}
