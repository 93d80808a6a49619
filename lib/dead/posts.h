/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that are stored as they are, beside the window of events: dead letters on their way, and
 * events on their way back from there. Each is repeated until a stream has acked it. */
#ifndef NX_POSTS_H
#define NX_POSTS_H

#include "client.h"
#include "puback.h"

/* One message. All of it is copied. */
struct nx_post {
    const char *subject;
    const struct nx_header *headers;
    size_t header_count;
    const void *body;
    size_t length;
    int64_t patience_ns; /* how long, not counting the time without a connection … */
    bool strict;         /* … or counting it */
};

/* Tells the end: NEXUS_OK with the ack, or NEXUS_E_TIMEOUT, NEXUS_E_NO_STREAM, NEXUS_E_PERMISSION,
 * NEXUS_E_TOO_LARGE, NEXUS_E_STREAM (`ack` has the server's words), NEXUS_E_CLOSED. Runs on the I/O
 * thread (or, when that has ended, inside close), without the lock; must not block. */
typedef void (*nx_posted)(struct nexus_client *client, int code, const struct nx_puback *ack,
                          void *data);

/* How many more may be under way. */
unsigned nx_posts_room(struct nexus_client *client);

int nx_posts_new(struct nexus_client *client, struct nexus_error *err);
void nx_posts_free(struct nexus_client *client);

/* Sends without waiting; `posted` is called exactly once unless this fails: NEXUS_E_FULL (so many
 * are under way), NEXUS_E_MEMORY, NEXUS_E_CLOSED. Any thread, lock not held. */
int nx_post_start(struct nexus_client *client, const struct nx_post *post, nx_posted posted,
                  void *data, struct nexus_error *err);
/* Sends and waits. Callers' threads only, never the I/O thread. */
int nx_post_wait(struct nexus_client *client, const struct nx_post *post, struct nx_puback *ack,
                 struct nexus_error *err);
/* The failure of a post, in words. */
int nx_post_fail(int code, const char *subject, const struct nx_puback *ack,
                 struct nexus_error *err);

/* I/O thread, no lock. The tick returns the next deadline. */
void nx_posts_answer(struct nexus_client *client, uint64_t number, const struct nx_view *view);
void nx_posts_unanswered(struct nexus_client *client);
void nx_posts_forbidden(struct nexus_client *client, const char *subject);
int64_t nx_posts_tick(struct nexus_client *client, int64_t now);

/* Ends all with NEXUS_E_CLOSED, and takes no more. The I/O thread has ended. */
void nx_posts_abandon(struct nexus_client *client);

#endif
