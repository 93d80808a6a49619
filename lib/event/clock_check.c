/* SPDX-License-Identifier: Apache-2.0 */
#include "clock_check.h"

#include <stdio.h>

#include "status.h"

/* The name of an entry. With escapes in it, it is put together in the arena. */
static bool read_name(const struct nx_json *json, uint32_t key, struct nx_arena *arena,
                      const char **name, size_t *length)
{
    const struct nx_json_node *node = &json->nodes[key];

    if (!node->escaped) {
        *name = json->text + node->start + 1;
        *length = node->end - node->start - 2;
        return true;
    }
    *name = nx_json_string(json, key, arena, length);
    return *name != NULL;
}

bool nx_clock_member(const struct nx_json *json, uint32_t key, struct nx_arena *arena,
                     struct nx_clock_member *out)
{
    return read_name(json, key, arena, &out->name, &out->length) &&
           nx_json_integer(json, key + 1, &out->value, NULL) == NEXUS_OK;
}

static bool check_value(const struct nx_json *json, uint32_t node, struct nexus_error *why)
{
    int64_t value;

    if (nx_json_integer(json, node, &value, why) != NEXUS_OK)
        return false;
    if (value < 0)
        nx_fail(why, NEXUS_E_VALIDATION, NULL, "%lld is negative", (long long)value);
    return value >= 0;
}

static int check_entry(const struct nx_json *json, uint32_t key, const char *name, int code,
                       struct nexus_error *err)
{
    struct nx_arena arena = NX_ARENA_INIT;
    struct nexus_error why;
    char where[NEXUS_ERROR_WHERE_SIZE];
    const char *text;
    size_t length;
    int result = NEXUS_OK;

    if (!read_name(json, key, &arena, &text, &length)) {
        result = nx_no_memory(err);
    } else if (length == 0 || length > NX_CLOCK_NAME_MAX) {
        result = nx_fail(err, code, name, "an entry's name has %zu bytes, not 1 to %d", length,
                         NX_CLOCK_NAME_MAX);
    } else if (!check_value(json, key + 1, &why)) {
        snprintf(where, sizeof(where), "%s.%.*s", name, (int)length, text);
        result = nx_fail(err, code, where, "%s", why.message);
    }
    nx_arena_free(&arena);
    return result;
}

int nx_clock_check_as(const struct nx_json *json, uint32_t node, const char *name, int code,
                      int size_code, struct nexus_error *err)
{
    const struct nx_json_node *object = &json->nodes[node];

    if (object->type != NX_JSON_OBJECT)
        return nx_fail(err, code, name, "expected an object, got %s",
                       nx_json_type_name(json, node));
    if (object->count > NX_CLOCK_ENTRIES_MAX)
        return nx_fail(err, size_code, name, "%u entries exceed the limit of %d", object->count,
                       NX_CLOCK_ENTRIES_MAX);
    for (uint32_t key = node + 1; key < object->next; key = json->nodes[key + 1].next) {
        int result = check_entry(json, key, name, code, err);
        if (result != NEXUS_OK)
            return result;
    }
    return NEXUS_OK;
}

int nx_clock_check(const struct nx_json *json, uint32_t node, struct nexus_error *err)
{
    return nx_clock_check_as(json, node, "vector_clock", NEXUS_E_VALIDATION, NEXUS_E_VALIDATION,
                             err);
}
