/* SPDX-License-Identifier: Apache-2.0 */
/* The bus in memory: a wire, and behind it as much of a JetStream server as the library uses.
 *
 *   bus.c             made by name, shared, freed
 *   bus_clock.c       its time, which may stand still
 *   port.c            one client's wire: struct nx_transport_ops
 *   listeners.c       who hears what
 *   route.c           where a message goes
 *   api.c             the JetStream API: which call, and the answers' form
 *   stream*.c         streams: configuration, storing, limits, message ids
 *   consumer*.c       durable pull consumers: configuration, what is delivered and unsettled
 *   pulls.c           requests that wait for messages
 *   acks.c            verdicts
 *   faults.c, delayed.c   what goes wrong on demand
 *   capture.c         what was published
 *
 * All of it is guarded by the bus's lock, which is taken after a client's and held while nothing of
 * a client runs. Whatever happens, happens on the thread that sent the message or moved the time.
 */
#ifndef NX_BUS_H
#define NX_BUS_H

#include <nexus/channel.h>
#include <nexus/testing.h>
#include <pthread.h>

#include "bus_message.h"
#include "client.h"
#include "id_table.h"

#define NX_BUS_PAYLOAD_MAX 1048576
#define NX_BUS_INBOX_MAX   262144 /* messages that wait for one client's I/O thread */

struct nx_bus_stream;
struct nx_bus_consumer;
struct nx_fault;

/* Something for a client's I/O thread. */
enum nx_item_kind { NX_ITEM_MESSAGE, NX_ITEM_UNANSWERED, NX_ITEM_UP, NX_ITEM_DOWN, NX_ITEM_SLOW };

struct nx_item {
    struct nx_item *next;
    enum nx_item_kind kind;
    uint64_t listener;
    struct nx_incoming *incoming;
    const char *text; /* static */
};

struct nx_listener {
    struct nx_listener *next;
    uint64_t number;
    char subject[]; /* may have wildcards */
};

/* One client's end of the wire. */
struct nx_port {
    struct nx_transport base;
    struct nx_sink sink;
    struct nexus_memory *bus;
    struct nx_port *next;
    uint64_t number; /* never used again */
    struct nx_listener *listeners;
    struct nx_item *first, **last;
    size_t items;
    bool connected; /* takes messages */
    bool linked;    /* connected, or about to be told so */
    bool ended;     /* its I/O thread has left */
    bool polling;
    bool woken;
    int64_t until; /* when poll() returns by itself */
    pthread_cond_t changed;
};

/* A message that a fault holds back. */
struct nx_delayed {
    struct nx_delayed *next;
    int64_t at;
    bool overtaken; /* goes as soon as another one has passed its point */
    enum nexus_fault_point point;
    uint64_t port; /* of who sent it; 0: the bus */
    struct nx_bus_message *message;
    struct nx_incoming *incoming; /* on its way out, to … */
    char inbox[];                 /* … this subject */
};

/* One event that was published. */
struct nx_captured {
    struct nx_bus_message *message; /* as sent first */
    uint64_t sequence;              /* 0: not stored */
    uint64_t attempts;
};

struct nx_capture {
    struct nx_captured *list;
    size_t count, capacity;
    struct nx_id_table ids; /* message id -> place in the list */
};

struct nexus_memory {
    struct nexus_memory *next; /* among the named ones */
    unsigned references;       /* the registry's lock */
    unsigned forks;
    char url[NEXUS_TOKEN_MAX + 8]; /* "memory:NAME" */

    pthread_mutex_t lock;
    struct nx_port *ports;
    uint64_t last_port;

    atomic_int clock;         /* enum nexus_memory_clock */
    atomic_llong time;        /* … while it does not run; else what to add to real time */
    atomic_llong max_payload; /* of one message, headers and body */
    int64_t wall;             /* nanoseconds since 1970 minus the bus's time */
    unsigned waiting;         /* threads in waits that time can end */
    bool advancing;           /* nexus_memory_advance() is under way */
    int64_t armed;            /* while time runs: the timer that I/O threads wait for */
    pthread_cond_t rested;    /* all I/O threads are idle */

    bool down;    /* nobody can connect */
    bool stalled; /* connections stand, nothing is answered */
    struct nx_delayed *stalled_first, **stalled_last;

    struct nx_bus_stream *streams;
    struct nx_fault *faults;
    uint64_t last_fault;
    struct nx_delayed *delayed; /* by time */
    struct nx_capture capture;
};

/* bus.c */
struct nexus_memory *nx_bus_retain(struct nexus_memory *bus);
void nx_bus_release(struct nexus_memory *bus);
/* The bus of a name, made when it is not there; NULL: a new one. One reference. NEXUS_E_MEMORY. */
int nx_bus_open(const char *name, struct nexus_memory **out, struct nexus_error *err);

/* bus_clock.c; with the lock but for nx_bus_now(). */
int64_t nx_bus_now(struct nexus_memory *bus);
/* Lets time pass if somebody waits for it and nothing else is going on. To be called when an I/O
 * thread becomes idle. */
void nx_bus_rest(struct nexus_memory *bus);
/* Sets things right that are due by now, and gives the next time when something will be. */
int64_t nx_bus_run_timers(struct nexus_memory *bus);
/* While time runs: makes I/O threads look again when something is due earlier than they know. */
void nx_bus_rearm(struct nexus_memory *bus);

/* port.c; with the lock but for the first. */
/* The bus of a wire; NULL when it is another sort of wire. */
struct nexus_memory *nx_memory_bus(struct nx_transport *wire);
void nx_port_wake(struct nx_port *port);
void nx_port_push(struct nx_port *port, enum nx_item_kind kind, uint64_t listener,
                  struct nx_incoming *incoming, const char *text);
void nx_port_break(struct nx_port *port, const char *why);
struct nx_port *nx_port_find(struct nexus_memory *bus, uint64_t number);

/* listeners.c; with the lock but for the first two. */
int nx_port_listen(struct nx_transport *transport, const char *subject, uint64_t number,
                   struct nexus_error *err);
void nx_port_unlisten(struct nx_transport *transport, uint64_t number);
void nx_port_forget_listeners(struct nx_port *port);
/* Gives a message to all who listen to a subject; false when nobody does. Takes no reference. */
bool nx_bus_hand_over(struct nexus_memory *bus, const char *subject, struct nx_bus_message *message,
                      const char *reply);
/* Whether anybody listens. `*out` (NULL allowed) is one who does. */
bool nx_bus_heard(struct nexus_memory *bus, const char *subject, struct nx_port **out);
/* Nobody answers what was sent with this reply subject. */
void nx_bus_unanswered(struct nexus_memory *bus, const char *reply);

/* route.c; with the lock. */
/* A message as a client sent it. */
void nx_bus_route(struct nexus_memory *bus, uint64_t port, struct nx_bus_message *message);
/* The rest of its way, behind the faults of the point where it was sent. */
void nx_bus_arrive(struct nexus_memory *bus, struct nx_bus_message *message, bool full);
/* An answer to a reply subject (NULL: nobody waits for one). */
void nx_bus_answer(struct nexus_memory *bus, const char *reply, const char *text);
/* A message about an event of `subject`, to an inbox, past the faults of a point. */
void nx_bus_send_out(struct nexus_memory *bus, enum nexus_fault_point point, const char *subject,
                     const char *inbox, struct nx_bus_message *message, const char *reply);
void nx_bus_clear_stalled(struct nexus_memory *bus, bool deliver);

/* api.c; with the lock. */
void nx_bus_api(struct nexus_memory *bus, struct nx_bus_message *message);

/* acks.c; with the lock: a verdict on "$JS.ACK.…". False: no such consumer. */
bool nx_bus_verdict(struct nexus_memory *bus, const struct nx_bus_message *message);

/* faults.c; with the lock: the fault that strikes a message about an event of `subject` at a point,
 * or NULL. */
const struct nexus_fault *nx_fault_strike(struct nexus_memory *bus, enum nexus_fault_point point,
                                          const char *subject,
                                          const struct nx_bus_message *message);
void nx_faults_forget(struct nexus_memory *bus);

/* delayed.c; with the lock. */
void nx_delay_in(struct nexus_memory *bus, const struct nexus_fault *fault, uint64_t port,
                 struct nx_bus_message *message);
void nx_delay_out(struct nexus_memory *bus, const struct nexus_fault *fault, const char *inbox,
                  struct nx_incoming *incoming);
/* A message has passed a point: those that it was to overtake follow. */
void nx_delay_passed(struct nexus_memory *bus, enum nexus_fault_point point);
void nx_delay_run(struct nexus_memory *bus, int64_t now);
void nx_delay_forget(struct nexus_memory *bus);
struct nx_delayed *nx_delayed_new(enum nexus_fault_point point, uint64_t port,
                                  struct nx_bus_message *message, struct nx_incoming *incoming,
                                  const char *inbox);
void nx_delayed_free(struct nx_delayed *delayed);

/* capture.c; with the lock. */
void nx_capture_sent(struct nexus_memory *bus, struct nx_bus_message *message);
void nx_capture_stored(struct nexus_memory *bus, const struct nx_bus_message *message,
                       uint64_t sequence);
void nx_capture_forget(struct nexus_memory *bus);

#endif
