/* SPDX-License-Identifier: Apache-2.0 */
/* The client's inside: what its parts share, and how they call each other.
 *
 * Threads. The I/O thread (io.c) owns the wire and all timers. Callers' threads publish, subscribe
 * and settle. One caller's thread at a time dispatches. `lock` guards everything here that is not
 * marked otherwise; it is never held while a callback runs or while the wire is waited for. */
#ifndef NX_CLIENT_H
#define NX_CLIENT_H

#include <nexus/nexus.h>
#include <pthread.h>
#include <stdatomic.h>

#include "clock.h"
#include "metrics.h"
#include "options.h"
#include "status.h"
#include "transport.h"

struct nx_publisher; /* publisher.h: events on their way out */
struct nx_requests;  /* requests.h: JetStream API calls under way */
struct nx_posts;     /* posts.h: messages under way beside the events */
struct nx_burials;   /* bury.h: events that are being given up */
struct nx_spool;     /* spool.h: events on disk */
struct nx_checker;   /* trust/checker.h: what is believed */

/* Numbers of listeners. Answers to API requests come on "<inbox>.r<number>". Acks come on
 * "<inbox>.a<shard>.<number>": a subject's events share a shard, so that the one thing which tells
 * no number, that nobody answered, still tells nearly which event it was about. Those to posts come
 * on "<inbox>.d.<number>". */
#define NX_LISTENER_REQUESTS 1
#define NX_LISTENER_ACKS     2
#define NX_ACK_SHARDS        16
#define NX_ANSWERED_MAX      128
#define NX_LISTENER_POSTS    (NX_LISTENER_ACKS + NX_ACK_SHARDS)
#define NX_LISTENER_OTHERS   (NX_LISTENER_POSTS + 1)

/* A message for a subscription, fresh from the wire. */
#define NX_ARRIVALS 32
struct nx_arrival {
    uint64_t listener;
    struct nexus_subscription *subscription;
    struct nx_incoming *incoming;
    struct nx_view view;
};

/* A callback that is due, other than a message. Runs once, on the dispatching thread, without the
 * lock; frees itself. `client` is being torn down when `nexus_client_destroy` runs it. */
struct nx_due {
    struct nx_due *next;
    void (*run)(struct nexus_client *client, struct nx_due *due);
};

/* Counters; stats.c turns them into struct nexus_client_stats. Relaxed atomics. */
enum nx_counter {
    NX_PUBLISHED,
    NX_ACKED,
    NX_DUPLICATES,
    NX_RESENT,
    NX_FAILED,
    NX_IN_FLIGHT,
    NX_RECEIVED,
    NX_HANDLED,
    NX_RETRIED,
    NX_REJECTED,
    NX_DEFERRED,
    NX_QUEUED,
    NX_IN_HAND,
    NX_POISON,
    NX_POISON_SIZE,
    NX_POISON_JSON,
    NX_POISON_ENVELOPE,
    NX_POISON_TENANT,
    NX_POISON_PAYLOAD,
    NX_POISON_CHANNEL,
    NX_REDELIVERED,
    NX_SCHEMA_DRIFT,
    NX_CLOCK_DROPPED,
    NX_CONNECTS,
    NX_DISCONNECTS,
    NX_POISON_UNSIGNED,
    NX_POISON_MALFORMED,
    NX_POISON_ALGORITHM,
    NX_POISON_SUBJECT,
    NX_POISON_MESSAGE_ID,
    NX_POISON_UNKNOWN_KEY,
    NX_POISON_REVOKED,
    NX_POISON_TIME,
    NX_POISON_NOT_ALLOWED,
    NX_POISON_CAPABILITY,
    NX_POISON_SIGNATURE,
    NX_POISON_REPLAY,
    NX_SIGNED_EVENTS,
    NX_SIGNATURES,
    NX_VERIFIED,
    NX_VERIFICATIONS,
    NX_INBOX_DUPLICATES,
    NX_INBOX_BUSY,
    NX_INBOX_UNCERTAIN,
    NX_INBOX_ERRORS,
    NX_WORKERS,
    NX_WORKERS_BUSY,
    NX_CAUSAL_GAPS,
    NX_CAUSAL_INVERSIONS,
    NX_CAUSAL_HELD,
    NX_CAUSAL_OVERDUE,
    NX_ORDERED_GAPS,
    NX_EXHAUSTED,
    NX_DEAD_LETTERED,
    NX_DEAD_FAILED,
    NX_COUNTERS
};

struct nexus_client {
    struct nx_options *options;        /* constant */
    struct nx_transport *wire;         /* constant pointer */
    struct nx_clock *clock;            /* locks itself */
    unsigned forks;                    /* constant: of the process that may use it */
    char inbox[NEXUS_SUBJECT_MAX + 1]; /* constant: the prefix of reply subjects, no dot behind */

    /* The handle, and every delivery that is still unsettled, hold one reference each. */
    atomic_uint references;
    atomic_bool closed;   /* takes no more events, subscriptions or verdicts */
    atomic_bool stopping; /* the I/O thread shall end */

    /* I/O thread: answers that have been read and wait to be released. */
    struct nx_incoming *answered[NX_ANSWERED_MAX];
    unsigned answered_count;
    /* I/O thread: messages for subscriptions that wait to be queued. */
    struct nx_arrival arrivals[NX_ARRIVALS];
    unsigned arrival_count;

    pthread_mutex_t lock;
    pthread_t io_thread;
    bool io_running;

    atomic_int state; /* enum nexus_client_state */
    uint64_t epoch;   /* counts connections; 0: none yet */
    bool up;          /* the wire takes messages */
    bool connecting;  /* an attempt is under way */
    int down_code;    /* why the last attempt failed */
    char down_text[256];
    pthread_cond_t state_changed; /* monotonic clock */
    int64_t reconnect_at;         /* next attempt; 0: none is planned */
    unsigned attempts;            /* failed ones in a row */

    struct nx_publisher *publisher;
    struct nx_spool *spool; /* NULL: none */
    struct nx_requests *requests;
    struct nx_posts *posts;
    struct nx_burials *burials;
    struct nx_checker *checker; /* the dispatching thread's; NULL: nothing is checked */

    struct nexus_subscription *subscriptions; /* linked by `next` */
    struct nexus_subscription *serve_next;    /* whose turn it is, round robin */
    uint64_t next_listener;

    /* Dispatching. */
    struct nx_due *due_first;
    atomic_uint due_count; /* so that looking whether there are any takes no lock */
    struct nx_due **due_last;
    int due_fd;         /* eventfd, readable while anything is due or a stop is wanted */
    bool due_signalled; /* due_fd is readable */
    atomic_bool stop_wanted;
    atomic_bool dispatching;
    _Atomic(pthread_t) dispatcher; /* valid while `dispatching` */
    atomic_bool destroy_wanted;    /* destroy was called from a callback */

    atomic_uint_fast64_t counters[NX_COUNTERS];
    struct nx_metrics metrics;

    struct nx_wait *waits; /* wait.h; always empty where time passes by itself */

    pthread_mutex_t log_lock; /* calls of the log callback do not overlap */
};

static inline void nx_count(struct nexus_client *client, enum nx_counter counter)
{
    atomic_fetch_add_explicit(&client->counters[counter], 1, memory_order_relaxed);
}

static inline void nx_uncount(struct nexus_client *client, enum nx_counter counter)
{
    atomic_fetch_sub_explicit(&client->counters[counter], 1, memory_order_relaxed);
}

/* client.c */
int nx_client_new_over(const struct nexus_client_options *options, nx_transport_new make_wire,
                       struct nexus_client **out, struct nexus_error *err);
struct nexus_client *nx_client_retain(struct nexus_client *client);
void nx_client_release(struct nexus_client *client);
/* Whether this process is a child of the one that made the client. */
bool nx_client_forked(const struct nexus_client *client);
/* NEXUS_E_INVALID (NULL), NEXUS_E_FORK, NEXUS_E_CLOSED, or NEXUS_OK. */
int nx_client_usable(struct nexus_client *client, struct nexus_error *err);

/* io.c: where the wire's messages come in. */
void nx_io_message(void *owner, uint64_t listener, struct nx_incoming *incoming);
void nx_io_unanswered(void *owner, uint64_t listener);
/* Subscribes to the answers. */
int nx_io_listen(struct nexus_client *client, struct nexus_error *err);
/* The I/O thread's round. Anything that sets an earlier deadline wakes the wire. */
/* I/O thread: an answer is overdue; is the server still there? */
void nx_io_doubt(struct nexus_client *client);
int nx_io_start(struct nexus_client *client, struct nexus_error *err);
void nx_io_stop(struct nexus_client *client);
bool nx_on_io_thread(struct nexus_client *client);

/* supervisor.c: connecting, and what a change of the wire means to the others. */
void nx_supervisor_wire(struct nexus_client *client, enum nx_wire_event event, int code,
                        const char *text);
/* The client has been closed; the I/O thread has ended. */
void nx_supervisor_closed(struct nexus_client *client);
int64_t nx_supervisor_tick(struct nexus_client *client, int64_t now);
/* Waits for the end of the first attempt to connect. */
int nx_supervisor_wait(struct nexus_client *client, struct nexus_error *err);

/* dispatch.c */
/* Makes this thread the one that runs callbacks; NEXUS_E_STATE when there is one. */
int nx_dispatch_enter(struct nexus_client *client, struct nexus_error *err);
/* Leaves with `result`; carries out a destroy that a callback asked for. */
int nx_dispatch_leave(struct nexus_client *client, int result, struct nexus_error *err);
/* A worker's callback has returned: carries out a destroy that it asked for, unless a thread that
 * dispatches will. */
void nx_dispatch_destroy_wanted(struct nexus_client *client);
/* Queues a callback. With the lock held. */
void nx_due_push(struct nexus_client *client, struct nx_due *due);
/* Makes due_fd readable, because a subscription has messages. With the lock held. */
void nx_due_signal(struct nexus_client *client);
/* Runs callbacks that are due, other than messages, until there are none. */
void nx_due_drain(struct nexus_client *client);
/* Whether this thread is inside a callback of this client. */
bool nx_in_callback(struct nexus_client *client);

/* log.c; with no lock held. `event` is a stable word, then "key=value" pairs. */
void nx_log(struct nexus_client *client, enum nexus_log_level level, const char *event,
            const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
