/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file replay.h
 * Reading a stream in order without settling anything: for rebuilding state from events.
 *
 * An ordered subscription has a consumer of its own that lives no longer than it does: nothing is
 * remembered at the server, nothing comes twice, nothing is acked. Events come in the order of the
 * stream, each once. When one is missed, the connection was lost or the consumer is gone, reading
 * goes on behind the last event that came. It begins where nexus_subscribe_options_set_start() says
 * and goes on with new events; when all that was there at first has been handled, the caught-up
 * callback runs.
 *
 *     nexus_subscribe_options_set_ordered(options, true, &err);
 *     nexus_subscribe_options_set_caught_up_callback(options, ready, state, &err);
 *     nexus_subscribe_booking_created(client, NULL, apply, state, options, &subscription, &err);
 *
 * A handler's verdict ends the delivery and nothing else: after RETRY and REJECT, too, the event
 * does not come again, and no dead letter is written; they are only counted. There is no inbox.
 */
#ifndef NEXUS_REPLAY_H
#define NEXUS_REPLAY_H

#include <nexus/subscribe.h>

NEXUS_BEGIN_DECLS

/**
 * Whether the subscription is an ordered one. Default false. Not together with a durable name, an
 * inbox in a file, workers or holding back: subscribing then fails with NEXUS_E_INVALID. The
 * consumer's name, nexus_subscription_durable(), is made up. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_ordered(struct nexus_subscribe_options *options,
                                                  bool ordered, struct nexus_error *err);

/**
 * Tells once that every event which was in the stream when the reading began, or had come by the
 * time it got there, has been handled. Runs where handlers run, after the last one's; where there
 * was nothing to read, at once.
 * @since 1.0
 */
typedef void (*nexus_caught_up_callback)(struct nexus_subscription *subscription, void *data);

/** Sets the caught-up callback. Only for ordered subscriptions. Errors: NEXUS_E_INVALID.
 * @since 1.0 */
NEXUS_API int nexus_subscribe_options_set_caught_up_callback(
    struct nexus_subscribe_options *options, nexus_caught_up_callback callback, void *data,
    struct nexus_error *err);

NEXUS_END_DECLS

#endif
