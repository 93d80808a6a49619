/* SPDX-License-Identifier: Apache-2.0 */
/* Where callbacks run: on the caller's thread, one at a time, woken through one descriptor. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "client.h"
#include "publisher.h"
#include "subscription.h"
#include "wait.h"

#define ROUND_MAX 1024

bool nx_in_callback(struct nexus_client *client)
{
    return atomic_load(&client->dispatching) &&
           pthread_equal(atomic_load(&client->dispatcher), pthread_self());
}

static void make_readable(int fd)
{
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof(one));
    (void)written; /* a full counter is readable too */
}

void nx_due_signal(struct nexus_client *client)
{
    if (client->due_signalled)
        return;
    client->due_signalled = true;
    nx_waits_woken(client, &client->due_fd);
    make_readable(client->due_fd);
}

void nx_due_push(struct nexus_client *client, struct nx_due *due)
{
    due->next = NULL;
    *client->due_last = due;
    client->due_last = &due->next;
    atomic_fetch_add(&client->due_count, 1);
    nx_due_signal(client);
}

static struct nx_due *due_pop(struct nexus_client *client)
{
    struct nx_due *due;

    if (atomic_load(&client->due_count) == 0)
        return NULL;
    pthread_mutex_lock(&client->lock);
    due = client->due_first;
    if (due) {
        atomic_fetch_sub(&client->due_count, 1);
        client->due_first = due->next;
        if (!client->due_first)
            client->due_last = &client->due_first;
    }
    pthread_mutex_unlock(&client->lock);
    return due;
}

void nx_due_drain(struct nexus_client *client)
{
    struct nx_due *due;

    while (!client->destroy_wanted && (due = due_pop(client)))
        due->run(client, due);
}

/* Makes the descriptor unreadable when nothing is due. */
static void settle_signal(struct nexus_client *client)
{
    uint64_t count;

    pthread_mutex_lock(&client->lock);
    if (!client->due_first && !nx_subscriptions_ready(client) &&
        !atomic_load(&client->stop_wanted)) {
        ssize_t got = read(client->due_fd, &count, sizeof(count));
        (void)got;
        client->due_signalled = false;
        /* A stop that came between the look and the read has lost its byte. */
        if (atomic_load(&client->stop_wanted))
            nx_due_signal(client);
    }
    pthread_mutex_unlock(&client->lock);
}

/* Runs what is due, at most ROUND_MAX callbacks. Ends early when a callback destroyed the client.
 */
static int run_round(struct nexus_client *client)
{
    int ran = 0;
    bool more = true;

    while (more && ran < ROUND_MAX && !client->destroy_wanted) {
        struct nx_due *due = due_pop(client);
        more = due != NULL;
        if (due) {
            due->run(client, due);
            ran++;
        }
        if (!client->destroy_wanted && nx_subscriptions_serve(client)) {
            more = true;
            ran++;
        }
    }
    return ran;
}

int nx_dispatch_enter(struct nexus_client *client, struct nexus_error *err)
{
    int code = nx_client_usable(client, err);

    if (code != NEXUS_OK)
        return code;
    if (nx_in_callback(client) || nx_on_worker(client))
        return nx_fail(err, NEXUS_E_STATE, "client",
                       "a callback of this client is running on this thread");
    if (atomic_exchange(&client->dispatching, true))
        return nx_fail(err, NEXUS_E_STATE, "client", "another thread is dispatching");
    atomic_store(&client->dispatcher, pthread_self());
    return NEXUS_OK;
}

int nx_dispatch_leave(struct nexus_client *client, int result, struct nexus_error *err)
{
    bool destroy = atomic_exchange(&client->destroy_wanted, false);

    atomic_store(&client->dispatching, false);
    if (!destroy) /* a worker's, that came just now and left it to this thread */
        destroy = atomic_exchange(&client->destroy_wanted, false);
    if (!destroy)
        return result;
    nexus_client_destroy(client);
    return nx_fail(err, NEXUS_E_CLOSED, "client", "destroyed from one of its callbacks");
}

void nx_dispatch_destroy_wanted(struct nexus_client *client)
{
    if (!atomic_load(&client->destroy_wanted) || atomic_exchange(&client->dispatching, true))
        return;
    atomic_store(&client->dispatcher, pthread_self());
    nx_dispatch_leave(client, NEXUS_OK, NULL);
}

static int64_t deadline_after(struct nexus_client *client, int timeout_ms)
{
    if (timeout_ms < 0)
        return INT64_MAX;
    return client->wire->ops->now(client->wire) + (int64_t)timeout_ms * 1000000;
}

/* Waits for the descriptor; false when the deadline has passed. */
static bool wait_for_due(struct nexus_client *client, int64_t deadline)
{
    int64_t left = deadline == INT64_MAX ? INT64_MAX
                                         : deadline - client->wire->ops->now(client->wire) + 999999;
    struct pollfd due = {client->due_fd, POLLIN, 0};
    int64_t ms = left / 1000000;

    if (left <= 999999)
        return false;
    if (nx_wait_for_due(client, deadline))
        return true;
    poll(&due, 1, deadline == INT64_MAX ? -1 : ms > INT_MAX ? INT_MAX : (int)ms);
    return true;
}

int nexus_client_dispatch(struct nexus_client *client, int timeout_ms, struct nexus_error *err)
{
    int64_t deadline;
    int ran, code = nx_dispatch_enter(client, err);

    if (code != NEXUS_OK)
        return code;
    deadline = timeout_ms ? deadline_after(client, timeout_ms) : 0;
    do {
        ran = run_round(client);
        if (!client->destroy_wanted && ran < ROUND_MAX)
            settle_signal(client);
    } while (!ran && !client->destroy_wanted && !atomic_load(&client->stop_wanted) &&
             timeout_ms != 0 && wait_for_due(client, deadline));
    atomic_store(&client->stop_wanted, false);
    return nx_dispatch_leave(client, ran, err);
}

int nexus_client_run(struct nexus_client *client, struct nexus_error *err)
{
    int code = nx_dispatch_enter(client, err);

    if (code != NEXUS_OK)
        return code;
    while (!atomic_load(&client->stop_wanted) && !client->destroy_wanted) {
        if (run_round(client) || client->destroy_wanted)
            continue;
        settle_signal(client);
        if (!atomic_load(&client->stop_wanted))
            wait_for_due(client, INT64_MAX);
    }
    atomic_store(&client->stop_wanted, false);
    return nx_dispatch_leave(client, NEXUS_OK, err);
}

void nexus_client_stop(struct nexus_client *client)
{
    if (!client)
        return;
    atomic_store(&client->stop_wanted, true);
    make_readable(client->due_fd);
}

int nexus_client_fd(const struct nexus_client *client)
{
    return !client || atomic_load(&client->closed) ? NEXUS_E_CLOSED : client->due_fd;
}

int nexus_client_flush(struct nexus_client *client, int timeout_ms, struct nexus_error *err)
{
    int64_t deadline;
    uint64_t last;
    bool done;
    int code = nx_dispatch_enter(client, err);

    if (code != NEXUS_OK)
        return code;
    deadline = deadline_after(client, timeout_ms);
    last = nx_publisher_last(client);
    for (;;) {
        nx_due_drain(client);
        done = nx_publisher_done(client, last);
        if (done || client->destroy_wanted || client->wire->ops->now(client->wire) >= deadline)
            break;
        nx_publisher_wait(client, last, deadline);
    }
    nx_due_drain(client);
    if (!done && !client->destroy_wanted)
        code = nx_fail(err, NEXUS_E_TIMEOUT, "client",
                       "events are still unacknowledged after %d ms", timeout_ms);
    return nx_dispatch_leave(client, code, err);
}
