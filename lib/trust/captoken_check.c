/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a chain of tokens leads from a trusted core key to what its last token grants. */
#include <string.h>

#include "captoken.h"
#include "status.h"

static bool has_all(const struct nx_patterns *outer, const struct nx_patterns *inner)
{
    for (unsigned i = 0; i < inner->count; i++) {
        unsigned at = 0;
        while (at < outer->count && strcmp(outer->items[at], inner->items[i]) != 0)
            at++;
        if (at == outer->count)
            return false;
    }
    return true;
}

const char *nx_claims_widened(const struct nx_claims *outer, const struct nx_claims *inner)
{
    if (!nx_patterns_cover(&outer->subjects, &inner->subjects))
        return "subjects";
    if (!has_all(&outer->actions, &inner->actions))
        return "actions";
    if (inner->not_before < outer->not_before)
        return "nbf";
    return inner->not_after > outer->not_after ? "exp" : NULL;
}

static int refuse(enum nexus_refusal *refusal, enum nexus_refusal reason, struct nexus_error *err,
                  const char *message)
{
    int code = reason == NEXUS_REFUSED_CAPABILITY ? NEXUS_E_SIGNATURE : NEXUS_E_KEY;

    *refusal = reason;
    return nx_fail(err, code, "capability", "%s", message);
}

/* Who signed the token: a core key of the set, or the key that the token before it names. */
struct issuer {
    const unsigned char *public_key;
    const struct nx_trust_key *core; /* of the first token */
    char key_id[NEXUS_KEY_ID_MAX + 1];
};

static int find_issuer(const struct nx_trust_set *set, const struct nx_claims *before,
                       struct issuer *issuer, enum nexus_refusal *refusal, struct nexus_error *err)
{
    const char *thumbprint = NULL;

    if (nx_trust_set_revoked(set, issuer->key_id))
        return refuse(refusal, NEXUS_REFUSED_REVOKED, err, "a key that signed it was revoked");
    if (before) {
        issuer->core = NULL;
        issuer->public_key = before->key.bytes;
        if (strcmp(before->key.key_id, issuer->key_id) != 0)
            return refuse(refusal, NEXUS_REFUSED_CAPABILITY, err,
                          "was narrowed by another key than the one it was granted to");
        return NEXUS_OK;
    }
    issuer->core = nx_trust_set_find(set, issuer->key_id);
    if (!issuer->core)
        return refuse(refusal, NEXUS_REFUSED_UNKNOWN_KEY, err, "its issuer's key is not known");
    issuer->public_key = issuer->core->key.bytes;
    thumbprint = issuer->core->thumbprint;
    if (nx_trust_set_revoked(set, thumbprint))
        return refuse(refusal, NEXUS_REFUSED_REVOKED, err, "a key that signed it was revoked");
    return NEXUS_OK;
}

static int check_claims(const struct nx_trust_set *set, const struct issuer *issuer,
                        const struct nx_claims *before, const struct nx_jwt *token_before,
                        const struct nx_claims *claims, enum nexus_refusal *refusal,
                        struct nexus_error *err)
{
    char thumbprint[NX_THUMBPRINT_LENGTH + 1];
    unsigned char hash[32];

    nx_thumbprint(claims->key.bytes, thumbprint);
    if (nx_trust_set_revoked(set, claims->id) || nx_trust_set_revoked(set, claims->key.key_id) ||
        nx_trust_set_revoked(set, thumbprint))
        return refuse(refusal, NEXUS_REFUSED_REVOKED, err, "it, or the key it names, was revoked");
    if (claims->has_parent != (before != NULL))
        return refuse(refusal, NEXUS_REFUSED_CAPABILITY, err, "a part of the chain is missing");
    if (!before) {
        if (!nx_patterns_cover(&issuer->core->grants, &claims->subjects))
            return refuse(refusal, NEXUS_REFUSED_CAPABILITY, err,
                          "grants subjects that its issuer may not grant");
        if (claims->issued < issuer->core->not_before || claims->issued > issuer->core->not_after)
            return refuse(refusal, NEXUS_REFUSED_TIME, err, "was issued outside its key's time");
        return NEXUS_OK;
    }
    nx_jwt_hash(token_before, hash);
    if (memcmp(hash, claims->parent, sizeof(hash)) != 0)
        return refuse(refusal, NEXUS_REFUSED_CAPABILITY, err, "narrows another token");
    if (nx_claims_widened(before, claims))
        return refuse(refusal, NEXUS_REFUSED_CAPABILITY, err,
                      "grants more than the token before it");
    return NEXUS_OK;
}

int nx_captoken_check(const char *chain, const struct nx_trust_set *set, struct nx_json *json,
                      struct nx_arena *arena, struct nx_claims *out, enum nexus_refusal *refusal,
                      struct nexus_error *err)
{
    struct nx_jwt tokens[NEXUS_CAPABILITY_DEPTH];
    struct nx_claims claims[NEXUS_CAPABILITY_DEPTH] = {{0}};
    unsigned count = nx_chain_split(chain, tokens);
    struct issuer issuer;
    int code = NEXUS_OK;

    if (!count)
        return refuse(refusal, NEXUS_REFUSED_CAPABILITY, err, "is no chain of one to four tokens");
    for (unsigned i = 0; code == NEXUS_OK && i < count; i++) {
        const struct nx_claims *before = i ? &claims[i - 1] : NULL;
        code = nx_jwt_header(json, &tokens[i], arena, issuer.key_id, refusal, err);
        if (code == NEXUS_OK)
            code = find_issuer(set, before, &issuer, refusal, err);
        if (code == NEXUS_OK && !nx_jwt_verify(&tokens[i], issuer.public_key))
            code = refuse(refusal, NEXUS_REFUSED_CAPABILITY, err, "its signature is wrong");
        *refusal = code == NEXUS_OK ? NEXUS_REFUSED_CAPABILITY : *refusal;
        if (code == NEXUS_OK)
            code = nx_jwt_claims(json, &tokens[i], arena, &claims[i], err);
        if (code == NEXUS_OK)
            code = check_claims(set, &issuer, before, i ? &tokens[i - 1] : NULL, &claims[i],
                                refusal, err);
    }
    if (code == NEXUS_OK) {
        *out = claims[count - 1];
        *refusal = NEXUS_REFUSED_NOT;
    }
    return code;
}
