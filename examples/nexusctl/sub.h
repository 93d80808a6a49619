/* SPDX-License-Identifier: Apache-2.0 */
/* Watching events: what the command line asks for, and what has been seen. */
#ifndef SUB_H
#define SUB_H

#include <nexus/nexus.h>

struct sub {
    const char *channel; /* NULL: all */
    const char *tenant;  /* NULL: all */
    const char *durable; /* NULL: a name for this run only */
    int64_t count;       /* 0: no limit */
    int64_t timeout_ms;  /* without an event; 0: none */
    bool json;
    bool pretty;
    bool quiet;
    bool silent;              /* print no events */
    bool (*over)(void *data); /* asked now and then whether to end; NULL: no */
    void *over_data;
    struct nexus_subscribe_options *options;
    struct nexus_client *client;
    struct nexus_subscription *subscription;
    int64_t received;
    int64_t poison;
    bool ended; /* enough seen, or nobody reads any more */
    int status; /* what the program will exit with */
};

/* Prints one event as people read it. */
void sub_print(const struct nexus_delivery *delivery);

/* Subscribes and dispatches until it is over. Returns the exit status. */
int sub_watch(struct sub *sub);

#endif
