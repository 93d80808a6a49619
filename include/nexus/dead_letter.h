/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file dead_letter.h
 * Events that were given up on: where they are kept, how to look at them, and how to send them
 * back.
 *
 * A consumer gives an event up when its handler says NEXUS_REJECT, when it was retried as often as
 * the subscription allows, or when it is poison: not to be read, not to be believed, not what its
 * subject says. The event is then stored as a dead letter in a stream of its own ("NEXUS_DLQ",
 * subjects `nexus-dlq.<tenant>.…`), body and headers as they were received, with the reason, and
 * only when that is acknowledged does the consumer end it. What cannot be stored comes again, with
 * growing delays, until it can. nexus_provision() makes the stream.
 *
 * The functions here read that stream. They need no subscription and no consumer, and work with the
 * rights to `$JS.API.STREAM.MSG.GET.<stream>` and, to remove letters, `….MSG.DELETE.<stream>` and
 * `$JS.API.STREAM.PURGE.<stream>`.
 */
#ifndef NEXUS_DEAD_LETTER_H
#define NEXUS_DEAD_LETTER_H

#include <nexus/publish.h>

NEXUS_BEGIN_DECLS

/** The stream of dead letters, where no other is named. @since 1.0 */
#define NEXUS_DEAD_LETTER_STREAM "NEXUS_DLQ"

/** Why an event was given up on. @since 1.0 */
enum nexus_dead_reason {
    NEXUS_DEAD_OTHER = 0,     /**< A reason that this version does not know. */
    NEXUS_DEAD_REJECTED = 1,  /**< A handler said NEXUS_REJECT. */
    NEXUS_DEAD_EXHAUSTED = 2, /**< It was retried as often as the subscription allows. */
    NEXUS_DEAD_POISON = 3     /**< It reached no handler: it is not what it should be. */
};

/** The word for a reason ("rejected", "exhausted", "poison"). Static; any thread. @since 1.0 */
NEXUS_API const char *nexus_dead_reason_name(enum nexus_dead_reason reason);

/** One header of a message. @since 1.0 */
struct nexus_header {
    const char *name;
    const char *value;
};

/**
 * An event that was given up on. Read only members inside `size`; the struct grows at its end.
 * Texts are never NULL unless it says so. Valid during the callback that is given it.
 * @since 1.0
 */
struct nexus_dead_letter {
    size_t size;
    uint64_t number; /**< The letter's number in the stream of dead letters; 0: not stored there. */
    int64_t time;    /**< When that was: nanoseconds since 1970-01-01 UTC; 0: not stored there. */
    enum nexus_dead_reason reason;
    const struct nexus_error *err; /**< What was wrong: of poison with code and place, else the
                                        handler's own words (nexus_delivery_set_reason()). */
    const char *subject;           /**< The event's subject. */
    const char *stream;            /**< The stream that the event is in. */
    uint64_t sequence;             /**< Its number there. */
    int64_t stored;                /**< When it was stored there: nanoseconds since 1970. */
    const char *consumer;          /**< The durable consumer that gave it up. */
    const char *service;           /**< The service that did; its client option. */
    uint64_t deliveries;           /**< How often it had been delivered. */
    const char *message_id;        /**< The publisher's message id, or NULL. */
    const char *body;              /**< The body as received, NUL-terminated; or NULL, see below. */
    size_t body_length;            /**< Its length in bytes. */
    bool body_missing; /**< The letter had no room for the body, which is in `stream` only. */
    size_t header_count;
    const struct nexus_header *headers; /**< The event's headers as received, in any order. */
};

/** Which dead letters. NULL in its place: all of the stream "NEXUS_DLQ". @since 1.0 */
struct nexus_dead_letter_filter {
    size_t size;                   /**< NEXUS_DEAD_LETTER_FILTER_INIT sets it. */
    const char *stream;            /**< The stream of dead letters; NULL: "NEXUS_DLQ". */
    const char *subject;           /**< The events' subject, wildcards allowed; NULL: any. */
    enum nexus_dead_reason reason; /**< 0: any. */
    const char *consumer;          /**< The consumer that gave them up; NULL: any. */
    int64_t since;                 /**< Given up at or after: nanoseconds since 1970; 0: any. */
    int64_t until;                 /**< Given up before; 0: any. */
    uint64_t from;                 /**< Beginning with this number; 0: the first. */
    uint64_t limit;                /**< At most so many; 0: all. */
};

/** @since 1.0 */
#define NEXUS_DEAD_LETTER_FILTER_INIT                                                           \
    {                                                                                           \
        sizeof(struct nexus_dead_letter_filter), NULL, NULL, NEXUS_DEAD_OTHER, NULL, 0, 0, 0, 0 \
    }

/**
 * Receives one dead letter; `letter` is valid during the call. Runs inside nexus_dead_letters(), on
 * its thread, and may call everything of the library.
 * @return true to go on, false to end.
 * @since 1.0
 */
typedef bool (*nexus_dead_letter_visit)(const struct nexus_dead_letter *letter, void *data);

/**
 * Shows the dead letters that fit a filter, oldest first: those that are there when it begins.
 * `*shown` (NULL allowed) is their number. What stands in the stream and is no dead letter is
 * shown, too, with the reason NEXUS_DEAD_OTHER.
 *
 * Threads: any, but not from inside a callback of the transport. Blocks for at most 10 s per
 * letter. Errors: NEXUS_E_INVALID, NEXUS_E_NOT_FOUND (no such stream), NEXUS_E_PERMISSION,
 * NEXUS_E_TIMEOUT, NEXUS_E_STREAM, NEXUS_E_MEMORY, NEXUS_E_UNSUPPORTED, NEXUS_E_CLOSED,
 * NEXUS_E_FORK.
 * @since 1.0
 */
NEXUS_API int nexus_dead_letters(struct nexus_client *client,
                                 const struct nexus_dead_letter_filter *filter,
                                 nexus_dead_letter_visit visit, void *data, uint64_t *shown,
                                 struct nexus_error *err);

/** What else nexus_dead_letter_retry() shall do; added up. @since 1.0 */
enum nexus_dead_letter_flags {
    NEXUS_DEAD_LETTER_DRY_RUN = 1,    /**< Only say whether it could be sent; send nothing. */
    NEXUS_DEAD_LETTER_KEEP = 2,       /**< Leave the letter where it is. */
    NEXUS_DEAD_LETTER_NEW_ID = 4,     /**< Send it under a fresh message id. */
    NEXUS_DEAD_LETTER_ANY_SUBJECT = 8 /**< Send it even where its subject is not the letter's. */
};

/**
 * Sends the event of a dead letter to its subject again, byte for byte with all its headers, its
 * message id and signature included; and when it is stored, removes the letter. All consumers of
 * the subject receive it; those that recognize the message id (an inbox, the check of replays) pass
 * over it.
 *
 * A stream does not store a message id twice within its duplicate window (2 minutes, unless it was
 * provisioned with another): an event that is sent back earlier is not stored again. That is
 * NEXUS_E_REPLAY, and the letter stays; try again later, or with NEXUS_DEAD_LETTER_NEW_ID, which
 * does not fit events that are signed (NEXUS_E_SIGNATURE).
 *
 * Whoever may write to `nexus-dlq.<tenant>.>` may put anything into a letter. So the subject in it
 * must be the one that the letter's own subject says: a tenant cannot have events of another tenant
 * published by an operator. NEXUS_E_TENANT otherwise.
 *
 * @param stream the stream of dead letters; NULL: "NEXUS_DLQ".
 * @param number the letter's number there.
 * @param flags of enum nexus_dead_letter_flags, or 0.
 * @param receipt NULL, or where to write where it went.
 *
 * Threads: any, but not from inside a callback of the transport. Blocks for at most 40 s.
 * Errors: those above, NEXUS_E_NOT_FOUND (also: no such letter, or its body is gone from its
 * stream), NEXUS_E_JSON (not a dead letter), NEXUS_E_SUBJECT, NEXUS_E_NO_STREAM, NEXUS_E_TOO_LARGE.
 * @since 1.0
 */
NEXUS_API int nexus_dead_letter_retry(struct nexus_client *client, const char *stream,
                                      uint64_t number, unsigned flags,
                                      struct nexus_receipt *receipt, struct nexus_error *err);

/**
 * Removes one dead letter for good. `stream` NULL: "NEXUS_DLQ". Any thread; blocks for at most 10
 * s. Errors: those of nexus_dead_letters(), NEXUS_E_NOT_FOUND (no such letter).
 * @since 1.0
 */
NEXUS_API int nexus_dead_letter_delete(struct nexus_client *client, const char *stream,
                                       uint64_t number, struct nexus_error *err);

NEXUS_END_DECLS

#endif
