/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, private and public, and the texts that they come in. */
#ifndef NX_SIGNER_H
#define NX_SIGNER_H

#include <nexus/keys.h>
#include <stdatomic.h>

#include "buf.h"
#include "ed25519.h"
#include "json.h"

#define NX_THUMBPRINT_LENGTH 43
#define NX_KEY_TEXT_MAX      16384 /* bytes in a key's file */

struct nexus_signer {
    atomic_uint references;
    unsigned char *secret; /* sodium_malloc: NX_ED25519_SECRET bytes, read-only */
    unsigned char public_key[NX_ED25519_PUBLIC];
    char key_id[NEXUS_KEY_ID_MAX + 1];
    char thumbprint[NX_THUMBPRINT_LENGTH + 1];
};

/* A public key as it was read. */
struct nx_public_key {
    unsigned char bytes[NX_ED25519_PUBLIC];
    char key_id[NEXUS_KEY_ID_MAX + 1]; /* the thumbprint where none was given */
};

/* Takes a further reference; NULL is allowed. The counter is all that changes. */
struct nexus_signer *nx_signer_retain(struct nexus_signer *signer);

void nx_signer_signature(const struct nexus_signer *signer, const void *message, size_t length,
                         unsigned char out[NX_ED25519_SIGNATURE]);

/* 1 to NEXUS_KEY_ID_MAX printable ASCII characters that JSON writes as they are, no spaces. */
bool nx_key_id_sound(const char *text, size_t length);

/* jwk.c */
void nx_thumbprint(const unsigned char key[NX_ED25519_PUBLIC], char out[NX_THUMBPRINT_LENGTH + 1]);
/* Reads an Ed25519 public JWK at `node`. A private one is refused: it does not belong there.
 * Members that it does not know are left to the caller. NEXUS_E_KEY. */
int nx_jwk_public(const struct nx_json *json, uint32_t node, struct nx_public_key *out,
                  struct nexus_error *err);
/* Reads a private JWK; `key_id` is "" when it has none. NEXUS_E_KEY. */
int nx_jwk_private(const char *text, size_t length, unsigned char seed[NX_ED25519_SEED],
                   char key_id[NEXUS_KEY_ID_MAX + 1], struct nexus_error *err);
/* Appends {"kty":"OKP","crv":"Ed25519","x":…,"kid":…}; kid only when it is not NULL. */
void nx_jwk_put(struct nx_buf *out, const unsigned char key[NX_ED25519_PUBLIC], const char *key_id);
/* A string member of bounded length, without escapes; false when absent or otherwise. */
bool nx_json_plain(const struct nx_json *json, uint32_t object, const char *name, const char **text,
                   size_t *length);

/* pem.c */
int nx_pem_private(const char *text, size_t length, unsigned char seed[NX_ED25519_SEED],
                   struct nexus_error *err);
int nx_pem_public(const char *text, size_t length, unsigned char key[NX_ED25519_PUBLIC],
                  struct nexus_error *err);
bool nx_pem_looks(const char *text, size_t length);
#define NX_PEM_PRIVATE_LENGTH 119
#define NX_PEM_PUBLIC_LENGTH  113
void nx_pem_write_private(const unsigned char seed[NX_ED25519_SEED],
                          char out[NX_PEM_PRIVATE_LENGTH]);
void nx_pem_write_public(const unsigned char key[NX_ED25519_PUBLIC],
                         char out[NX_PEM_PUBLIC_LENGTH]);

/* key_text.c: a public key in either form. NEXUS_E_KEY, NEXUS_E_MEMORY. */
int nx_public_key_read(const char *text, size_t length, struct nx_public_key *out,
                       struct nexus_error *err);

/* key_file.c: a file's content in guarded memory; sodium_free() it. NEXUS_E_KEY when others may
 * read it. */
int nx_secret_file_read(const char *path, char **out, size_t *length, struct nexus_error *err);
int nx_secret_file_write(const char *path, const char *text, size_t length,
                         struct nexus_error *err);

/* The wall clock in whole seconds. */
int64_t nx_wall_seconds(void);

#endif
