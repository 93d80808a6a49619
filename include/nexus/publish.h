/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file publish.h
 * Publishing: what the 27 functions of events.h share.
 *
 * A publish validates the event against the contract, wraps it in the envelope, and sends it.
 * Without a completion callback it returns once JetStream has stored the event, or has failed to
 * within the deadline. With one it returns as soon as the event is accepted, and the callback
 * tells the end exactly once, whatever happens, nexus_client_destroy() included.
 *
 * Attempts are repeated with the same message id, so that JetStream stores the event once.
 * While an event is being retried, later ones of the same subject wait behind it.
 *
 * Threads: any, also from inside handlers and completions (a blocking publish there delays the
 * callbacks behind it). The event is copied; it may be freed when the call returns.
 */
#ifndef NEXUS_PUBLISH_H
#define NEXUS_PUBLISH_H

#include <nexus/client.h>

NEXUS_BEGIN_DECLS

/** Bytes in the receipt's texts, the terminating NUL included. @since 1.0 */
#define NEXUS_STREAM_NAME_SIZE 256
#define NEXUS_MESSAGE_ID_SIZE  128
#define NEXUS_CAUSAL_ID_SIZE   264

/**
 * Where an event went. The caller sets `size` (NEXUS_RECEIPT_INIT); the struct grows only at its
 * end. `message_id` and `causal_id` are filled as soon as the event is accepted, the other members
 * once it is stored. On failure after acceptance the message id tells which event it was.
 * @since 1.0
 */
struct nexus_receipt {
    size_t size;
    uint64_t sequence;                      /**< Its number in the stream, from 1. */
    bool duplicate;                         /**< The stream had stored this message id before. */
    char stream[NEXUS_STREAM_NAME_SIZE];    /**< The stream's name. */
    char message_id[NEXUS_MESSAGE_ID_SIZE]; /**< The value of `Nats-Msg-Id`. */
    char causal_id[NEXUS_CAUSAL_ID_SIZE];   /**< The causal chain that it belongs to. */
    int64_t spooled_at; /**< Not stored yet, but safe on disk since then, to be sent: milliseconds
                             since 1970 (spool.h); else 0. */
};

/** @since 1.0 */
#define NEXUS_RECEIPT_INIT                                    \
    {                                                         \
        sizeof(struct nexus_receipt), 0, false, "", "", "", 0 \
    }

/**
 * Tells the end of an asynchronous publish: `err` is NULL when the event is stored, else it says
 * why not. Runs inside nexus_client_dispatch(), _run(), _flush(), _close() or _destroy(), on the
 * calling thread. `receipt` and `err` are valid during the call. May publish, subscribe and settle;
 * may not call dispatch, run, flush or close (NEXUS_E_STATE).
 * @since 1.0
 */
typedef void (*nexus_publish_callback)(struct nexus_client *client,
                                       const struct nexus_receipt *receipt,
                                       const struct nexus_error *err, void *data);

/** How to publish. NULL in its place means the defaults. @since 1.0 */
struct nexus_publish_options;
struct nexus_delivery;

/**
 * A new object with the defaults, or NULL without memory. One object may serve any number of
 * publishes, from several threads at once as long as no setter runs meanwhile.
 * @since 1.0
 */
NEXUS_API struct nexus_publish_options *nexus_publish_options_new(void);

/** Frees it. NULL is allowed. @since 1.0 */
NEXUS_API void nexus_publish_options_destroy(struct nexus_publish_options *options);

/** Makes publishes with these options asynchronous. NULL: blocking again. @since 1.0 */
NEXUS_API int nexus_publish_options_set_callback(struct nexus_publish_options *options,
                                                 nexus_publish_callback callback, void *data,
                                                 struct nexus_error *err);

/**
 * Whether the callback is told of every end (false, the default), or of failures only. An event
 * that is stored is then at its end without a nexus_client_dispatch(), and costs nothing there: for
 * publishers that send much and only want to know what went wrong. Without a callback it has no
 * effect. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_publish_options_set_failures_only(struct nexus_publish_options *options,
                                                      bool failures_only, struct nexus_error *err);

/**
 * How long the publish may take from call to report, in milliseconds: 1 to 86400000. Default: the
 * client's publish deadline. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_publish_options_set_deadline(struct nexus_publish_options *options,
                                                 int64_t milliseconds, struct nexus_error *err);

/**
 * What to do when the window is full: wait for room until the deadline (true, the default), or
 * return NEXUS_E_FULL at once.
 * @since 1.0
 */
NEXUS_API int nexus_publish_options_set_wait_when_full(struct nexus_publish_options *options,
                                                       bool wait, struct nexus_error *err);

/**
 * The causal chain to join: 1 to 256 bytes of UTF-8. Default: the chain of the event whose handler
 * is running on this thread, else a fresh one. NULL resets. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_publish_options_set_causal_id(struct nexus_publish_options *options,
                                                  const char *causal_id, struct nexus_error *err);

/**
 * The delivery that causes this event, for publishes from other threads than the handler's: chain
 * and trace are taken from it, now. It may be settled afterwards. NULL resets.
 * @since 1.0
 */
NEXUS_API int nexus_publish_options_set_cause(struct nexus_publish_options *options,
                                              const struct nexus_delivery *delivery,
                                              struct nexus_error *err);

/**
 * A message id of the caller's own, so that publishing the same thing twice stores it once (within
 * the stream's duplicate window): 1 to 63 bytes, printable ASCII without spaces. The library puts
 * the tenant before it. Only for one event at a time. NULL resets. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_publish_options_set_message_id(struct nexus_publish_options *options,
                                                   const char *message_id, struct nexus_error *err);

/**
 * The tenant that a system event is about; written into its envelope. Ignored on tenant channels.
 * NULL resets. Errors: NEXUS_E_SUBJECT.
 * @since 1.0
 */
NEXUS_API int nexus_publish_options_set_tenant(struct nexus_publish_options *options,
                                               const char *tenant, struct nexus_error *err);

/**
 * For nexus_publish_json() on a channel whose address has parameters beyond the tenant that are
 * not members of its payload: the parameter's value. NULL resets. Errors: NEXUS_E_SUBJECT.
 * @since 1.0
 */
NEXUS_API int nexus_publish_options_set_parameter(struct nexus_publish_options *options,
                                                  const char *name, const char *value,
                                                  struct nexus_error *err);

/**
 * Publishes one event given as JSON: `payload` is the object that stands in the envelope's
 * `payload` member. Validated as strictly as a typed event.
 *
 * @param channel the contract's name of the channel, "bookingCreated".
 * @param tenant the tenant on tenant channels, NULL on system channels.
 * @param receipt NULL or where to write the receipt. Asynchronous: only ids are filled.
 *
 * Errors, the same for the typed functions: before the event is accepted NEXUS_E_INVALID,
 * NEXUS_E_CHANNEL, NEXUS_E_SUBJECT, NEXUS_E_JSON, NEXUS_E_VALIDATION, NEXUS_E_TOO_LARGE,
 * NEXUS_E_MEMORY, NEXUS_E_FULL, NEXUS_E_CLOSED, NEXUS_E_FORK. After that, returned or given to the
 * callback: NEXUS_E_TIMEOUT, NEXUS_E_NO_STREAM, NEXUS_E_PERMISSION, NEXUS_E_STREAM,
 * NEXUS_E_CLOSED.
 * @since 1.0
 */
NEXUS_API int nexus_publish_json(struct nexus_client *client, const char *channel,
                                 const char *tenant, const char *payload,
                                 const struct nexus_publish_options *options,
                                 struct nexus_receipt *receipt, struct nexus_error *err);

/**
 * Waits until every event accepted before this call has been acked or has failed, and runs the
 * completions meanwhile. Threads: as nexus_client_dispatch(), and like it not from a callback.
 * `timeout_ms` negative: no limit beyond the events' own deadlines.
 * Errors: NEXUS_E_TIMEOUT, NEXUS_E_CLOSED, NEXUS_E_STATE, NEXUS_E_FORK.
 * @since 1.0
 */
NEXUS_API int nexus_client_flush(struct nexus_client *client, int timeout_ms,
                                 struct nexus_error *err);

NEXUS_END_DECLS

#endif
