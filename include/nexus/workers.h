/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file workers.h
 * Handlers on threads of the library's own, where one thread is not enough.
 *
 * A subscription with workers runs its handler (and its poison callback) on that many threads, as
 * soon as messages arrive; nobody has to dispatch for it. Events of one key are handled one after
 * the other, in the order of the stream; events of different keys at the same time. The key is the
 * subject, or what a callback says. Signatures are checked on the workers, too.
 *
 * What stays with nexus_client_dispatch(): completions, states, and the subscription's error
 * callback.
 *
 * RETRY AND ORDER. While an event waits for its next delivery, later ones of its key are handled,
 * by default. With nexus_subscribe_options_set_hold_key() they wait: the event is tried again in
 * this process after its delay, and its key goes on once it is acked, rejected or given up on. A
 * deferred event then holds its key until it is settled. All that waits counts for the queue
 * (nexus_subscribe_options_set_queue()), so one held key can in the end hold back all of them.
 * Order is that of one process: instances that share a durable each have a part of the events.
 *
 * FROM A WORKER'S HANDLER the same may be called as from others. nexus_subscription_destroy() waits
 * for handlers on other threads only when it is called from outside of all callbacks of the client.
 * nexus_client_destroy() takes effect when the thread that dispatches returns from it, or, where
 * none does, when the handler has returned; no other thread may use the client any more.
 * nexus_client_close() is refused (NEXUS_E_STATE). From outside, close and destroy wait for
 * handlers that run; what they do after its deadline, close no longer waits for by itself, but they
 * must return.
 */
#ifndef NEXUS_WORKERS_H
#define NEXUS_WORKERS_H

#include <nexus/subscribe.h>

NEXUS_BEGIN_DECLS

/**
 * How many threads run the handler: 1 to 64, or 0 (the default) for the thread that dispatches. A
 * subscription whose threads cannot be started fails with NEXUS_E_MEMORY. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_workers(struct nexus_subscribe_options *options,
                                                  uint32_t threads, struct nexus_error *err);

/**
 * What a key is made from: a message that nobody has looked into yet. Its signature and body are
 * unchecked, so it may decide about order and about nothing else. Read only members inside `size`.
 * @since 1.0
 */
struct nexus_key_source {
    size_t size;
    const char *subject;
    const char *body;   /**< NUL-terminated behind `body_length` bytes; may contain NULs. */
    size_t body_length; /**< In bytes. */
};

/**
 * Gives a message's key: messages with equal numbers are handled in order. 0: its subject decides.
 * Runs on the workers, one at a time, in the order of arrival. May call nothing of the client.
 * @since 1.0
 */
typedef uint64_t (*nexus_key_callback)(const struct nexus_key_source *source, void *data);

/** Sets the key callback; NULL: the subject is the key. Only with workers. Errors: NEXUS_E_INVALID.
 * @since 1.0 */
NEXUS_API int nexus_subscribe_options_set_key_callback(struct nexus_subscribe_options *options,
                                                       nexus_key_callback callback, void *data,
                                                       struct nexus_error *err);

/** A number for some bytes, for key callbacks: never 0. Not for anything that must withstand an
 * attacker. Any thread. @since 1.0 */
NEXUS_API uint64_t nexus_key_hash(const void *bytes, size_t length);

/**
 * Whether later events of a key wait while one is to be tried again; see above. Default false. Only
 * with workers. Tries in this process count as deliveries. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_hold_key(struct nexus_subscribe_options *options,
                                                   bool hold, struct nexus_error *err);

NEXUS_END_DECLS

#endif
