/* SPDX-License-Identifier: Apache-2.0 */
#include "trust_set.h"

#include <stdlib.h>
#include <string.h>

#include "status.h"

struct nx_trust_set *nx_trust_set_new(void)
{
    struct nx_trust_set *set = calloc(1, sizeof(*set));

    if (set)
        atomic_store(&set->references, 1);
    return set;
}

void nx_trust_set_release(struct nx_trust_set *set)
{
    if (!set || atomic_fetch_sub(&set->references, 1) != 1)
        return;
    nx_arena_free(&set->arena);
    free(set->keys);
    free(set->revoked);
    free(set);
}

/* Where the id is, or would be. */
static size_t key_place(const struct nx_trust_set *set, const char *key_id)
{
    size_t low = 0, high = set->key_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(set->keys[middle].key.key_id, key_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t revoked_place(const struct nx_trust_set *set, const char *id)
{
    size_t low = 0, high = set->revoked_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(set->revoked[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct nx_trust_key *nx_trust_set_find(const struct nx_trust_set *set, const char *key_id)
{
    size_t at = key_place(set, key_id);

    if (at < set->key_count && strcmp(set->keys[at].key.key_id, key_id) == 0)
        return &set->keys[at];
    return NULL;
}

bool nx_trust_set_revoked(const struct nx_trust_set *set, const char *id)
{
    size_t at = revoked_place(set, id);

    return at < set->revoked_count && strcmp(set->revoked[at].id, id) == 0;
}

/* Room for one more. */
static void *grown(void *items, size_t count, size_t *capacity, size_t size)
{
    size_t more = *capacity ? *capacity * 2 : 16;
    void *moved;

    if (count < *capacity)
        return items;
    moved = realloc(items, more * size);
    if (moved)
        *capacity = more;
    return moved;
}

static bool copy_patterns(struct nx_arena *arena, const struct nx_patterns *from,
                          struct nx_patterns *to)
{
    const char **items = NULL;

    if (from->count) {
        items = nx_arena_alloc(arena, from->count * sizeof(*items));
        if (!items)
            return false;
    }
    for (unsigned i = 0; i < from->count; i++)
        if (!(items[i] = nx_arena_text(arena, from->items[i], strlen(from->items[i]))))
            return false;
    to->items = items;
    to->count = from->count;
    return true;
}

int nx_trust_set_add(struct nx_trust_set *set, const struct nx_trust_key *key,
                     struct nexus_error *err)
{
    const char *id = key->key.key_id;
    size_t at = key_place(set, id);
    struct nx_trust_key copy = *key;
    struct nx_trust_key *keys;

    if (nx_trust_set_find(set, id))
        return nx_fail(err, NEXUS_E_CONFLICT, id, "there is a key of this id already");
    if (set->key_count == NX_TRUST_KEYS_MAX)
        return nx_fail(err, NEXUS_E_FULL, id, "%d keys are the limit", NX_TRUST_KEYS_MAX);
    keys = grown(set->keys, set->key_count, &set->key_capacity, sizeof(*keys));
    if (!keys)
        return nx_no_memory(err);
    set->keys = keys;
    if (!copy_patterns(&set->arena, &key->subjects, &copy.subjects) ||
        !copy_patterns(&set->arena, &key->grants, &copy.grants))
        return nx_no_memory(err);
    memmove(keys + at + 1, keys + at, (set->key_count - at) * sizeof(*keys));
    nx_thumbprint(copy.key.bytes, copy.thumbprint);
    keys[at] = copy;
    set->key_count++;
    return NEXUS_OK;
}

int nx_trust_set_revoke(struct nx_trust_set *set, const char *id, bool from_file,
                        struct nexus_error *err)
{
    size_t at = revoked_place(set, id);
    struct nx_revoked *revoked;
    char *copy;

    if (nx_trust_set_revoked(set, id)) {
        set->revoked[at].from_file = set->revoked[at].from_file && from_file;
        return NEXUS_OK;
    }
    if (set->revoked_count == NX_TRUST_REVOKED_MAX)
        return nx_fail(err, NEXUS_E_FULL, id, "%d revoked ids are the limit", NX_TRUST_REVOKED_MAX);
    revoked = grown(set->revoked, set->revoked_count, &set->revoked_capacity, sizeof(*revoked));
    if (!revoked)
        return nx_no_memory(err);
    set->revoked = revoked;
    copy = nx_arena_text(&set->arena, id, strlen(id));
    if (!copy)
        return nx_no_memory(err);
    memmove(revoked + at + 1, revoked + at, (set->revoked_count - at) * sizeof(*revoked));
    revoked[at] = (struct nx_revoked){copy, from_file};
    set->revoked_count++;
    return NEXUS_OK;
}

int nx_trust_set_copy(struct nx_trust_set *set, const struct nx_trust_set *from, bool own_only,
                      const char *without, struct nexus_error *err)
{
    int code = NEXUS_OK;

    for (size_t i = 0; code == NEXUS_OK && i < from->key_count; i++) {
        const struct nx_trust_key *key = &from->keys[i];
        if ((own_only && key->from_file) || (without && strcmp(key->key.key_id, without) == 0))
            continue;
        code = nx_trust_set_add(set, key, err);
    }
    for (size_t i = 0; code == NEXUS_OK && i < from->revoked_count; i++)
        if (!own_only || !from->revoked[i].from_file)
            code = nx_trust_set_revoke(set, from->revoked[i].id, from->revoked[i].from_file, err);
    return code;
}
