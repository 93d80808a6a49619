/* SPDX-License-Identifier: Apache-2.0 */
/* Checks messages against a trust store; keeps what it has verified, within bounds. A checker
 * belongs to one thread at a time. */
#ifndef NX_CHECKER_H
#define NX_CHECKER_H

#include "captoken.h"
#include "event_signature.h"

#define NX_ROOTS_MAX     128 /* verified trees that are remembered */
#define NX_CAPTOKENS_MAX 64  /* verified chains of tokens that are remembered */

/* A tree whose root was verified. */
struct nx_root {
    char *jws; /* "<protected>..<signature>" */
    size_t length;
    uint64_t mark; /* the last bytes of `jws`, to find it by */
    char key_id[NEXUS_KEY_ID_MAX + 1];
    unsigned char public_key[NX_ED25519_PUBLIC];
    int64_t issued;
    uint64_t used;
    struct nx_merkle tree;
};

/* A chain of tokens that was verified. */
struct nx_captoken {
    char *chain;
    struct nx_arena arena;
    struct nx_claims claims;
    bool publishes;
    uint64_t used;
};

struct nx_checker {
    struct nexus_trust *trust;
    enum nexus_trust_policy policy;
    struct nx_trust_set *set; /* NULL before the first check */
    uint64_t generation;
    int64_t ahead, late;
    struct nx_json json;
    struct nx_buf work;
    struct nx_root *roots[NX_ROOTS_MAX];
    struct nx_root *last_root;
    struct nx_captoken *captokens[NX_CAPTOKENS_MAX];
    struct nx_captoken *last_captoken;
    uint64_t uses;
    uint64_t verifications; /* Ed25519 operations */
};

/* One message, as it came. */
struct nx_signed_event {
    const char *subject;
    const char *message_id; /* the header, or NULL */
    const char *signature;  /* the header, or NULL */
    const char *capability; /* the header, or NULL */
    const void *body;
    size_t length;
    int64_t stored; /* seconds */
};

struct nx_checked {
    enum nexus_trust_verdict verdict;
    enum nexus_refusal refusal;
    char key_id[NEXUS_KEY_ID_MAX + 1];
    char message_id[NX_SIGNED_ID_MAX + 1]; /* as it was signed */
};

struct nx_checker *nx_checker_new(struct nexus_trust *trust, enum nexus_trust_policy policy);
void nx_checker_free(struct nx_checker *checker);

/* NEXUS_OK: deliver it. Else `out->refusal` is why not, and the code NEXUS_E_SIGNATURE or
 * NEXUS_E_KEY; or NEXUS_E_MEMORY. `out` is filled either way. */
int nx_checker_check(struct nx_checker *checker, const struct nx_signed_event *event,
                     struct nx_checked *out, struct nexus_error *err);

/* root_cache.c */
struct nx_root *nx_roots_find(struct nx_checker *checker, const char *jws, size_t length);
/* Remembers one; NULL without memory, which costs only time. */
struct nx_root *nx_roots_add(struct nx_checker *checker, const char *jws, size_t length);
void nx_roots_forget(struct nx_checker *checker);

/* captoken_cache.c: the verified chain, remembered or checked now. */
int nx_captokens_get(struct nx_checker *checker, const char *chain, struct nx_captoken **out,
                     enum nexus_refusal *refusal, struct nexus_error *err);
void nx_captokens_forget(struct nx_checker *checker);

#endif
