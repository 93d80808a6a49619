/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials.h"

#include <check.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNT_CLAIM                                                                    \
    "{\"limits\":{\"subs\":-1,\"data\":-1,\"payload\":-1,\"imports\":-1,\"exports\":-1," \
    "\"wildcards\":true,\"conn\":-1,\"leaf\":-1,\"mem_storage\":%d,\"disk_storage\":%d," \
    "\"streams\":%d,\"consumer\":%d},\"type\":\"account\",\"version\":2}"

static uint16_t crc16(const unsigned char *bytes, size_t length)
{
    uint16_t crc = 0;
    for (size_t i = 0; i < length; i++) {
        crc = (uint16_t)(crc ^ (uint16_t)(bytes[i] << 8));
        for (int bit = 0; bit < 8; bit++) {
            crc = (uint16_t)((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
        }
    }
    return crc;
}

static void base32(const unsigned char *bytes, size_t length, char *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < length; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 5; held -= 5) {
            *out++ = alphabet[bits >> (held - 5) & 31];
        }
    }
    if (held > 0) {
        *out++ = alphabet[bits << (5 - held) & 31];
    }
    *out = '\0';
}

/* The prefix, the key, and a checksum, least significant byte first. */
static void spell(const unsigned char *prefix, size_t prefix_length, const unsigned char *key,
                  char *out)
{
    unsigned char raw[36];
    memcpy(raw, prefix, prefix_length);
    memcpy(raw + prefix_length, key, 32);
    uint16_t crc = crc16(raw, prefix_length + 32);
    raw[prefix_length + 32] = (unsigned char)(crc & 0xff);
    raw[prefix_length + 33] = (unsigned char)(crc >> 8);
    base32(raw, prefix_length + 34, out);
}

void test_nkey_new(struct test_nkey *key, char role)
{
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
    unsigned char seed[crypto_sign_SEEDBYTES];
    /* A prefix is the letter's base-32 value in the top five bits. */
    unsigned char letter = (unsigned char)((role - 'A') << 3);
    unsigned char seed_prefix[2] = {(unsigned char)(('S' - 'A') << 3 | letter >> 5),
                                    (unsigned char)(letter << 3)};
    ck_assert_int_ge(sodium_init(), 0);
    randombytes_buf(seed, sizeof seed);
    crypto_sign_seed_keypair(public_key, key->secret, seed);
    spell(&letter, 1, public_key, key->public_key);
    spell(seed_prefix, 2, seed, key->seed);
}

static size_t base64(const void *bytes, size_t length, char *out, size_t size)
{
    sodium_bin2base64(out, size, bytes, length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return strlen(out);
}

void test_jwt(const struct test_nkey *issuer, const struct test_nkey *subject, const char *nats,
              char out[TEST_JWT_SIZE])
{
    static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}";
    char claims[1024];
    unsigned char signature[crypto_sign_BYTES];
    int length = snprintf(claims, sizeof claims,
                          "{\"jti\":\"test\",\"iat\":1600000000,\"iss\":\"%s\",\"name\":\"test\","
                          "\"sub\":\"%s\",\"nats\":%s}",
                          issuer->public_key, subject->public_key, nats);
    size_t used = base64(header, sizeof header - 1, out, TEST_JWT_SIZE);
    out[used++] = '.';
    used += base64(claims, (size_t)length, out + used, TEST_JWT_SIZE - used);
    crypto_sign_detached(signature, NULL, (const unsigned char *)out, used, issuer->secret);
    out[used++] = '.';
    base64(signature, sizeof signature, out + used, TEST_JWT_SIZE - used);
}

static void account_jwt(const struct test_nkey *operator_key, const struct test_nkey *account,
                        bool jetstream, char out[TEST_JWT_SIZE])
{
    char claim[512];
    int limit = jetstream ? -1 : 0;
    snprintf(claim, sizeof claim, ACCOUNT_CLAIM, limit, limit, limit, limit);
    test_jwt(operator_key, account, claim, out);
}

void test_operator(char **config, char **credentials)
{
    struct test_nkey operator_key;
    struct test_nkey system;
    struct test_nkey account;
    struct test_nkey user;
    char jwts[4][TEST_JWT_SIZE];
    test_nkey_new(&operator_key, 'O');
    test_nkey_new(&system, 'A');
    test_nkey_new(&account, 'A');
    test_nkey_new(&user, 'U');
    test_jwt(&operator_key, &operator_key, "{\"type\":\"operator\",\"version\":2}", jwts[0]);
    account_jwt(&operator_key, &system, false, jwts[1]);
    account_jwt(&operator_key, &account, true, jwts[2]);
    test_jwt(&account, &user,
             "{\"pub\":{},\"sub\":{},\"subs\":-1,\"data\":-1,\"payload\":-1,\"type\":\"user\","
             "\"version\":2}",
             jwts[3]);
    ck_assert_int_gt(asprintf(config,
                              "operator: %s\nsystem_account: %s\nresolver: MEMORY\n"
                              "resolver_preload: {\n  %s: %s\n  %s: %s\n}\n",
                              jwts[0], system.public_key, system.public_key, jwts[1],
                              account.public_key, jwts[2]),
                     0);
    ck_assert_int_gt(asprintf(credentials,
                              "-----BEGIN NATS USER JWT-----\n%s\n------END NATS USER JWT------\n\n"
                              "-----BEGIN USER NKEY SEED-----\n%s\n------END USER NKEY "
                              "SEED------\n",
                              jwts[3], user.seed),
                     0);
}

bool test_certificates(const char *directory)
{
    static const char script[] =
        "set -e; cd '%s'; exec 2>>openssl.log;"
        "new() { openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj \"/CN=$2\" -keyout "
        "$1-key.pem -out $1.pem; };"
        "signed() { openssl req -newkey rsa:2048 -nodes -subj \"/CN=$2\" -keyout $1-key.pem -out "
        "$1.csr;"
        " printf \"subjectAltName=$3\" >$1.ext;"
        " openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 "
        "-extfile $1.ext -out $1.pem; };"
        "new ca test-ca; new other-ca nobody; signed server test-server IP:127.0.0.1;"
        "signed client test-client email:till-2@example.com";
    char command[2048];
    int length = snprintf(command, sizeof command, script, directory);
    return length > 0 && (size_t)length < sizeof command && system(command) == 0;
}
