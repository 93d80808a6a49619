/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file inbox.h
 * The inbox: what has been handled, so that nothing is handled twice. docs/exactly-once.md has the
 * whole story.
 *
 * JetStream delivers at least once: an ack can be lost, a lease can run out during an outage, and
 * a publisher can send the same event again long after the stream has forgotten its id. An inbox
 * knows events by consumer, tenant and message id (where a foreign event has none, by stream,
 * sequence and time). There are three, each stronger than the one before it:
 *
 *   in memory    every subscription has one, bounded (nexus_subscribe_options_set_inbox_memory()).
 *                Doubles are acked without the handler, as long as the process lives.
 *   file         nexus_inbox_open(): handled events are on disk before they are acked. What was
 *                handled is not handled again after a restart. An event whose handler was running
 *                when the process was killed comes again, marked: nexus_delivery_uncertain().
 *   transaction  the handler calls nexus_inbox_claim() between BEGIN and COMMIT of its own SQLite
 *                database: claim and effect stand or fall together. Exactly once, whatever happens.
 *
 * The last two need a library that was built with SQLite (Meson option `inbox`); without it they
 * return NEXUS_E_UNSUPPORTED. `database` is SQLite's handle of an open connection, as a `void *`
 * because this header shows no other library's types. It must come from the libsqlite3 that this
 * library uses, too: the shared one of the system, not a copy that was compiled into the program.
 */
#ifndef NEXUS_INBOX_H
#define NEXUS_INBOX_H

#include <nexus/delivery.h>

NEXUS_BEGIN_DECLS

/** Whose event it is. @since 1.0 */
enum nexus_claim {
    NEXUS_CLAIM_NEW = 1,    /**< Yours: apply it, and commit. */
    NEXUS_CLAIM_HANDLED = 2 /**< Handled before: change nothing, return NEXUS_ACK. */
};

/**
 * Creates the inbox's table in a database of the application, where it is not there yet:
 *
 *     CREATE TABLE nexus_inbox_v1 (
 *       consumer TEXT NOT NULL, tenant TEXT NOT NULL, message_id TEXT NOT NULL,
 *       handled_at INTEGER NOT NULL,          -- Unix time in seconds
 *       PRIMARY KEY (consumer, tenant, message_id)) WITHOUT ROWID;
 *     CREATE INDEX nexus_inbox_v1_time ON nexus_inbox_v1 (handled_at);
 *
 * A later version of the layout will have another name. Inside or outside of a transaction; on the
 * thread that uses the handle.
 *
 * Errors: NEXUS_E_INVALID, NEXUS_E_TIMEOUT (the database is locked), NEXUS_E_IO (SQLite refused;
 * `message` has its words), NEXUS_E_MEMORY, NEXUS_E_UNSUPPORTED (built without SQLite).
 * @since 1.0
 */
NEXUS_API int nexus_inbox_create(void *database, struct nexus_error *err);

/**
 * Claims a delivery for the transaction that is open on `database`: the first transaction to commit
 * the claim has it. Call it in the handler, before the event's effects:
 *
 *     BEGIN IMMEDIATE
 *     nexus_inbox_claim() -> NEXUS_CLAIM_HANDLED: ROLLBACK, return NEXUS_ACK
 *                         -> NEXUS_CLAIM_NEW: the event's effects, COMMIT, return NEXUS_ACK
 *     where anything fails: ROLLBACK, return NEXUS_RETRY
 *
 * The delivery stays yours to settle. May also be called for a deferred delivery before it is
 * settled, on any thread that may use the handle. nexus_client_stats counts claims of what was
 * handled before as `inbox_duplicates`.
 *
 * Errors, after which the transaction should be rolled back: NEXUS_E_INVALID, NEXUS_E_STATE (no
 * transaction is open), NEXUS_E_NOT_FOUND (no table; nexus_inbox_create()), NEXUS_E_TIMEOUT (the
 * database is locked by another connection for longer than the handle's busy timeout), NEXUS_E_IO,
 * NEXUS_E_MEMORY, NEXUS_E_UNSUPPORTED.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_inbox_claim(void *database, struct nexus_delivery *delivery,
                                                 enum nexus_claim *claim, struct nexus_error *err);

/**
 * Forgets events that were handled more than `seconds` ago, oldest first, at most `limit` of them
 * (1 to 1000000), so that it never takes long. `*removed` (NULL allowed) is how many there were;
 * fewer than `limit` means that none is left. Keep events for longer than the stream does, or than
 * any publisher may hold one back.
 *
 * Errors: NEXUS_E_INVALID, NEXUS_E_NOT_FOUND, NEXUS_E_TIMEOUT, NEXUS_E_IO, NEXUS_E_MEMORY,
 * NEXUS_E_UNSUPPORTED.
 * @since 1.0
 */
NEXUS_API int nexus_inbox_expire(void *database, int64_t seconds, int64_t limit, int64_t *removed,
                                 struct nexus_error *err);

/** An inbox in a file of its own. Counts its users: see nexus_inbox_destroy(). @since 1.0 */
struct nexus_inbox;

/**
 * Opens an inbox in a file, which is made where it does not exist; its directory must. Give it to
 * subscriptions with nexus_subscribe_options_set_inbox(): before the handler runs the event is
 * claimed, and before it is acked it is written down as handled. Any number of subscriptions,
 * clients and processes may use one file.
 *
 * @param keep_seconds how long handled events are remembered: 60 to 31536000 (a year). Older ones
 *        are forgotten little by little.
 * @param power_safe whether each handled event is synced to the disk before it is acked, so that a
 *        power cut forgets none. Without, a power cut (not the end of the process) may forget the
 *        last ones, which matters only for those whose ack was lost, too.
 *
 * Threads: any. Errors: NEXUS_E_INVALID, NEXUS_E_NOT_FOUND (the directory), NEXUS_E_IO (it cannot
 * be used, or is damaged, or is no inbox; nothing is changed), NEXUS_E_TIMEOUT (locked for longer
 * than 10 s), NEXUS_E_UNSUPPORTED (built without SQLite, or made by a later version),
 * NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_inbox_open(const char *path, int64_t keep_seconds,
                                                bool power_safe, struct nexus_inbox **out,
                                                struct nexus_error *err);

/**
 * Gives up the handle. The file is closed when the last subscription that uses it has gone, too.
 * NULL is allowed. Any thread.
 * @since 1.0
 */
NEXUS_API void nexus_inbox_destroy(struct nexus_inbox *inbox);

/**
 * Whether this event may have been handled already: an earlier process (or another one that is
 * running) handed it to a handler, and what came of that was never written down. Only with an inbox
 * in a file; else false. Any thread that may ask about the delivery.
 * @since 1.0
 */
NEXUS_API bool nexus_delivery_uncertain(const struct nexus_delivery *delivery);

NEXUS_END_DECLS

#endif
