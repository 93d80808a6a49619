/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file subscribe.h
 * Subscribing: what the 27 functions of events.h share.
 *
 * A subscription reads through a durable consumer: the server remembers, under the consumer's name,
 * what has been handled, across restarts of the process. Several processes that use one name share
 * the work. Destroying a subscription leaves the consumer and its place in the stream alone.
 *
 * A subscription ends with its client at the latest: after nexus_client_destroy() the handle is
 * dead, and may not even be given to nexus_subscription_destroy(). After nexus_client_close() it may.
 *
 * Handlers run inside nexus_client_dispatch() or _run(), on the thread that calls it, one at a
 * time. A handler may call everything of the library except dispatch, run, flush and close. It may
 * destroy its own subscription. A slow handler keeps its lease by itself, and holds back the pull.
 */
#ifndef NEXUS_SUBSCRIBE_H
#define NEXUS_SUBSCRIBE_H

#include <nexus/client.h>
#include <nexus/dead_letter.h>
#include <nexus/delivery.h>
#include <nexus/inbox.h>
#include <nexus/trust.h>

NEXUS_BEGIN_DECLS

/** A running subscription. @since 1.0 */
struct nexus_subscription;

/** How to subscribe. NULL in its place means the defaults. @since 1.0 */
struct nexus_subscribe_options;

/** A new object with the defaults, or NULL without memory. One thread at a time. @since 1.0 */
NEXUS_API struct nexus_subscribe_options *nexus_subscribe_options_new(void);

/** Frees it. NULL is allowed. @since 1.0 */
NEXUS_API void nexus_subscribe_options_destroy(struct nexus_subscribe_options *options);

/**
 * The durable consumer's name: 1 to 128 of [A-Za-z0-9_-]. Default: service, channel and tenant
 * joined by "-" ("crm-booking_created-all", "crm-all-salon-001"), the same at every start.
 * Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_durable(struct nexus_subscribe_options *options,
                                                  const char *name, struct nexus_error *err);

/** The stream to read from. Default: the client's. Errors: NEXUS_E_INVALID. @since 1.0 */
NEXUS_API int nexus_subscribe_options_set_stream(struct nexus_subscribe_options *options,
                                                 const char *stream, struct nexus_error *err);

/** Where a consumer that is created by this subscription starts. @since 1.0 */
enum nexus_start {
    NEXUS_START_ALL = 1,              /**< The first event in the stream (the default). */
    NEXUS_START_NEW = 2,              /**< Events stored from now on. */
    NEXUS_START_LAST_PER_SUBJECT = 3, /**< The latest of each subject, then new ones. */
    NEXUS_START_SEQUENCE = 4,         /**< The stream sequence given. */
    NEXUS_START_TIME = 5              /**< The first event stored at or after the time given. */
};

/**
 * Where to start, when the consumer does not exist yet. `value` is the sequence for
 * NEXUS_START_SEQUENCE, nanoseconds since 1970 for NEXUS_START_TIME, else ignored. An existing
 * consumer goes on where it stands. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_start(struct nexus_subscribe_options *options,
                                                enum nexus_start start, int64_t value,
                                                struct nexus_error *err);

/**
 * How long the server waits for a verdict before it delivers again, in milliseconds: 1000 to
 * 3600000. Default 30000. Deliveries in hand renew it by themselves.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_ack_wait(struct nexus_subscribe_options *options,
                                                   int64_t milliseconds, struct nexus_error *err);

/**
 * Deliveries before an event is given up on: 1 to 1000000, or -1 for no limit (the default). An
 * event that its handler wants to have again after so many becomes a dead letter
 * (<nexus/dead_letter.h>), and so does one that was delivered ten times more often than that
 * without any verdict, since the processes died that had it. The limit is this process's: the
 * server itself forgets nothing. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_max_deliver(struct nexus_subscribe_options *options,
                                                      int64_t deliveries, struct nexus_error *err);

/** Delay of a RETRY that sets none, in milliseconds: 0 to 86400000. Default 1000; see
 * nexus_subscribe_options_set_backoff(). @since 1.0 */
NEXUS_API int nexus_subscribe_options_set_retry_delay(struct nexus_subscribe_options *options,
                                                      int64_t milliseconds,
                                                      struct nexus_error *err);

/**
 * Delays of a RETRY that sets none, by delivery: the first one after the first delivery, and so on,
 * the last one for all further ones. 1 to 32 of them, each 0 to 86400000 milliseconds. They take
 * the place of the retry delay; `count` 0 ends that. `jitter` is the percentage (0 to 100) that is
 * taken off each at random, at most, so that what failed together does not come again together. The
 * delays are copied. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_backoff(struct nexus_subscribe_options *options,
                                                  const int64_t *milliseconds, size_t count,
                                                  unsigned jitter, struct nexus_error *err);

/** What becomes of an event that is given up on. @since 1.0 */
enum nexus_dead_letters {
    NEXUS_DEAD_LETTERS_STORE = 1, /**< It is stored as a dead letter, then ended (the default). */
    NEXUS_DEAD_LETTERS_REPORT =
        2 /**< It is ended, counted, logged and reported, and that is all. */
};

/**
 * Whether events that are given up on are stored as dead letters. With NEXUS_DEAD_LETTERS_STORE an
 * event whose dead letter cannot be stored is never ended: it comes again, and the error callback
 * says why. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_dead_letters(struct nexus_subscribe_options *options,
                                                       enum nexus_dead_letters mode,
                                                       struct nexus_error *err);

/**
 * Tells of an event that was given up on, when its dead letter has been stored
 * (NEXUS_DEAD_LETTERS_STORE) or it has been ended (NEXUS_DEAD_LETTERS_REPORT; `letter->number` is
 * 0). `letter` is valid during the call. Runs where handlers run, with the same rules.
 * @since 1.0
 */
typedef void (*nexus_dead_letter_callback)(struct nexus_subscription *subscription,
                                           const struct nexus_dead_letter *letter, void *data);

/** Sets the dead-letter callback. Without one, events given up on are counted and logged.
 * @since 1.0 */
NEXUS_API int nexus_subscribe_options_set_dead_letter_callback(
    struct nexus_subscribe_options *options, nexus_dead_letter_callback callback, void *data,
    struct nexus_error *err);

/**
 * How many messages may wait in this process for the handler: 1 to 65536, default 1024; and their
 * bytes: 65536 to 2^31, default 8 MiB. The library never asks the server for more. The consumer's
 * limit of unsettled deliveries is set to twice `messages`.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_queue(struct nexus_subscribe_options *options,
                                                uint32_t messages, size_t bytes,
                                                struct nexus_error *err);

/**
 * The inbox in memory, which every subscription has: how many handled events it remembers (0: none,
 * doubles reach the handler; at most 10000000) and for how long, in seconds (1 to 604800). Default:
 * 65536 events, 3600 s. It grows with use, to about 36 bytes an event. An event that is delivered
 * again after its handler said ACK is acked without the handler, and counted as `inbox_duplicates`;
 * one that is delivered again while it is still in hand is put off for the retry delay, and counted
 * as `inbox_busy`. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_inbox_memory(struct nexus_subscribe_options *options,
                                                       uint32_t events, int64_t seconds,
                                                       struct nexus_error *err);

/**
 * An inbox in a file instead, which outlives the process; see <nexus/inbox.h>. NULL: none. The
 * options and every subscription made with them keep the inbox open. While it cannot be written
 * (a full disk, say) events are put off for the retry delay, counted as `inbox_errors`, and the
 * error callback is told. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_inbox(struct nexus_subscribe_options *options,
                                                struct nexus_inbox *inbox, struct nexus_error *err);

/**
 * A message that reached no handler. The caller's `size` rule of all structs applies: read only
 * members inside it. Valid during the callback.
 * @since 1.0
 */
struct nexus_poison {
    size_t size;
    const char *subject;           /**< The subject it came on. */
    const char *stream;            /**< Its stream. */
    uint64_t sequence;             /**< Its number there. */
    const struct nexus_error *err; /**< What is wrong with it, and where. */
    const char *body;              /**< The body as received; NUL-terminated, may contain NULs. */
    size_t body_length;            /**< Its length in bytes. */
    enum nexus_refusal refusal; /**< Why it was not believed; 0 when it is about something else. */
};

/**
 * Reports a message that could not be decoded, or is not what its subject says. It has been
 * counted, and is on its way to the dead letters (<nexus/dead_letter.h>), or ended where there are
 * none or it is a replay: no handler will see it. Runs where handlers run.
 * @since 1.0
 */
typedef void (*nexus_poison_callback)(struct nexus_subscription *subscription,
                                      const struct nexus_poison *poison, void *data);

/** Sets the poison callback. Without one, poison messages are counted and logged. @since 1.0 */
NEXUS_API int nexus_subscribe_options_set_poison_callback(struct nexus_subscribe_options *options,
                                                          nexus_poison_callback callback,
                                                          void *data, struct nexus_error *err);

/**
 * Tells that a subscription can no longer deliver (its consumer or stream was deleted, permission
 * was withdrawn) and why; the library goes on trying. Runs where handlers run.
 * @since 1.0
 */
typedef void (*nexus_subscription_error_callback)(struct nexus_subscription *subscription,
                                                  const struct nexus_error *err, void *data);

/** Sets the error callback. Without one, errors are logged. @since 1.0 */
NEXUS_API int nexus_subscribe_options_set_error_callback(struct nexus_subscribe_options *options,
                                                         nexus_subscription_error_callback callback,
                                                         void *data, struct nexus_error *err);

/**
 * An event of any channel, as nexus_subscribe_json() delivers it. Read only members inside `size`.
 * @since 1.0
 */
struct nexus_json_event {
    size_t size;
    const char *channel; /**< The contract's name of the channel. */
    const char *payload; /**< The payload as JSON text, as it stood in the body. */
};

/** Handles an event of any channel. @since 1.0 */
typedef enum nexus_verdict (*nexus_json_handler)(const struct nexus_json_event *event,
                                                 struct nexus_delivery *delivery, void *data);

/**
 * Subscribes to one channel, to everything of one tenant, or to everything. Payloads are validated
 * as for typed handlers. On success `*out` owns the subscription; on failure it is NULL.
 *
 * @param channel the contract's name, or NULL for all channels.
 * @param tenant a tenant, or NULL for all. With a tenant, system channels are left out (with a
 *        system channel it must be NULL).
 *
 * Threads: any. Blocks while the consumer is looked up and created, at most 10 s.
 *
 * Errors, the same for the typed functions: NEXUS_E_INVALID, NEXUS_E_CHANNEL, NEXUS_E_SUBJECT,
 * NEXUS_E_MEMORY, NEXUS_E_TIMEOUT, NEXUS_E_NOT_FOUND (no such stream; provision it),
 * NEXUS_E_CONFLICT (a consumer of this name exists with another filter or policy; `message` names
 * the member), NEXUS_E_PERMISSION, NEXUS_E_STREAM, NEXUS_E_CLOSED, NEXUS_E_FORK.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_subscribe_json(struct nexus_client *client,
                                                    const char *channel, const char *tenant,
                                                    nexus_json_handler handler, void *data,
                                                    const struct nexus_subscribe_options *options,
                                                    struct nexus_subscription **out,
                                                    struct nexus_error *err);

/** The durable consumer's name. Any thread. @since 1.0 */
NEXUS_API const char *nexus_subscription_durable(const struct nexus_subscription *subscription);

/** The subject filter that it reads. Any thread. @since 1.0 */
NEXUS_API const char *nexus_subscription_filter(const struct nexus_subscription *subscription);

/**
 * Holds a subscription back, or lets it go on: while it is paused no handler of it starts. What has
 * been pulled waits in its queue, whose messages are kept from coming again, and once the queue is
 * full no more is asked for. Other subscriptions and completions go on. For programs that hand
 * events on and must not be overrun. Any thread, and from callbacks. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscription_pause(struct nexus_subscription *subscription, bool paused,
                                       struct nexus_error *err);

/**
 * Ends a subscription: no handler of it starts any more, queued messages go back to the server at
 * once, deliveries in hand can still be settled. The durable consumer stays. NULL is allowed. Any
 * thread, and from callbacks; when another thread is inside a handler of it, waits for that handler
 * to return. Not after nexus_client_destroy(), which has freed it.
 * @since 1.0
 */
NEXUS_API void nexus_subscription_destroy(struct nexus_subscription *subscription);

/**
 * Deletes a durable consumer at the server, and with it its place in the stream. `stream` NULL:
 * the client's. Any thread; blocks for at most 10 s. Errors: NEXUS_E_NOT_FOUND, NEXUS_E_TIMEOUT,
 * NEXUS_E_PERMISSION, NEXUS_E_STREAM, NEXUS_E_INVALID, NEXUS_E_CLOSED, NEXUS_E_FORK.
 * @since 1.0
 */
NEXUS_API int nexus_delete_durable(struct nexus_client *client, const char *stream,
                                   const char *durable, struct nexus_error *err);

NEXUS_END_DECLS

#endif
