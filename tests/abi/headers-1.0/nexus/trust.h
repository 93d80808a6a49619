/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust.h
 * Whom a receiver believes: public keys, what each may publish, and what has been revoked.
 *
 * With a trust store set, a client checks every message before it reads the body: a known key, in
 * its time, allowed for this subject; a signature over exactly these bytes, made for this subject
 * and this message id; and that it was not handled before. What fails goes the way of poison
 * messages (subscribe.h) with the reason, and never reaches a handler.
 *
 * Threads: any, at any time, while events flow. A change takes effect with the next message, as a
 * whole or not at all. The store is counted: clients that were made with it keep it.
 */
#ifndef NEXUS_TRUST_H
#define NEXUS_TRUST_H

#include <nexus/delivery.h>
#include <nexus/keys.h>

NEXUS_BEGIN_DECLS

/** A set of trusted keys. @since 1.0 */
struct nexus_trust;

/** An empty store. Errors: NEXUS_E_INVALID, NEXUS_E_MEMORY. @since 1.0 */
NEXUS_API NEXUS_MUST_CHECK int nexus_trust_new(struct nexus_trust **out, struct nexus_error *err);

/**
 * A store from a JWK Set file (RFC 7517): {"keys":[…],"revoked":["id",…]}. Each key is a public
 * Ed25519 JWK with `nexus_subjects`, the patterns of subjects that it may publish
 * ("nexus.salon-001.>"), and/or `nexus_grants`, the patterns that tokens which it issues may grant;
 * and optionally `nbf` and `exp`, seconds since 1970. Private keys are refused. At most 4 MiB, 4096
 * keys, 64 patterns a key, 65536 revoked ids (of keys and of tokens).
 * Errors: NEXUS_E_NOT_FOUND, NEXUS_E_IO, NEXUS_E_KEY (`where` names the key and member),
 * NEXUS_E_JSON, NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_trust_load(const char *path, struct nexus_trust **out,
                                                struct nexus_error *err);

/** Gives the store up; the last user frees it. NULL is allowed. @since 1.0 */
NEXUS_API void nexus_trust_destroy(struct nexus_trust *trust);

/**
 * Reads the file again. On failure the store stays as it was. What was added or revoked by the
 * calls below stays beside what the file says. Errors: as nexus_trust_load(); NEXUS_E_STATE when
 * the store was not made from a file.
 * @since 1.0
 */
NEXUS_API int nexus_trust_reload(struct nexus_trust *trust, struct nexus_error *err);

/** What a key may do. The caller sets `size`; the lists end with NULL. @since 1.0 */
struct nexus_trust_rule {
    size_t size;
    const char *key_id;          /**< NULL: the JWK's `kid`, else the thumbprint. */
    const char *const *subjects; /**< Patterns that it may publish; NULL: none. */
    const char *const *grants;   /**< Patterns that its tokens may grant; NULL: none. */
    int64_t not_before;          /**< Seconds since 1970; 0: always. */
    int64_t not_after;           /**< Seconds since 1970; 0: for ever. */
};

/** @since 1.0 */
#define NEXUS_TRUST_RULE_INIT                                   \
    {                                                           \
        sizeof(struct nexus_trust_rule), NULL, NULL, NULL, 0, 0 \
    }

/**
 * Adds a key, given as public JWK or PEM. Errors: NEXUS_E_KEY (unusable), NEXUS_E_CONFLICT (the id
 * is there already), NEXUS_E_INVALID (rule), NEXUS_E_FULL, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_trust_add(struct nexus_trust *trust, const char *public_key,
                              const struct nexus_trust_rule *rule, struct nexus_error *err);

/** Takes a key out again. Errors: NEXUS_E_NOT_FOUND, NEXUS_E_INVALID, NEXUS_E_MEMORY. @since 1.0 */
NEXUS_API int nexus_trust_remove(struct nexus_trust *trust, const char *key_id,
                                 struct nexus_error *err);

/**
 * Revokes a key or a token by its id: nothing that it signed or granted is accepted any more,
 * whenever that was. Errors: NEXUS_E_FULL, NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_trust_revoke(struct nexus_trust *trust, const char *id,
                                 struct nexus_error *err);

/**
 * The store as the text of a JWK Set file. `*out` is the caller's; nexus_free(). Errors:
 * NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_trust_json(const struct nexus_trust *trust, char **out,
                               struct nexus_error *err);

/** How many keys it holds. @since 1.0 */
NEXUS_API size_t nexus_trust_count(const struct nexus_trust *trust);

/**
 * How far clocks may disagree, and how late an event may reach the stream, in seconds. An event's
 * own time must lie within its key's time, and not more than `ahead` (0 to 86400, default 300)
 * after the stream's. The stream's time may lie up to `late` (0 to 31536000, default 86400) after
 * the key's end: an edge node that was offline delivers what it signed in time. Errors:
 * NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_trust_set_tolerance(struct nexus_trust *trust, int64_t ahead, int64_t late,
                                        struct nexus_error *err);

/**
 * How many events (0 to 1048576, default 65536; 0 turns it off), and for how many seconds (1 to
 * 604800, default 3600), each subscription remembers what it has handled, to recognize a copy that
 * was stored again. Counts for subscriptions made afterwards. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_trust_set_replay_window(struct nexus_trust *trust, uint32_t events,
                                            int64_t seconds, struct nexus_error *err);

/** What becomes of messages that prove nothing. @since 1.0 */
enum nexus_trust_policy {
    NEXUS_TRUST_REQUIRE = 1, /**< Only verified events are delivered (the default). */
    NEXUS_TRUST_PERMIT = 2   /**< Unsigned ones, and those of unknown keys, are delivered with that
                                  verdict. What is wrong is refused all the same. */
};

/**
 * Makes a client check what it receives. `trust` NULL turns it off. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_trust(struct nexus_client_options *options,
                                             struct nexus_trust *trust,
                                             enum nexus_trust_policy policy,
                                             struct nexus_error *err);

/** What is known of who published an event. @since 1.0 */
enum nexus_trust_verdict {
    NEXUS_TRUST_UNCHECKED = 0,   /**< The client has no trust store. */
    NEXUS_TRUST_UNSIGNED = 1,    /**< Not signed; permitted. */
    NEXUS_TRUST_UNKNOWN_KEY = 2, /**< Signed by a key that is not in the store; permitted. */
    NEXUS_TRUST_VERIFIED = 3,    /**< Verified with a key of the store. */
    NEXUS_TRUST_DELEGATED = 4    /**< Verified with a key that a valid capability names. */
};

/** Why a message was refused. @since 1.0 */
enum nexus_refusal {
    NEXUS_REFUSED_NOT = 0,         /**< It was not, or for a reason other than trust. */
    NEXUS_REFUSED_UNSIGNED = 1,    /**< It has no signature. */
    NEXUS_REFUSED_MALFORMED = 2,   /**< Its signature cannot be read, or there are two. */
    NEXUS_REFUSED_ALGORITHM = 3,   /**< Another algorithm than Ed25519, or an unknown `crit`. */
    NEXUS_REFUSED_SUBJECT = 4,     /**< Signed for another subject. */
    NEXUS_REFUSED_MESSAGE_ID = 5,  /**< Signed for another message id. */
    NEXUS_REFUSED_UNKNOWN_KEY = 6, /**< The key is not known. */
    NEXUS_REFUSED_REVOKED = 7,     /**< The key, or a token that names it, was revoked. */
    NEXUS_REFUSED_TIME = 8,        /**< Outside the time of the key or token, or in the future. */
    NEXUS_REFUSED_NOT_ALLOWED = 9, /**< The key may not publish this subject. */
    NEXUS_REFUSED_CAPABILITY = 10, /**< The capability is malformed, forged or widened. */
    NEXUS_REFUSED_SIGNATURE = 11,  /**< The signature does not fit: something was changed. */
    NEXUS_REFUSED_REPLAY = 12      /**< A copy of an event that was handled before. */
};

/** The name of a reason: "unknown_key". Static storage; any thread. @since 1.0 */
NEXUS_API const char *nexus_refusal_name(enum nexus_refusal refusal);

/** What was found out about who published it. @since 1.0 */
NEXUS_API enum nexus_trust_verdict nexus_delivery_trust(const struct nexus_delivery *delivery);

/** The id of the key that signed it, or NULL. Verified unless the verdict says otherwise.
 * @since 1.0
 */
NEXUS_API const char *nexus_delivery_key_id(const struct nexus_delivery *delivery);

/** A message to check outside of a client. The caller sets `size`. @since 1.0 */
struct nexus_signed_message {
    size_t size;
    const char *subject;    /**< The subject that it came on. */
    const char *message_id; /**< Its `Nats-Msg-Id`, or NULL: not compared. */
    const char *signature;  /**< Its `Nexus-Signature`, or NULL. */
    const char *capability; /**< Its `Nexus-Capability`, or NULL. */
    const void *body;       /**< Its body. */
    size_t length;          /**< The body's length in bytes. */
    int64_t stored;         /**< When it was stored, seconds since 1970; 0: now. */
};

/** @since 1.0 */
#define NEXUS_SIGNED_MESSAGE_INIT                                               \
    {                                                                           \
        sizeof(struct nexus_signed_message), NULL, NULL, NULL, NULL, NULL, 0, 0 \
    }

/** What a check found. The caller sets `size`. @since 1.0 */
struct nexus_check_result {
    size_t size;
    enum nexus_trust_verdict verdict;  /**< On success. */
    enum nexus_refusal refusal;        /**< On failure. */
    char key_id[NEXUS_KEY_ID_MAX + 1]; /**< The key's id as the signature names it, or "". */
};

/** @since 1.0 */
#define NEXUS_CHECK_RESULT_INIT                                                      \
    {                                                                                \
        sizeof(struct nexus_check_result), NEXUS_TRUST_UNCHECKED, NEXUS_REFUSED_NOT, \
        {                                                                            \
            0                                                                        \
        }                                                                            \
    }

/**
 * Checks one message as a client with NEXUS_TRUST_REQUIRE would, but for replays. `out` (NULL
 * allowed) is filled on success and on refusal. Errors: NEXUS_E_SIGNATURE, NEXUS_E_KEY (refused),
 * NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_trust_check(struct nexus_trust *trust,
                                const struct nexus_signed_message *message,
                                struct nexus_check_result *out, struct nexus_error *err);

/**
 * Checks a file's signature as moduleUpdated carries it; call it before loading the module. The key
 * must be in the store, in its time, not revoked, and allowed to publish
 * `nexus._core.module.updated`. `key_id` NULL tries every such key. Reads the file once and keeps
 * none of it, however large. Load from a copy that nobody else can write, and check that copy: a
 * file that is replaced after the check was not checked.
 * Errors: NEXUS_E_SIGNATURE, NEXUS_E_KEY, NEXUS_E_NOT_FOUND, NEXUS_E_IO, NEXUS_E_INVALID,
 * NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_trust_check_file(struct nexus_trust *trust, const char *path,
                                     const char *signature, const char *key_id,
                                     struct nexus_error *err);

NEXUS_END_DECLS

#endif
