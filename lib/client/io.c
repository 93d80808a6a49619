/* SPDX-License-Identifier: Apache-2.0 */
/* The I/O thread: serves the wire, hands on what arrives, and keeps all deadlines. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bury.h"
#include "client.h"
#include "posts.h"
#include "publisher.h"
#include "requests.h"
#include "spool.h"
#include "subscription.h"
#include "wait.h"

int nx_io_listen(struct nexus_client *client, struct nexus_error *err)
{
    const struct nx_transport_ops *ops = client->wire->ops;
    char subject[sizeof(client->inbox) + 16];
    int code;

    snprintf(subject, sizeof(subject), "%s.*", client->inbox);
    code = ops->listen(client->wire, subject, NX_LISTENER_REQUESTS, err);
    for (unsigned shard = 0; code == NEXUS_OK && shard < NX_ACK_SHARDS; shard++) {
        snprintf(subject, sizeof(subject), "%s.a%u.*", client->inbox, shard);
        code = ops->listen(client->wire, subject, NX_LISTENER_ACKS + shard, err);
    }
    snprintf(subject, sizeof(subject), "%s.d.*", client->inbox);
    if (code == NEXUS_OK)
        code = ops->listen(client->wire, subject, NX_LISTENER_POSTS, err);
    return code;
}

/* The number at the end of an answer's subject. Whoever may write to our inbox may write nonsense.
 */
static bool answer_number(const char *subject, char before, uint64_t *number)
{
    const char *digits = subject + strlen(subject);
    char *end;

    while (digits > subject && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    if (!*digits || digits == subject || digits[-1] != before)
        return false;
    *number = strtoull(digits, &end, 10);
    return true;
}

/* Together, for the same reason as nx_dead_free(). */
static void release_answers(struct nexus_client *client)
{
    for (unsigned i = 0; i < client->answered_count; i++)
        client->wire->ops->release(client->answered[i]);
    client->answered_count = 0;
}

void nx_io_message(void *owner, uint64_t listener, struct nx_incoming *incoming)
{
    struct nexus_client *client = owner;
    struct nx_view view;
    uint64_t number;

    if (listener >= NX_LISTENER_OTHERS) {
        nx_subscription_message(client, listener, incoming);
        return;
    }
    client->wire->ops->view(incoming, &view);
    if (listener == NX_LISTENER_POSTS && answer_number(view.subject, '.', &number))
        nx_posts_answer(client, number, &view);
    else if (listener >= NX_LISTENER_ACKS && listener < NX_LISTENER_POSTS &&
             answer_number(view.subject, '.', &number))
        nx_publisher_ack(client, number, &view);
    else if (listener == NX_LISTENER_REQUESTS && answer_number(view.subject, 'r', &number))
        nx_requests_answer(client, number, &view);
    client->answered[client->answered_count++] = incoming;
    if (client->answered_count == NX_ANSWERED_MAX)
        release_answers(client);
}

void nx_io_unanswered(void *owner, uint64_t listener)
{
    if (listener >= NX_LISTENER_OTHERS)
        nx_subscription_unanswered(owner, listener);
    else if (listener == NX_LISTENER_POSTS)
        nx_posts_unanswered(owner);
    else if (listener >= NX_LISTENER_ACKS)
        nx_publisher_unanswered(owner, (unsigned)(listener - NX_LISTENER_ACKS));
    else
        nx_requests_unanswered(owner);
}

void nx_io_doubt(struct nexus_client *client)
{
    if (client->wire->ops->doubt)
        client->wire->ops->doubt(client->wire);
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
        release_answers(client);
        next = earlier(next, nx_publisher_tick(client, now));
        next = earlier(next, nx_spool_tick(client, now));
        next = earlier(next, nx_requests_tick(client, now));
        next = earlier(next, nx_burials_tick(client, now));
        next = earlier(next, nx_posts_tick(client, now));
        next = earlier(next, nx_subscriptions_tick(client, now));
        next = earlier(next, nx_waits_tick(client, now));
        ops->poll(client->wire, next == INT64_MAX ? -1 : next > now ? next - now : 0);
    }
    nx_subscriptions_arrived(client);
    release_answers(client);
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
