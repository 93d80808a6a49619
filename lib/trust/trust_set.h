/* SPDX-License-Identifier: Apache-2.0 */
/* What a trust store holds at one moment. A set never changes once it is in use: a change of the
 * store puts another set in its place, so that a check sees one state from beginning to end. */
#ifndef NX_TRUST_SET_H
#define NX_TRUST_SET_H

#include <nexus/trust.h>
#include <pthread.h>
#include <stdatomic.h>

#include "arena.h"
#include "pattern.h"
#include "signer.h"

#define NX_TRUST_KEYS_MAX    4096
#define NX_TRUST_REVOKED_MAX 65536
#define NX_TRUST_FILE_MAX    (4u * 1048576)

struct nx_trust_key {
    struct nx_public_key key;
    char thumbprint[NX_THUMBPRINT_LENGTH + 1]; /* filled in by the set */
    struct nx_patterns subjects;               /* what it may publish */
    struct nx_patterns grants;                 /* what its tokens may grant */
    int64_t not_before;                        /* INT64_MIN: always */
    int64_t not_after;                         /* INT64_MAX: for ever */
    bool from_file;
};

struct nx_revoked {
    const char *id;
    bool from_file;
};

struct nx_trust_set {
    atomic_uint references;
    struct nx_arena arena;     /* the texts */
    struct nx_trust_key *keys; /* by id */
    size_t key_count, key_capacity;
    struct nx_revoked *revoked; /* by id */
    size_t revoked_count, revoked_capacity;
};

struct nexus_trust {
    atomic_uint references;
    pthread_mutex_t lock;
    struct nx_trust_set *set;
    atomic_uint_fast64_t generation; /* changes with `set`, and with the tolerances */
    char *path;                      /* or NULL */
    int64_t ahead, late;
    uint32_t replay_events;
    int64_t replay_seconds;
};

/* trust_set.c */
struct nx_trust_set *nx_trust_set_new(void);
void nx_trust_set_release(struct nx_trust_set *set);
/* Copies the key with its texts. NEXUS_E_CONFLICT, NEXUS_E_FULL, NEXUS_E_MEMORY. */
int nx_trust_set_add(struct nx_trust_set *set, const struct nx_trust_key *key,
                     struct nexus_error *err);
int nx_trust_set_revoke(struct nx_trust_set *set, const char *id, bool from_file,
                        struct nexus_error *err);
/* Everything of `from` but the key of this id (NULL: all keys); with `own_only` nothing that came
 * from a file. */
int nx_trust_set_copy(struct nx_trust_set *set, const struct nx_trust_set *from, bool own_only,
                      const char *without, struct nexus_error *err);
const struct nx_trust_key *nx_trust_set_find(const struct nx_trust_set *set, const char *key_id);
/* By an id, or by that of a key or by its thumbprint. */
bool nx_trust_set_revoked(const struct nx_trust_set *set, const char *id);

/* trust_file.c: adds what a JWK Set says. */
int nx_trust_file_read(const char *path, struct nx_trust_set *set, struct nexus_error *err);
int nx_trust_text_read(const char *text, size_t length, struct nx_trust_set *set,
                       struct nexus_error *err);
/* Reads an array of patterns at a member; the texts point into the JSON. Absent: none. `items` has
 * room for NX_PATTERNS_MAX. NEXUS_E_KEY. */
int nx_patterns_read(const struct nx_json *json, uint32_t object, const char *name,
                     struct nx_arena *arena, struct nx_patterns *out, struct nexus_error *err);

/* trust.c */
struct nexus_trust *nx_trust_retain(struct nexus_trust *trust);
/* The present set, with a reference, and its generation. */
struct nx_trust_set *nx_trust_current(struct nexus_trust *trust, uint64_t *generation,
                                      int64_t *ahead, int64_t *late);
void nx_trust_replay(struct nexus_trust *trust, uint32_t *events, int64_t *seconds);

#endif
