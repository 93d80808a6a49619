/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the header `Nexus-Signature`. Every text has one spelling: what is not exactly as it
 * would be written is refused. */
#include "event_signature.h"

#include <string.h>

#include "base64.h"
#include "status.h"

#define SIGNATURE_DIGITS 86

static int malformed(enum nexus_refusal *refusal, struct nexus_error *err, const char *message)
{
    *refusal = NEXUS_REFUSED_MALFORMED;
    return nx_fail(err, NEXUS_E_SIGNATURE, NX_SIGNATURE_HEADER, "%s", message);
}

static int foreign(enum nexus_refusal *refusal, struct nexus_error *err, const char *message)
{
    *refusal = NEXUS_REFUSED_ALGORITHM;
    return nx_fail(err, NEXUS_E_SIGNATURE, NX_SIGNATURE_HEADER, "%s", message);
}

bool nx_signed_id_sound(const char *text)
{
    return nx_key_id_sound(text, strnlen(text, NX_SIGNED_ID_MAX + 1));
}

/* A number without leading zeros, below the limit. */
static const char *read_index(const char *at, uint32_t *out)
{
    uint32_t value = 0;

    if (*at < '0' || *at > '9' || (*at == '0' && at[1] >= '0' && at[1] <= '9'))
        return NULL;
    for (; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (uint32_t)(*at - '0');
        if (value >= NX_MERKLE_LEAVES_MAX)
            return NULL;
    }
    *out = value;
    return at;
}

/* "~<index>~<path>~<message id>" */
static int read_place(const char *at, struct nx_signature *out, enum nexus_refusal *refusal,
                      struct nexus_error *err)
{
    at = read_index(at + 1, &out->index);
    if (!at || *at != '~')
        return malformed(refusal, err, "the index in the tree is no number below 64");
    out->path = at + 1;
    out->path_length = strcspn(out->path, "~");
    if (out->path[out->path_length] != '~')
        return malformed(refusal, err, "the message id of the tree form is missing");
    out->message_id = out->path + out->path_length + 1;
    if (!nx_signed_id_sound(out->message_id))
        return malformed(refusal, err, "the signed message id is unusable");
    return NEXUS_OK;
}

int nx_signature_read(const char *text, struct nx_signature *out, enum nexus_refusal *refusal,
                      struct nexus_error *err)
{
    size_t length = strnlen(text, NX_SIGNATURE_TEXT_MAX + 1), size = 0;
    const char *signature;

    *out = (struct nx_signature){.jws = text};
    if (length > NX_SIGNATURE_TEXT_MAX)
        return malformed(refusal, err, "is longer than 4096 bytes");
    out->protected_length = strcspn(text, ".");
    signature = text + out->protected_length;
    if (!out->protected_length || out->protected_length > NX_PROTECTED_TEXT_MAX ||
        signature[0] != '.' || signature[1] != '.')
        return malformed(refusal, err, "is no detached JWS: protected header, \"..\", signature");
    signature += 2;
    if (strnlen(signature, SIGNATURE_DIGITS) != SIGNATURE_DIGITS ||
        !nx_base64url_read(signature, SIGNATURE_DIGITS, out->bytes, &size))
        return malformed(refusal, err, "the signature is not 64 bytes in base64url");
    out->jws_length = (size_t)(signature - text) + SIGNATURE_DIGITS;
    if (!text[out->jws_length])
        return NEXUS_OK;
    if (text[out->jws_length] != '~')
        return malformed(refusal, err, "the signature is not 64 bytes in base64url");
    out->tree = true;
    return read_place(text + out->jws_length, out, refusal, err);
}

/* ---- the protected header */

static bool copy_text(const struct nx_json *json, const char *name, char *out, size_t room)
{
    const char *text;
    size_t length;

    if (!nx_json_plain(json, 0, name, &text, &length) || !length || length >= room)
        return false;
    memcpy(out, text, length);
    out[length] = 0;
    return true;
}

static bool is_text(const struct nx_json *json, const char *name, const char *wanted)
{
    uint32_t node = nx_json_member(json, 0, name);

    return node && json->nodes[node].type == NX_JSON_STRING && nx_json_equals(json, node, wanted);
}

static bool read_integer(const struct nx_json *json, const char *name, int64_t *out)
{
    uint32_t node = nx_json_member(json, 0, name);

    return node && json->nodes[node].type == NX_JSON_NUMBER &&
           nx_json_integer(json, node, out, NULL) == NEXUS_OK && *out >= 0;
}

/* `crit` must be ["b64"] in the single form, where b64 is false, and absent in the tree form. */
static int check_kind(const struct nx_json *json, bool tree, enum nexus_refusal *refusal,
                      struct nexus_error *err)
{
    uint32_t crit = nx_json_member(json, 0, "crit"), b64 = nx_json_member(json, 0, "b64");
    bool only_b64;

    if (!is_text(json, "alg", "EdDSA") && !is_text(json, "alg", "Ed25519"))
        return foreign(refusal, err, "alg must be EdDSA or Ed25519");
    only_b64 = crit && json->nodes[crit].type == NX_JSON_ARRAY && json->nodes[crit].count == 1 &&
               json->nodes[crit + 1].type == NX_JSON_STRING &&
               nx_json_equals(json, crit + 1, "b64");
    if (crit && !only_b64)
        return foreign(refusal, err, "crit names something that is not known here");
    if (tree && (crit || b64 || !is_text(json, "typ", NX_TREE_TYPE)))
        return malformed(refusal, err, "the tree form needs typ nexus-tree, and no crit or b64");
    if (!tree &&
        (!crit || !b64 || json->nodes[b64].type != NX_JSON_FALSE || nx_json_member(json, 0, "typ")))
        return malformed(refusal, err,
                         "the single form needs b64 false, crit [\"b64\"] and no typ");
    return NEXUS_OK;
}

static int read_members(const struct nx_json *json, bool tree, struct nx_protected *out,
                        enum nexus_refusal *refusal, struct nexus_error *err)
{
    int64_t leaves = 0;

    if (!copy_text(json, "kid", out->key_id, sizeof(out->key_id)) ||
        !nx_key_id_sound(out->key_id, strlen(out->key_id)))
        return malformed(refusal, err, "kid is missing or unusable");
    if (!read_integer(json, "iat", &out->issued))
        return malformed(refusal, err, "iat is missing or no whole number of seconds");
    if (tree) {
        if (!read_integer(json, "n", &leaves) || leaves < 1 || leaves > NX_MERKLE_LEAVES_MAX)
            return malformed(refusal, err, "n must be the number of events, 1 to 64");
        out->leaves = (uint32_t)leaves;
        return NEXUS_OK;
    }
    if (!copy_text(json, "sub", out->subject, sizeof(out->subject)))
        return malformed(refusal, err, "sub is missing or unusable");
    if (!copy_text(json, "jti", out->message_id, sizeof(out->message_id)) ||
        !nx_signed_id_sound(out->message_id))
        return malformed(refusal, err, "jti is missing or unusable");
    return NEXUS_OK;
}

int nx_protected_read(struct nx_json *json, const struct nx_signature *signature,
                      struct nx_protected *out, enum nexus_refusal *refusal,
                      struct nexus_error *err)
{
    char text[NX_PROTECTED_MAX + 4];
    size_t length = 0;
    int code;

    if (!nx_base64url_read(signature->jws, signature->protected_length, text, &length))
        return malformed(refusal, err, "the protected header is not base64url");
    code = nx_json_read_depth(json, text, length, 8, err);
    if (code == NEXUS_E_MEMORY)
        return code;
    if (code != NEXUS_OK || json->nodes[0].type != NX_JSON_OBJECT)
        return malformed(refusal, err, "the protected header is no strict JSON object");
    code = check_kind(json, signature->tree, refusal, err);
    return code == NEXUS_OK ? read_members(json, signature->tree, out, refusal, err) : code;
}
