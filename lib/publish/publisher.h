/* SPDX-License-Identifier: Apache-2.0 */
/* Events on their way out: the in-flight window, acks, retries, deadlines.
 *
 *   publish.c          from the caller's event to a message
 *   publisher.c        the window: room and records
 *   publish_end.c      the one end that each event has
 *   publish_send.c     attempts: sending, acks, what a failed one means
 *   publish_hold.c     subjects whose events wait for one that is being retried
 *   coverage.c         whether any stream takes a subject
 *   puback.c           what JetStream answers
 */
#ifndef NX_PUBLISHER_H
#define NX_PUBLISHER_H

#include "buf.h"
#include "client.h"
#include "puback.h"
#include "sign_batch.h"

#define NX_HOLD_BUCKETS 64
#define NX_DEAD_MAX     256
#define NX_RECORD_TEXT  176 /* holds the three texts of nearly every event */
#define NX_SLOT_BITS    17  /* window sizes up to 65536, and room for what awaits its callback */

enum nx_record_state {
    NX_RECORD_FREE,
    NX_RECORD_UNSENT,  /* waits for the wire */
    NX_RECORD_SENT,    /* waits for its ack */
    NX_RECORD_HELD,    /* waits in a hold */
    NX_RECORD_SPOOLING /* waits for the disk; it is not sent from here */
};

struct nx_hold;
struct nx_kept;
struct nx_outgoing;
struct nx_stream_name;

/* Where a blocking caller waits; on its stack. */
struct nx_waiter {
    pthread_cond_t done_changed;
    bool done;
    int code;
    struct nexus_error error;
    struct nx_puback ack;
};

/* One event in flight. Guarded by client->lock. */
struct nx_record {
    struct nx_due due;                 /* first: an ended record is its own callback */
    struct nx_record *next, *previous; /* the window, in the order of acceptance */
    struct nx_record *hold_next;
    struct nx_hold *hold;
    struct nx_record *sign_next;
    enum nx_record_state state;
    bool sending;     /* a thread is inside send() with the message, or signs it */
    bool ended_early; /* its end came meanwhile; `result` has it */
    uint32_t slot;
    uint32_t generation; /* tells a late ack from one for the slot's next event */
    uint32_t attempts;
    uint32_t shard;                      /* of the ack's listeners; follows from the subject */
    uint64_t number;                     /* order of acceptance, from 1 */
    uint64_t epoch;                      /* of the connection that the last attempt went out on */
    const struct nexus_channel *channel; /* NULL: none of the contract */
    int64_t accepted_at;
    int64_t sent_at;
    int64_t deadline;
    size_t bytes;
    struct nx_message *message;
    struct nx_kept *kept; /* its bytes, where the client has a spool; a reference */
    bool drained;         /* came from the spool: takes no room of the publishers' */
    bool adopting;        /* live, and on its way to the disk … */
    bool adopt_failed;    /* … which did not take it */
    bool marked;          /* says that it may be a double */
    bool parks;           /* ends because its subject has to wait */
    int last_code;        /* why the last attempt failed, for the final report */
    struct nx_waiter *waiter;
    nexus_publish_callback callback;
    bool failures_only; /* it is not called when the event is stored */
    bool shown;         /* to the hooks, which gave it a span */
    void *span;
    void *data;
    int result_code;
    struct nexus_error *result_error; /* only for an asynchronous failure; may lack memory */
    char *result_text;                /* the server's words, while the end is kept */
    const char *stream;               /* of the ack; kept by the publisher */
    uint64_t sequence;
    bool duplicate;
    bool spooled;                     /* safe on disk, not stored yet */
    unsigned char leaf[NX_HASH_SIZE]; /* while it waits for a signature: what is to be signed */
    const char *subject, *message_id, *causal_id; /* in `few` or `many` */
    char few[NX_RECORD_TEXT];
    char *many;
};

/* An answer and the record that it is for. */
#define NX_ACK_BATCH 64
struct nx_ack {
    uint64_t number;
    struct nx_puback answer;
};

/* Buffers for building one event, lent to one publishing thread at a time. */
struct nx_scratch {
    struct nx_scratch *next;
    struct nx_buf payload, clock, body, signature, work, trace;
};

struct nx_publisher {
    pthread_mutex_t order;      /* from the clock's tick to the send: one event after the other */
    struct nx_signing *signing; /* NULL: events are not signed */

    struct nx_record *first, *last; /* the window */
    struct nx_record **slots;
    uint32_t slot_count, slot_capacity;
    struct nx_record *free_records;
    _Atomic(struct nx_scratch *)
        scratch; /* the one that is lent out most; taken without the lock */
    struct nx_scratch *free_scratch;
    struct nx_ack *acks; /* I/O thread: heard, not settled yet */
    unsigned ack_count;
    struct nx_message *dead[NX_DEAD_MAX]; /* of ended events; the I/O thread frees them together */
    unsigned dead_count;
    uint64_t last_number;
    uint32_t events; /* in the window */
    size_t bytes;
    uint32_t unreported; /* ended, callback not run yet */
    bool abandoned;      /* the client's end is over: nothing enters the window any more */
    bool gated;          /* the wire is down, or what waited for it is still being sent */
    int64_t next_check;
    struct nx_hold *holds[NX_HOLD_BUCKETS];
    unsigned hold_count;
    bool asking;          /* a question to the server is under way */
    bool cannot_ask;      /* it forbids asking */
    unsigned unsupported; /* I/O thread: questions in a row that nobody answers */
    int64_t io_next;      /* when the I/O thread looks again */
    uint64_t io_last;     /* last_number when it looked last */
    struct nx_stream_name *stream_names;
    unsigned stream_count;
    pthread_cond_t progress; /* room in the window, or an event's end */
    unsigned watchers;       /* threads that wait for `progress` */
    bool progressed;         /* they have not been told yet */
};

int nx_publisher_new(struct nexus_client *client, struct nexus_error *err);
void nx_publisher_free(struct nexus_client *client);

/* I/O thread, no lock: an ack arrived for a record; nobody answered one of a shard's subjects. */
void nx_publisher_ack(struct nexus_client *client, uint64_t number, const struct nx_view *view);
void nx_publisher_unanswered(struct nexus_client *client, unsigned shard);
/* With the lock: the wire came up; new events queue behind those that waited. */
void nx_publisher_gate(struct nexus_client *client);
/* I/O thread, no lock: then sends everything unacked again, in order. */
void nx_publisher_up(struct nexus_client *client);
/* I/O thread, no lock: the server forbade a subject. */
void nx_publisher_forbidden(struct nexus_client *client, const char *subject);
/* I/O thread, no lock: ack timeouts, retries that are due, deadlines. Returns the next one. */
int64_t nx_publisher_tick(struct nexus_client *client, int64_t now);

/* The number of the event accepted last, and whether all up to a number are done. */
uint64_t nx_publisher_last(struct nexus_client *client);
bool nx_publisher_done(struct nexus_client *client, uint64_t last);
/* Waits until nx_publisher_done(), or a completion is due, or the time is `until`. */
void nx_publisher_wait(struct nexus_client *client, uint64_t last, int64_t until);
/* Waits until a completion is due, or the time is `until`. */
void nx_publisher_pause(struct nexus_client *client, int64_t until);
/* Fails everything in flight with NEXUS_E_CLOSED. The I/O thread has ended. */
void nx_publisher_abandon(struct nexus_client *client);

/* ---- between the files of the engine; with the lock held unless it says otherwise */

/* No lock: waits for room and takes it. NEXUS_E_FULL, NEXUS_E_CLOSED, NEXUS_E_MEMORY. */
int nx_window_reserve(struct nexus_client *client, size_t bytes, int64_t deadline, bool wait,
                      bool asynchronous, struct nx_record **out, struct nexus_error *err);
/* Wakes those who wait for progress, if there was any. The I/O thread does so once a turn. */
void nx_publisher_tell(struct nexus_client *client);
/* Gives an unused reservation back. */
void nx_window_cancel(struct nexus_client *client, struct nx_record *record);
/* No lock: gives a reserved record its texts. NEXUS_E_MEMORY. */
int nx_record_name(struct nx_record *record, const char *subject, const char *message_id,
                   const char *causal_id, struct nexus_error *err);
/* A record that nobody reserved; NULL without memory. */
struct nx_record *nx_record_take(struct nx_publisher *publisher);
/* No lock: makes its message. NEXUS_E_MEMORY. */
int nx_record_message(struct nexus_client *client, struct nx_record *record,
                      const struct nx_outgoing *event, struct nexus_error *err);
/* Those who wait for its end are told that it is safe, and it takes no more room; false without
 * memory. */
bool nx_record_told(struct nexus_client *client, struct nx_record *record);
void nx_window_give_room(struct nx_publisher *publisher, const struct nx_record *record);
/* Puts a reserved and named record into the window. */
void nx_window_enter(struct nexus_client *client, struct nx_record *record);
/* Takes a record out of the window and gives its room back; its memory. */
void nx_window_leave(struct nexus_client *client, struct nx_record *record);
void nx_record_free(struct nx_publisher *publisher, struct nx_record *record);
void nx_streams_forget(struct nx_publisher *publisher);
/* Frees the messages of ended events, releasing and taking the lock. */
void nx_dead_free(struct nexus_client *client);
/* The record's one end: unlinks it and reports. `ack` on success, else NULL; on failure the text
 * follows from the code and the record, or is `text`. */
void nx_window_end(struct nexus_client *client, struct nx_record *record, int code,
                   const struct nx_puback *ack, const char *text);
/* The same for one whose end came while it was being sent. */
void nx_window_end_kept(struct nexus_client *client, struct nx_record *record);
struct nx_record *nx_window_find(struct nexus_client *client, uint64_t number);
uint64_t nx_record_ack_number(const struct nx_record *record);
unsigned nx_subject_hash(const char *subject);

/* Sends a record; releases and takes the lock. The record may be gone afterwards. False when the
 * wire did not take it. */
bool nx_record_send(struct nexus_client *client, struct nx_record *record, bool urgent);
/* First attempt, or the place where it has to wait. */
void nx_record_start(struct nexus_client *client, struct nx_record *record, bool urgent);

/* The hold of a subject, or NULL. */
struct nx_hold *nx_hold_find(struct nexus_client *client, const char *subject);
/* The record waits, in order, with the others of its subject. */
void nx_hold_join(struct nx_hold *hold, struct nx_record *record);
/* An attempt failed and is worth another. Makes the hold where there is none. */
void nx_hold_retry(struct nexus_client *client, struct nx_record *record, int code);
/* The record leaves its hold, if any, because it has ended; the others go on. */
void nx_hold_leave(struct nx_record *record, bool stored);
/* Sends what is due, releasing and taking the lock; the next time. */
int64_t nx_hold_tick(struct nexus_client *client, int64_t now);
/* What has been tried in vain for long, and is the spool's, goes back there, so that others get its
 * place in the window. */
void nx_hold_give_back(struct nexus_client *client);
/* All holds dissolve; their records are unsent. */
void nx_hold_dissolve(struct nexus_client *client);

/* coverage.c; no lock: asks which stream covers a subject nobody answered for, and fails its events
 * when none does. */
void nx_coverage_ask(struct nexus_client *client, const char *subject);

#endif
