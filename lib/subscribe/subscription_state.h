/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a subscription, shared by the files that make one work:
 *
 *   subscribe.c     made, destroyed, asked for its names
 *   subscriptions.c where messages come in; all of a client at once
 *   pull.c          asks the server for as much as the queue has room for
 *   pull_status.c   what the server says about that
 *   watch.c         looks after the consumer: when nothing comes any more, and now and then
 *   repair.c        creates it again where it was
 *   serve.c         takes messages from the queue and runs handlers
 *   receive.c       from the message to the event, or to poison
 *   settle.c        verdicts; ../dead has what follows from giving up
 *   retry_delay.c   when a retried one comes again
 *   pause.c         holding one back
 *   lease.c         keeps the server patient
 *   crew.c          handlers on threads of their own, in lanes (lanes.c)
 *
 * All of it is guarded by the client's lock, but for what is marked constant. */
#ifndef NX_SUBSCRIPTION_STATE_H
#define NX_SUBSCRIPTION_STATE_H

#include "ack_subject.h"
#include "client.h"
#include "consumer.h"
#include "inbox_state.h"
#include "schema.h"
#include "subject.h"
#include "subscribe_options.h"

/* One message, from its arrival until it is settled. */
struct nx_received {
    struct nx_received *next;
    struct nx_received *previous;
    struct nx_incoming *incoming;
    struct nx_view view;
    struct nx_ack_subject ack;
    int64_t arrived_at;
    size_t size;                     /* what it counts for in the queue */
    uint64_t round;                  /* the lease round in which the server heard of it */
    struct nexus_delivery *delivery; /* once it is in hand */
    struct nx_received *lane_next;   /* behind it in its lane; see lanes.h */
    uint64_t key;
};

struct nx_received_list {
    struct nx_received *first;
    struct nx_received *last;
    uint32_t count;
};

/* An ack that waits for the wire. */
struct nx_late_ack {
    struct nx_late_ack *next;
    char *verdict; /* behind `reply`, in the same piece of memory */
    char reply[];
};

/* Messages that are done with. cnats hands each one that is destroyed to a thread of its own, and
 * wakes that thread for it: a batch is one wake-up instead of many, and the I/O thread, which has
 * time, is better for it than the handlers' one. */
#define NX_DONE_MAX    512 /* then the handlers' thread does it after all */
#define NX_DONE_ENOUGH 256 /* for the I/O thread, while there is traffic */
#define NX_DONE_BYTES  262144

struct nx_done {
    struct nx_incoming *messages[NX_DONE_MAX];
    uint32_t count;
    size_t bytes;
};

enum nx_pull_state {
    NX_PULL_RUNNING = 0, /* asks whenever there is room */
    NX_PULL_WAITING,     /* after a failure, until retry_at */
    NX_PULL_CHECKING     /* the consumer is being looked at, or created again */
};

#define NX_PULL_RECORDS 16

/* What has been asked of the server and not been delivered yet. Messages do not tell which pull
 * they answer, so only the sums are kept; statuses do tell, by the number. */
struct nx_pull {
    enum nx_pull_state state;
    uint64_t epoch; /* the connection that the last pull went out on */
    uint64_t last_number;
    uint64_t first_valid; /* statuses of pulls before this one mean nothing any more */
    uint32_t outstanding; /* messages that the server may still send */
    size_t reserved;      /* bytes that they may have at most */
    size_t header_room;   /* about what headers add to a message */
    size_t each;          /* reserved for each message of the last order */
    size_t typical;       /* running mean of a message's size */
    uint32_t batch_limit; /* what the consumer allows in one pull; 0: anything */
    size_t bytes_limit;
    int64_t expires_ns;
    bool alone; /* the next message is larger than the room: ask for it by itself */
    bool heard; /* something came since the last beat */
    unsigned silent_beats;
    int64_t beat_at;
    int64_t retry_at;
    unsigned attempts; /* failures in a row */
    bool check_wanted; /* the consumer may be gone */
    int reported;      /* the failure that the application was told of; 0: none */
    struct {
        uint64_t number;
        uint32_t batch;
        size_t bytes;
    } records[NX_PULL_RECORDS];
};

/* Of an ordered subscription. */
struct nx_ordered {
    uint64_t next;    /* the consumer's number of the next message */
    uint64_t last;    /* the stream's number of the last one that came */
    uint64_t waiting; /* when it was made */
    uint64_t until;   /* all that was there ends here; 0: not known */
    bool rebuild;     /* the consumer is to be made anew */
    bool caught_up;   /* has been told */
};

struct nexus_subscription {
    struct nexus_subscription *next; /* in client->subscriptions */
    uint64_t visit;                  /* by which it was visited last; see subscriptions.c */
    struct nexus_client *client;     /* constant; holds a reference */

    /* Constant. */
    const struct nexus_channel *channel;                    /* NULL: any */
    char arguments[NX_PARAMETERS_MAX][NEXUS_TOKEN_MAX + 1]; /* "": any */
    nx_any_function handler;                                /* of the channel's own type, or … */
    nexus_json_handler json_handler;
    void *data;
    struct nx_subscribe_options options;
    char durable[NX_DURABLE_MAX + 1];
    char stream[NX_STREAM_MAX + 1];
    char filter[NEXUS_SUBJECT_MAX + 1];
    char *ack_prefix;   /* "$JS.ACK.<stream>.<durable>." */
    char *pull_subject; /* "$JS.API.CONSUMER.MSG.NEXT.<stream>.<durable>" */
    char *inbox;        /* "<inbox>.p<listener>.*" */
    uint64_t listener;

    /* Life. It is freed when it is no longer listed and nobody uses it. */
    bool listed;    /* in client->subscriptions */
    bool closed;    /* no handler starts any more */
    bool paused;    /* no handler starts for now */
    bool destroyed; /* the application gave up its handle */
    bool abandoned; /* verdicts are no longer taken */
    uint32_t out;   /* delivery objects in use */
    uint32_t holds; /* reports, checks and visits under way */
    bool running;   /* a callback of it runs, on … */
    pthread_t runner;
    pthread_cond_t returned; /* … and has returned */

    struct nx_received_list queue;
    size_t queue_bytes;
    struct nx_received_list in_hand;
    struct nx_received *spare_received;
    struct nexus_delivery *spare_delivery;
    uint32_t spare_count;
    struct nx_done done;
    uint32_t burst;                /* messages served in a row */
    atomic_int_fast64_t pushed_at; /* when an ack was last sent at once */
    struct nx_ordered ordered;
    struct nx_causal *causal; /* constant */
    struct nx_crew *crew;     /* constant; NULL: handlers run where the client dispatches */

    struct nx_pull pull;
    int64_t ack_wait_ns;      /* as the server has it */
    int64_t server_limit;     /* deliveries after which the server itself forgets; 0: never */
    uint64_t floor;           /* all before it has been settled, when the server was asked last */
    int64_t consumer_created; /* by the server's clock */
    bool stream_gone;         /* it was missing; what has its name now is another one */
    bool looking;             /* the server is being asked, while pulls go on */
    bool blocked;             /* the application was told of it */
    int64_t look_at;
    uint64_t lease_round;
    int64_t lease_at;
    struct nx_late_ack *late_first;
    struct nx_late_ack **late_last;
    uint32_t late_count;

    struct nx_condemned *condemned; /* given up, but not buried yet */
    struct nx_handled *buried;      /* given up, and reported; NULL: none so far */
    atomic_bool any_buried;         /* spares the others the lock */
    unsigned bury_failures;         /* in a row */
    int bury_reported;              /* the failure that the application was told of; 0: none */

    struct nexus_inbox *once;     /* constant; NULL: doubles reach the handler */
    pthread_mutex_t receive_lock; /* what follows; no other lock is taken under it */
    struct nx_replay *replay;     /* what it has handled lately */
    bool *drift_logged;           /* by channel */
};

/* subscribe.c */
/* With the lock: whether it is to be freed, taking it off the list first where nothing is left to
 * do for it. When true, the caller frees it with nx_subscription_free() after unlocking. */
bool nx_subscription_unused(struct nexus_subscription *subscription);
void nx_subscription_unlist(struct nexus_subscription *subscription);
void nx_subscription_free(struct nexus_subscription *subscription);
/* Keeps it in memory without the lock. Each with no lock. */
void nx_subscription_hold(struct nexus_subscription *subscription);
void nx_subscription_unhold(struct nexus_subscription *subscription);
/* Stops it: no handler, no pull; queued messages go back. No lock. */
void nx_subscription_end(struct nexus_subscription *subscription);
/* Around every callback of a subscription, on the dispatching thread, no lock. False: it has been
 * closed, the callback must not run. */
bool nx_subscription_enter(struct nexus_subscription *subscription);
void nx_subscription_leave(struct nexus_subscription *subscription);

/* subscription_names.c: stream, durable and filter; and, once it has a listener, its subjects. */
int nx_subscription_names(struct nexus_subscription *subscription, const char *const *arguments,
                          struct nexus_error *err);
int nx_subscription_subjects(struct nexus_subscription *subscription, struct nexus_error *err);

/* report.c: tells the error callback, once per failure in a row, and the log. No lock. */
void nx_subscription_report(struct nexus_subscription *subscription, const struct nexus_error *err);

/* received.c: lists and memory of messages. With the lock. */
void nx_received_push(struct nx_received_list *list, struct nx_received *received);
void nx_received_push_front(struct nx_received_list *list, struct nx_received *received);
void nx_received_remove(struct nx_received_list *list, struct nx_received *received);
struct nx_received *nx_received_new(struct nexus_subscription *subscription);
/* Keeps its message until nx_done_take() finds `least` of them, or many bytes; they are then
 * released without the lock. */
void nx_received_recycle(struct nexus_subscription *subscription, struct nx_received *received);
bool nx_done_take(struct nexus_subscription *subscription, uint32_t least, struct nx_done *out);
void nx_done_release(const struct nx_transport_ops *ops, const struct nx_done *done);

/* lease.c. I/O thread, no lock: says +WPI for what waits or is in hand for long. */
void nx_lease_renew(struct nexus_subscription *subscription, int64_t now);

#endif
