/* SPDX-License-Identifier: Apache-2.0 */
/* The wire over cnats, shared by the files of this folder. The one file that includes nats.h.
 *
 * cnats runs in its event-loop mode: it has no reader and no flusher thread, and all reading and
 * writing of the socket happens in our poll(). That keeps an idle client at one thread of its own,
 * takes hops out of an event's way, and keeps OpenSSL on one thread (cnats before 3.11 races
 * SSL_read against SSL_write). Its own reconnecting is off: any connection that ends is replaced as
 * a whole, for which there is then one way instead of two
 * (docs/adr/0002-cnats-in-event-loop-mode.md). */
#ifndef NX_NATS_WIRE_H
#define NX_NATS_WIRE_H

#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>

#include "servers.h"
#include "status.h"
#include "transport.h"

#define NX_WIRE_LISTENERS     1024
#define NX_WIRE_FORBIDDEN_MAX 64

struct wire;

/* One connection, from the attempt to its last callback. */
struct link {
    atomic_uint references;
    struct wire *wire;
    natsConnection *nc;
    atomic_int fd;            /* -1: nothing to poll */
    atomic_bool write_wanted; /* cnats has bytes for the socket */
    atomic_bool ended;
    pthread_t connector;
    bool connector_runs; /* has not been joined or detached; I/O thread, or whoever disconnects */
    bool ready;          /* connected, not announced yet; wire->lock */
    bool announced;      /* wire->lock; set by the I/O thread alone */
    int64_t doubted_at;  /* since when it is asked for a sign of life; 0: it is not; I/O thread */
    int code;            /* why it ended; wire->lock */
    char text[256];
};

struct listener {
    uint64_t number;
    char *subject;
    natsSubscription *sub; /* of the present link, or NULL */
    bool draining;         /* unlistened; what is under way is still to come */
    bool gone;             /* the I/O thread frees it */
};

struct wire {
    struct nx_transport base;
    atomic_uint references;
    struct nx_options *options; /* a copy: a connector may outlive the client */
    struct nx_sink sink;
    struct nx_servers *servers;
    int wake_fd;

    pthread_mutex_t lock;
    struct link *link; /* the attempt or connection under way */
    struct listener *listeners[NX_WIRE_LISTENERS];
    size_t listener_count;
    char *forbidden[NX_WIRE_FORBIDDEN_MAX];
    size_t forbidden_count;
    atomic_bool slow;

    pthread_mutex_t serving; /* held while the socket is read or written */
    bool threads_may_write;  /* constant: no TLS */
    atomic_bool soon;        /* poll() returns within COALESCE_NS by itself */
    atomic_size_t buffered;  /* about how much waits for a flush */
    atomic_llong max_payload;
};

/* wire.c */
void nx_wire_wake(struct wire *wire);
void nx_link_release(struct link *link);
/* The connected link with a reference, or NULL while the wire is down. */
struct link *nx_wire_link(struct wire *wire);
/* Writes what cnats has buffered, unless the I/O thread is at it, which then will. */
void nx_wire_push(struct wire *wire, struct link *link);

/* listeners.c. With wire->lock held: (un)subscribes all on a connection. */
void nx_wire_subscribe(struct wire *wire, natsConnection *nc);
void nx_wire_unsubscribe(struct wire *wire);
void nx_wire_forget_listeners(struct wire *wire);
int nx_wire_listen(struct nx_transport *transport, const char *subject, uint64_t number,
                   struct nexus_error *err);
void nx_wire_unlisten(struct nx_transport *transport, uint64_t number);
void nx_wire_flush(struct nx_transport *transport, int64_t timeout);
/* I/O thread: gives the sink all that has arrived; false when that was nothing. */
bool nx_wire_drain(struct wire *wire);

/* connect.c: starts the attempt of a fresh link on a thread of its own. */
void nx_link_connect(struct link *link);

/* doubt.c; I/O thread. Asks the server for a sign of life. */
void nx_wire_doubt(struct nx_transport *transport);
/* How long it still has for one, in nanoseconds; negative: nobody has asked. */
int64_t nx_wire_doubt_left(const struct wire *wire, const struct link *link);
/* After each turn: whether anything was read. Closes the link when its time is over. */
void nx_wire_doubt_end(struct wire *wire, struct link *link, bool heard);

/* message.c: the message functions of struct nx_transport_ops. */
struct nx_message *nx_wire_message_new(struct nx_transport *transport, const char *subject,
                                       const char *reply, const struct nx_header *headers,
                                       size_t header_count, const void *body, size_t length);
bool nx_wire_message_header(struct nx_transport *transport, struct nx_message *message,
                            const char *name, const char *value);
void nx_wire_message_free(struct nx_transport *transport, struct nx_message *message);
int nx_wire_send(struct nx_transport *transport, struct nx_message *message, bool urgent);
int nx_wire_send_bytes(struct nx_transport *transport, const char *subject, const char *reply,
                       const void *body, size_t length, bool urgent);
void nx_wire_view(const struct nx_incoming *incoming, struct nx_view *view);
const char *nx_wire_header(const struct nx_incoming *incoming, const char *name, size_t *count);
bool nx_wire_each_header(const struct nx_incoming *incoming, nx_header_visit visit, void *data);
void nx_wire_incoming_free(struct nx_incoming *incoming);
/* True while this thread calls into cnats and will itself see to the bytes. */
bool nx_wire_quiet(void);

#endif
