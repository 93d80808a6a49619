/* SPDX-License-Identifier: Apache-2.0 */
/* Issuing, narrowing, inspecting and announcing capability tokens. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "captoken.h"
#include "ids.h"
#include "status.h"
#include "struct_size.h"

static int fail(struct nexus_error *err, const char *member, const char *message)
{
    return nx_fail(err, NEXUS_E_INVALID, member, "%s", message);
}

static bool sound_name(const char *text)
{
    return text && nx_key_id_sound(text, strnlen(text, NEXUS_KEY_ID_MAX + 1));
}

static int read_list(const char *member, const char *const *texts, unsigned most,
                     const char **items, struct nx_patterns *out, struct nexus_error *err)
{
    unsigned count = 0;

    for (; texts && texts[count]; count++) {
        if (count == most)
            return nx_fail(err, NEXUS_E_INVALID, member, "%u are the limit", most);
        if (!nx_pattern_sound(texts[count], strlen(texts[count])))
            return nx_fail(err, NEXUS_E_INVALID, member, "element %u is unusable", count);
        items[count] = texts[count];
    }
    if (!count)
        return fail(err, member, "must not be empty");
    *out = (struct nx_patterns){items, count};
    return NEXUS_OK;
}

/* What is to be claimed, from the caller's grant. `lists` is room for the two lists. */
static int read_grant(const struct nexus_capability_grant *theirs, struct nx_claims *out,
                      const char **lists, char uuid[NX_UUID_SIZE], struct nexus_error *err)
{
    static const char *const publish[] = {NX_ACTION_PUBLISH, NULL};
    struct nexus_capability_grant grant;
    unsigned char bytes[16];
    int code;

    if (!theirs)
        return fail(err, "grant", "is NULL");
    code = nx_struct_take(&grant, sizeof(grant), theirs, "grant", err);
    if (code != NEXUS_OK)
        return code;
    if (!sound_name(grant.issuer) || !sound_name(grant.subject))
        return fail(err, sound_name(grant.issuer) ? "grant.subject" : "grant.issuer",
                    "must be printable ASCII without spaces and quotes");
    if (grant.id && !sound_name(grant.id))
        return fail(err, "grant.id", "must be printable ASCII without spaces and quotes");
    if (!grant.public_key)
        return fail(err, "grant.public_key", "is NULL");
    code = nx_public_key_read(grant.public_key, strlen(grant.public_key), &out->key, err);
    if (code == NEXUS_OK)
        code = read_list("grant.subjects", grant.subjects, NX_PATTERNS_MAX, lists, &out->subjects,
                         err);
    if (code == NEXUS_OK)
        code = read_list("grant.actions", grant.actions ? grant.actions : publish, NX_ACTIONS_MAX,
                         lists + NX_PATTERNS_MAX, &out->actions, err);
    nx_uuid7_bytes(bytes);
    nx_uuid7_text(bytes, uuid);
    out->issuer = grant.issuer;
    out->subject = grant.subject;
    out->id = grant.id ? grant.id : uuid;
    out->issued = nx_wall_seconds();
    out->not_before = grant.not_before;
    out->not_after = grant.not_after;
    return code;
}

static int check_time(const struct nx_claims *claims, struct nexus_error *err)
{
    if (claims->not_before < 0 || claims->not_after < claims->not_before ||
        claims->not_after > NX_INTEGER_MAX)
        return fail(err, "grant.not_after", "must be seconds since 1970, not before not_before");
    return NEXUS_OK;
}

static void put_list(struct nx_buf *out, const char *name, const struct nx_patterns *list)
{
    nx_buf_printf(out, ",\"%s\":[", name);
    for (unsigned i = 0; i < list->count; i++)
        nx_buf_printf(out, "%s\"%s\"", i ? "," : "", list->items[i]);
    nx_buf_putc(out, ']');
}

/* Appends the token itself. */
static void put_token(struct nx_buf *out, const struct nexus_signer *signer,
                      const struct nx_claims *claims)
{
    unsigned char signature[NX_ED25519_SIGNATURE];
    struct nx_buf part = NX_BUF_INIT;
    size_t start = out->length;

    nx_buf_printf(&part, "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"" NX_CAPTOKEN_TYPE "\"}",
                  signer->key_id);
    nx_base64url_put(out, part.data, part.length);
    nx_buf_putc(out, '.');
    nx_buf_reset(&part);
    nx_buf_printf(&part, "{\"iss\":\"%s\",\"sub\":\"%s\",\"jti\":\"%s\"", claims->issuer,
                  claims->subject, claims->id);
    nx_buf_printf(&part, ",\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld,\"cnf\":{\"jwk\":",
                  (long long)claims->issued, (long long)claims->not_before,
                  (long long)claims->not_after);
    nx_jwk_put(&part, claims->key.bytes, claims->key.key_id);
    nx_buf_putc(&part, '}');
    put_list(&part, "subjects", &claims->subjects);
    put_list(&part, "actions", &claims->actions);
    if (claims->has_parent) {
        nx_buf_puts(&part, ",\"prt\":\"");
        nx_base64url_put(&part, claims->parent, sizeof(claims->parent));
        nx_buf_putc(&part, '"');
    }
    nx_buf_putc(&part, '}');
    nx_base64url_put(out, part.data, part.length);
    out->failed = out->failed || part.failed;
    nx_buf_free(&part);
    if (out->failed)
        return;
    nx_signer_signature(signer, out->data + start, out->length - start, signature);
    nx_buf_putc(out, '.');
    nx_base64url_put(out, signature, sizeof(signature));
}

static int finish(struct nx_buf *text, char **out, struct nexus_error *err)
{
    if (!text->failed && text->length > NEXUS_CAPABILITY_MAX) {
        nx_buf_free(text);
        return nx_fail(err, NEXUS_E_INVALID, "grant", "the token would exceed %d bytes",
                       NEXUS_CAPABILITY_MAX);
    }
    *out = nx_buf_take(text);
    return *out ? NEXUS_OK : nx_no_memory(err);
}

int nexus_capability_issue(const struct nexus_signer *issuer,
                           const struct nexus_capability_grant *grant, char **out,
                           struct nexus_error *err)
{
    const char *lists[NX_PATTERNS_MAX + NX_ACTIONS_MAX];
    struct nx_buf text = NX_BUF_INIT;
    struct nx_claims claims = {0};
    char uuid[NX_UUID_SIZE];
    int code;

    if (!issuer || !out)
        return fail(err, issuer ? "out" : "issuer", "is NULL");
    *out = NULL;
    code = read_grant(grant, &claims, lists, uuid, err);
    if (code == NEXUS_OK && !claims.not_before)
        claims.not_before = claims.issued;
    if (code == NEXUS_OK)
        code = check_time(&claims, err);
    if (code != NEXUS_OK)
        return code;
    put_token(&text, issuer, &claims);
    return finish(&text, out, err);
}

/* Reads the last token of a chain, unverified. */
static int read_last(const char *token, struct nx_jwt tokens[NEXUS_CAPABILITY_DEPTH],
                     unsigned *count, struct nx_arena *arena, struct nx_claims *out,
                     struct nexus_error *err)
{
    struct nx_json json = NX_JSON_INIT;
    int code;

    *count = nx_chain_split(token, tokens);
    if (!*count)
        return nx_fail(err, NEXUS_E_SIGNATURE, "capability", "is no chain of one to four tokens");
    code = nx_jwt_claims(&json, &tokens[*count - 1], arena, out, err);
    nx_json_free(&json);
    return code;
}

static int check_narrowing(const struct nx_claims *held, const struct nexus_signer *holder,
                           struct nx_claims *claims, struct nexus_error *err)
{
    const char *widened;

    if (memcmp(held->key.bytes, holder->public_key, sizeof(held->key.bytes)) != 0 ||
        strcmp(held->key.key_id, holder->key_id) != 0)
        return nx_fail(err, NEXUS_E_KEY, "holder", "is not the key that the token names");
    if (!claims->not_before)
        claims->not_before = held->not_before;
    if (!claims->not_after)
        claims->not_after = held->not_after;
    widened = nx_claims_widened(held, claims);
    if (widened)
        return nx_fail(err, NEXUS_E_INVALID, widened, "would grant more than the token does");
    return check_time(claims, err);
}

int nexus_capability_narrow(const char *token, const struct nexus_signer *holder,
                            const struct nexus_capability_grant *grant, char **out,
                            struct nexus_error *err)
{
    const char *lists[NX_PATTERNS_MAX + NX_ACTIONS_MAX];
    struct nx_jwt tokens[NEXUS_CAPABILITY_DEPTH];
    struct nx_arena arena = NX_ARENA_INIT;
    struct nx_claims held = {0}, claims = {.has_parent = true};
    struct nx_buf text = NX_BUF_INIT;
    char uuid[NX_UUID_SIZE];
    unsigned count = 0;
    int code;

    if (!token || !holder || !out)
        return fail(err, !token ? "token" : !holder ? "holder" : "out", "is NULL");
    *out = NULL;
    code = read_last(token, tokens, &count, &arena, &held, err);
    if (code == NEXUS_OK && count == NEXUS_CAPABILITY_DEPTH)
        code = fail(err, "token", "the chain is as long as it may be");
    if (code == NEXUS_OK)
        code = read_grant(grant, &claims, lists, uuid, err);
    if (code == NEXUS_OK)
        code = check_narrowing(&held, holder, &claims, err);
    if (code == NEXUS_OK) {
        nx_jwt_hash(&tokens[count - 1], claims.parent);
        nx_buf_puts(&text, token);
        nx_buf_putc(&text, '~');
        put_token(&text, holder, &claims);
        code = finish(&text, out, err);
    }
    nx_arena_free(&arena);
    return code;
}

int nexus_capability_verify(const char *token, struct nexus_trust *trust, int64_t at,
                            struct nexus_error *err)
{
    struct nx_json json = NX_JSON_INIT;
    struct nx_arena arena = NX_ARENA_INIT;
    struct nx_claims claims = {0};
    enum nexus_refusal refusal;
    struct nx_trust_set *set;
    uint64_t generation;
    int64_t ahead, late;
    int code;

    if (!token || !trust)
        return fail(err, token ? "trust" : "token", "is NULL");
    set = nx_trust_current(trust, &generation, &ahead, &late);
    code = nx_captoken_check(token, set, &json, &arena, &claims, &refusal, err);
    if (!at)
        at = nx_wall_seconds();
    if (code == NEXUS_OK && (at < claims.not_before || at > claims.not_after))
        code = nx_fail(err, NEXUS_E_KEY, "capability", "is valid from %lld to %lld, not at %lld",
                       (long long)claims.not_before, (long long)claims.not_after, (long long)at);
    nx_json_free(&json);
    nx_arena_free(&arena);
    nx_trust_set_release(set);
    return code;
}
