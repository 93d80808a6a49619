/* SPDX-License-Identifier: Apache-2.0 */
/* Plain Ed25519 over a file's bytes, read in pieces, so that its size does not matter. libsodium
 * signs only what is in memory as a whole, hence the two halves of RFC 8032 (5.1.6, 5.1.7) here, by
 * libsodium's arithmetic. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base64.h"
#include "captoken.h"
#include "status.h"

#define PIECE 65536

static int fail_file(const char *path, int number, struct nexus_error *err)
{
    return nx_fail(err, number == ENOENT ? NEXUS_E_NOT_FOUND : NEXUS_E_IO, "path",
                   "cannot read %s: %s", path, strerror(number));
}

static int open_file(const char *path, int *fd, struct nexus_error *err)
{
    struct stat status;

    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return fail_file(path, errno, err);
    if (fstat(*fd, &status) == 0 && S_ISREG(status.st_mode))
        return NEXUS_OK;
    close(*fd);
    return nx_fail(err, NEXUS_E_IO, "path", "%s is not a regular file", path);
}

/* Feeds the whole file to one hash or two. */
static int hash_file(int fd, const char *path, crypto_hash_sha512_state *first,
                     crypto_hash_sha512_state *second, struct nexus_error *err)
{
    unsigned char piece[PIECE];
    ssize_t got;

    if (lseek(fd, 0, SEEK_SET) != 0)
        return fail_file(path, errno, err);
    for (;;) {
        got = read(fd, piece, sizeof(piece));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_file(path, errno, err);
        if (got == 0)
            return NEXUS_OK;
        crypto_hash_sha512_update(first, piece, (unsigned long long)got);
        if (second)
            crypto_hash_sha512_update(second, piece, (unsigned long long)got);
    }
}

/* What is on the way; all of it is wiped, since from `nonce` and the signature the key follows. */
struct signing {
    unsigned char expanded[64]; /* the scalar, and the prefix behind it */
    unsigned char digest[64];
    unsigned char nonce[32], challenge[32], product[32];
    unsigned char before[64], after[64]; /* of the file alone, each time it was read */
    crypto_hash_sha512_state hash, file;
};

static int first_half(struct signing *signing, int fd, const char *path, unsigned char *signature,
                      struct nexus_error *err)
{
    int code;

    crypto_hash_sha512_init(&signing->hash);
    crypto_hash_sha512_init(&signing->file);
    crypto_hash_sha512_update(&signing->hash, signing->expanded + 32, 32);
    code = hash_file(fd, path, &signing->hash, &signing->file, err);
    if (code != NEXUS_OK)
        return code;
    crypto_hash_sha512_final(&signing->file, signing->before);
    crypto_hash_sha512_final(&signing->hash, signing->digest);
    crypto_core_ed25519_scalar_reduce(signing->nonce, signing->digest);
    if (crypto_scalarmult_ed25519_base_noclamp(signature, signing->nonce) != 0)
        return nx_fail(err, NEXUS_E_INTERNAL, NULL, "no nonce");
    return NEXUS_OK;
}

/* Another file under the same nonce would give the key away: nothing comes out unless both readings
 * were the same. */
static int second_half(struct signing *signing, int fd, const char *path,
                       const unsigned char *public_key, unsigned char *signature,
                       struct nexus_error *err)
{
    int code;

    crypto_hash_sha512_init(&signing->hash);
    crypto_hash_sha512_init(&signing->file);
    crypto_hash_sha512_update(&signing->hash, signature, 32);
    crypto_hash_sha512_update(&signing->hash, public_key, NX_ED25519_PUBLIC);
    code = hash_file(fd, path, &signing->hash, &signing->file, err);
    if (code != NEXUS_OK)
        return code;
    crypto_hash_sha512_final(&signing->file, signing->after);
    if (memcmp(signing->before, signing->after, sizeof(signing->before)) != 0)
        return nx_fail(err, NEXUS_E_IO, "path", "%s was changed while it was being signed", path);
    crypto_hash_sha512_final(&signing->hash, signing->digest);
    crypto_core_ed25519_scalar_reduce(signing->challenge, signing->digest);
    crypto_core_ed25519_scalar_mul(signing->product, signing->challenge, signing->expanded);
    crypto_core_ed25519_scalar_add(signature + 32, signing->product, signing->nonce);
    return NEXUS_OK;
}

static int sign_open(const struct nexus_signer *signer, int fd, const char *path,
                     unsigned char signature[NX_ED25519_SIGNATURE], struct nexus_error *err)
{
    struct signing *signing = sodium_malloc(sizeof(*signing));
    int code;

    if (!signing)
        return nx_no_memory(err);
    crypto_hash_sha512(signing->expanded, signer->secret, NX_ED25519_SEED);
    signing->expanded[0] &= 248;
    signing->expanded[31] &= 127;
    signing->expanded[31] |= 64;
    code = first_half(signing, fd, path, signature, err);
    if (code == NEXUS_OK)
        code = second_half(signing, fd, path, signer->public_key, signature, err);
    sodium_free(signing);
    return code;
}

int nexus_signer_sign_file(const struct nexus_signer *signer, const char *path, char **out,
                           struct nexus_error *err)
{
    unsigned char signature[NX_ED25519_SIGNATURE];
    struct nx_buf text = NX_BUF_INIT;
    int fd, code;

    if (!signer || !path || !out)
        return nx_fail(err, NEXUS_E_INVALID,
                       !signer ? "signer"
                       : !path ? "path"
                               : "out",
                       "is NULL");
    *out = NULL;
    code = open_file(path, &fd, err);
    if (code != NEXUS_OK)
        return code;
    code = sign_open(signer, fd, path, signature, err);
    close(fd);
    if (code != NEXUS_OK)
        return code;
    if (nx_buf_reserve(&text, 88))
        text.length = nx_base64_write(text.data, signature, sizeof(signature));
    *out = nx_buf_take(&text);
    return *out ? NEXUS_OK : nx_no_memory(err);
}

/* ---- checking */

/* Whether sB - kA = R, with every encoding canonical. */
static int verify_open(int fd, const char *path, const unsigned char *signature,
                       const unsigned char *key, bool *sound, struct nexus_error *err)
{
    unsigned char digest[64], challenge[32], left[32], right[32], point[32];
    crypto_hash_sha512_state hash;
    int code;

    *sound = false;
    crypto_hash_sha512_init(&hash);
    crypto_hash_sha512_update(&hash, signature, 32);
    crypto_hash_sha512_update(&hash, key, NX_ED25519_PUBLIC);
    code = hash_file(fd, path, &hash, NULL, err);
    if (code != NEXUS_OK)
        return code;
    crypto_hash_sha512_final(&hash, digest);
    crypto_core_ed25519_scalar_reduce(challenge, digest);
    *sound = nx_ed25519_scalar_sound(signature + 32) && nx_ed25519_key_sound(key) &&
             crypto_scalarmult_ed25519_base_noclamp(left, signature + 32) == 0 &&
             crypto_scalarmult_ed25519_noclamp(right, challenge, key) == 0 &&
             crypto_core_ed25519_sub(point, left, right) == 0 &&
             memcmp(point, signature, sizeof(point)) == 0;
    return NEXUS_OK;
}

#define MODULE_SUBJECT "nexus._core.module.updated"

static bool may_sign(const struct nx_trust_set *set, const struct nx_trust_key *key, int64_t now)
{
    return key->not_before <= now && now <= key->not_after &&
           !nx_trust_set_revoked(set, key->key.key_id) &&
           !nx_trust_set_revoked(set, key->thumbprint) &&
           nx_patterns_match(&key->subjects, MODULE_SUBJECT);
}

static int check_open(int fd, const char *path, const struct nx_trust_set *set,
                      const unsigned char *signature, const char *key_id, struct nexus_error *err)
{
    int64_t now = nx_wall_seconds();
    bool any = false, sound = false;
    int code = NEXUS_OK;

    for (size_t i = 0; code == NEXUS_OK && !sound && i < set->key_count; i++) {
        const struct nx_trust_key *key = &set->keys[i];
        if ((key_id && strcmp(key_id, key->key.key_id) != 0) || !may_sign(set, key, now))
            continue;
        any = true;
        code = verify_open(fd, path, signature, key->key.bytes, &sound, err);
    }
    if (code != NEXUS_OK || sound)
        return code;
    if (!any)
        return nx_fail(err, NEXUS_E_KEY, key_id ? key_id : "key",
                       "no trusted key may publish " MODULE_SUBJECT " now");
    return nx_fail(err, NEXUS_E_SIGNATURE, "signature", "is not one over %s by a trusted key",
                   path);
}

int nexus_trust_check_file(struct nexus_trust *trust, const char *path, const char *signature,
                           const char *key_id, struct nexus_error *err)
{
    unsigned char bytes[NX_ED25519_SIGNATURE + 2];
    struct nx_trust_set *set;
    uint64_t generation;
    int64_t ahead, late;
    size_t size = 0;
    int fd, code;

    if (!trust || !path || !signature)
        return nx_fail(err, NEXUS_E_INVALID,
                       !trust  ? "trust"
                       : !path ? "path"
                               : "signature",
                       "is NULL");
    if (strnlen(signature, 89) != 88 || !nx_base64_read(signature, 88, bytes, &size) ||
        size != NX_ED25519_SIGNATURE)
        return nx_fail(err, NEXUS_E_SIGNATURE, "signature", "is not 64 bytes in base64");
    code = open_file(path, &fd, err);
    if (code != NEXUS_OK)
        return code;
    set = nx_trust_current(trust, &generation, &ahead, &late);
    code = check_open(fd, path, set, bytes, key_id, err);
    nx_trust_set_release(set);
    close(fd);
    return code;
}
