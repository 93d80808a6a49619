/* SPDX-License-Identifier: Apache-2.0 */
/* How callers' threads wait.
 *
 * By a wire whose time passes by itself, as everywhere. The time of another one may stand still
 * until somebody waits for it (see `waiting` in transport.h): such a wire must know who waits, and
 * the I/O thread, which keeps all deadlines, ends the waits. */
#ifndef NX_WAIT_H
#define NX_WAIT_H

#include "client.h"

struct nx_wait {
    struct nx_wait *next;
    const void *what;        /* for nx_waits_woken() */
    pthread_cond_t *changed; /* NULL: the client's descriptor, or nothing of the client's */
    int64_t until;
    bool counted; /* the wire knows of it */
    bool expired;
};

/* With the lock: waits for `changed`; ETIMEDOUT when the time is `until` (INT64_MAX: never). */
int nx_wait_until(struct nexus_client *client, pthread_cond_t *changed, int64_t until);
/* With the lock: the same, where what is waited for has a deadline of its own. */
void nx_wait_for(struct nexus_client *client, pthread_cond_t *changed);
/* No lock: whether the wire wants to know of waits; then waits for the descriptor. */
bool nx_wait_for_due(struct nexus_client *client, int64_t until);
/* No lock: lets time pass. */
void nx_pause(struct nexus_client *client, int64_t nanoseconds);

/* No lock: around any other wait for something that has a deadline of its own, and that is under
 * way. Ending one that never began (all zero) does nothing. */
void nx_wait_begin(struct nexus_client *client, struct nx_wait *wait, const void *what);
void nx_wait_end(struct nexus_client *client, struct nx_wait *wait);

/* With the lock: what was waited for is there. Time must not pass before those who waited run. */
void nx_waits_woken(struct nexus_client *client, const void *what);
/* I/O thread, no lock: ends the waits whose time has come; the next one. */
int64_t nx_waits_tick(struct nexus_client *client, int64_t now);

#endif
