/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Keys of kind OKP, curve Ed25519 (RFC 7517, RFC 8037), and their thumbprints (RFC 7638).
 */
#include <sodium.h>
#include <string.h>

#include "base64.h"
#include "signer.h"
#include "status.h"

bool nx_key_id_sound(const char *text, size_t length)
{
    if (!length || length > NEXUS_KEY_ID_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
            return false;
    return true;
}

void nx_jwk_put(struct nx_buf *out, const unsigned char key[NX_ED25519_PUBLIC], const char *key_id)
{
    nx_buf_puts(out, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
    nx_base64url_put(out, key, NX_ED25519_PUBLIC);
    if (key_id)
        nx_buf_printf(out, "\",\"kid\":\"%s", key_id);
    nx_buf_puts(out, "\"}");
}

/* The hash of the required members in the order of the alphabet. */
void nx_thumbprint(const unsigned char key[NX_ED25519_PUBLIC], char out[NX_THUMBPRINT_LENGTH + 1])
{
    char text[128] = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"";
    size_t length = strlen(text);
    unsigned char hash[crypto_hash_sha256_BYTES];

    length += nx_base64url_write(text + length, key, NX_ED25519_PUBLIC);
    memcpy(text + length, "\"}", 2);
    crypto_hash_sha256(hash, (const unsigned char *)text, length + 2);
    nx_base64url_write(out, hash, sizeof(hash));
    out[NX_THUMBPRINT_LENGTH] = 0;
}

bool nx_json_plain(const struct nx_json *json, uint32_t object, const char *name, const char **text,
                   size_t *length)
{
    uint32_t node = nx_json_member(json, object, name);

    if (!node || json->nodes[node].type != NX_JSON_STRING || json->nodes[node].escaped)
        return false;
    *text = json->text + json->nodes[node].start + 1;
    *length = json->nodes[node].end - json->nodes[node].start - 2;
    return true;
}

static bool is_text(const struct nx_json *json, uint32_t object, const char *name, const char *text)
{
    uint32_t node = nx_json_member(json, object, name);

    return node && json->nodes[node].type == NX_JSON_STRING && nx_json_equals(json, node, text);
}

static bool read_bytes(const struct nx_json *json, uint32_t object, const char *name,
                       unsigned char out[32])
{
    const char *text;
    size_t length, size = 0;

    return nx_json_plain(json, object, name, &text, &length) && length == 43 &&
           nx_base64url_read_secret(text, length, out, &size) && size == 32;
}

static int fail(struct nexus_error *err, const char *member, const char *message)
{
    return nx_fail(err, NEXUS_E_KEY, member, "%s", message);
}

/* What private and public keys have in common. `alg` and `use`, where given, must fit. */
static int read_common(const struct nx_json *json, uint32_t node, struct nx_public_key *out,
                       struct nexus_error *err)
{
    const char *kid;
    size_t length;

    if (json->nodes[node].type != NX_JSON_OBJECT)
        return fail(err, "key", "a JSON Web Key is a JSON object");
    if (!is_text(json, node, "kty", "OKP"))
        return fail(err, "kty", "must be \"OKP\": no other kind of key is used");
    if (!is_text(json, node, "crv", "Ed25519"))
        return fail(err, "crv", "must be \"Ed25519\"");
    if (nx_json_member(json, node, "alg") && !is_text(json, node, "alg", "EdDSA") &&
        !is_text(json, node, "alg", "Ed25519"))
        return fail(err, "alg", "must be \"EdDSA\" or \"Ed25519\" where it is given");
    if (nx_json_member(json, node, "use") && !is_text(json, node, "use", "sig"))
        return fail(err, "use", "must be \"sig\" where it is given");
    if (!read_bytes(json, node, "x", out->bytes))
        return fail(err, "x", "must be 32 bytes in base64url without padding");
    if (!nx_ed25519_key_sound(out->bytes))
        return fail(err, "x", "is no sound Ed25519 public key");
    out->key_id[0] = 0;
    if (!nx_json_member(json, node, "kid"))
        return NEXUS_OK;
    if (!nx_json_plain(json, node, "kid", &kid, &length) || !nx_key_id_sound(kid, length))
        return fail(err, "kid", "must be 1 to 128 printable ASCII characters without spaces");
    memcpy(out->key_id, kid, length);
    out->key_id[length] = 0;
    return NEXUS_OK;
}

int nx_jwk_public(const struct nx_json *json, uint32_t node, struct nx_public_key *out,
                  struct nexus_error *err)
{
    int code = read_common(json, node, out, err);

    if (code == NEXUS_OK && nx_json_member(json, node, "d"))
        code = fail(err, "d", "is a private key, which does not belong here: give the public key");
    if (code == NEXUS_OK && !out->key_id[0])
        nx_thumbprint(out->bytes, out->key_id);
    return code;
}

int nx_jwk_private(const char *text, size_t length, unsigned char seed[NX_ED25519_SEED],
                   char key_id[NEXUS_KEY_ID_MAX + 1], struct nexus_error *err)
{
    unsigned char derived[NX_ED25519_PUBLIC], secret[NX_ED25519_SECRET];
    struct nx_json json = NX_JSON_INIT;
    struct nx_public_key key = {.key_id = ""};
    int code = nx_json_read_depth(&json, text, length, 4, NULL);

    if (code != NEXUS_OK)
        code = fail(err, "key", "is neither a PEM nor a JSON Web Key");
    if (code == NEXUS_OK)
        code = read_common(&json, 0, &key, err);
    if (code == NEXUS_OK && !read_bytes(&json, 0, "d", seed))
        code = fail(err, "d", "must be the private key: 32 bytes in base64url without padding");
    if (code == NEXUS_OK) {
        crypto_sign_seed_keypair(derived, secret, seed);
        sodium_memzero(secret, sizeof(secret));
        if (memcmp(derived, key.bytes, sizeof(derived)) != 0)
            code = fail(err, "x", "is not the public key of the private key in \"d\"");
    }
    if (code == NEXUS_OK)
        memcpy(key_id, key.key_id, sizeof(key.key_id));
    nx_json_free(&json);
    return code;
}

int nx_public_key_read(const char *text, size_t length, struct nx_public_key *out,
                       struct nexus_error *err)
{
    struct nx_json json = NX_JSON_INIT;
    int code;

    if (nx_pem_looks(text, length)) {
        code = nx_pem_public(text, length, out->bytes, err);
        if (code == NEXUS_OK && !nx_ed25519_key_sound(out->bytes))
            code = fail(err, "key", "is no sound Ed25519 public key");
        if (code == NEXUS_OK)
            nx_thumbprint(out->bytes, out->key_id);
        return code;
    }
    if (nx_json_read_depth(&json, text, length, 4, NULL) != NEXUS_OK)
        code = fail(err, "key", "is neither a PEM nor a JSON Web Key");
    else
        code = nx_jwk_public(&json, 0, out, err);
    nx_json_free(&json);
    return code;
}
