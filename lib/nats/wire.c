/* SPDX-License-Identifier: Apache-2.0 */
/* The wire's life: who holds what, what arrives, and when what is buffered goes out. */
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "forks.h"

#define COALESCE_NS        1000000 /* a message that is not urgent waits at most this long */
#define DISCONNECT_FLUSHES 50

int64_t nx_wall_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t nx_monotonic_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t wire_now(struct nx_transport *transport)
{
    (void)transport;
    return nx_monotonic_time();
}

void nx_wire_wake(struct wire *wire)
{
    uint64_t one = 1;
    ssize_t written = write(wire->wake_fd, &one, sizeof(one));
    (void)written; /* a full counter is as good as a written one */
}

static void wire_wake(struct nx_transport *transport)
{
    nx_wire_wake((struct wire *)transport);
}

static void wire_nudge(struct nx_transport *transport)
{
    struct wire *wire = (struct wire *)transport;

    if (!atomic_load(&wire->soon))
        nx_wire_wake(wire);
}

/* ---- lifetimes: a link outlives its replacement until cnats has called back for the last time,
 * and the wire outlives its links. */

static void wire_release(struct wire *wire)
{
    if (atomic_fetch_sub(&wire->references, 1) != 1)
        return;
    for (size_t i = 0; i < wire->forbidden_count; i++)
        free(wire->forbidden[i]);
    nx_servers_free(wire->servers);
    nx_options_destroy(wire->options);
    if (wire->wake_fd >= 0)
        close(wire->wake_fd);
    pthread_mutex_destroy(&wire->lock);
    pthread_mutex_destroy(&wire->serving);
    free(wire);
}

void nx_link_release(struct link *link)
{
    if (!link || atomic_fetch_sub(&link->references, 1) != 1)
        return;
    natsConnection_Destroy(link->nc);
    wire_release(link->wire);
    free(link);
}

static struct link *link_new(struct wire *wire)
{
    struct link *link = calloc(1, sizeof(*link));

    if (!link)
        return NULL;
    link->wire = wire;
    atomic_fetch_add(&wire->references, 1);
    atomic_store(&link->references, 1);
    atomic_store(&link->fd, -1);
    return link;
}

struct link *nx_wire_link(struct wire *wire)
{
    struct link *link;

    pthread_mutex_lock(&wire->lock);
    link = wire->link && wire->link->announced ? wire->link : NULL;
    if (link)
        atomic_fetch_add(&link->references, 1);
    pthread_mutex_unlock(&wire->lock);
    return link;
}

static int wire_connect(struct nx_transport *transport, struct nexus_error *err)
{
    struct wire *wire = (struct wire *)transport;
    struct link *link = link_new(wire);

    if (!link)
        return nx_no_memory(err);
    pthread_mutex_lock(&wire->lock);
    if (wire->link) {
        pthread_mutex_unlock(&wire->lock);
        nx_link_release(link);
        return nx_fail(err, NEXUS_E_STATE, NULL, "a connection is under way");
    }
    wire->link = link;
    atomic_fetch_add(&link->references, 1); /* the connector's */
    pthread_mutex_unlock(&wire->lock);
    nx_link_connect(link);
    return NEXUS_OK;
}

/* ---- the I/O thread's turn */

/* The link under way. Only the I/O thread replaces an announced one, so it needs no reference. */
static struct link *present_link(struct wire *wire)
{
    struct link *link;

    pthread_mutex_lock(&wire->lock);
    link = wire->link;
    pthread_mutex_unlock(&wire->lock);
    return link;
}

/* The connector has said all that it had to say and is ending; what its thread holds, in OpenSSL
 * for one, is freed when this returns. */
static void join_connector(struct link *link)
{
    if (link->connector_runs)
        pthread_join(link->connector, NULL);
    link->connector_runs = false;
}

static void announce_up(struct wire *wire, struct link *link)
{
    pthread_mutex_lock(&wire->lock);
    nx_wire_subscribe(wire, link->nc);
    link->announced = true;
    pthread_mutex_unlock(&wire->lock);
    wire->sink.wire(wire->sink.owner, NX_WIRE_UP, NEXUS_OK, NULL);
}

static void announce_down(struct wire *wire, struct link *link)
{
    char text[sizeof(link->text)];
    int code;

    pthread_mutex_lock(&wire->lock);
    nx_wire_unsubscribe(wire);
    wire->link = NULL;
    code = link->code;
    memcpy(text, link->text, sizeof(text));
    pthread_mutex_unlock(&wire->lock);
    nx_link_release(link);
    wire->sink.wire(wire->sink.owner, NX_WIRE_DOWN, code, text);
}

static void announce_errors(struct wire *wire)
{
    for (;;) {
        char *subject = NULL;
        pthread_mutex_lock(&wire->lock);
        if (wire->forbidden_count)
            subject = wire->forbidden[--wire->forbidden_count];
        pthread_mutex_unlock(&wire->lock);
        if (!subject)
            break;
        wire->sink.wire(wire->sink.owner, NX_WIRE_FORBIDDEN, NEXUS_E_PERMISSION, subject);
        free(subject);
    }
    if (atomic_exchange(&wire->slow, false))
        wire->sink.wire(wire->sink.owner, NX_WIRE_SLOW, NEXUS_E_FULL, NULL);
}

/* What happened to the link since the last turn. */
static void announce(struct wire *wire)
{
    struct link *link = present_link(wire);
    bool fresh = false;

    announce_errors(wire);
    if (!link)
        return;
    pthread_mutex_lock(&wire->lock);
    fresh = link->ready && !link->announced;
    pthread_mutex_unlock(&wire->lock);
    if (fresh || atomic_load(&link->ended))
        join_connector(link);
    if (fresh)
        announce_up(wire, link);
    if (atomic_load(&link->ended))
        announce_down(wire, link);
}

static void write_socket(struct wire *wire, struct link *link)
{
    atomic_store(&wire->buffered, 0);
    natsConnection_ProcessWriteEvent(link->nc);
}

void nx_wire_push(struct wire *wire, struct link *link)
{
    /* TLS stays on one thread, and a socket is never closed under a thread that reads it. */
    if (wire->threads_may_write && pthread_mutex_trylock(&wire->serving) == 0) {
        if (atomic_load(&link->write_wanted))
            write_socket(wire, link);
        pthread_mutex_unlock(&wire->serving);
        if (!atomic_load(&link->write_wanted))
            return;
    }
    nx_wire_wake(wire);
}

/* A link can be read from once its connection exists, which the attach callback tells. */
static struct link *servable(struct wire *wire)
{
    struct link *link = present_link(wire);
    return link && link->announced && atomic_load(&link->fd) >= 0 ? link : NULL;
}

/* Sends what has been buffered since the last turn. */
static bool flush_socket(struct wire *wire, struct link *link)
{
    if (!link || !atomic_load(&link->write_wanted))
        return false;
    pthread_mutex_lock(&wire->serving);
    if (atomic_load(&link->write_wanted))
        write_socket(wire, link);
    pthread_mutex_unlock(&wire->serving);
    return true;
}

static bool read_socket(struct wire *wire, struct link *link, short events)
{
    if (!link || !(events & (POLLIN | POLLERR | POLLHUP)))
        return false;
    pthread_mutex_lock(&wire->serving);
    natsConnection_ProcessReadEvent(link->nc);
    pthread_mutex_unlock(&wire->serving);
    return true;
}

/* While there is traffic, poll() returns within COALESCE_NS, so that whoever sends need not wake
 * it; when there is none, the next sender does. */
static void wait_for(struct wire *wire, struct link *link, struct pollfd fds[2], int64_t timeout)
{
    struct timespec limit;

    int64_t doubt = nx_wire_doubt_left(wire, link);

    if (doubt >= 0 && (timeout < 0 || timeout > doubt))
        timeout = doubt;
    if (atomic_load(&wire->soon) && (timeout < 0 || timeout > COALESCE_NS))
        timeout = COALESCE_NS;
    limit.tv_sec = (time_t)(timeout / 1000000000);
    limit.tv_nsec = (long)(timeout % 1000000000);
    fds[0] = (struct pollfd){wire->wake_fd, POLLIN, 0};
    fds[1] = (struct pollfd){link ? atomic_load(&link->fd) : -1, POLLIN, 0};
    if (link && atomic_load(&link->write_wanted)) /* the socket took less than there was */
        fds[1].events |= POLLOUT;
    if (ppoll(fds, 2, timeout < 0 ? NULL : &limit, NULL) <= 0)
        fds[0].revents = fds[1].revents = 0;
}

static void wire_poll(struct nx_transport *transport, int64_t timeout)
{
    struct wire *wire = (struct wire *)transport;
    struct link *link = servable(wire);
    struct pollfd fds[2];
    uint64_t wakes;
    bool busy = flush_socket(wire, link), heard;

    wait_for(wire, link, fds, timeout);
    if (fds[0].revents & POLLIN) {
        ssize_t got = read(wire->wake_fd, &wakes, sizeof(wakes));
        (void)got;
    }
    heard = read_socket(wire, servable(wire), fds[1].revents);
    nx_wire_doubt_end(wire, servable(wire), heard);
    busy |= heard;
    busy |= nx_wire_drain(wire);
    atomic_store(&wire->soon, busy);
    announce(wire);
}

/* ---- ending */

static void wire_disconnect(struct nx_transport *transport)
{
    struct wire *wire = (struct wire *)transport;
    struct link *link = present_link(wire);
    struct link *announced = servable(wire);

    if (!link)
        return;
    for (int i = 0; announced && atomic_load(&link->write_wanted) && i < DISCONNECT_FLUSHES; i++) {
        struct pollfd socket = {atomic_load(&link->fd), POLLOUT, 0};
        if (socket.fd < 0 || poll(&socket, 1, 10) < 0)
            break;
        flush_socket(wire, link);
    }
    /* Nothing is buffered now, or it cannot be helped: cnats closes without waiting. An attempt
     * that is still connecting ends by itself, unheard. */
    if (announced)
        natsConnection_Close(link->nc);
    if (link->connector_runs)
        pthread_detach(link->connector);
    link->connector_runs = false;
    pthread_mutex_lock(&wire->lock);
    nx_wire_unsubscribe(wire);
    wire->link = NULL;
    pthread_mutex_unlock(&wire->lock);
    nx_link_release(link);
}

static void wire_destroy(struct nx_transport *transport)
{
    struct wire *wire = (struct wire *)transport;

    if (!wire)
        return;
    wire_disconnect(transport);
    nx_wire_forget_listeners(wire);
    wire_release(wire);
}

static int64_t wire_max_payload(struct nx_transport *transport)
{
    return atomic_load(&((struct wire *)transport)->max_payload);
}

static const struct nx_transport_ops ops = {
    .destroy = wire_destroy,
    .connect = wire_connect,
    .disconnect = wire_disconnect,
    .poll = wire_poll,
    .doubt = nx_wire_doubt,
    .wake = wire_wake,
    .nudge = wire_nudge,
    .message_new = nx_wire_message_new,
    .message_free = nx_wire_message_free,
    .message_header = nx_wire_message_header,
    .send = nx_wire_send,
    .send_bytes = nx_wire_send_bytes,
    .listen = nx_wire_listen,
    .unlisten = nx_wire_unlisten,
    .flush = nx_wire_flush,
    .view = nx_wire_view,
    .header = nx_wire_header,
    .each_header = nx_wire_each_header,
    .release = nx_wire_incoming_free,
    .max_payload = wire_max_payload,
    .now = wire_now,
};

/* cnats starts its threads once a process. In a child they are missing, for good. */
static bool threads_are_missing(void)
{
    static atomic_uint home;
    unsigned here = nx_forks(), first = 0;

    return !atomic_compare_exchange_strong(&home, &first, here) && first != here;
}

/* cnats is opened here and never closed again: as long as a reference is held, its exit handler
 * leaves alone what a connector that is still connecting uses. Its threads take no signals. */
static natsStatus open_library(void)
{
    sigset_t all, before;
    natsStatus s;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s = nats_Open(-1);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s;
}

int nx_transport_nats_new(const struct nx_options *options, const struct nx_sink *sink,
                          struct nx_transport **out, struct nexus_error *err)
{
    struct wire *wire;
    int code;

    if (threads_are_missing())
        return nx_fail(err, NEXUS_E_FORK, NULL,
                       "a parent process has used the NATS client library before fork(), which "
                       "cannot work here any more: fork before the first client, or exec");
    if (open_library() != NATS_OK)
        return nx_no_memory(err);
    wire = calloc(1, sizeof(*wire));
    if (!wire)
        return nx_no_memory(err);
    wire->base.ops = &ops;
    atomic_store(&wire->references, 1);
    pthread_mutex_init(&wire->lock, NULL);
    pthread_mutex_init(&wire->serving, NULL);
    wire->sink = *sink;
    wire->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wire->wake_fd < 0)
        code = nx_fail(err, NEXUS_E_IO, NULL, "eventfd: %s", strerror(errno));
    else
        code = nx_options_copy((const struct nexus_client_options *)options, &wire->options, err);
    if (code == NEXUS_OK)
        code = nx_servers_parse(options->url, &wire->servers, err);
    if (code != NEXUS_OK) {
        wire_release(wire);
        return code;
    }
    wire->threads_may_write = !nx_servers_any_tls(wire->servers) && !options->tls;
    *out = &wire->base;
    return NEXUS_OK;
}
