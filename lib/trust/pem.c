/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 keys in PEM, in the one form that RFC 8410 and openssl have for them: everything but the
 * 32 bytes of the key is fixed. */
#include <sodium.h>
#include <string.h>

#include "base64.h"
#include "signer.h"
#include "status.h"

#define PRIVATE_DER (16 + 32)
#define PUBLIC_DER  (12 + 32)
#define DER_MAX     128

static const unsigned char private_prefix[16] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                                 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
static const unsigned char public_prefix[12] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

static bool starts(const char *at, const char *end, const char *text)
{
    size_t length = strlen(text);

    return (size_t)(end - at) >= length && memcmp(at, text, length) == 0;
}

static bool is_space(char byte)
{
    return byte == '\n' || byte == '\r' || byte == ' ' || byte == '\t';
}

bool nx_pem_looks(const char *text, size_t length)
{
    const char *end = text + length;

    while (text < end && is_space(*text))
        text++;
    return starts(text, end, "-----BEGIN ");
}

/* The bytes between the two lines of one label; what stands around them may be white space only. */
static bool read_block(const char *text, size_t length, const char *begin, const char *finish,
                       unsigned char *der, size_t *size)
{
    char digits[DER_MAX * 4 / 3];
    const char *at = text, *end = text + length;
    size_t count = 0;
    bool sound;

    while (at < end && is_space(*at))
        at++;
    if (!starts(at, end, begin))
        return false;
    for (at += strlen(begin); at < end && *at != '-'; at++)
        if (!is_space(*at) && count < sizeof(digits))
            digits[count++] = *at;
    sound = starts(at, end, finish) && count < sizeof(digits) &&
            nx_base64_read(digits, count, der, size);
    sodium_memzero(digits, sizeof(digits));
    if (!sound)
        return false;
    for (at += strlen(finish); at < end; at++)
        if (!is_space(*at))
            return false;
    return true;
}

int nx_pem_private(const char *text, size_t length, unsigned char seed[NX_ED25519_SEED],
                   struct nexus_error *err)
{
    unsigned char der[DER_MAX];
    size_t size = 0;
    bool sound;

    if (length > 36 && memmem(text, length, "ENCRYPTED", 9))
        return nx_fail(err, NEXUS_E_KEY, "key",
                       "the PEM is encrypted; `openssl pkey -in … -out …` writes it without");
    sound = read_block(text, length, "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----",
                       der, &size) &&
            size == PRIVATE_DER && memcmp(der, private_prefix, sizeof(private_prefix)) == 0;
    if (sound)
        memcpy(seed, der + sizeof(private_prefix), NX_ED25519_SEED);
    sodium_memzero(der, sizeof(der));
    if (sound)
        return NEXUS_OK;
    return nx_fail(err, NEXUS_E_KEY, "key",
                   "is no PKCS#8 PEM of an Ed25519 private key, as `openssl genpkey -algorithm "
                   "ed25519` writes it");
}

int nx_pem_public(const char *text, size_t length, unsigned char key[NX_ED25519_PUBLIC],
                  struct nexus_error *err)
{
    unsigned char der[DER_MAX];
    size_t size = 0;

    if (!read_block(text, length, "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----", der,
                    &size) ||
        size != PUBLIC_DER || memcmp(der, public_prefix, sizeof(public_prefix)) != 0)
        return nx_fail(err, NEXUS_E_KEY, "key",
                       "is no PEM of an Ed25519 public key, as `openssl pkey -pubout` writes it");
    memcpy(key, der + sizeof(public_prefix), NX_ED25519_PUBLIC);
    return NEXUS_OK;
}

static void put(char **at, const char *text)
{
    size_t length = strlen(text);

    memcpy(*at, text, length);
    *at += length;
}

void nx_pem_write_private(const unsigned char seed[NX_ED25519_SEED],
                          char out[NX_PEM_PRIVATE_LENGTH])
{
    unsigned char der[PRIVATE_DER];

    memcpy(der, private_prefix, sizeof(private_prefix));
    memcpy(der + sizeof(private_prefix), seed, NX_ED25519_SEED);
    put(&out, "-----BEGIN PRIVATE KEY-----\n");
    out += nx_base64_write(out, der, sizeof(der));
    put(&out, "\n-----END PRIVATE KEY-----\n");
    sodium_memzero(der, sizeof(der));
}

void nx_pem_write_public(const unsigned char key[NX_ED25519_PUBLIC], char out[NX_PEM_PUBLIC_LENGTH])
{
    unsigned char der[PUBLIC_DER];

    memcpy(der, public_prefix, sizeof(public_prefix));
    memcpy(der + sizeof(public_prefix), key, NX_ED25519_PUBLIC);
    put(&out, "-----BEGIN PUBLIC KEY-----\n");
    out += nx_base64_write(out, der, sizeof(der));
    put(&out, "\n-----END PUBLIC KEY-----\n");
}
