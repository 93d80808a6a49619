/* SPDX-License-Identifier: Apache-2.0 */
/* A scripted wire: it keeps what is sent, and lets a test say what arrives, when it is up, and what
 * time it is. The I/O thread of a client over it only connects and then waits for the end: the test
 * does its work, and so decides the order of everything. */
#ifndef FAKE_WIRE_H
#define FAKE_WIRE_H

#include <pthread.h>

#include "client.h"

#define FAKE_HEADERS 64

struct fake_wire;

/* One message that was sent. */
struct fake_sent {
    char *subject;
    char *reply; /* NULL: none */
    char *body;  /* NUL-terminated */
    size_t length;
    bool urgent;
};

struct fake_listener {
    char *subject;
    uint64_t number;
};

struct fake_wire {
    struct nx_transport base;
    struct nx_sink sink;
    pthread_mutex_t lock; /* sends may come from any thread */
    struct fake_sent *sent;
    size_t sent_count, sent_room;
    struct fake_listener *listeners;
    size_t listener_count;
    bool up;
    int64_t now;
    unsigned wakes;
    int in_memory;         /* messages given to the client and not released */
    int *in_memory_at_end; /* where to write that when it is destroyed, or NULL */
    bool connected_once;
    bool parked; /* the I/O thread waits for the end */
    pthread_cond_t woken;

    /* Called after each send, without the lock: a test's answers. NULL: none. */
    void (*on_send)(struct fake_wire *wire, const struct fake_sent *sent, void *data);
    void *data;
};

/* For tests that let allocations fail: called around those of the fakes themselves, which must not.
 * NULL: not called. */
extern void (*fake_guard)(bool enter);

/* A client over a fake wire that is up. */
struct nexus_client *fake_client_new(const struct nexus_client_options *options);
/* Destroys it; fails the test when a message was not released. */
void fake_client_free(struct nexus_client *client);
struct fake_wire *fake_wire_of(struct nexus_client *client);

/* The connection comes and goes. */
void fake_up(struct fake_wire *wire);
void fake_down(struct fake_wire *wire);
void fake_forbid(struct fake_wire *wire, const char *subject);

/* A message for a listener. `headers`: name, value, …, NULL; or NULL. */
void fake_message(struct fake_wire *wire, uint64_t listener, const char *subject, const char *reply,
                  const char *const *headers, const char *body);
void fake_bytes(struct fake_wire *wire, uint64_t listener, const char *subject, const char *reply,
                const char *const *headers, const void *body, size_t length);
/* A status message. `headers` besides the description. */
void fake_status(struct fake_wire *wire, uint64_t listener, const char *subject, int status,
                 const char *description, const char *const *headers);
/* The listener whose subject ends with `suffix`; fails the test when there is none. */
uint64_t fake_listener(struct fake_wire *wire, const char *suffix);

/* What was sent: how many whose subject begins with `subject` and whose body begins with `body`;
 * the last one of those (fails the test without one); forgetting all of it. */
size_t fake_count(struct fake_wire *wire, const char *subject, const char *body);
struct fake_sent *fake_last(struct fake_wire *wire, const char *subject, const char *body);
void fake_forget(struct fake_wire *wire);

#endif
