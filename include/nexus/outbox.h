/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file outbox.h
 * Events that are stored in the application's own database first, and sent afterwards.
 *
 * A program that changes its database and publishes an event can fail between the two. So it
 * prepares the event (nexus_prepare_<channel>() in events.h, or nexus_prepare_json()), writes its
 * bytes into a table of its own in the transaction of the change, and commits: change and event
 * stand or fall together. Afterwards any process reads the bytes (nexus_prepared_read()), publishes
 * them (nexus_publish_prepared()), and deletes the row. Done twice, after a crash in between, the
 * stream still stores the event once, within its duplicate window: the message id is fixed.
 * docs/outbox.md has the whole of it, with SQLite and with PostgreSQL.
 *
 * Preparing fixes everything: subject, body, message id, causal id, the tick of the vector clock,
 * and the signature where the client signs. It needs no connection. A prepared event whose
 * transaction is rolled back leaves a gap in its node's counter.
 */
#ifndef NEXUS_OUTBOX_H
#define NEXUS_OUTBOX_H

#include <nexus/channel.h>
#include <nexus/publish.h>

NEXUS_BEGIN_DECLS

/**
 * An event ready to be sent. It depends on no client, and never changes: any number of threads may
 * read and publish it.
 * @since 1.0
 */
struct nexus_prepared;

/** Bytes that a prepared event has at most: the largest body, and headers. @since 1.0 */
#define NEXUS_PREPARED_MAX 8454208

/** Frees it. NULL is allowed. @since 1.0 */
NEXUS_API void nexus_prepared_destroy(struct nexus_prepared *prepared);

/**
 * Prepares an event given as JSON, checked as by nexus_publish_json(). Of the options those count
 * that say what the event is: causal id, cause, message id, tenant, parameter.
 *
 * Threads: any. `*out` is the caller's: nexus_prepared_destroy().
 * Errors, the same for the typed functions: NEXUS_E_INVALID, NEXUS_E_CHANNEL, NEXUS_E_SUBJECT,
 * NEXUS_E_JSON, NEXUS_E_VALIDATION, NEXUS_E_TOO_LARGE, NEXUS_E_MEMORY, NEXUS_E_IO (the clock's
 * state directory), NEXUS_E_CLOSED, NEXUS_E_FORK.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_prepare_json(struct nexus_client *client, const char *channel,
                                                  const char *tenant, const char *payload,
                                                  const struct nexus_publish_options *options,
                                                  struct nexus_prepared **out,
                                                  struct nexus_error *err);

/**
 * All of it as bytes, for one column; at most NEXUS_PREPARED_MAX of them. They belong to
 * `prepared`. Later versions of the library read them too. NULL and 0 for NULL.
 * @since 1.0
 */
NEXUS_API const void *nexus_prepared_bytes(const struct nexus_prepared *prepared, size_t *length);

/**
 * The event of such bytes, which are copied. They may come from anybody who can write to the
 * database, and are read strictly: a subject of the contract, the headers of an event and no
 * others, an envelope whose tenant and causal id are those stated, and a checksum against damage.
 * The payload is left to the receivers' checks: its schema may have changed meanwhile. Who could
 * have written it is for the signature to tell.
 *
 * Threads: any. `*out` is the caller's.
 * Errors: NEXUS_E_INVALID (also: prepared by a newer version), NEXUS_E_TOO_LARGE, NEXUS_E_CHANNEL,
 * NEXUS_E_JSON, NEXUS_E_VALIDATION, NEXUS_E_TENANT, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_prepared_read(const void *bytes, size_t length,
                                                   struct nexus_prepared **out,
                                                   struct nexus_error *err);

/** Its parts, valid as long as it is; NULL for NULL. @since 1.0 */
NEXUS_API const char *nexus_prepared_subject(const struct nexus_prepared *prepared);
NEXUS_API const char *nexus_prepared_message_id(const struct nexus_prepared *prepared);
NEXUS_API const char *nexus_prepared_causal_id(const struct nexus_prepared *prepared);

/** Its channel; NULL for NULL. @since 1.0 */
NEXUS_API const struct nexus_channel *nexus_prepared_channel(const struct nexus_prepared *prepared);

/** The body: one JSON text, with a NUL behind its `length` bytes; NULL for NULL. @since 1.0 */
NEXUS_API const char *nexus_prepared_body(const struct nexus_prepared *prepared, size_t *length);

/**
 * The headers, `Nats-Msg-Id` among them: how many, and name and value of one; NULL beyond the last.
 * @since 1.0
 */
NEXUS_API size_t nexus_prepared_header_count(const struct nexus_prepared *prepared);
NEXUS_API const char *nexus_prepared_header_name(const struct nexus_prepared *prepared,
                                                 size_t index);
NEXUS_API const char *nexus_prepared_header_value(const struct nexus_prepared *prepared,
                                                  size_t index);

/**
 * Publishes a prepared event, through any client that may: blocking, or with a callback in the
 * options, as any publish. Of the options those count that say how: callback, deadline, wait when
 * full. It may be destroyed as soon as the call returns.
 *
 * When it has been stored before, the receipt says `duplicate`, and that is success. An event that
 * failed may be stored all the same; publish it again, sooner than the stream's duplicate window.
 *
 * Threads: any. Errors: NEXUS_E_INVALID, NEXUS_E_TOO_LARGE (for this client or its server),
 * NEXUS_E_MEMORY, NEXUS_E_FULL, NEXUS_E_CLOSED, NEXUS_E_FORK, NEXUS_E_STATE; and once it has been
 * accepted those of nexus_publish_json().
 * @since 1.0
 */
NEXUS_API int nexus_publish_prepared(struct nexus_client *client,
                                     const struct nexus_prepared *prepared,
                                     const struct nexus_publish_options *options,
                                     struct nexus_receipt *receipt, struct nexus_error *err);

NEXUS_END_DECLS

#endif
