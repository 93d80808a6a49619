/* SPDX-License-Identifier: Apache-2.0 */
/* The wire, as everything above sees it: subjects, headers, bytes, and whether it is up.
 *
 * A transport knows nothing of JetStream, events or policy. It makes one attempt to connect when it
 * is told to, and says how that went; whoever told it (supervisor.c) decides about the next one.
 * All that arrives is handed to the sink from inside poll(), on the I/O thread, with no lock held.
 */
#ifndef NX_TRANSPORT_H
#define NX_TRANSPORT_H

#include <nexus/error.h>

#include "options.h"

struct nx_transport;
struct nx_message;  /* an outgoing message; may be sent any number of times */
struct nx_incoming; /* a received message; belongs to whom it was given */

struct nx_header {
    const char *name;
    const char *value; /* never empty: cnats 3.4.1 loses the header behind an empty one */
};

typedef void (*nx_header_visit)(const char *name, const char *value, void *data);

/* What a received message says. Borrowed from it. */
struct nx_view {
    const char *subject;
    const char *reply; /* NULL: none */
    const char *body;  /* NUL-terminated behind `length` bytes */
    size_t length;
    int status; /* of a status message without a body (404, 408, …), else 0; never 503 */
};

enum nx_wire_event {
    NX_WIRE_UP,        /* connected; the listeners are subscribed again */
    NX_WIRE_DOWN,      /* the connection, or the attempt to make one, has ended */
    NX_WIRE_FORBIDDEN, /* the server refused a subject */
    NX_WIRE_SLOW       /* a listener lost messages: it was not drained in time */
};

/* Where everything that arrives goes. */
struct nx_sink {
    void *owner;
    /* `listener` is the number that listen() was given. The message is the callee's to release. */
    void (*message)(void *owner, uint64_t listener, struct nx_incoming *incoming);
    /* Something that was sent with a reply subject of this listener has no responders. cnats does
     * not tell what: its natsSubscription_NextMsg() swallows the 503. */
    void (*unanswered)(void *owner, uint64_t listener);
    /* `code` and `text` say why it went down; `text` is the subject for FORBIDDEN. */
    void (*wire)(void *owner, enum nx_wire_event event, int code, const char *text);
};

struct nx_transport_ops {
    void (*destroy)(struct nx_transport *transport);

    /* Starts one attempt to connect to any of the servers; the sink hears UP or DOWN. */
    int (*connect)(struct nx_transport *transport, struct nexus_error *err);
    /* Sends what is buffered, as far as that goes without waiting, and disconnects. */
    void (*disconnect)(struct nx_transport *transport);

    /* I/O thread only: waits for input, wake() or the timeout (nanoseconds; negative: none),
     * serves the wire, feeds the sink. */
    void (*poll)(struct nx_transport *transport, int64_t timeout);
    /* Makes poll() return early. Any thread. */
    void (*wake)(struct nx_transport *transport);
    /* The same, but for up to a millisecond while there is traffic. Any thread. Not NULL where
     * message_header is not. */
    void (*nudge)(struct nx_transport *transport);

    /* I/O thread: somebody waits in vain for an answer. Asks the server for a sign of life, and
     * goes down when none comes in the time that connecting may take. NULL: no need. */
    void (*doubt)(struct nx_transport *transport);

    struct nx_message *(*message_new)(struct nx_transport *transport, const char *subject,
                                      const char *reply, const struct nx_header *headers,
                                      size_t header_count, const void *body, size_t length);
    void (*message_free)(struct nx_transport *transport, struct nx_message *message);
    /* Adds a header to a message that has not been sent yet; false without memory. NULL: cannot. */
    bool (*message_header)(struct nx_transport *transport, struct nx_message *message,
                           const char *name, const char *value);
    /* Any thread. `urgent`: push it out now rather than with what follows. NEXUS_E_CLOSED when the
     * wire is down: the message was not sent. NEXUS_OK promises nothing. */
    int (*send)(struct nx_transport *transport, struct nx_message *message, bool urgent);
    int (*send_bytes)(struct nx_transport *transport, const char *subject, const char *reply,
                      const void *body, size_t length, bool urgent);

    /* Listens on a subject across reconnects. Any thread. Numbers are the caller's and unique. */
    int (*listen)(struct nx_transport *transport, const char *subject, uint64_t listener,
                  struct nexus_error *err);
    /* What is under way already may still come. */
    void (*unlisten)(struct nx_transport *transport, uint64_t listener);
    /* Waits until the server has taken what was sent before, for at most `timeout` nanoseconds;
     * what it had sent before that has then arrived. Callers' threads, while the I/O thread polls.
     * NULL: both is always so. */
    void (*flush)(struct nx_transport *transport, int64_t timeout);

    void (*view)(const struct nx_incoming *incoming, struct nx_view *view);
    /* A header's value by exact name: the first of that name; NULL when absent. `*count` (NULL
     * allowed) is how many there are. Only by one thread at a time. */
    const char *(*header)(const struct nx_incoming *incoming, const char *name, size_t *count);
    /* Shows every header, those of one name in their order; false without memory. Names and values
     * belong to the message. Only by one thread at a time. */
    bool (*each_header)(const struct nx_incoming *incoming, nx_header_visit visit, void *data);
    void (*release)(struct nx_incoming *incoming);

    /* Largest message that the server takes, in bytes; 0 before the first connection. */
    int64_t (*max_payload)(struct nx_transport *transport);
    /* Monotonic nanoseconds, by which all deadlines of the client run. */
    int64_t (*now)(struct nx_transport *transport);
    /* NULL where time passes by itself. Elsewhere: a caller's thread begins (1) or ends (-1) a wait
     * that time can end. Wakes poll(). Any thread. */
    void (*waiting)(struct nx_transport *transport, int change);
};

/* Every transport begins with this. */
struct nx_transport {
    const struct nx_transport_ops *ops;
};

typedef int (*nx_transport_new)(const struct nx_options *options, const struct nx_sink *sink,
                                struct nx_transport **out, struct nexus_error *err);

/* cnats. The options are copied. */
int nx_transport_nats_new(const struct nx_options *options, const struct nx_sink *sink,
                          struct nx_transport **out, struct nexus_error *err);

/* A bus in memory (lib/memory), for URLs of which nx_memory_url() is true. */
int nx_transport_memory_new(const struct nx_options *options, const struct nx_sink *sink,
                            struct nx_transport **out, struct nexus_error *err);
bool nx_memory_url(const char *url);
int nx_memory_check_url(const char *what, const char *url, struct nexus_error *err);

/* The wall clock, in nanoseconds since 1970. */
int64_t nx_wall_time(void);
int64_t nx_monotonic_time(void);

#endif
