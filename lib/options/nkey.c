/* SPDX-License-Identifier: Apache-2.0 */
/* NKeys are Ed25519 keys in base32, with a prefix that names their kind and a CRC16 at the end. */
#include "nkey.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "status.h"

#define FILE_MAX      4096 /* a seed alone has 58 bytes; a file may have comments around it */
#define SEED_TEXT     58   /* base32 of the seed below */
#define SEED_SIZE     36   /* prefix 2, Ed25519 seed 32, checksum 2 */
#define PUBLIC_SIZE   35   /* prefix 1, public key 32, checksum 2 */
#define PREFIX_SEED   0x90 /* "S" */
#define PREFIX_USER   0xa0 /* "U" */
#define BASE32_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

static uint16_t crc16(const unsigned char *bytes, size_t length)
{
    unsigned crc = 0;

    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned)bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
    }
    return (uint16_t)crc;
}

/* Exactly `size` bytes from as many digits as they need. False for a wrong digit, or when the last
 * one has bits set beyond the bytes: each text has one spelling. */
static bool base32_decode(const char *text, unsigned char *out, size_t size)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t done = 0; done < size; text++) {
        const char *digit = *text ? strchr(BASE32_DIGITS, *text) : NULL;
        if (!digit)
            return false;
        bits = (bits << 5 | (uint32_t)(digit - BASE32_DIGITS)) & 0xfff;
        held += 5;
        if (held >= 8) {
            held -= 8;
            out[done++] = (unsigned char)(bits >> held);
        }
    }
    return (bits & ((1u << held) - 1)) == 0;
}

/* `size` * 8 is a multiple of 5. */
static void base32_encode(const unsigned char *bytes, size_t size, char *out)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 5; held -= 5)
            *out++ = BASE32_DIGITS[bits >> (held - 5) & 31];
    }
    *out = 0;
}

/* A seed's first two bytes hold two prefixes of five bits each: seed, and whose. */
static bool decode_seed(const char *text, unsigned char seed[SEED_SIZE])
{
    uint16_t sum;

    if (!base32_decode(text, seed, SEED_SIZE))
        return false;
    sum = (uint16_t)(seed[SEED_SIZE - 2] | seed[SEED_SIZE - 1] << 8);
    return (seed[0] & 0xf8) == PREFIX_SEED && ((seed[0] & 7) << 5 | seed[1] >> 3) == PREFIX_USER &&
           sum == crc16(seed, SEED_SIZE - 2);
}

/* Looks for a line that is a user's seed. */
static bool find_seed(const char *content, unsigned char seed[SEED_SIZE])
{
    for (const char *at = content; *at; at += strcspn(at, "\r\n")) {
        size_t length;

        at += strspn(at, " \t\r\n");
        length = strcspn(at, " \t\r\n");
        if (length == SEED_TEXT && decode_seed(at, seed))
            return true;
    }
    return false;
}

static int fail_file(const char *path, int number, struct nexus_error *err)
{
    return nx_fail(err, number == ENOENT ? NEXUS_E_NOT_FOUND : NEXUS_E_IO, "nkey_file",
                   "cannot read %s: %s", path, strerror(number));
}

/* Without stdio, whose buffer would keep the seed. */
static int read_file(const char *path, char content[FILE_MAX + 1], struct nexus_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t length = 0;
    ssize_t got;

    if (fd < 0)
        return fail_file(path, errno, err);
    do {
        got = read(fd, content + length, FILE_MAX - length);
        if (got > 0)
            length += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    content[length] = 0;
    if (got < 0) {
        int code = fail_file(path, errno, err);
        close(fd);
        return code;
    }
    close(fd);
    return NEXUS_OK;
}

static void public_from_seed(const unsigned char *seed, char out[NX_NKEY_PUBLIC_SIZE])
{
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    unsigned char key[PUBLIC_SIZE];
    uint16_t sum;

    key[0] = PREFIX_USER;
    crypto_sign_seed_keypair(key + 1, secret, seed + 2);
    sodium_memzero(secret, sizeof(secret));
    sum = crc16(key, PUBLIC_SIZE - 2);
    key[PUBLIC_SIZE - 2] = (unsigned char)sum;
    key[PUBLIC_SIZE - 1] = (unsigned char)(sum >> 8);
    base32_encode(key, sizeof(key), out);
}

int nx_nkey_public(const char *seed_file, char out[NX_NKEY_PUBLIC_SIZE], struct nexus_error *err)
{
    char content[FILE_MAX + 1];
    unsigned char seed[SEED_SIZE];
    int code = read_file(seed_file, content, err);

    if (code == NEXUS_OK && !find_seed(content, seed))
        code =
            nx_fail(err, NEXUS_E_IO, "nkey_file", "%s does not hold a user's NKey seed", seed_file);
    if (code == NEXUS_OK)
        public_from_seed(seed, out);
    sodium_memzero(content, sizeof(content));
    sodium_memzero(seed, sizeof(seed));
    return code;
}
