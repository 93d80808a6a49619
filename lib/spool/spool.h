/* SPDX-License-Identifier: Apache-2.0 */
/* The spool as the client and the publisher see it.
 *
 * Threads. Publishers put events into `appends`. The writer (its own thread, the only one that
 * touches the file) takes all that is there, makes it durable with one commit, and tells those who
 * wait. It also reads what is to be sent next into `ready`, ahead of the I/O thread, which takes
 * from there whatever the window has room for, and gives back the ids of what is done with.
 *
 * An event is in the file from its commit until its id has been given back. `lock` guards all that
 * is shared here; the client's lock may be held when it is taken, never the other way round.
 *
 *   spool.c          made, opened, ended; what publishers do
 *   spool_writer.c   the thread
 *   spool_limits.c   what is dropped for room or age
 *   spool_drain.c    from the file to the window
 *   spool_window.c   events of the window that are the spool's; subjects that have to wait
 *   spool_report.c   what is told about events that are lost, dropped or waiting
 *   spool_ids.c      the events that are in memory, too
 */
#ifndef NX_SPOOL_H
#define NX_SPOOL_H

#include <nexus/spool.h>

#include "client.h"
#include "kept.h"
#include "publisher.h"

struct nx_store;
struct nx_store_damage;
struct nx_spool_parked;

struct nx_kept_queue {
    struct nx_kept *first, **last;
    size_t count, bytes;
};

/* An event that has left the window for good: its row is to be removed. */
struct nx_spool_done {
    int64_t id;
    size_t length;
};

/* Ids as a set. */
struct nx_id_set {
    int64_t *slots; /* 0: free */
    size_t capacity, count;
};

struct nx_spool {
    struct nexus_client *client;
    struct nx_store *store;         /* the writer's, while it runs */
    struct nx_store_damage *damage; /* found when it was opened, until it is told */
    pthread_t writer;
    bool running;

    pthread_mutex_t lock;
    pthread_cond_t work;    /* for the writer */
    pthread_cond_t settled; /* the writer has nothing to do */
    bool idle;              /* the writer waits for `work` */
    bool stopping;
    int64_t next_id;
    struct nx_kept_queue appends;
    struct nx_kept_queue ready; /* read, or just written, and not in the window yet */
    struct nx_spool_done *done;
    size_t done_count, done_capacity;
    struct nx_id_set held; /* in `ready` or the window: not to be read again or dropped */
    int64_t cursor;        /* the next id to read; all before it are held, parked or gone */
    bool caught_up;        /* nothing is there from the cursor on */
    bool unreadable;       /* reading failed; it is tried again later */
    bool wanted;           /* the I/O thread can take more */
    uint64_t rewinds;      /* how often the cursor was set back */
    uint64_t present;      /* events accepted and not done: what is on disk and in `appends` */
    uint64_t present_bytes;
    int64_t oldest_at; /* when the oldest of the file was accepted; 0: none */

    /* I/O thread. */
    uint32_t in_window;
    size_t window_bytes;
    int64_t backlog_through; /* ids up to here count for the rate */
    uint64_t backlog_epoch;
    int64_t rate_at; /* when the next one of the backlog may go */
    struct nx_spool_parked *parked;

    struct nexus_spool_stats stats; /* under `lock` */
    unsigned reports;               /* queued; under the client's lock */
    uint64_t summed[NEXUS_SPOOL_WAITING + 1];
};

/* Whether this build has a spool at all. */
bool nx_spool_available(void);
/* Opens the file, where the options ask for a spool; else `client->spool` stays NULL. */
int nx_spool_new(struct nexus_client *client, struct nexus_error *err);
int nx_spool_start(struct nexus_client *client, struct nexus_error *err);
/* Ends the writer when all that was accepted is durable. The I/O thread has ended. */
void nx_spool_stop(struct nexus_client *client);
void nx_spool_free(struct nexus_client *client);
/* Waits until the file is empty, or the connection is gone, or the time is `deadline`. */
void nx_spool_linger(struct nexus_client *client, int64_t deadline);

/* ---- publishing; with the publisher's order held */

/* Whether an event has to go through the file first. */
bool nx_spool_first(struct nexus_client *client);
/* Takes the event's bytes, and gives them the next id. `*out` is the caller's reference.
 * NEXUS_E_MEMORY. */
int nx_spool_keep(struct nexus_client *client, const struct nx_outgoing *event,
                  struct nx_kept **out, struct nexus_error *err);
/* NEXUS_E_FULL at the limit, where the policy is to refuse. */
int nx_spool_room(struct nexus_client *client, size_t bytes, struct nexus_error *err);
/* Gives it to the writer, and with it the reference. Any lock may be held but the spool's. */
void nx_spool_append(struct nexus_client *client, struct nx_kept *kept);

/* ---- the publisher's I/O thread; with the client's lock, unless it says otherwise */

/* No lock: sends what is due from the file; the time of the next look. */
int64_t nx_spool_tick(struct nexus_client *client, int64_t now);
/* An event of the window, live until now, goes to the disk, too: it has waited too long. */
void nx_spool_adopt(struct nexus_client *client, struct nx_record *record);
void nx_spool_adopt_all(struct nexus_client *client);
/* The end of an event of the window that is the spool's: acked, refused, too old, waiting. */
void nx_spool_ended(struct nexus_client *client, struct nx_record *record, int code,
                    const char *text);
/* Before it is sent (again): marks it where an earlier attempt is too long ago. */
void nx_spool_before_send(struct nexus_client *client, struct nx_record *record);
/* Whether the spool answers for the event: nobody waits for its end any more. */
static inline bool nx_spool_owns(const struct nx_record *record)
{
    return record->kept && !record->waiter && !record->callback;
}

/* Whether the spool keeps an event of its own that ends in the window with this code. */
bool nx_spool_keeps(const struct nx_record *record, int code);

/* ---- the writer, without locks: the disk has taken events, or has refused to */
void nx_spool_durable(struct nx_spool *spool, struct nx_kept *batch, int code,
                      const struct nexus_error *err);

/* ---- between the files of the spool */

void nx_kept_queue_init(struct nx_kept_queue *queue);
void nx_kept_push(struct nx_kept_queue *queue, struct nx_kept *kept);
struct nx_kept *nx_kept_pop(struct nx_kept_queue *queue);

bool nx_ids_add(struct nx_id_set *set, int64_t id);
bool nx_ids_has(const struct nx_id_set *set, int64_t id);
void nx_ids_remove(struct nx_id_set *set, int64_t id);

void *nx_spool_writer_main(void *spool);

/* With the spool's lock: an id that is done with; wakes the writer when there are many. */
void nx_spool_done(struct nx_spool *spool, const struct nx_kept *kept);
void nx_spool_wake(struct nx_spool *spool);

/* No lock: tells, counts and logs what became of an event, or of `count` unknown ones. `kept` may
 * be NULL. */
void nx_spool_report(struct nx_spool *spool, enum nexus_spool_reason reason, int code,
                     struct nx_kept *kept, uint64_t count, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* The same with the client's lock held; does not log. */
void nx_spool_report_locked(struct nx_spool *spool, enum nexus_spool_reason reason, int code,
                            struct nx_kept *kept, uint64_t count, const char *message);

/* The writer, within a transaction: drops what is too much, and what is too old where `aged` is not
 * NULL. What was dropped is put there, to be reported when it is committed. */
int nx_spool_drop(struct nx_spool *spool, struct nx_kept_queue *full, struct nx_kept_queue *aged,
                  struct nexus_error *err);
/* When an event becomes too old, by the client's own clock. */
int64_t nx_spool_deadline(const struct nx_spool *spool, const struct nx_kept *kept);
/* Whether one more event fits. No lock, or the client's. */
bool nx_spool_fits(struct nexus_client *client, size_t bytes);
/* Whether an event is too old. */
bool nx_spool_aged(const struct nx_spool *spool, const struct nx_kept *kept);
int64_t nx_wall_ms(void);

/* I/O thread, client's lock: subjects that wait. */
bool nx_spool_is_parked(const struct nx_spool *spool, const char *subject, int64_t id);
void nx_spool_park(struct nx_spool *spool, const char *subject, int64_t id, int code);
/* Lets go those whose time has come; the next time. */
int64_t nx_spool_unpark(struct nx_spool *spool, int64_t now);
void nx_spool_unpark_free(struct nx_spool *spool);
/* Something was stored: the subject is well again. */
void nx_spool_unparked(struct nx_spool *spool, const char *subject);

#endif
