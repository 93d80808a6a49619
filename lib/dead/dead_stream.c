/* SPDX-License-Identifier: Apache-2.0 */
#include "dead_stream.h"

/* - A full stream refuses instead of dropping the oldest: whoever cannot bury an event keeps it.
 * - The duplicate window is longer than the longest ack wait (one hour), after which an event comes
 *   again whose letter was stored while its end was not: that letter is then recognized.
 * - Letters have no age; an operator looks at them, retries or purges them. */
const struct nx_dead_member nx_dead_stream[] = {
    {"subjects", "[\"" NX_DEAD_SUBJECTS "\"]", NULL},
    {"retention", "\"limits\"", NULL},
    {"discard", "\"new\"", NULL},
    {"max_bytes", "-1", "-1"},
    {"max_msgs", "-1", "-1"},
    {"max_age", "0", "0"},
    {"max_msgs_per_subject", "-1", "-1"},
    {"max_msg_size", "-1", "-1"},
    {"duplicate_window", "7200000000000", "0"},
    {"no_ack", "false", "false"},
};
const size_t nx_dead_stream_count = sizeof(nx_dead_stream) / sizeof(nx_dead_stream[0]);
