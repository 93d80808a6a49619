/* SPDX-License-Identifier: Apache-2.0 */
#include "envelope.h"

#include <string.h>

#include "clock.h"
#include "status.h"
#include "subject.h"
#include "token.h"

void nx_envelope_write(struct nx_buf *out, const char *causal_id, const struct nx_buf *clock,
                       const struct nx_buf *payload, const char *tenant)
{
    nx_buf_puts(out, "{\"causal_id\":");
    nx_json_put_string(out, causal_id, strlen(causal_id));
    nx_buf_puts(out, ",\"vector_clock\":");
    nx_buf_append(out, clock->data, clock->length);
    nx_buf_puts(out, ",\"payload\":");
    nx_buf_append(out, payload->data, payload->length);
    if (tenant) {
        nx_buf_puts(out, ",\"tenant\":");
        nx_json_put_string(out, tenant, strlen(tenant));
    }
    nx_buf_putc(out, '}');
    out->failed |= clock->failed || payload->failed;
    out->over_limit |= clock->over_limit || payload->over_limit;
}

/* Which of the contract's four members a name is; NULL for any other. */
static uint32_t *member_slot(const struct nx_json *json, uint32_t key, struct nx_envelope *out)
{
    const struct {
        const char *name;
        uint32_t *slot;
    } members[] = {{"causal_id", &out->causal_id},
                   {"vector_clock", &out->vector_clock},
                   {"payload", &out->payload},
                   {"tenant", &out->tenant}};

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (nx_json_equals(json, key, members[i].name))
            return members[i].slot;
    return NULL;
}

static void find_members(const struct nx_json *json, struct nx_envelope *out)
{
    memset(out, 0, sizeof(*out));
    for (uint32_t key = 1; key < json->nodes[0].next; key = json->nodes[key + 1].next) {
        uint32_t *slot = member_slot(json, key, out);
        if (slot)
            *slot = key + 1;
        else
            out->has_extra = true;
    }
}

static int expect(const struct nx_json *json, uint32_t node, enum nx_json_type type,
                  const char *name, struct nexus_error *err)
{
    if (!node)
        return nx_fail(err, NEXUS_E_VALIDATION, name, "is missing");
    if (json->nodes[node].type != type)
        return nx_fail(err, NEXUS_E_VALIDATION, name, "expected %s, got %s",
                       type == NX_JSON_STRING ? "a string" : "an object",
                       nx_json_type_name(json, node));
    return NEXUS_OK;
}

/* The bytes of a string without its escapes. They are put together in the arena only where there
 * are any. */
static const char *string_bytes(const struct nx_json *json, uint32_t node, struct nx_arena *arena,
                                size_t *length)
{
    const struct nx_json_node *string = &json->nodes[node];

    *length = string->end - string->start - 2;
    return string->escaped ? nx_json_string(json, node, arena, length)
                           : json->text + string->start + 1;
}

static int check_causal_id(const struct nx_json *json, uint32_t node, struct nexus_error *err)
{
    struct nx_arena arena = NX_ARENA_INIT;
    size_t length;
    bool read = string_bytes(json, node, &arena, &length) != NULL;

    nx_arena_free(&arena);
    if (!read)
        return nx_no_memory(err);
    if (length > NX_CAUSAL_ID_MAX)
        return nx_fail(err, NEXUS_E_VALIDATION, "causal_id", "%zu bytes exceed the limit of %d",
                       length, NX_CAUSAL_ID_MAX);
    return NEXUS_OK;
}

/* Where the subject has no tenant, the envelope may tell which one the event is about. */
static int check_free_tenant(const struct nx_json *json, uint32_t node, struct nexus_error *err)
{
    struct nx_arena arena = NX_ARENA_INIT;
    size_t length;
    const char *text = string_bytes(json, node, &arena, &length);
    int code = NEXUS_OK;

    if (!text)
        code = nx_no_memory(err);
    else if (!nx_token_sound(text, length))
        code = nx_fail(err, NEXUS_E_VALIDATION, "tenant", "\"%.*s\" is not a sound token",
                       (int)(length < 80 ? length : 80), text);
    nx_arena_free(&arena);
    return code;
}

static int check_tenant(const struct nx_json *json, uint32_t node, const char *subject_tenant,
                        struct nexus_error *err)
{
    const struct nx_json_node *tenant = &json->nodes[node];
    int shown = (int)(tenant->end - tenant->start);
    int code;

    if (!node)
        return NEXUS_OK;
    code = expect(json, node, NX_JSON_STRING, "tenant", err);
    if (code != NEXUS_OK)
        return code;
    if (!subject_tenant)
        return check_free_tenant(json, node, err);
    if (nx_json_equals(json, node, subject_tenant))
        return NEXUS_OK;
    return nx_fail(err, NEXUS_E_TENANT, "tenant", "%.*s is not the subject's tenant \"%s\"",
                   shown < 80 ? shown : 80, json->text + tenant->start, subject_tenant);
}

int nx_envelope_read(const struct nx_json *json, const char *subject_tenant,
                     struct nx_envelope *out, struct nexus_error *err)
{
    struct nx_envelope found;
    int code;

    if (json->nodes[0].type != NX_JSON_OBJECT)
        return nx_fail(err, NEXUS_E_VALIDATION, NULL, "expected an object, got %s",
                       nx_json_type_name(json, 0));
    find_members(json, &found);
    code = expect(json, found.causal_id, NX_JSON_STRING, "causal_id", err);
    if (code == NEXUS_OK)
        code = check_causal_id(json, found.causal_id, err);
    if (code == NEXUS_OK)
        code = expect(json, found.vector_clock, NX_JSON_OBJECT, "vector_clock", err);
    if (code == NEXUS_OK)
        code = nx_clock_check(json, found.vector_clock, err);
    if (code == NEXUS_OK)
        code = expect(json, found.payload, NX_JSON_OBJECT, "payload", err);
    if (code == NEXUS_OK)
        code = check_tenant(json, found.tenant, subject_tenant, err);
    if (code == NEXUS_OK)
        *out = found;
    return code;
}

void nx_envelope_extra(const struct nx_json *json, struct nx_buf *out)
{
    struct nx_envelope ignored;
    bool first = true;

    nx_buf_putc(out, '{');
    for (uint32_t key = 1; key < json->nodes[0].next; key = json->nodes[key + 1].next) {
        const struct nx_json_node *name = &json->nodes[key];
        const struct nx_json_node *value = &json->nodes[key + 1];
        if (member_slot(json, key, &ignored))
            continue;
        if (!first)
            nx_buf_putc(out, ',');
        first = false;
        nx_buf_append(out, json->text + name->start, name->end - name->start);
        nx_buf_putc(out, ':');
        nx_buf_append(out, json->text + value->start, value->end - value->start);
    }
    nx_buf_putc(out, '}');
}
