/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_wire.h"
#include "fake_message.h"
#include "subscription.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the client calls */

static void fake_destroy(struct nx_transport *transport)
{
    struct fake_wire *wire = (struct fake_wire *)transport;

    fake_forget(wire);
    for (size_t i = 0; i < wire->listener_count; i++)
        free(wire->listeners[i].subject);
    free(wire->listeners);
    free(wire->sent);
    pthread_cond_destroy(&wire->woken);
    pthread_mutex_destroy(&wire->lock);
    if (wire->in_memory_at_end)
        *wire->in_memory_at_end = wire->in_memory;
    free(wire);
}

/* The first attempt succeeds at once; later ones when the test says so. */
static int fake_connect(struct nx_transport *transport, struct nexus_error *err)
{
    struct fake_wire *wire = (struct fake_wire *)transport;

    (void)err;
    if (!wire->connected_once) {
        wire->connected_once = true;
        fake_up(wire);
    }
    return NEXUS_OK;
}

static void fake_disconnect(struct nx_transport *transport)
{
    ((struct fake_wire *)transport)->up = false;
}

/* Where the I/O thread is kept until the client ends: the test does its work. */
static void fake_poll(struct nx_transport *transport, int64_t timeout)
{
    struct fake_wire *wire = (struct fake_wire *)transport;
    struct nexus_client *client = wire->sink.owner;

    (void)timeout;
    pthread_mutex_lock(&wire->lock);
    wire->parked = true;
    pthread_cond_broadcast(&wire->woken);
    while (!atomic_load(&client->stopping))
        pthread_cond_wait(&wire->woken, &wire->lock);
    pthread_mutex_unlock(&wire->lock);
}

static void fake_wake(struct nx_transport *transport)
{
    struct fake_wire *wire = (struct fake_wire *)transport;

    pthread_mutex_lock(&wire->lock);
    wire->wakes++;
    pthread_cond_broadcast(&wire->woken);
    pthread_mutex_unlock(&wire->lock);
}

static struct fake_sent *keep(struct fake_wire *wire)
{
    if (wire->sent_count == wire->sent_room) {
        wire->sent_room = wire->sent_room ? wire->sent_room * 2 : 64;
        wire->sent = realloc(wire->sent, wire->sent_room * sizeof(*wire->sent));
        ck_assert_ptr_nonnull(wire->sent);
    }
    return &wire->sent[wire->sent_count++];
}

static int fake_send_bytes(struct nx_transport *transport, const char *subject, const char *reply,
                           const void *body, size_t length, bool urgent)
{
    struct fake_wire *wire = (struct fake_wire *)transport;
    struct fake_sent sent, *kept;

    pthread_mutex_lock(&wire->lock);
    if (!wire->up) {
        pthread_mutex_unlock(&wire->lock);
        return NEXUS_E_CLOSED;
    }
    fake_guarded(true);
    kept = keep(wire);
    kept->subject = strdup(subject);
    kept->reply = fake_copy_text(reply);
    kept->body = fake_copy_bytes(body, length);
    kept->length = length;
    kept->urgent = urgent;
    sent = *kept;
    pthread_mutex_unlock(&wire->lock);
    if (wire->on_send)
        wire->on_send(wire, &sent, wire->data);
    fake_guarded(false);
    return NEXUS_OK;
}

static int fake_send(struct nx_transport *transport, struct nx_message *message, bool urgent)
{
    struct fake_message *out = (struct fake_message *)message;

    return fake_send_bytes(transport, out->subject, out->reply, out->body, out->length, urgent);
}

static int fake_listen(struct nx_transport *transport, const char *subject, uint64_t listener,
                       struct nexus_error *err)
{
    struct fake_wire *wire = (struct fake_wire *)transport;

    (void)err;
    fake_guarded(true);
    pthread_mutex_lock(&wire->lock);
    wire->listeners =
        realloc(wire->listeners, (wire->listener_count + 1) * sizeof(*wire->listeners));
    ck_assert_ptr_nonnull(wire->listeners);
    wire->listeners[wire->listener_count].subject = strdup(subject);
    wire->listeners[wire->listener_count++].number = listener;
    pthread_mutex_unlock(&wire->lock);
    fake_guarded(false);
    return NEXUS_OK;
}

static void fake_unlisten(struct nx_transport *transport, uint64_t listener)
{
    struct fake_wire *wire = (struct fake_wire *)transport;

    pthread_mutex_lock(&wire->lock);
    for (size_t i = 0; i < wire->listener_count; i++)
        if (wire->listeners[i].number == listener) {
            free(wire->listeners[i].subject);
            wire->listeners[i] = wire->listeners[--wire->listener_count];
            break;
        }
    pthread_mutex_unlock(&wire->lock);
}

static int64_t fake_max_payload(struct nx_transport *transport)
{
    (void)transport;
    return 1024 * 1024;
}

static int64_t fake_now(struct nx_transport *transport)
{
    return __atomic_load_n(&((struct fake_wire *)transport)->now, __ATOMIC_RELAXED);
}

static const struct nx_transport_ops ops = {
    .destroy = fake_destroy,
    .connect = fake_connect,
    .disconnect = fake_disconnect,
    .poll = fake_poll,
    .wake = fake_wake,
    .message_new = fake_message_new,
    .message_free = fake_message_free,
    .send = fake_send,
    .send_bytes = fake_send_bytes,
    .listen = fake_listen,
    .unlisten = fake_unlisten,
    .view = fake_view,
    .header = fake_header,
    .each_header = fake_each_header,
    .release = fake_release,
    .max_payload = fake_max_payload,
    .now = fake_now,
};

static int fake_wire_new(const struct nx_options *options, const struct nx_sink *sink,
                         struct nx_transport **out, struct nexus_error *err)
{
    struct fake_wire *wire = calloc(1, sizeof(*wire));

    (void)options;
    (void)err;
    ck_assert_ptr_nonnull(wire);
    wire->base.ops = &ops;
    wire->sink = *sink;
    wire->now = 1000000000000;
    pthread_mutex_init(&wire->lock, NULL);
    pthread_cond_init(&wire->woken, NULL);
    *out = &wire->base;
    return NEXUS_OK;
}

/* ---- what the test calls */

static void wait_until_parked(struct fake_wire *wire)
{
    pthread_mutex_lock(&wire->lock);
    while (!wire->parked)
        pthread_cond_wait(&wire->woken, &wire->lock);
    pthread_mutex_unlock(&wire->lock);
}

struct nexus_client *fake_client_new(const struct nexus_client_options *options)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client *client = NULL;
    int code = nx_client_new_over(options, fake_wire_new, &client, &err);

    ck_assert_msg(code == NEXUS_OK, "%s: %s", err.where, err.message);
    wait_until_parked(fake_wire_of(client));
    return client;
}

struct fake_wire *fake_wire_of(struct nexus_client *client)
{
    return (struct fake_wire *)client->wire;
}

void fake_client_free(struct nexus_client *client)
{
    int in_memory = -1;

    fake_wire_of(client)->in_memory_at_end = &in_memory;
    nexus_client_destroy(client);
    ck_assert_msg(in_memory == 0, "%d messages were not released (-1: the wire was not)",
                  in_memory);
}

void fake_up(struct fake_wire *wire)
{
    wire->up = true;
    wire->sink.wire(wire->sink.owner, NX_WIRE_UP, NEXUS_OK, NULL);
}

void fake_down(struct fake_wire *wire)
{
    wire->up = false;
    wire->sink.wire(wire->sink.owner, NX_WIRE_DOWN, NEXUS_E_CLOSED, "the test pulled the plug");
}

void fake_forbid(struct fake_wire *wire, const char *subject)
{
    wire->sink.wire(wire->sink.owner, NX_WIRE_FORBIDDEN, NEXUS_E_PERMISSION, subject);
}

static void deliver(struct fake_wire *wire, uint64_t listener, struct fake_message *message,
                    const char *const *headers)
{
    for (; headers && headers[0]; headers += 2)
        fake_message_add(message, headers[0], headers[1]);
    __atomic_fetch_add(&wire->in_memory, 1, __ATOMIC_RELAXED);
    wire->sink.message(wire->sink.owner, listener, (struct nx_incoming *)message);
    nx_subscriptions_arrived(wire->sink.owner); /* as the I/O thread's next turn does */
}

void fake_bytes(struct fake_wire *wire, uint64_t listener, const char *subject, const char *reply,
                const char *const *headers, const void *body, size_t length)
{
    deliver(wire, listener, fake_message_make(wire, subject, reply, body, length), headers);
}

void fake_message(struct fake_wire *wire, uint64_t listener, const char *subject, const char *reply,
                  const char *const *headers, const char *body)
{
    fake_bytes(wire, listener, subject, reply, headers, body, strlen(body));
}

void fake_status(struct fake_wire *wire, uint64_t listener, const char *subject, int status,
                 const char *description, const char *const *headers)
{
    struct fake_message *message = fake_message_make(wire, subject, NULL, "", 0);

    message->status = status;
    fake_message_add(message, "Description", description);
    deliver(wire, listener, message, headers);
}

uint64_t fake_listener(struct fake_wire *wire, const char *suffix)
{
    uint64_t found = 0;

    pthread_mutex_lock(&wire->lock);
    for (size_t i = 0; i < wire->listener_count; i++) {
        const char *subject = wire->listeners[i].subject;
        size_t length = strlen(subject), end = strlen(suffix);
        if (length >= end && strcmp(subject + length - end, suffix) == 0)
            found = wire->listeners[i].number;
    }
    pthread_mutex_unlock(&wire->lock);
    ck_assert_msg(found, "nobody listens on …%s", suffix);
    return found;
}

static bool begins(const char *text, const char *with)
{
    return !with || strncmp(text, with, strlen(with)) == 0;
}

size_t fake_count(struct fake_wire *wire, const char *subject, const char *body)
{
    size_t count = 0;

    pthread_mutex_lock(&wire->lock);
    for (size_t i = 0; i < wire->sent_count; i++)
        count += begins(wire->sent[i].subject, subject) && begins(wire->sent[i].body, body);
    pthread_mutex_unlock(&wire->lock);
    return count;
}

struct fake_sent *fake_last(struct fake_wire *wire, const char *subject, const char *body)
{
    struct fake_sent *found = NULL;

    pthread_mutex_lock(&wire->lock);
    for (size_t i = 0; i < wire->sent_count; i++)
        if (begins(wire->sent[i].subject, subject) && begins(wire->sent[i].body, body))
            found = &wire->sent[i];
    pthread_mutex_unlock(&wire->lock);
    ck_assert_msg(found, "nothing was sent to %s…", subject ? subject : "");
    return found;
}

void fake_forget(struct fake_wire *wire)
{
    pthread_mutex_lock(&wire->lock);
    for (size_t i = 0; i < wire->sent_count; i++) {
        free(wire->sent[i].subject);
        free(wire->sent[i].reply);
        free(wire->sent[i].body);
    }
    wire->sent_count = 0;
    pthread_mutex_unlock(&wire->lock);
}
