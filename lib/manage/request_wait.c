/* SPDX-License-Identifier: Apache-2.0 */
/* A request whose caller waits for the answer. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "requests.h"
#include "wait.h"

#define REPEAT_AFTER_NS 200000000LL
/* A cluster that elects a leader answers nobody for a moment; a server without JetStream never
 * will. */
#define NOBODY_FOR_NS 1000000000LL
/* Beyond the deadline, after which the I/O thread must have ended the request. */
#define SLACK_NS 1000000000LL

/* Shared by the waiting thread and the answer; the last one frees it. */
struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned references;
    bool done;
    int code;
    cJSON *answer;
};

static struct waiter *waiter_new(void)
{
    struct waiter *waiter = calloc(1, sizeof(*waiter));
    pthread_condattr_t monotonic;

    if (!waiter)
        return NULL;
    waiter->references = 2;
    pthread_mutex_init(&waiter->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&waiter->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return waiter;
}

/* With its lock held, which this gives up. */
static void waiter_release(struct waiter *waiter)
{
    bool last = --waiter->references == 0;

    pthread_mutex_unlock(&waiter->lock);
    if (!last)
        return;
    cJSON_Delete(waiter->answer);
    pthread_cond_destroy(&waiter->changed);
    pthread_mutex_destroy(&waiter->lock);
    free(waiter);
}

static void waiter_answer(struct nexus_client *client, int code, cJSON *answer, void *data)
{
    struct waiter *waiter = data;

    pthread_mutex_lock(&waiter->lock);
    pthread_mutex_lock(&client->lock);
    nx_waits_woken(client, waiter);
    pthread_mutex_unlock(&client->lock);
    waiter->done = true;
    waiter->code = code;
    waiter->answer = answer;
    pthread_cond_signal(&waiter->changed);
    waiter_release(waiter);
}

static struct timespec after(int64_t nanoseconds)
{
    int64_t at = nx_monotonic_time() + (nanoseconds > 0 ? nanoseconds : 0);
    struct timespec until = {(time_t)(at / 1000000000), (long)(at % 1000000000)};

    return until;
}

/* One attempt: the transport's answer, whatever it says. */
static int attempt(struct nexus_client *client, const char *subject, const char *body,
                   int64_t deadline, cJSON **answer, struct nexus_error *err)
{
    struct waiter *waiter = waiter_new();
    struct timespec until;
    struct nx_wait wait = {0};
    int code;

    if (!waiter)
        return nx_no_memory(err);
    until = after(deadline - client->wire->ops->now(client->wire) + SLACK_NS);
    code = nx_request_start(client, subject, body, deadline, waiter_answer, waiter, err);
    pthread_mutex_lock(&waiter->lock);
    if (code != NEXUS_OK) {
        waiter->references = 1;
        waiter_release(waiter);
        return code;
    }
    /* Not before it has been sent: its deadline would come first. */
    if (!waiter->done)
        nx_wait_begin(client, &wait, waiter);
    while (!waiter->done &&
           pthread_cond_timedwait(&waiter->changed, &waiter->lock, &until) != ETIMEDOUT)
        ;
    code = waiter->done ? waiter->code : NEXUS_E_TIMEOUT;
    *answer = waiter->answer;
    waiter->answer = NULL;
    waiter_release(waiter);
    nx_wait_end(client, &wait);
    return code == NEXUS_OK ? code : nx_request_fail(code, subject, err);
}

/* JetStream is there, but not able just now. */
static bool is_passing(const cJSON *answer)
{
    int number = nx_answer_error(answer, NULL);

    return number == 10008 || number == 10009 || number == 10023;
}

int nx_request_raw(struct nexus_client *client, const char *subject, const char *body,
                   int64_t deadline, cJSON **answer, struct nexus_error *err)
{
    int64_t first = client->wire->ops->now(client->wire);

    for (;;) {
        cJSON *got = NULL;
        int code = attempt(client, subject, body, deadline, &got, err);
        int64_t now = client->wire->ops->now(client->wire);
        bool again = now + REPEAT_AFTER_NS < deadline &&
                     ((code == NEXUS_E_UNSUPPORTED && now - first < NOBODY_FOR_NS) ||
                      (code == NEXUS_OK && is_passing(got)));
        if (!again) {
            *answer = got;
            return code;
        }
        cJSON_Delete(got);
        nx_pause(client, REPEAT_AFTER_NS);
    }
}

int nx_request(struct nexus_client *client, const char *subject, const char *body, int64_t deadline,
               cJSON **answer, struct nexus_error *err)
{
    cJSON *got = NULL;
    int code = nx_request_raw(client, subject, body, deadline, &got, err);

    if (code == NEXUS_OK && nx_answer_error(got, NULL))
        code = nx_answer_fail(got, subject, err);
    if (code == NEXUS_OK)
        *answer = got;
    else
        cJSON_Delete(got);
    return code;
}
