/* SPDX-License-Identifier: Apache-2.0 */
/* Capability tokens from the inside. */
#ifndef NX_CAPTOKEN_H
#define NX_CAPTOKEN_H

#include <nexus/capability.h>

#include "trust_set.h"

#define NX_ACTIONS_MAX    16
#define NX_CAPTOKEN_TYPE  "nexus-cap+jwt"
#define NX_ACTION_PUBLISH "publish"

/* The three parts of a token; the texts point into it. */
struct nx_jwt {
    const char *header, *payload, *signature;
    size_t header_length, payload_length;
    size_t length; /* of the whole */
};

/* What one token claims. The texts are in the arena. */
struct nx_claims {
    const char *issuer, *subject, *id;
    struct nx_public_key key; /* the producer's */
    struct nx_patterns subjects;
    struct nx_patterns actions;
    int64_t issued, not_before, not_after;
    unsigned char parent[32]; /* hash of the token it narrows */
    bool has_parent;
};

/* captoken.c: reading. NEXUS_E_SIGNATURE, REFUSED_CAPABILITY. */
/* The next token of a chain, at `*at`; false at the end or when it is malformed. */
bool nx_jwt_split(const char *text, size_t length, struct nx_jwt *out);
/* Splits a chain; the count, or 0 when it is malformed. */
unsigned nx_chain_split(const char *chain, struct nx_jwt out[NEXUS_CAPABILITY_DEPTH]);
/* Reads the header; `key_id` has room for NEXUS_KEY_ID_MAX + 1. */
int nx_jwt_header(struct nx_json *json, const struct nx_jwt *token, struct nx_arena *arena,
                  char *key_id, enum nexus_refusal *refusal, struct nexus_error *err);
int nx_jwt_claims(struct nx_json *json, const struct nx_jwt *token, struct nx_arena *arena,
                  struct nx_claims *out, struct nexus_error *err);
bool nx_jwt_verify(const struct nx_jwt *token, const unsigned char key[NX_ED25519_PUBLIC]);
void nx_jwt_hash(const struct nx_jwt *token, unsigned char out[32]);

/* captoken_check.c: the whole chain against a set. On success `*out` is what its last token grants;
 * time is left to the caller, who knows when the event was made. */
int nx_captoken_check(const char *chain, const struct nx_trust_set *set, struct nx_json *json,
                      struct nx_arena *arena, struct nx_claims *out, enum nexus_refusal *refusal,
                      struct nexus_error *err);
/* Whether `inner` grants no more than `outer`; else which member does. */
const char *nx_claims_widened(const struct nx_claims *outer, const struct nx_claims *inner);

#endif
