/* SPDX-License-Identifier: Apache-2.0 */
/* Going through stored events once more. */
#ifndef REPLAY_H
#define REPLAY_H

#include <time.h>

#include "scan.h"

struct replay {
    struct scan scan;
    const char *subject; /* pattern; NULL: all */
    const char *to;      /* server; NULL: the same */
    const char *to_tenant;
    int64_t until; /* nanoseconds since 1970; 0: no end */
    int64_t count; /* 0: no limit */
    double speed;  /* 0: as fast as it goes */
    bool publish;
    bool quiet;
    struct nexus_client *target; /* NULL: events are printed; perhaps scan.client */
    struct nexus_publish_options *options;
    int64_t done;
    int64_t duplicates;
    int64_t failed;
    struct timespec began; /* with the first event … */
    int64_t first_stored;  /* … which was stored then */
};

/* The client to publish with, where that is asked for. Returns the exit status. */
int replay_open_target(struct replay *replay);
void replay_close_target(struct replay *replay);

/* Publishes one event again. False: no more. */
bool replay_publish(struct replay *replay, const struct nexus_delivery *delivery);

#endif
