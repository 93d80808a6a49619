/* SPDX-License-Identifier: Apache-2.0 */
/* Signers: private keys in guarded memory. */
#include "signer.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "status.h"
#include "transport.h"

int64_t nx_wall_seconds(void)
{
    return nx_wall_time() / 1000000000;
}

struct nexus_signer *nx_signer_retain(struct nexus_signer *signer)
{
    if (signer)
        atomic_fetch_add(&signer->references, 1);
    return signer;
}

void nexus_signer_destroy(struct nexus_signer *signer)
{
    if (!signer || atomic_fetch_sub(&signer->references, 1) != 1)
        return;
    sodium_free(signer->secret); /* wipes it */
    free(signer);
}

static int check_arguments(const char *key_id, struct nexus_signer **out, struct nexus_error *err)
{
    if (!out)
        return nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    *out = NULL;
    if (key_id && !nx_key_id_sound(key_id, strlen(key_id)))
        return nx_fail(err, NEXUS_E_INVALID, "key_id",
                       "must be 1 to %d printable ASCII characters without spaces and quotes",
                       NEXUS_KEY_ID_MAX);
    if (!nx_sodium_ready())
        return nx_fail(err, NEXUS_E_INTERNAL, NULL, "libsodium cannot be used");
    return NEXUS_OK;
}

/* Room for a key; `secret` is still writable. */
static struct nexus_signer *make(void)
{
    struct nexus_signer *signer = calloc(1, sizeof(*signer));

    if (!signer)
        return NULL;
    atomic_store(&signer->references, 1);
    signer->secret = sodium_malloc(NX_ED25519_SECRET);
    if (signer->secret)
        return signer;
    free(signer);
    return NULL;
}

/* The seed is in `secret` already; libsodium needs it in another place to write there. */
static struct nexus_signer *complete(struct nexus_signer *signer, const char *key_id)
{
    unsigned char seed[NX_ED25519_SEED];

    memcpy(seed, signer->secret, sizeof(seed));
    crypto_sign_seed_keypair(signer->public_key, signer->secret, seed);
    sodium_memzero(seed, sizeof(seed));
    sodium_mprotect_readonly(signer->secret);
    nx_thumbprint(signer->public_key, signer->thumbprint);
    if (!key_id || !*key_id)
        key_id = signer->thumbprint;
    memcpy(signer->key_id, key_id, strlen(key_id) + 1);
    return signer;
}

int nexus_signer_generate(const char *key_id, struct nexus_signer **out, struct nexus_error *err)
{
    struct nexus_signer *signer;
    int code = check_arguments(key_id, out, err);

    if (code != NEXUS_OK)
        return code;
    signer = make();
    if (!signer)
        return nx_no_memory(err);
    randombytes_buf(signer->secret, NX_ED25519_SEED);
    *out = complete(signer, key_id);
    return NEXUS_OK;
}

int nexus_signer_from_seed(const void *seed, const char *key_id, struct nexus_signer **out,
                           struct nexus_error *err)
{
    struct nexus_signer *signer;
    int code = check_arguments(key_id, out, err);

    if (code == NEXUS_OK && !seed)
        code = nx_fail(err, NEXUS_E_INVALID, "seed", "is NULL");
    if (code != NEXUS_OK)
        return code;
    signer = make();
    if (!signer)
        return nx_no_memory(err);
    memcpy(signer->secret, seed, NX_ED25519_SEED);
    *out = complete(signer, key_id);
    return NEXUS_OK;
}

int nexus_signer_from_text(const char *text, size_t length, const char *key_id,
                           struct nexus_signer **out, struct nexus_error *err)
{
    char own_id[NEXUS_KEY_ID_MAX + 1] = "";
    struct nexus_signer *signer;
    int code = check_arguments(key_id, out, err);

    if (code == NEXUS_OK && !text)
        code = nx_fail(err, NEXUS_E_INVALID, "text", "is NULL");
    if (code == NEXUS_OK && length > NX_KEY_TEXT_MAX)
        code = nx_fail(err, NEXUS_E_KEY, "text", "is too large to be a key");
    if (code != NEXUS_OK)
        return code;
    signer = make();
    if (!signer)
        return nx_no_memory(err);
    if (nx_pem_looks(text, length))
        code = nx_pem_private(text, length, signer->secret, err);
    else
        code = nx_jwk_private(text, length, signer->secret, own_id, err);
    if (code == NEXUS_OK)
        *out = complete(signer, key_id ? key_id : own_id);
    else
        nexus_signer_destroy(signer);
    return code;
}

int nexus_signer_from_file(const char *path, const char *key_id, struct nexus_signer **out,
                           struct nexus_error *err)
{
    char *text = NULL;
    size_t length = 0;
    int code = check_arguments(key_id, out, err);

    if (code == NEXUS_OK && !path)
        code = nx_fail(err, NEXUS_E_INVALID, "path", "is NULL");
    if (code == NEXUS_OK)
        code = nx_secret_file_read(path, &text, &length, err);
    if (code == NEXUS_OK)
        code = nexus_signer_from_text(text, length, key_id, out, err);
    sodium_free(text);
    return code;
}

const char *nexus_signer_key_id(const struct nexus_signer *signer)
{
    return signer ? signer->key_id : NULL;
}

const char *nexus_signer_thumbprint(const struct nexus_signer *signer)
{
    return signer ? signer->thumbprint : NULL;
}

void nx_signer_signature(const struct nexus_signer *signer, const void *message, size_t length,
                         unsigned char out[NX_ED25519_SIGNATURE])
{
    crypto_sign_detached(out, NULL, message, length, signer->secret);
}

static int check_format(const struct nexus_signer *signer, enum nexus_key_format format,
                        struct nexus_error *err)
{
    if (!signer)
        return nx_fail(err, NEXUS_E_INVALID, "signer", "is NULL");
    if (format != NEXUS_KEY_JWK && format != NEXUS_KEY_PEM)
        return nx_fail(err, NEXUS_E_INVALID, "format", "%d is none", (int)format);
    return NEXUS_OK;
}

int nexus_signer_public(const struct nexus_signer *signer, enum nexus_key_format format, char **out,
                        struct nexus_error *err)
{
    struct nx_buf text = NX_BUF_INIT;
    char pem[NX_PEM_PUBLIC_LENGTH];
    int code = check_format(signer, format, err);

    if (code == NEXUS_OK && !out)
        code = nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    if (code != NEXUS_OK)
        return code;
    if (format == NEXUS_KEY_JWK) {
        nx_jwk_put(&text, signer->public_key, signer->key_id);
    } else {
        nx_pem_write_public(signer->public_key, pem);
        nx_buf_append(&text, pem, sizeof(pem));
    }
    *out = nx_buf_take(&text);
    return *out ? NEXUS_OK : nx_no_memory(err);
}

/* {"kty":"OKP","crv":"Ed25519","x":…,"kid":…,"d":…} and a newline. */
static size_t write_private_jwk(const struct nexus_signer *signer, char *out)
{
    static const char parts[][40] = {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"",
                                     "\",\"kid\":\"", "\",\"d\":\"", "\"}\n"};
    char *at = out;

    at = mempcpy(at, parts[0], strlen(parts[0]));
    at += nx_base64url_write(at, signer->public_key, NX_ED25519_PUBLIC);
    at = mempcpy(at, parts[1], strlen(parts[1]));
    at = mempcpy(at, signer->key_id, strlen(signer->key_id));
    at = mempcpy(at, parts[2], strlen(parts[2]));
    at += nx_base64url_write(at, signer->secret, NX_ED25519_SEED);
    at = mempcpy(at, parts[3], strlen(parts[3]));
    return (size_t)(at - out);
}

int nexus_signer_write(const struct nexus_signer *signer, enum nexus_key_format format,
                       const char *path, struct nexus_error *err)
{
    size_t length = NX_PEM_PRIVATE_LENGTH;
    char *text;
    int code = check_format(signer, format, err);

    if (code == NEXUS_OK && !path)
        code = nx_fail(err, NEXUS_E_INVALID, "path", "is NULL");
    if (code != NEXUS_OK)
        return code;
    text = sodium_malloc(512);
    if (!text)
        return nx_no_memory(err);
    if (format == NEXUS_KEY_JWK)
        length = write_private_jwk(signer, text);
    else
        nx_pem_write_private(signer->secret, text);
    code = nx_secret_file_write(path, text, length, err);
    sodium_free(text);
    return code;
}
