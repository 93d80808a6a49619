/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and tokens as the NATS servers know them, made for one test: NKeys, JWTs, and TLS
 * certificates. */
#ifndef TEST_CREDENTIALS_H
#define TEST_CREDENTIALS_H

#include <stdbool.h>

#define TEST_JWT_SIZE 2048

/* An Ed25519 key in the server's spelling. */
struct test_nkey {
    char public_key[64]; /* "U…", "A…", "O…" */
    char seed[64];       /* "SU…" */
    unsigned char secret[64];
};

/* A fresh key; `role` is 'U' (user), 'A' (account) or 'O' (operator). */
void test_nkey_new(struct test_nkey *key, char role);

/* A signed JWT: `nats` is the JSON object of the "nats" claim. */
void test_jwt(const struct test_nkey *issuer, const struct test_nkey *subject, const char *nats,
              char out[TEST_JWT_SIZE]);

/* Server configuration for decentralized accounts, and the text of a matching user's credentials
 * file. free() both. */
void test_operator(char **config, char **credentials);

/* Makes a CA, a server certificate for 127.0.0.1, a client certificate (both by the CA) and a CA of
 * nobody's, as PEM files in the directory: ca.pem, server.pem, server-key.pem, client.pem,
 * client-key.pem, other-ca.pem. */
bool test_certificates(const char *directory);

#endif
