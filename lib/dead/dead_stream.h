/* SPDX-License-Identifier: Apache-2.0 */
/* Where events go that were given up on: what provisioning, permissions and the tools must know.
 *
 * A dead letter's subject is the event's own with another first token, so that permissions and
 * filters that are written for events serve for dead letters, too:
 *
 *   nexus.salon-001.booking.created  ->  nexus-dlq.salon-001.booking.created
 *
 * The second token is the tenant whose consumer gave it up (or _core): a consumer that may read
 * `nexus.<tenant>.>` needs publish rights on `nexus-dlq.<tenant>.>`, and on nothing else. */
#ifndef NX_DEAD_STREAM_H
#define NX_DEAD_STREAM_H

#include <stddef.h>

#define NX_DEAD_PREFIX   "nexus-dlq."
#define NX_DEAD_SUBJECTS "nexus-dlq.>"
#define NX_DEAD_STREAM   "NEXUS_DLQ" /* the stream's name, where nothing else is asked for */

/* A member of the stream's configuration, as JSON text, and what a server means that leaves it out
 * (NULL: it never does). Storage and replicas are those of the stream of events. */
struct nx_dead_member {
    const char *name;
    const char *value;
    const char *absent;
};

extern const struct nx_dead_member nx_dead_stream[];
extern const size_t nx_dead_stream_count;

#endif
