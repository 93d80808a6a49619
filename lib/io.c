/* SPDX-License-Identifier: Apache-2.0 */
/* The I/O thread: serves the wire, hands on what arrives, and keeps all deadlines. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "publisher.h"
#include "requests.h"
#include "subscription.h"

/* An answer came on "<inbox>.<letter><number>". */
static void route_answer(struct nexus_client *client, const struct nx_view *view)
{
    size_t prefix = strlen(client->inbox);
    const char *token = view->subject + prefix + 1;
    unsigned long long number;
    char *end;

    if (strlen(view->subject) < prefix + 3 || token[1] < '0' || token[1] > '9')
        return; /* whoever may write to our inbox may write nonsense */
    number = strtoull(token + 1, &end, 10);
    if (*end)
        return;
    if (*token == 'a')
        nx_publisher_ack(client, number, view);
    else if (*token == 'r')
        nx_requests_answer(client, number, view);
}

void nx_io_message(void *owner, uint64_t listener, struct nx_incoming *incoming)
{
    struct nexus_client *client = owner;
    struct nx_view view;

    if (listener != NX_LISTENER_INBOX) {
        nx_subscription_message(client, listener, incoming);
        return;
    }
    client->wire->ops->view(incoming, &view);
    route_answer(client, &view);
    client->wire->ops->release(incoming);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void *io_main(void *argument)
{
    struct nexus_client *client = argument;
    const struct nx_transport_ops *ops = client->wire->ops;

    while (!atomic_load(&client->stopping)) {
        int64_t now = ops->now(client->wire);
        int64_t next = nx_supervisor_tick(client, now);
        next = earlier(next, nx_publisher_tick(client, now));
        next = earlier(next, nx_requests_tick(client, now));
        next = earlier(next, nx_subscriptions_tick(client, now));
        ops->poll(client->wire, next == INT64_MAX ? -1 : next > now ? next - now : 0);
    }
    ops->disconnect(client->wire);
    return NULL;
}

/* Library threads take no signals: those are the application's. */
int nx_io_start(struct nexus_client *client, struct nexus_error *err)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&client->io_thread, NULL, io_main, client);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return nx_fail(err, NEXUS_E_MEMORY, NULL, "no thread could be started");
    client->io_running = true;
    return NEXUS_OK;
}

void nx_io_stop(struct nexus_client *client)
{
    if (!client->io_running)
        return;
    atomic_store(&client->stopping, true);
    client->wire->ops->wake(client->wire);
    pthread_join(client->io_thread, NULL);
    client->io_running = false;
}

bool nx_on_io_thread(struct nexus_client *client)
{
    return client->io_running && pthread_equal(client->io_thread, pthread_self());
}
