/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers on threads of the library's own. */
#include "crew.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "checker.h"
#include "delivery.h"
#include "retry_delay.h"
#include "subscription.h"

struct worker {
    struct nexus_subscription *subscription;
    struct nx_checker *checker; /* or NULL; each thread its own: that is where the time goes */
};

/* The client whose callbacks this thread runs now. */
static _Thread_local const struct nexus_client *on_duty;

bool nx_on_worker(const struct nexus_client *client)
{
    return on_duty == client;
}

/* ---- keys; with the lock */

static uint64_t subject_key(const char *subject)
{
    return nexus_key_hash(subject, strlen(subject));
}

/* Asks the application for the key of one message, without the lock. The message cannot go away
 * meanwhile: nx_crew_close() leaves it to us. */
static void sort_one(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    struct nx_crew *crew = subscription->crew;
    struct nx_received *received = crew->unsorted;
    struct nexus_key_source source = {sizeof(source), received->view.subject, received->view.body,
                                      received->view.length};

    crew->sorting = received;
    crew->unsorted = received->next;
    pthread_mutex_unlock(&client->lock);
    received->key = subscription->options.key(&source, subscription->options.key_data);
    if (!received->key)
        received->key = subject_key(received->view.subject);
    pthread_mutex_lock(&client->lock);
    crew->sorting = NULL;
    if (!crew->unsorted && received->next)
        crew->unsorted = received->next; /* came meanwhile */
    if (!subscription->closed) {
        nx_lanes_put(&crew->lanes, received);
        pthread_cond_signal(&crew->work);
        return;
    }
    pthread_mutex_unlock(&client->lock);
    nx_settle_give_back(subscription->client, received->view.reply, true);
    client->wire->ops->release(received->incoming);
    free(received);
    pthread_mutex_lock(&client->lock);
}

void nx_crew_arrived(struct nexus_subscription *subscription, struct nx_received *received)
{
    struct nx_crew *crew = subscription->crew;

    if (subscription->options.key) {
        if (!crew->unsorted && !crew->sorting) /* else sort_one() finds it by `next` */
            crew->unsorted = received;
    } else {
        received->key = subject_key(received->view.subject);
        nx_lanes_put(&crew->lanes, received);
    }
    pthread_cond_signal(&crew->work);
}

void nx_crew_close(struct nexus_subscription *subscription)
{
    struct nx_crew *crew = subscription->crew;

    if (crew->sorting) {
        nx_received_remove(&subscription->queue, crew->sorting);
        nx_uncount(subscription->client, NX_QUEUED);
    }
    crew->unsorted = NULL;
    nx_lanes_clear(&crew->lanes);
    pthread_cond_broadcast(&crew->work);
}

/* ---- the end of a delivery; with the lock */

void nx_crew_returned(struct nexus_delivery *delivery)
{
    struct nx_crew *crew = delivery->subscription->crew;

    if (!delivery->lane || crew->hold)
        return;
    nx_lane_free(&crew->lanes, delivery->lane);
    delivery->lane = NULL;
}

bool nx_crew_retries(const struct nexus_delivery *delivery)
{
    const struct nx_crew *crew = delivery->subscription->crew;

    return crew && crew->hold && delivery->lane;
}

static void queue_again(struct nexus_delivery *delivery)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nx_transport *wire = subscription->client->wire;
    struct nx_received *received = delivery->received;

    received->ack.count++;
    received->delivery = NULL;
    received->round = subscription->lease_round;
    nx_received_push_front(&subscription->queue, received);
    subscription->queue_bytes += received->size;
    nx_count(subscription->client, NX_QUEUED);
    nx_lane_again(&subscription->crew->lanes, received,
                  wire->ops->now(wire) + nx_retry_delay(delivery) * 1000000);
}

bool nx_crew_keep(struct nexus_delivery *delivery, bool *give_back)
{
    struct nexus_subscription *subscription = delivery->subscription;
    bool again = delivery->again;

    *give_back = again && subscription->closed;
    if (again && !subscription->closed) {
        queue_again(delivery);
    } else if (delivery->lane) {
        nx_lane_free(&subscription->crew->lanes, delivery->lane);
        if (delivery->lane->state == NX_LANE_READY)
            pthread_cond_signal(&subscription->crew->work);
    }
    delivery->lane = NULL;
    return again && !subscription->closed;
}

void nx_crew_tick(struct nexus_subscription *subscription, int64_t now)
{
    struct nexus_client *client = subscription->client;

    /* The I/O thread comes by while a subscription's crew is still being made. */
    pthread_mutex_lock(&client->lock);
    if (subscription->crew && nx_lanes_wake(&subscription->crew->lanes, now))
        pthread_cond_broadcast(&subscription->crew->work);
    pthread_mutex_unlock(&client->lock);
}

/* ---- the threads */

/* With the lock, which it gives up meanwhile. */
static void serve_one(struct worker *worker, struct nx_received *received)
{
    struct nexus_subscription *subscription = worker->subscription;
    struct nexus_client *client = subscription->client;
    struct nx_crew *crew = subscription->crew;
    struct nx_lane *lane = nx_lane_of(&crew->lanes, received);
    struct nx_turn turn;

    crew->busy++;
    nx_count(client, NX_WORKERS_BUSY);
    nx_turn_take(subscription, received, &turn);
    turn.last = !crew->lanes.ready_first;
    if (turn.delivery) {
        turn.delivery->lane = lane;
        turn.delivery->checker = worker->checker;
    } else {
        nx_lane_free(&crew->lanes, lane);
    }
    pthread_mutex_unlock(&client->lock);
    on_duty = client;
    nx_turn_run(&turn);
    on_duty = NULL;
    pthread_mutex_lock(&client->lock);
    nx_uncount(client, NX_WORKERS_BUSY);
    crew->busy--;
    if (subscription->closed)
        pthread_cond_broadcast(&subscription->returned);
}

/* An idle thread waits for work and for nothing that time brings by itself: it is none of those
 * that nx_wait_… must know of. */
static void serve_all(struct worker *worker)
{
    struct nexus_subscription *subscription = worker->subscription;
    struct nexus_client *client = subscription->client;
    struct nx_crew *crew = subscription->crew;
    struct nx_received *received;

    while (!subscription->closed) {
        if (crew->unsorted && !crew->sorting) {
            sort_one(subscription);
        } else if (!subscription->paused && (received = nx_lanes_take(&crew->lanes))) {
            serve_one(worker, received);
            pthread_mutex_unlock(&client->lock);
            nx_dispatch_destroy_wanted(client);
            pthread_mutex_lock(&client->lock);
        } else {
            pthread_cond_wait(&crew->work, &client->lock);
        }
    }
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct nexus_subscription *subscription = worker->subscription;
    struct nexus_client *client = subscription->client;

    pthread_mutex_lock(&client->lock);
    serve_all(worker);
    subscription->crew->threads--;
    nx_uncount(client, NX_WORKERS);
    pthread_cond_broadcast(&subscription->returned);
    pthread_mutex_unlock(&client->lock);
    nx_checker_free(worker->checker);
    free(worker);
    nx_subscription_unhold(subscription);
    return NULL;
}

/* ---- starting and ending */

static struct worker *worker_new(struct nexus_subscription *subscription)
{
    struct nx_options *options = subscription->client->options;
    struct worker *worker = calloc(1, sizeof(*worker));

    if (!worker)
        return NULL;
    worker->subscription = subscription;
    if (!options->trust)
        return worker;
    worker->checker = nx_checker_new(options->trust, options->trust_policy);
    if (worker->checker)
        return worker;
    free(worker);
    return NULL;
}

static bool start_one(struct nexus_subscription *subscription)
{
    struct worker *worker = worker_new(subscription);
    struct nexus_client *client = subscription->client;
    pthread_t thread;

    if (!worker)
        return false;
    pthread_mutex_lock(&client->lock);
    subscription->holds++;
    subscription->crew->threads++;
    nx_count(client, NX_WORKERS);
    pthread_mutex_unlock(&client->lock);
    if (pthread_create(&thread, NULL, work, worker) == 0) {
        pthread_detach(thread);
        return true;
    }
    pthread_mutex_lock(&client->lock);
    subscription->holds--;
    subscription->crew->threads--;
    nx_uncount(client, NX_WORKERS);
    pthread_mutex_unlock(&client->lock);
    nx_checker_free(worker->checker);
    free(worker);
    return false;
}

/* Library threads take no signals: those are the application's. */
int nx_crew_start(struct nexus_subscription *subscription, struct nexus_error *err)
{
    uint32_t wanted = subscription->options.workers, started = 0;
    struct nx_crew *crew;
    sigset_t all, before;

    if (!wanted)
        return NEXUS_OK;
    crew = calloc(1, sizeof(*crew));
    if (!crew)
        return nx_no_memory(err);
    nx_lanes_init(&crew->lanes);
    pthread_cond_init(&crew->work, NULL);
    crew->hold = subscription->options.hold_key;
    pthread_mutex_lock(&subscription->client->lock);
    subscription->crew = crew;
    pthread_mutex_unlock(&subscription->client->lock);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started < wanted && start_one(subscription))
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started == wanted)
        return NEXUS_OK;
    return nx_fail(err, NEXUS_E_MEMORY, "workers", "thread %u of %u could not be started",
                   started + 1, wanted);
}

void nx_crew_free(struct nx_crew *crew)
{
    if (!crew)
        return;
    pthread_cond_destroy(&crew->work);
    free(crew);
}

void nx_crew_wait(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;

    pthread_mutex_lock(&client->lock);
    while (subscription->crew && subscription->crew->busy)
        pthread_cond_wait(&subscription->returned, &client->lock);
    pthread_mutex_unlock(&client->lock);
}

uint64_t nexus_key_hash(const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    hash ^= hash >> 32;
    return hash ? hash : 1;
}
