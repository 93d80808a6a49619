/* SPDX-License-Identifier: Apache-2.0 */
/* Checking a payload to its end: every member that breaks the contract, not only the first. */
#include <string.h>

#include "codec_field.h"
#include "status.h"

struct check {
    struct nx_decoding decoding; /* into a struct that nobody looks at */
    const struct nexus_channel *channel;
    nexus_violation_callback callback;
    void *data;
    struct nexus_error first; /* what the call returns; code 0: nothing so far */
    struct nexus_error now;
};

/* Takes note of what a check said; what is no fault of the payload ends the work. */
static bool go_on(struct check *check, int code)
{
    if (!code)
        return true;
    if (!check->first.code)
        check->first = check->now;
    if (code != NEXUS_E_VALIDATION)
        return false;
    check->callback(&check->now, check->data);
    return true;
}

static bool check_elements(struct check *check, const struct nx_field *field, uint32_t array)
{
    const struct nx_json_node *nodes = check->decoding.json->nodes;
    uint32_t at = array + 1;

    for (size_t i = 0; i < nodes[array].count; i++, at = nodes[at].next)
        if (!go_on(check, nx_decode_element(&check->decoding, field, i, at)))
            return false;
    return true;
}

static bool check_members(struct check *check)
{
    const struct nx_json *json = check->decoding.json;
    uint32_t key = 1;

    for (uint32_t i = 0; i < json->nodes[0].count; i++, key = json->nodes[key + 1].next) {
        const struct nx_field *field = nx_field_find(check->channel, json, key, 0);
        bool array =
            field && json->nodes[key + 1].type == NX_JSON_ARRAY &&
            (field->kind == NEXUS_KIND_STRING_ARRAY || field->kind == NEXUS_KIND_INTEGER_ARRAY);
        bool going = !field  ? true
                     : array ? check_elements(check, field, key + 1)
                             : go_on(check, nx_decode_member(&check->decoding, field, key + 1));
        if (!going)
            return false;
    }
    return true;
}

static void check_missing(struct check *check)
{
    for (uint32_t i = 0; i < check->channel->field_count; i++) {
        const struct nx_field *field = &check->channel->fields[i];
        if ((field->flags & NX_FIELD_REQUIRED) &&
            !nx_json_member(check->decoding.json, 0, field->name))
            go_on(check,
                  nx_field_fail(&check->now, field, NX_NO_INDEX, "required member is missing"));
    }
}

static int check_payload(struct check *check, const struct nx_json *json, struct nexus_error *err)
{
    struct nx_arena arena = NX_ARENA_INIT;
    char *event = nx_arena_alloc(&arena, check->channel->struct_size);

    if (!event)
        return nx_no_memory(err);
    check->decoding = (struct nx_decoding){json, NX_CODEC_STRICT, &arena, event, &check->now};
    if (check_members(check))
        check_missing(check);
    nx_arena_free(&arena);
    if (check->first.code && err)
        *err = check->first;
    return check->first.code;
}

int nexus_validate_json_each(const char *channel, const char *payload,
                             nexus_violation_callback callback, void *data, struct nexus_error *err)
{
    struct check check = {.callback = callback, .data = data, .first = NEXUS_ERROR_INIT};
    struct nx_json json = NX_JSON_INIT;
    struct nexus_error unread = NEXUS_ERROR_INIT;
    int code;

    if (!channel || !payload || !callback)
        return nx_fail(err, NEXUS_E_INVALID,
                       !channel   ? "channel"
                       : !payload ? "payload"
                                  : "callback",
                       "must not be NULL");
    check.channel = nexus_channel_by_name(channel);
    if (!check.channel)
        return nx_fail(err, NEXUS_E_CHANNEL, channel, "the contract has no such channel");
    code = nx_payload_read(&json, "payload", payload, strlen(payload), &unread);
    if (!code)
        code = check_payload(&check, &json, err);
    else if (err)
        *err = unread;
    if (unread.code == NEXUS_E_JSON || unread.code == NEXUS_E_VALIDATION)
        callback(&unread, data);
    nx_json_free(&json);
    return code;
}
