/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file keys.h
 * Signing: Ed25519 keys, and clients that sign what they publish. docs/signing.md has the format.
 *
 * A signer keeps its private key in memory of its own: locked against swapping where the system
 * allows that, surrounded by guard pages, wiped when the last user is gone. Errors and logs never
 * contain it.
 *
 * Threads: a signer may be used by any thread and any number of clients at once. It is counted: a
 * client that was made with it keeps it, and it may be destroyed at any time.
 */
#ifndef NEXUS_KEYS_H
#define NEXUS_KEYS_H

#include <nexus/options.h>

NEXUS_BEGIN_DECLS

/** Bytes of a seed, which is the private key. @since 1.0 */
#define NEXUS_SEED_SIZE 32
/** Most characters in a key id: printable ASCII without spaces, quotes and backslashes. @since 1.0
 */
#define NEXUS_KEY_ID_MAX 128

/** A private key and its id. @since 1.0 */
struct nexus_signer;

/**
 * A signer with a fresh random key. `key_id` NULL: the key's JWK thumbprint (RFC 7638).
 * Errors, the same for the others below: NEXUS_E_INVALID (an argument), NEXUS_E_KEY (what was given
 * is no usable private key), NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_signer_generate(const char *key_id, struct nexus_signer **out,
                                                     struct nexus_error *err);

/** A signer from a seed of 32 bytes. Wiping the caller's copy is left to the caller. @since 1.0 */
NEXUS_API NEXUS_MUST_CHECK int nexus_signer_from_seed(const void *seed, const char *key_id,
                                                      struct nexus_signer **out,
                                                      struct nexus_error *err);

/**
 * A signer from a text: a PKCS#8 PEM as `openssl genpkey -algorithm ed25519` writes it, or a
 * private JWK (RFC 8037). `key_id` NULL: the JWK's `kid` where it has one, else the thumbprint.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_signer_from_text(const char *text, size_t length,
                                                      const char *key_id, struct nexus_signer **out,
                                                      struct nexus_error *err);

/**
 * The same from a file, which nobody but its owner may be able to read: else NEXUS_E_KEY, and the
 * message has the command that mends it. Further errors: NEXUS_E_NOT_FOUND, NEXUS_E_IO.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_signer_from_file(const char *path, const char *key_id,
                                                      struct nexus_signer **out,
                                                      struct nexus_error *err);

/** Gives the signer up; the last user frees and wipes it. NULL is allowed. @since 1.0 */
NEXUS_API void nexus_signer_destroy(struct nexus_signer *signer);

/** Its key id; as long as the signer. @since 1.0 */
NEXUS_API const char *nexus_signer_key_id(const struct nexus_signer *signer);

/** The RFC 7638 thumbprint of its key; as long as the signer. @since 1.0 */
NEXUS_API const char *nexus_signer_thumbprint(const struct nexus_signer *signer);

/** How a public key is written. @since 1.0 */
enum nexus_key_format {
    NEXUS_KEY_JWK = 1, /**< A JSON Web Key in one line. */
    NEXUS_KEY_PEM = 2  /**< PEM, as openssl reads and writes it. */
};

/**
 * The public key as text. `*out` is the caller's; nexus_free(). Errors: NEXUS_E_INVALID,
 * NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_signer_public(const struct nexus_signer *signer, enum nexus_key_format format,
                                  char **out, struct nexus_error *err);

/**
 * Writes the private key to a new file that only its owner can read. An existing file is never
 * touched (NEXUS_E_CONFLICT). Errors: NEXUS_E_INVALID, NEXUS_E_IO, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_signer_write(const struct nexus_signer *signer, enum nexus_key_format format,
                                 const char *path, struct nexus_error *err);

/** Which kind of signature a client makes. Receivers accept all. @since 1.0 */
enum nexus_signing {
    NEXUS_SIGNING_AUTO = 1,   /**< Each kind where it is best (the default). */
    NEXUS_SIGNING_SINGLE = 2, /**< One signature for each event. */
    NEXUS_SIGNING_TREE = 3    /**< One for all events that wait at that moment: a hash tree. */
};

/**
 * Makes clients sign every event that they publish. `signer` NULL turns it off. With
 * NEXUS_SIGNING_AUTO an event that is published while nothing else is under way has a signature of
 * its own, and asynchronous ones that come in quick succession share one, which is many times
 * cheaper. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_signer(struct nexus_client_options *options,
                                              struct nexus_signer *signer,
                                              enum nexus_signing signing, struct nexus_error *err);

/**
 * Signs an event outside of a client, for bridges and tools: the value of the header
 * `Nexus-Signature` for a message with this subject, `Nats-Msg-Id` and body. `*out` is the
 * caller's; nexus_free(). Errors: NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_signer_sign(const struct nexus_signer *signer, const char *subject,
                                const char *message_id, const void *body, size_t length, char **out,
                                struct nexus_error *err);

/**
 * Signs a file's bytes (plain Ed25519), for the `signature` member of moduleUpdated: 88 characters
 * of base64. Reads the file twice and keeps none of it, however large. `*out` is the caller's;
 * nexus_free(). Errors: NEXUS_E_NOT_FOUND, NEXUS_E_IO (unreadable, or changed meanwhile),
 * NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_signer_sign_file(const struct nexus_signer *signer, const char *path,
                                     char **out, struct nexus_error *err);

NEXUS_END_DECLS

#endif
