/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a client: graceful by close, at once by destroy, from a callback when that returns. */

#include "bury.h"
#include "client.h"
#include "posts.h"
#include "publisher.h"
#include "requests.h"
#include "spool.h"
#include "subscription.h"

#define WAIT_STEP_NS  20000000
#define FLUSH_MOST_NS 1000000000LL

/* Ends what is left and runs the callbacks that are due for it. Once; the caller is the only
 * thread that still uses the client. True when one of them, or one before, destroyed the client. */
static bool shut_down(struct nexus_client *client)
{
    bool destroyed = false;

    nx_subscriptions_close(client);
    nx_subscriptions_wait(client);
    nx_subscriptions_abandon(client);
    nx_io_stop(client);
    nx_spool_stop(client);
    nx_publisher_abandon(client);
    nx_requests_abandon(client);
    nx_posts_abandon(client);
    nx_burials_abandon(client);
    nx_supervisor_closed(client);
    do {
        destroyed |= client->destroy_wanted;
        client->destroy_wanted = false; /* the others are called all the same */
        nx_due_drain(client);
    } while (client->destroy_wanted);
    return destroyed;
}

static bool settled(struct nexus_client *client)
{
    return atomic_load(&client->counters[NX_IN_HAND]) == 0;
}

/* Waits until acks are in and deliveries in hand are settled, running the completions. A deferred
 * delivery may be settled by any thread without telling us: hence the step. */
static bool wait_for_quiet(struct nexus_client *client, int64_t deadline)
{
    uint64_t last = nx_publisher_last(client);

    for (;;) {
        int64_t now = client->wire->ops->now(client->wire);
        int64_t step = now + WAIT_STEP_NS < deadline ? now + WAIT_STEP_NS : deadline;
        bool acked;
        nx_due_drain(client);
        acked = nx_publisher_done(client, last);
        if ((acked && settled(client)) || now >= deadline || client->destroy_wanted)
            return acked;
        if (acked)
            nx_publisher_pause(client, step);
        else
            nx_publisher_wait(client, last, step);
    }
}

/* Acks are not acknowledged, so it is the order on the connection that tells: first comes all that
 * was on its way to us, then, since the I/O thread has been round, what it gives back goes out,
 * then that has been taken. A connection that is closed with something unread may lose what was
 * written.
 */
static void settle_wire(struct nexus_client *client, int64_t deadline)
{
    const struct nx_transport_ops *ops = client->wire->ops;

    for (int round = 0; ops->flush && round < 3; round++) {
        int64_t left = deadline - ops->now(client->wire);
        if (left > 0)
            ops->flush(client->wire, left < FLUSH_MOST_NS ? left : FLUSH_MOST_NS);
    }
}

int nexus_client_close(struct nexus_client *client, int timeout_ms, struct nexus_error *err)
{
    int64_t deadline;
    bool quiet;
    int code = nx_dispatch_enter(client, err);

    if (code == NEXUS_E_CLOSED)
        return NEXUS_OK;
    if (code != NEXUS_OK)
        return code;
    deadline =
        client->wire->ops->now(client->wire) + (timeout_ms > 0 ? (int64_t)timeout_ms * 1000000 : 0);
    atomic_store(&client->closed, true);
    nx_subscriptions_close(client);
    quiet = wait_for_quiet(client, deadline);
    if (!client->destroy_wanted)
        nx_spool_linger(client, deadline);
    nx_subscriptions_wait(client);
    nx_subscriptions_abandon(client);
    settle_wire(client, deadline);
    client->destroy_wanted = shut_down(client);
    if (!quiet)
        code = nx_fail(err, NEXUS_E_TIMEOUT, "client",
                       "events were still unacknowledged after %d ms", timeout_ms);
    return nx_dispatch_leave(client, code, err);
}

void nexus_client_destroy(struct nexus_client *client)
{
    /* A child of fork() has none of the threads and shares the socket: it leaves all alone. */
    if (!client || nx_client_forked(client))
        return;
    if (nx_in_callback(client) || nx_on_worker(client)) {
        atomic_store(&client->closed, true);
        atomic_store(&client->destroy_wanted, true);
        pthread_mutex_lock(&client->lock);
        nx_due_signal(client); /* for a dispatching thread to see it */
        pthread_mutex_unlock(&client->lock);
        return;
    }
    atomic_store(&client->closed, true);
    atomic_store(&client->dispatcher, pthread_self());
    atomic_store(&client->dispatching, true);
    (void)shut_down(client);
    nx_subscriptions_free(client); /* not before: until now their handles may be destroyed */
    atomic_store(&client->dispatching, false);
    nx_client_release(client);
}
