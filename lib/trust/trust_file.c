/* SPDX-License-Identifier: Apache-2.0 */
/* JWK Set files (RFC 7517), with what each key may do and what has been revoked. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "status.h"
#include "trust_set.h"

int nx_patterns_read(const struct nx_json *json, uint32_t object, const char *name,
                     struct nx_arena *arena, struct nx_patterns *out, struct nexus_error *err)
{
    uint32_t array = nx_json_member(json, object, name), at = array + 1;
    const char **items;
    unsigned count;

    *out = (struct nx_patterns){NULL, 0};
    if (!array)
        return NEXUS_OK;
    count = json->nodes[array].count;
    if (json->nodes[array].type != NX_JSON_ARRAY || count > NX_PATTERNS_MAX)
        return nx_fail(err, NEXUS_E_KEY, name, "must be an array of at most %d patterns",
                       NX_PATTERNS_MAX);
    items = nx_arena_alloc(arena, (count + 1) * sizeof(*items));
    if (!items)
        return nx_no_memory(err);
    for (unsigned i = 0; i < count; i++, at = json->nodes[at].next) {
        const struct nx_json_node *node = &json->nodes[at];
        const char *text = json->text + node->start + 1;
        if (node->type != NX_JSON_STRING || node->escaped ||
            !nx_pattern_sound(text, node->end - node->start - 2))
            return nx_fail(err, NEXUS_E_KEY, name, "element %u is no pattern of subjects", i);
        items[i] = nx_arena_text(arena, text, node->end - node->start - 2);
        if (!items[i])
            return nx_no_memory(err);
    }
    *out = (struct nx_patterns){items, count};
    return NEXUS_OK;
}

static int read_time(const struct nx_json *json, uint32_t object, const char *name, int64_t absent,
                     int64_t *out, struct nexus_error *err)
{
    uint32_t node = nx_json_member(json, object, name);

    *out = absent;
    if (!node)
        return NEXUS_OK;
    if (json->nodes[node].type != NX_JSON_NUMBER ||
        nx_json_integer(json, node, out, NULL) != NEXUS_OK)
        return nx_fail(err, NEXUS_E_KEY, name, "must be whole seconds since 1970");
    return NEXUS_OK;
}

static int read_key(const struct nx_json *json, uint32_t node, struct nx_arena *arena,
                    struct nx_trust_key *out, struct nexus_error *err)
{
    int code = nx_jwk_public(json, node, &out->key, err);

    if (code == NEXUS_OK)
        code = nx_patterns_read(json, node, "nexus_subjects", arena, &out->subjects, err);
    if (code == NEXUS_OK)
        code = nx_patterns_read(json, node, "nexus_grants", arena, &out->grants, err);
    if (code == NEXUS_OK)
        code = read_time(json, node, "nbf", INT64_MIN, &out->not_before, err);
    if (code == NEXUS_OK)
        code = read_time(json, node, "exp", INT64_MAX, &out->not_after, err);
    if (code == NEXUS_OK && !out->subjects.count && !out->grants.count)
        code = nx_fail(err, NEXUS_E_KEY, "nexus_subjects",
                       "the key may neither publish (nexus_subjects) nor grant (nexus_grants)");
    return code;
}

static int read_keys(const struct nx_json *json, struct nx_trust_set *set, struct nexus_error *err)
{
    uint32_t array = nx_json_member(json, 0, "keys"), at = array + 1;
    struct nx_arena arena = NX_ARENA_INIT;
    int code = NEXUS_OK;

    if (!array || json->nodes[array].type != NX_JSON_ARRAY)
        return nx_fail(err, NEXUS_E_KEY, "keys", "must be an array of JSON Web Keys");
    for (unsigned i = 0; code == NEXUS_OK && i < json->nodes[array].count; i++) {
        struct nx_trust_key key = {.from_file = true};
        char place[32];
        code = read_key(json, at, &arena, &key, err);
        if (code == NEXUS_OK)
            code = nx_trust_set_add(set, &key, err);
        snprintf(place, sizeof(place), "keys[%u].", i);
        if (code != NEXUS_OK)
            nx_error_prefix(err, place);
        nx_arena_reset(&arena);
        at = json->nodes[at].next;
    }
    nx_arena_free(&arena);
    return code;
}

static int read_revoked(const struct nx_json *json, struct nx_trust_set *set,
                        struct nexus_error *err)
{
    uint32_t array = nx_json_member(json, 0, "revoked"), at = array + 1;
    int code = NEXUS_OK;

    if (!array)
        return NEXUS_OK;
    if (json->nodes[array].type != NX_JSON_ARRAY)
        return nx_fail(err, NEXUS_E_KEY, "revoked", "must be an array of ids");
    for (unsigned i = 0; code == NEXUS_OK && i < json->nodes[array].count; i++) {
        const struct nx_json_node *node = &json->nodes[at];
        size_t length = node->end - node->start;
        char id[NEXUS_KEY_ID_MAX + 1];
        if (node->type != NX_JSON_STRING || node->escaped ||
            !nx_key_id_sound(json->text + node->start + 1, length - 2))
            return nx_fail(err, NEXUS_E_KEY, "revoked", "element %u is no id", i);
        memcpy(id, json->text + node->start + 1, length - 2);
        id[length - 2] = 0;
        code = nx_trust_set_revoke(set, id, true, err);
        at = node->next;
    }
    return code;
}

int nx_trust_text_read(const char *text, size_t length, struct nx_trust_set *set,
                       struct nexus_error *err)
{
    struct nx_json json = NX_JSON_INIT;
    int code = nx_json_read_depth(&json, text, length, 8, err);

    if (code == NEXUS_OK && json.nodes[0].type != NX_JSON_OBJECT)
        code = nx_fail(err, NEXUS_E_KEY, "keys", "a JWK Set is a JSON object with \"keys\"");
    if (code == NEXUS_OK)
        code = read_keys(&json, set, err);
    if (code == NEXUS_OK)
        code = read_revoked(&json, set, err);
    nx_json_free(&json);
    return code;
}

static int fail_file(const char *path, int number, struct nexus_error *err)
{
    return nx_fail(err, number == ENOENT ? NEXUS_E_NOT_FOUND : NEXUS_E_IO, "trust_file",
                   "cannot read %s: %s", path, strerror(number));
}

static int read_open(int fd, const char *path, char **out, size_t *length, struct nexus_error *err)
{
    struct stat status;
    char *text;
    ssize_t got = 1;

    if (fstat(fd, &status) != 0)
        return fail_file(path, errno, err);
    if (!S_ISREG(status.st_mode) || status.st_size > NX_TRUST_FILE_MAX)
        return nx_fail(err, NEXUS_E_IO, "trust_file",
                       "%s is not a regular file of at most %u bytes", path, NX_TRUST_FILE_MAX);
    text = malloc((size_t)status.st_size + 1);
    if (!text)
        return nx_no_memory(err);
    *length = 0;
    while (*length < (size_t)status.st_size && got != 0) {
        got = read(fd, text + *length, (size_t)status.st_size - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int number = errno;
            free(text);
            return fail_file(path, number, err);
        }
        *length += (size_t)got;
    }
    *out = text;
    return NEXUS_OK;
}

int nx_trust_file_read(const char *path, struct nx_trust_set *set, struct nexus_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = NULL;
    size_t length = 0;
    int code;

    if (fd < 0)
        return fail_file(path, errno, err);
    code = read_open(fd, path, &text, &length, err);
    close(fd);
    if (code == NEXUS_OK)
        code = nx_trust_text_read(text, length, set, err);
    free(text);
    return code;
}
