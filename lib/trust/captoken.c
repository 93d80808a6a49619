/* SPDX-License-Identifier: Apache-2.0 */
/* Reading capability tokens: chains, JWTs, their headers and claims. */
#include "captoken.h"

#include <sodium.h>
#include <string.h>

#include "base64.h"
#include "status.h"

#define SIGNATURE_DIGITS 86

static int malformed(struct nexus_error *err, const char *message)
{
    return nx_fail(err, NEXUS_E_SIGNATURE, "capability", "%s", message);
}

bool nx_jwt_split(const char *text, size_t length, struct nx_jwt *out)
{
    const char *end = text + length;
    const char *first = memchr(text, '.', length);
    const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;

    if (!second || end - second - 1 != SIGNATURE_DIGITS)
        return false;
    out->header = text;
    out->header_length = (size_t)(first - text);
    out->payload = first + 1;
    out->payload_length = (size_t)(second - first - 1);
    out->signature = second + 1;
    out->length = length;
    return out->header_length > 0 && out->payload_length > 0;
}

unsigned nx_chain_split(const char *chain, struct nx_jwt out[NEXUS_CAPABILITY_DEPTH])
{
    size_t left = strnlen(chain, NEXUS_CAPABILITY_MAX + 1);
    unsigned count = 0;

    if (left > NEXUS_CAPABILITY_MAX)
        return 0;
    for (;;) {
        size_t length = strcspn(chain, "~");
        if (count == NEXUS_CAPABILITY_DEPTH || !nx_jwt_split(chain, length, &out[count]))
            return 0;
        count++;
        if (!chain[length])
            return count;
        chain += length + 1;
    }
}

/* Decodes a part and reads it as a JSON object. The text stays in the arena. */
static int read_part(struct nx_json *json, const char *text, size_t length, struct nx_arena *arena,
                     struct nexus_error *err)
{
    char *decoded = nx_arena_bytes(arena, length);
    size_t size = 0;
    int code;

    if (!decoded)
        return nx_no_memory(err);
    if (!nx_base64url_read(text, length, decoded, &size))
        return malformed(err, "a part of the token is not base64url");
    code = nx_json_read_depth(json, decoded, size, 8, err);
    if (code == NEXUS_E_MEMORY)
        return code;
    if (code != NEXUS_OK || json->nodes[0].type != NX_JSON_OBJECT)
        return malformed(err, "a part of the token is no strict JSON object");
    return NEXUS_OK;
}

static bool is_text(const struct nx_json *json, const char *name, const char *wanted)
{
    uint32_t node = nx_json_member(json, 0, name);

    return node && json->nodes[node].type == NX_JSON_STRING && nx_json_equals(json, node, wanted);
}

int nx_jwt_header(struct nx_json *json, const struct nx_jwt *token, struct nx_arena *arena,
                  char *key_id, enum nexus_refusal *refusal, struct nexus_error *err)
{
    const char *kid;
    size_t length;
    int code = read_part(json, token->header, token->header_length, arena, err);

    *refusal = NEXUS_REFUSED_CAPABILITY;
    if (code != NEXUS_OK)
        return code;
    if ((!is_text(json, "alg", "EdDSA") && !is_text(json, "alg", "Ed25519")) ||
        nx_json_member(json, 0, "crit") || nx_json_member(json, 0, "b64")) {
        *refusal = NEXUS_REFUSED_ALGORITHM;
        return malformed(err, "alg must be EdDSA or Ed25519, without crit or b64");
    }
    if (!is_text(json, "typ", NX_CAPTOKEN_TYPE))
        return malformed(err, "typ must be " NX_CAPTOKEN_TYPE);
    if (!nx_json_plain(json, 0, "kid", &kid, &length) || !nx_key_id_sound(kid, length))
        return malformed(err, "kid is missing or unusable");
    memcpy(key_id, kid, length);
    key_id[length] = 0;
    return NEXUS_OK;
}

static const char *read_name(const struct nx_json *json, const char *name, struct nx_arena *arena)
{
    const char *text;
    size_t length;

    if (!nx_json_plain(json, 0, name, &text, &length) || !nx_key_id_sound(text, length))
        return NULL;
    return nx_arena_text(arena, text, length);
}

static bool read_time(const struct nx_json *json, const char *name, int64_t *out)
{
    uint32_t node = nx_json_member(json, 0, name);

    return node && json->nodes[node].type == NX_JSON_NUMBER &&
           nx_json_integer(json, node, out, NULL) == NEXUS_OK && *out >= 0;
}

/* {"cnf":{"jwk":{…}}} */
static int read_key(const struct nx_json *json, struct nx_public_key *out, struct nexus_error *err)
{
    uint32_t cnf = nx_json_member(json, 0, "cnf");
    uint32_t jwk =
        cnf && json->nodes[cnf].type == NX_JSON_OBJECT ? nx_json_member(json, cnf, "jwk") : 0;

    if (!jwk || nx_jwk_public(json, jwk, out, err) != NEXUS_OK)
        return malformed(err, "cnf names no usable public key");
    return NEXUS_OK;
}

static int read_parent(const struct nx_json *json, struct nx_claims *out, struct nexus_error *err)
{
    const char *text;
    size_t length, size = 0;

    out->has_parent = nx_json_member(json, 0, "prt") != 0;
    if (!out->has_parent)
        return NEXUS_OK;
    if (!nx_json_plain(json, 0, "prt", &text, &length) || length != 43 ||
        !nx_base64url_read(text, length, out->parent, &size))
        return malformed(err, "prt is no hash of a token");
    return NEXUS_OK;
}

int nx_jwt_claims(struct nx_json *json, const struct nx_jwt *token, struct nx_arena *arena,
                  struct nx_claims *out, struct nexus_error *err)
{
    int code = read_part(json, token->payload, token->payload_length, arena, err);

    if (code != NEXUS_OK)
        return code;
    out->issuer = read_name(json, "iss", arena);
    out->subject = read_name(json, "sub", arena);
    out->id = read_name(json, "jti", arena);
    if (!out->issuer || !out->subject || !out->id)
        return malformed(err, "iss, sub and jti must be names");
    if (!read_time(json, "iat", &out->issued) || !read_time(json, "nbf", &out->not_before) ||
        !read_time(json, "exp", &out->not_after) || out->not_after < out->not_before)
        return malformed(err, "iat, nbf and exp must be whole seconds, exp not before nbf");
    code = nx_patterns_read(json, 0, "subjects", arena, &out->subjects, err);
    if (code == NEXUS_OK)
        code = nx_patterns_read(json, 0, "actions", arena, &out->actions, err);
    if (code == NEXUS_E_MEMORY)
        return code;
    if (code != NEXUS_OK || !out->subjects.count || !out->actions.count ||
        out->actions.count > NX_ACTIONS_MAX)
        return malformed(err, "subjects and actions must be lists of patterns and names");
    code = read_key(json, &out->key, err);
    return code == NEXUS_OK ? read_parent(json, out, err) : code;
}

bool nx_jwt_verify(const struct nx_jwt *token, const unsigned char key[NX_ED25519_PUBLIC])
{
    unsigned char signature[NX_ED25519_SIGNATURE];
    size_t size = 0;

    return nx_base64url_read(token->signature, SIGNATURE_DIGITS, signature, &size) &&
           nx_ed25519_verify(signature, token->header,
                             token->header_length + 1 + token->payload_length, key);
}

void nx_jwt_hash(const struct nx_jwt *token, unsigned char out[32])
{
    crypto_hash_sha256(out, (const unsigned char *)token->header, token->length);
}
