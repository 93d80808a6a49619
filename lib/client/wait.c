/* SPDX-License-Identifier: Apache-2.0 */
#include "wait.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

static bool told(const struct nexus_client *client)
{
    return client->wire->ops->waiting != NULL;
}

/* ---- with the lock */

static void enlist(struct nexus_client *client, struct nx_wait *wait)
{
    wait->next = client->waits;
    client->waits = wait;
    wait->counted = true;
    client->wire->ops->waiting(client->wire, 1);
}

static void uncount(struct nexus_client *client, struct nx_wait *wait)
{
    if (wait->counted)
        client->wire->ops->waiting(client->wire, -1);
    wait->counted = false;
}

static void delist(struct nexus_client *client, struct nx_wait *wait)
{
    struct nx_wait **at = &client->waits;

    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    uncount(client, wait);
}

void nx_waits_woken(struct nexus_client *client, const void *what)
{
    for (struct nx_wait *at = client->waits; at; at = at->next)
        if (at->what == what)
            uncount(client, at);
}

int nx_wait_until(struct nexus_client *client, pthread_cond_t *changed, int64_t until)
{
    struct nx_wait wait = {.what = changed, .changed = changed, .until = until};
    struct timespec limit = {(time_t)(until / 1000000000), (long)(until % 1000000000)};

    if (!told(client))
        return until == INT64_MAX ? pthread_cond_wait(changed, &client->lock)
                                  : pthread_cond_timedwait(changed, &client->lock, &limit);
    enlist(client, &wait);
    pthread_cond_wait(changed, &client->lock);
    delist(client, &wait);
    return wait.expired ? ETIMEDOUT : 0;
}

void nx_wait_for(struct nexus_client *client, pthread_cond_t *changed)
{
    (void)nx_wait_until(client, changed, INT64_MAX);
}

/* ---- without it */

void nx_wait_begin(struct nexus_client *client, struct nx_wait *wait, const void *what)
{
    *wait = (struct nx_wait){.what = what, .until = INT64_MAX};
    if (!told(client))
        return;
    pthread_mutex_lock(&client->lock);
    enlist(client, wait);
    pthread_mutex_unlock(&client->lock);
}

void nx_wait_end(struct nexus_client *client, struct nx_wait *wait)
{
    if (!wait->what || !told(client))
        return;
    pthread_mutex_lock(&client->lock);
    delist(client, wait);
    pthread_mutex_unlock(&client->lock);
}

bool nx_wait_for_due(struct nexus_client *client, int64_t until)
{
    struct nx_wait wait = {.what = &client->due_fd, .until = until};
    struct pollfd due = {client->due_fd, POLLIN, 0};
    bool waits;

    if (!told(client))
        return false;
    pthread_mutex_lock(&client->lock);
    waits = !client->due_signalled && !atomic_load(&client->stop_wanted);
    if (waits && until != INT64_MAX)
        enlist(client, &wait);
    pthread_mutex_unlock(&client->lock);
    poll(&due, 1, -1);
    if (!waits || until == INT64_MAX)
        return true;
    pthread_mutex_lock(&client->lock);
    delist(client, &wait);
    pthread_mutex_unlock(&client->lock);
    return true;
}

void nx_pause(struct nexus_client *client, int64_t nanoseconds)
{
    struct timespec left = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    int64_t until;

    if (!told(client)) {
        while (nanosleep(&left, &left) != 0 && errno == EINTR)
            ;
        return;
    }
    until = client->wire->ops->now(client->wire) + nanoseconds;
    pthread_mutex_lock(&client->lock);
    while (nx_wait_until(client, &never, until) != ETIMEDOUT && !atomic_load(&client->stopping))
        ;
    pthread_mutex_unlock(&client->lock);
    pthread_cond_destroy(&never);
}

int64_t nx_waits_tick(struct nexus_client *client, int64_t now)
{
    int64_t next = INT64_MAX;

    if (!told(client))
        return next;
    pthread_mutex_lock(&client->lock);
    for (struct nx_wait *at = client->waits; at; at = at->next) {
        if (at->until > now) {
            next = at->until < next ? at->until : next;
            continue;
        }
        if (at->expired)
            continue;
        at->expired = true;
        uncount(client, at);
        if (at->changed)
            pthread_cond_broadcast(at->changed);
        else
            nx_due_signal(client);
    }
    pthread_mutex_unlock(&client->lock);
    return next;
}
