/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file channel.h
 * The contract at run time: its channels, their members, and the rules of subjects. For bridges,
 * bindings and tools. Everything here is constant data: any thread, no ownership, no client needed.
 */
#ifndef NEXUS_CHANNEL_H
#define NEXUS_CHANNEL_H

#include <nexus/error.h>

NEXUS_BEGIN_DECLS

/** Longest tenant, node or other token, and longest subject, in bytes. @since 1.0 */
#define NEXUS_TOKEN_MAX   63
#define NEXUS_SUBJECT_MAX 255

/** One channel of the contract. @since 1.0 */
struct nexus_channel;

/** How many channels the contract has. @since 1.0 */
NEXUS_API size_t nexus_channel_count(void);

/** A channel by its place in the contract, from 0; NULL beyond the last. @since 1.0 */
NEXUS_API const struct nexus_channel *nexus_channel_at(size_t index);

/** A channel by its name ("bookingCreated"); NULL for an unknown one. @since 1.0 */
NEXUS_API const struct nexus_channel *nexus_channel_by_name(const char *name);

/** The channel that a concrete subject belongs to; NULL for none or an unsound subject. @since 1.0
 */
NEXUS_API const struct nexus_channel *nexus_channel_by_subject(const char *subject);

/** The name in the contract: "bookingCreated". @since 1.0 */
NEXUS_API const char *nexus_channel_name(const struct nexus_channel *channel);

/** The name in C: "booking_created". @since 1.0 */
NEXUS_API const char *nexus_channel_c_name(const struct nexus_channel *channel);

/** The address with its parameters: "nexus.{tenant_id}.booking.created". @since 1.0 */
NEXUS_API const char *nexus_channel_address(const struct nexus_channel *channel);

/** One sentence on what the channel carries. @since 1.0 */
NEXUS_API const char *nexus_channel_summary(const struct nexus_channel *channel);

/** Whether it belongs to a tenant (else to the platform itself, `nexus._core`). @since 1.0 */
NEXUS_API bool nexus_channel_has_tenant(const struct nexus_channel *channel);

/** Whether the contract leaves its payload open: any JSON object. @since 1.0 */
NEXUS_API bool nexus_channel_is_open(const struct nexus_channel *channel);

/** The fingerprint of its schema: 16 hex digits. @since 1.0 */
NEXUS_API const char *nexus_channel_fingerprint(const struct nexus_channel *channel);

/** The version of the contract: "2.0.0". @since 1.0 */
NEXUS_API const char *nexus_contract_version(void);

/** How many address parameters it has, the tenant included. @since 1.0 */
NEXUS_API size_t nexus_channel_parameter_count(const struct nexus_channel *channel);

/** The name of an address parameter ("tenant_id"), from 0; NULL beyond the last. @since 1.0 */
NEXUS_API const char *nexus_channel_parameter(const struct nexus_channel *channel, size_t index);

/** What a member holds. @since 1.0 */
enum nexus_kind {
    NEXUS_KIND_STRING = 1,       /**< A string. */
    NEXUS_KIND_INTEGER = 2,      /**< An integer within plus or minus 2^53 - 1. */
    NEXUS_KIND_NUMBER = 3,       /**< A finite double. */
    NEXUS_KIND_ENUM = 4,         /**< One of a list of strings. */
    NEXUS_KIND_STRING_ARRAY = 5, /**< An array of strings. */
    NEXUS_KIND_INTEGER_ARRAY = 6 /**< An array of integers. */
};

/** One typed member of a payload. The caller sets `size`. @since 1.0 */
struct nexus_member {
    size_t size;
    const char *name;          /**< Its name in JSON. */
    enum nexus_kind kind;      /**< What it holds. */
    bool required;             /**< Whether every event has it. */
    uint32_t max_length;       /**< Most Unicode code points in a string; 0: no limit. */
    const char *format;        /**< The contract's format ("uri"), or NULL. */
    const char *const *values; /**< An enum's values, NULL-terminated; else NULL. */
    const char *description;   /**< One sentence, or an empty text. */
    const char *example;       /**< An example as JSON text, or NULL. */
};

/** @since 1.0 */
#define NEXUS_MEMBER_INIT                                                                      \
    {                                                                                          \
        sizeof(struct nexus_member), NULL, NEXUS_KIND_STRING, false, 0, NULL, NULL, NULL, NULL \
    }

/** How many typed members its payload has; 0 on an open channel. @since 1.0 */
NEXUS_API size_t nexus_channel_member_count(const struct nexus_channel *channel);

/** Describes a member, from 0. Errors: NEXUS_E_NOT_FOUND (index), NEXUS_E_INVALID (`size`).
 * @since 1.0 */
NEXUS_API int nexus_channel_member(const struct nexus_channel *channel, size_t index,
                                   struct nexus_member *out, struct nexus_error *err);

/**
 * Checks a payload, given as JSON text, as a publish would. Errors: NEXUS_E_CHANNEL, NEXUS_E_JSON,
 * NEXUS_E_VALIDATION (`where` names the member), NEXUS_E_MEMORY, NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_validate_json(const char *channel, const char *payload,
                                  struct nexus_error *err);

/**
 * Checks a tenant, node or service name: [A-Za-z0-9][A-Za-z0-9_-]{0,62}. `what` names it in the
 * error. Errors: NEXUS_E_SUBJECT.
 * @since 1.0
 */
NEXUS_API int nexus_check_token(const char *what, const char *token, struct nexus_error *err);

NEXUS_END_DECLS

#endif
