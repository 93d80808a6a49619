/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file error.h
 * Status codes, and the error object that says what happened and where.
 *
 * Every call that can fail returns NEXUS_OK (0) or one of the negative codes below, and takes a
 * `struct nexus_error *err` as its last argument. Pass NULL when the code alone is enough. The
 * object belongs to the caller, is written only on failure, and may be reused for the next call.
 */
#ifndef NEXUS_ERROR_H
#define NEXUS_ERROR_H

#include <nexus/base.h>

NEXUS_BEGIN_DECLS

/**
 * Status codes. The numbers are stable: a code is never renumbered and never reused.
 * @since 1.0
 */
enum nexus_status {
    NEXUS_OK = 0,             /**< Success. */
    NEXUS_E_INVALID = -1,     /**< An argument or option is unusable; `where` names it. */
    NEXUS_E_MEMORY = -2,      /**< Memory could not be allocated; nothing was changed. */
    NEXUS_E_VALIDATION = -3,  /**< A payload breaks the contract; `where` names the member. */
    NEXUS_E_JSON = -4,        /**< Text is not strict JSON; `where` names the member or byte. */
    NEXUS_E_SUBJECT = -5,     /**< A tenant, node or other subject token is not allowed. */
    NEXUS_E_CHANNEL = -6,     /**< No such channel in the contract. */
    NEXUS_E_TIMEOUT = -7,     /**< The deadline passed. A publish may still have been stored. */
    NEXUS_E_FULL = -8,        /**< The in-flight window or another bounded store is full. */
    NEXUS_E_CLOSED = -9,      /**< The client, subscription or connection has been closed. */
    NEXUS_E_CONNECT = -10,    /**< No server could be reached. */
    NEXUS_E_AUTH = -11,       /**< The server refused the credentials. */
    NEXUS_E_PERMISSION = -12, /**< The server forbids this subject to these credentials. */
    NEXUS_E_NO_STREAM = -13,  /**< No stream covers the subject; provision one first. */
    NEXUS_E_STREAM = -14,     /**< JetStream refused; `message` carries its own words. */
    NEXUS_E_CONFLICT = -15,   /**< What exists differs from what is asked; nothing was changed. */
    NEXUS_E_NOT_FOUND = -16,  /**< No such stream, consumer, key or file. */
    NEXUS_E_STATE = -17,      /**< Not allowed here, for example from inside a callback. */
    NEXUS_E_TOO_LARGE = -18,  /**< A size is above its limit; `message` gives both. */
    NEXUS_E_IO = -19,         /**< A file or socket operation failed. */
    NEXUS_E_FORK = -20,       /**< The client was made before fork(); make a new one. */
    NEXUS_E_TENANT = -21,     /**< The envelope's tenant is not the tenant of the subject. */
    NEXUS_E_SIGNATURE = -22,  /**< A signature is missing, malformed or wrong. */
    NEXUS_E_KEY = -23,        /**< A key is unknown, unreadable, expired, revoked or not allowed. */
    NEXUS_E_REPLAY = -24,     /**< An event that was handled before came again as a new one. */
    NEXUS_E_UNSUPPORTED = -25, /**< The server or this build lacks what is asked for. */
    NEXUS_E_SETTLED = -26,     /**< The delivery was settled before. */
    NEXUS_E_INTERNAL = -27     /**< A defect of the library; please report it. */
};

/** Trying the same call again later may succeed. @since 1.0 */
#define NEXUS_ERROR_RETRIABLE 0x1u
/** The object that reported it can do no more work and should be destroyed. @since 1.0 */
#define NEXUS_ERROR_FATAL 0x2u

/** Bytes in `where` and `message`, the terminating NUL included. @since 1.0 */
#define NEXUS_ERROR_WHERE_SIZE   120
#define NEXUS_ERROR_MESSAGE_SIZE 384

/**
 * What went wrong. The layout is frozen: 512 bytes for ever. Texts are UTF-8, NUL-terminated, and
 * cut at a character boundary when too long. They never contain keys or passwords.
 * @since 1.0
 */
struct nexus_error {
    int32_t code;                       /**< One of enum nexus_status. */
    uint32_t flags;                     /**< NEXUS_ERROR_RETRIABLE, NEXUS_ERROR_FATAL. */
    char where[NEXUS_ERROR_WHERE_SIZE]; /**< The member, argument or subject: `payload.files[2]`. */
    char message[NEXUS_ERROR_MESSAGE_SIZE]; /**< One sentence for a person. */
};

/** An error object with nothing in it. @since 1.0 */
#define NEXUS_ERROR_INIT \
    {                    \
        0, 0u, "", ""    \
    }

/**
 * The name of a status code ("NEXUS_E_TIMEOUT"), or "NEXUS_E_UNKNOWN" for a number that this
 * version does not know. Static storage; any thread.
 * @since 1.0
 */
NEXUS_API const char *nexus_status_name(int status);

/**
 * One sentence on what a status code means, in English. Static storage; any thread.
 * @since 1.0
 */
NEXUS_API const char *nexus_status_text(int status);

NEXUS_END_DECLS

#endif
