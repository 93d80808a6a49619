/* SPDX-License-Identifier: Apache-2.0 */
/* Ctrl-C and kill: the first one ends the work in order, a second one ends the program at once. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <nexus/nexus.h>

#include <poll.h>

/* A reader that goes away is told by EPIPE, in whatever order things are started. */
void signals_ignore_pipe(void);

/* Keeps SIGINT and SIGTERM from the threads that are started until signals_release(): they shall
 * interrupt the waits of this one. */
void signals_hold(void);
void signals_release(void);

/* From now on they stop this client's dispatching; NULL ends the watch. */
void signals_watch(struct nexus_client *client);

/* Whether one has come. */
bool signals_stopped(void);

/* poll(), which a signal ends even when it comes just before. */
int signals_poll(struct pollfd *descriptors, nfds_t count, int timeout_ms);

#endif
