/* SPDX-License-Identifier: Apache-2.0 */
/* Trust stores: a set of keys that is replaced as a whole, while others read it. */
#include <stdlib.h>
#include <string.h>

#include "status.h"
#include "struct_size.h"
#include "trust_set.h"

struct nexus_trust *nx_trust_retain(struct nexus_trust *trust)
{
    if (trust)
        atomic_fetch_add(&trust->references, 1);
    return trust;
}

void nexus_trust_destroy(struct nexus_trust *trust)
{
    if (!trust || atomic_fetch_sub(&trust->references, 1) != 1)
        return;
    nx_trust_set_release(trust->set);
    pthread_mutex_destroy(&trust->lock);
    free(trust->path);
    free(trust);
}

struct nx_trust_set *nx_trust_current(struct nexus_trust *trust, uint64_t *generation,
                                      int64_t *ahead, int64_t *late)
{
    struct nx_trust_set *set;

    pthread_mutex_lock(&trust->lock);
    set = trust->set;
    atomic_fetch_add(&set->references, 1);
    *generation = atomic_load(&trust->generation);
    *ahead = trust->ahead;
    *late = trust->late;
    pthread_mutex_unlock(&trust->lock);
    return set;
}

void nx_trust_replay(struct nexus_trust *trust, uint32_t *events, int64_t *seconds)
{
    pthread_mutex_lock(&trust->lock);
    *events = trust->replay_events;
    *seconds = trust->replay_seconds;
    pthread_mutex_unlock(&trust->lock);
}

int nexus_trust_new(struct nexus_trust **out, struct nexus_error *err)
{
    struct nexus_trust *trust;

    if (!out)
        return nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    *out = NULL;
    if (!nx_sodium_ready())
        return nx_fail(err, NEXUS_E_INTERNAL, NULL, "libsodium cannot be used");
    trust = calloc(1, sizeof(*trust));
    if (!trust)
        return nx_no_memory(err);
    trust->set = nx_trust_set_new();
    if (!trust->set) {
        free(trust);
        return nx_no_memory(err);
    }
    atomic_store(&trust->references, 1);
    atomic_store(&trust->generation, 1);
    pthread_mutex_init(&trust->lock, NULL);
    trust->ahead = 300;
    trust->late = 86400;
    trust->replay_events = 65536;
    trust->replay_seconds = 3600;
    *out = trust;
    return NEXUS_OK;
}

int nexus_trust_load(const char *path, struct nexus_trust **out, struct nexus_error *err)
{
    struct nexus_trust *trust;
    int code = nexus_trust_new(&trust, err);

    if (out)
        *out = NULL;
    if (code == NEXUS_OK && (!path || !out))
        code = nx_fail(err, NEXUS_E_INVALID, path ? "out" : "path", "is NULL");
    if (code == NEXUS_OK && !(trust->path = strdup(path)))
        code = nx_no_memory(err);
    if (code == NEXUS_OK)
        code = nx_trust_file_read(path, trust->set, err);
    if (code == NEXUS_OK)
        *out = trust;
    else
        nexus_trust_destroy(trust);
    return code;
}

/* With the lock. On success `set` belongs to the store. */
static void replace(struct nexus_trust *trust, struct nx_trust_set *set)
{
    nx_trust_set_release(trust->set);
    trust->set = set;
    atomic_fetch_add(&trust->generation, 1);
}

int nexus_trust_reload(struct nexus_trust *trust, struct nexus_error *err)
{
    struct nx_trust_set *set;
    int code;

    if (!trust)
        return nx_fail(err, NEXUS_E_INVALID, "trust", "is NULL");
    if (!trust->path)
        return nx_fail(err, NEXUS_E_STATE, "trust", "was not made from a file");
    set = nx_trust_set_new();
    if (!set)
        return nx_no_memory(err);
    code = nx_trust_file_read(trust->path, set, err);
    pthread_mutex_lock(&trust->lock);
    if (code == NEXUS_OK)
        code = nx_trust_set_copy(set, trust->set, true, NULL, err);
    if (code == NEXUS_OK)
        replace(trust, set);
    else
        nx_trust_set_release(set);
    pthread_mutex_unlock(&trust->lock);
    return code;
}

/* One change to a copy of the set, which then takes its place. With the lock. */
struct change {
    const struct nx_trust_key *add;
    const char *remove;
    const char *revoke;
};

static int apply(struct nexus_trust *trust, const struct change *change, struct nexus_error *err)
{
    struct nx_trust_set *set = nx_trust_set_new();
    int code;

    if (!set)
        return nx_no_memory(err);
    pthread_mutex_lock(&trust->lock);
    code = nx_trust_set_copy(set, trust->set, false, change->remove, err);
    if (code == NEXUS_OK && change->add)
        code = nx_trust_set_add(set, change->add, err);
    if (code == NEXUS_OK && change->revoke)
        code = nx_trust_set_revoke(set, change->revoke, false, err);
    if (code == NEXUS_OK && change->remove && set->key_count == trust->set->key_count)
        code = nx_fail(err, NEXUS_E_NOT_FOUND, change->remove, "there is no key of this id");
    if (code == NEXUS_OK)
        replace(trust, set);
    else
        nx_trust_set_release(set);
    pthread_mutex_unlock(&trust->lock);
    return code;
}

static int rule_patterns(const char *what, const char *const *texts, struct nx_patterns *out,
                         const char **items, struct nexus_error *err)
{
    unsigned count = 0;

    for (; texts && texts[count]; count++) {
        if (count == NX_PATTERNS_MAX)
            return nx_fail(err, NEXUS_E_INVALID, what, "%d patterns are the limit",
                           NX_PATTERNS_MAX);
        if (!nx_pattern_sound(texts[count], strlen(texts[count])))
            return nx_fail(err, NEXUS_E_INVALID, what, "\"%s\" is no pattern of subjects",
                           texts[count]);
        items[count] = texts[count];
    }
    *out = (struct nx_patterns){items, count};
    return NEXUS_OK;
}

static int take_rule(const struct nexus_trust_rule *theirs, struct nexus_trust_rule *rule,
                     struct nexus_error *err)
{
    int code;

    if (!theirs)
        return nx_fail(err, NEXUS_E_INVALID, "rule", "is NULL");
    code = nx_struct_take(rule, sizeof(*rule), theirs, "rule", err);
    if (code != NEXUS_OK)
        return code;
    if (rule->key_id && !nx_key_id_sound(rule->key_id, strlen(rule->key_id)))
        return nx_fail(err, NEXUS_E_INVALID, "rule.key_id", "is no key id");
    return NEXUS_OK;
}

int nexus_trust_add(struct nexus_trust *trust, const char *public_key,
                    const struct nexus_trust_rule *rule, struct nexus_error *err)
{
    const char *subjects[NX_PATTERNS_MAX], *grants[NX_PATTERNS_MAX];
    struct nx_trust_key key = {.from_file = false};
    struct change change = {.add = &key};
    struct nexus_trust_rule ours = NEXUS_TRUST_RULE_INIT;
    int code;

    if (!trust || !public_key)
        return nx_fail(err, NEXUS_E_INVALID, trust ? "public_key" : "trust", "is NULL");
    code = take_rule(rule, &ours, err);
    if (code == NEXUS_OK)
        code = nx_public_key_read(public_key, strlen(public_key), &key.key, err);
    if (code == NEXUS_OK)
        code = rule_patterns("rule.subjects", ours.subjects, &key.subjects, subjects, err);
    if (code == NEXUS_OK)
        code = rule_patterns("rule.grants", ours.grants, &key.grants, grants, err);
    if (code == NEXUS_OK && !key.subjects.count && !key.grants.count)
        code = nx_fail(err, NEXUS_E_INVALID, "rule", "allows nothing");
    if (code != NEXUS_OK)
        return code;
    if (ours.key_id)
        memcpy(key.key.key_id, ours.key_id, strlen(ours.key_id) + 1);
    key.not_before = ours.not_before ? ours.not_before : INT64_MIN;
    key.not_after = ours.not_after ? ours.not_after : INT64_MAX;
    return apply(trust, &change, err);
}

int nexus_trust_remove(struct nexus_trust *trust, const char *key_id, struct nexus_error *err)
{
    struct change change = {.remove = key_id};

    if (!trust || !key_id)
        return nx_fail(err, NEXUS_E_INVALID, trust ? "key_id" : "trust", "is NULL");
    return apply(trust, &change, err);
}

int nexus_trust_revoke(struct nexus_trust *trust, const char *id, struct nexus_error *err)
{
    struct change change = {.revoke = id};

    if (!trust || !id)
        return nx_fail(err, NEXUS_E_INVALID, trust ? "id" : "trust", "is NULL");
    if (!nx_key_id_sound(id, strlen(id)))
        return nx_fail(err, NEXUS_E_INVALID, "id", "is no id");
    return apply(trust, &change, err);
}

size_t nexus_trust_count(const struct nexus_trust *trust)
{
    struct nexus_trust *self = (struct nexus_trust *)(uintptr_t)trust;
    size_t count;

    if (!trust)
        return 0;
    pthread_mutex_lock(&self->lock);
    count = self->set->key_count;
    pthread_mutex_unlock(&self->lock);
    return count;
}

int nexus_trust_set_tolerance(struct nexus_trust *trust, int64_t ahead, int64_t late,
                              struct nexus_error *err)
{
    if (!trust)
        return nx_fail(err, NEXUS_E_INVALID, "trust", "is NULL");
    if (ahead < 0 || ahead > 86400)
        return nx_fail(err, NEXUS_E_INVALID, "ahead", "is not within 0 and 86400");
    if (late < 0 || late > 31536000)
        return nx_fail(err, NEXUS_E_INVALID, "late", "is not within 0 and 31536000");
    pthread_mutex_lock(&trust->lock);
    trust->ahead = ahead;
    trust->late = late;
    atomic_fetch_add(&trust->generation, 1);
    pthread_mutex_unlock(&trust->lock);
    return NEXUS_OK;
}

int nexus_trust_set_replay_window(struct nexus_trust *trust, uint32_t events, int64_t seconds,
                                  struct nexus_error *err)
{
    if (!trust)
        return nx_fail(err, NEXUS_E_INVALID, "trust", "is NULL");
    if (events > 1048576)
        return nx_fail(err, NEXUS_E_INVALID, "events", "is not within 0 and 1048576");
    if (seconds < 1 || seconds > 604800)
        return nx_fail(err, NEXUS_E_INVALID, "seconds", "is not within 1 and 604800");
    pthread_mutex_lock(&trust->lock);
    trust->replay_events = events;
    trust->replay_seconds = seconds;
    pthread_mutex_unlock(&trust->lock);
    return NEXUS_OK;
}
