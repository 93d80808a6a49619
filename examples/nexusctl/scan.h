/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what the stream has now, from a start to its present end, and then ending. */
#ifndef SCAN_H
#define SCAN_H

#include <nexus/nexus.h>

struct scan {
    struct nexus_client *client;
    const char *channel;                     /* NULL: all */
    const char *tenant;                      /* NULL: all */
    struct nexus_subscribe_options *options; /* with the start; the scan names its consumer */
    /* Takes one event; false ends the scan. */
    bool (*on_event)(const struct nexus_delivery *delivery, void *data);
    void *data;
    uint64_t read;   /* events */
    uint64_t passed; /* messages that are no sound events, or were refused */
    uint64_t total;  /* about how many of both there are */
    uint64_t last;   /* the stream's last number when the scan began */
    bool ended;
    bool silent; /* no progress: events are being printed on the terminal */
    int status;
};

/* Scans, with progress on a terminal. Returns the exit status: CTL_OK also when there was nothing;
 * CTL_INTERRUPTED after Ctrl-C. */
int scan_run(struct scan *scan);

/* "NAME: which CHANNEL?" and its like: the argument as a channel's name or NULL for "all". False
 * after a report. */
bool scan_choose(const char *text, const char **channel, int *status);

#endif
