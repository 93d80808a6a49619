/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file causality.h
 * Whether events come in the order in which they caused each other, by their vector clocks.
 *
 * Every subscription remembers, for each node, the highest counter of all events that it has handed
 * out (for the 256 nodes seen last). Against that it judges each event before its handler runs:
 *
 *   gap        more than one node's counter is ahead of what was seen: the event builds on at least
 *              one that has not come here. It may come yet, or be filtered out, or be lost.
 *   inversion  nothing in it is new: it happened before something that was handed out already.
 *
 * The first event of a subscription is the base and never a gap; what is delivered again is not
 * judged again. Both are counted (`causal_gaps`, `causal_inversions`) and told to a callback. What
 * it means is the application's: a subscription that is filtered sees gaps wherever its events
 * build on others. With workers (workers.h) the order is that in which handlers begin.
 * docs/causality.md has examples.
 */
#ifndef NEXUS_CAUSALITY_H
#define NEXUS_CAUSALITY_H

#include <nexus/subscribe.h>
#include <nexus/vector_clock.h>

NEXUS_BEGIN_DECLS

/** What is out of order. @since 1.0 */
enum nexus_disorder {
    NEXUS_DISORDER_GAP = 1,      /**< It builds on what has not been seen. */
    NEXUS_DISORDER_INVERSION = 2 /**< It is older than what has been seen. */
};

/** An event out of order. Read only members inside `size`. Valid during the callback. @since 1.0 */
struct nexus_causality {
    size_t size;
    const struct nexus_delivery *delivery; /**< The event. */
    const char *event_clock;               /**< Its vector clock, as JSON. */
    const char *seen_clock;                /**< What was seen before it, as JSON. */
    enum nexus_disorder disorder;          /**< What is wrong with it. */
    bool held;                             /**< It is held back; see below. */
};

/** Tells of an event out of order, before its handler runs, and where that does. @since 1.0 */
typedef void (*nexus_causality_callback)(struct nexus_subscription *subscription,
                                         const struct nexus_causality *what, void *data);

/** Sets the causality callback. Without one, events out of order are only counted. Errors:
 * NEXUS_E_INVALID. @since 1.0 */
NEXUS_API int nexus_subscribe_options_set_causality_callback(
    struct nexus_subscribe_options *options, nexus_causality_callback callback, void *data,
    struct nexus_error *err);

/**
 * Holds an event with a gap back until what it builds on has been handed out, for at most
 * `milliseconds` (1 to 60000) after its arrival; then its handler runs all the same, and it is
 * counted as `causal_overdue`. Counted while held: `causal_held`. At most `events` (1 to 10000; 0,
 * the default: none) are held at a time; a further one is not held. They count as deliveries in
 * hand, and the server is kept from delivering them again. Later events, of the same subject too,
 * overtake what is held, unless they build on it. Not together with workers: subscribing then fails
 * with NEXUS_E_INVALID. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_subscribe_options_set_hold_back(struct nexus_subscribe_options *options,
                                                    uint32_t events, int64_t milliseconds,
                                                    struct nexus_error *err);

NEXUS_END_DECLS

#endif
