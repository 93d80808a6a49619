/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capability.h
 * Capability tokens: a core key grants a producer's key the right to publish certain subjects, and
 * receivers need to know the core key only. A token is a JWT (EdDSA) that names the producer's key
 * (`cnf`, RFC 7800); its holder may narrow it for another key, which makes a chain of at most
 * NEXUS_CAPABILITY_DEPTH tokens, joined by "~". docs/signing.md has the format.
 *
 * A token is no secret: it is worth nothing without the private key that it names.
 *
 * Threads: any; no client needed but where one is an argument.
 */
#ifndef NEXUS_CAPABILITY_H
#define NEXUS_CAPABILITY_H

#include <nexus/publish.h>
#include <nexus/trust.h>

NEXUS_BEGIN_DECLS

/** Most tokens in a chain, and most bytes of it. @since 1.0 */
#define NEXUS_CAPABILITY_DEPTH 4
#define NEXUS_CAPABILITY_MAX   8192

/** What a token grants, and to whom. The caller sets `size`; the lists end with NULL. @since 1.0 */
struct nexus_capability_grant {
    size_t size;
    const char *issuer;          /**< Who grants, for people: printable ASCII without spaces. */
    const char *subject;         /**< The producer, for people; the same rule. */
    const char *public_key;      /**< The producer's key: public JWK or PEM. */
    const char *const *subjects; /**< Patterns of subjects, 1 to 64. */
    const char *const *actions;  /**< What may be done; NULL: "publish", the one that receivers
                                      look for. At most 16 names. */
    int64_t not_before;          /**< Seconds since 1970; 0: now (narrowing: as the token's). */
    int64_t not_after;           /**< Seconds since 1970 (narrowing, 0: as the token's). */
    const char *id;              /**< For revoking it; NULL: a fresh UUID. */
};

/** @since 1.0 */
#define NEXUS_CAPABILITY_GRANT_INIT                                                     \
    {                                                                                   \
        sizeof(struct nexus_capability_grant), NULL, NULL, NULL, NULL, NULL, 0, 0, NULL \
    }

/**
 * Issues a token. `*out` is the caller's; nexus_free(). Errors: NEXUS_E_INVALID (`where` names the
 * member), NEXUS_E_KEY, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_capability_issue(const struct nexus_signer *issuer,
                                     const struct nexus_capability_grant *grant, char **out,
                                     struct nexus_error *err);

/**
 * Narrows a token that its holder has for another key: fewer subjects or actions, a shorter time.
 * The result contains the token. Errors: as above; NEXUS_E_KEY also when `holder` is not the key
 * that the token names; NEXUS_E_INVALID when it would grant more, or the chain would be too long.
 * @since 1.0
 */
NEXUS_API int nexus_capability_narrow(const char *token, const struct nexus_signer *holder,
                                      const struct nexus_capability_grant *grant, char **out,
                                      struct nexus_error *err);

/**
 * Checks a token against a trust store, for the moment `at` (seconds since 1970; 0: now). Errors:
 * NEXUS_E_SIGNATURE (malformed, forged), NEXUS_E_KEY (unknown issuer, widened, not in its time,
 * revoked), NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_capability_verify(const char *token, struct nexus_trust *trust, int64_t at,
                                      struct nexus_error *err);

/**
 * What a token says, as JSON: an array with {"header":…,"claims":…} for each of the chain, the
 * first issued first. Nothing is verified. `*out` is the caller's; nexus_free(). Errors:
 * NEXUS_E_SIGNATURE (malformed), NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_capability_inspect(const char *token, char **out, struct nexus_error *err);

/**
 * Publishes the contract's capTokenIssued event for a token: id, issuer, subject, key, grants and
 * time, and not the token. Errors: as nexus_publish_json(), and NEXUS_E_SIGNATURE (malformed).
 * @since 1.0
 */
NEXUS_API int nexus_capability_announce(struct nexus_client *client, const char *token,
                                        const struct nexus_publish_options *options,
                                        struct nexus_receipt *receipt, struct nexus_error *err);

/**
 * The token that a client attaches to every event that it signs. NULL: none. Errors:
 * NEXUS_E_INVALID (malformed), NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_capability(struct nexus_client_options *options,
                                                  const char *token, struct nexus_error *err);

NEXUS_END_DECLS

#endif
