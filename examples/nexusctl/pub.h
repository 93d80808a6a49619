/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing: what the command line asks for, and the two ways of doing it. */
#ifndef PUB_H
#define PUB_H

#include <nexus/nexus.h>

#include "command.h"

struct pub {
    const struct nexus_channel *channel; /* NULL: every line names its own */
    const char *tenant;
    const char *payload; /* NULL: from standard input */
    const char *causal_id;
    bool json;
    bool quiet;
    bool dry_run;
    struct nexus_client *client; /* NULL in a dry run */
    struct nexus_publish_options *options;
};

/* One event, waiting for its ack. Returns the exit status. */
int pub_one(struct pub *pub);

/* One event per line of standard input, as fast as the acks come. Returns the exit status. */
int pub_lines(struct pub *pub);

/* One event to publish. */
struct pub_event {
    const struct nexus_channel *channel;
    const char *tenant;    /* or NULL */
    const char *causal_id; /* or NULL */
    const char *payload;
};

/* Publishes, or only checks in a dry run. The tenant goes where the channel wants it: into the
 * subject, or into the envelope of a system event. */
int pub_event(struct pub *pub, const struct pub_event *event, struct nexus_receipt *receipt,
              struct nexus_error *err);

/* Prints where an event went: a line for a person, or with --json an object. `line` 0: none. */
void pub_print_receipt(const struct pub *pub, const char *channel, size_t line,
                       const struct nexus_receipt *receipt);

#endif
