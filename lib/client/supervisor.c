/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the wire up: one attempt after the other, further apart each time, for as long as the
 * client lives; and tells the others what a change means for them. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client.h"
#include "posts.h"
#include "publisher.h"
#include "requests.h"
#include "subscription.h"

#define BACKOFF_FIRST_MS   20
#define BACKOFF_MOST_MS    400  /* a server that restarts is found again at once … */
#define BACKOFF_PATIENT_MS 5000 /* … one that stays away for long is not hammered */
#define PATIENT_AFTER      150
#define RESOLVE_MS         5000
#define REFUSED_LEAST_MS   1000 /* credentials do not become right by asking often */

/* A state change that waits for its callback. */
struct state_due {
    struct nx_due due;
    enum nexus_client_state state;
    char reason[256];
};

static void run_state(struct nexus_client *client, struct nx_due *due)
{
    struct state_due *change = (struct state_due *)due;
    const struct nx_options *options = client->options;

    options->state_callback(client, change->state, *change->reason ? change->reason : NULL,
                            options->state_data);
    free(change);
}

/* With the lock held. */
static void change_state(struct nexus_client *client, enum nexus_client_state state)
{
    struct state_due *change;

    if (atomic_exchange(&client->state, (int)state) == (int)state ||
        !client->options->state_callback)
        return;
    change = calloc(1, sizeof(*change));
    if (!change)
        return; /* nexus_client_state() still tells */
    change->due.run = run_state;
    change->state = state;
    snprintf(change->reason, sizeof(change->reason), "%s", client->down_text);
    nx_due_push(client, &change->due);
}

static int64_t backoff_ns(unsigned attempts, int code)
{
    uint32_t ms = attempts < 6 ? (uint32_t)BACKOFF_FIRST_MS << attempts : BACKOFF_MOST_MS;

    if (ms > BACKOFF_MOST_MS)
        ms = BACKOFF_MOST_MS;
    if (attempts > PATIENT_AFTER)
        ms = BACKOFF_PATIENT_MS;
    if (code == NEXUS_E_AUTH && ms < REFUSED_LEAST_MS)
        ms = REFUSED_LEAST_MS;
    /* Half to all of it, at random: clients that lost one server do not come back in step. */
    return (int64_t)(ms / 2 + randombytes_uniform(ms / 2 + 1)) * 1000000;
}

static void went_up(struct nexus_client *client)
{
    pthread_mutex_lock(&client->lock);
    client->epoch++;
    client->up = true;
    client->connecting = false;
    client->attempts = 0;
    client->down_code = NEXUS_OK;
    client->down_text[0] = 0;
    nx_count(client, NX_CONNECTS); /* before anybody is told */
    change_state(client, NEXUS_STATE_CONNECTED);
    nx_publisher_gate(client);
    pthread_cond_broadcast(&client->state_changed);
    pthread_mutex_unlock(&client->lock);
    nx_log(client, NEXUS_LOG_INFO, "connected", "epoch=%llu", (unsigned long long)client->epoch);
    nx_publisher_up(client);
    nx_subscriptions_up(client);
}

static void went_down(struct nexus_client *client, int code, const char *text)
{
    bool was_up;
    int64_t pause;

    pthread_mutex_lock(&client->lock);
    was_up = client->up;
    client->up = false;
    client->connecting = false;
    client->down_code = code;
    snprintf(client->down_text, sizeof(client->down_text), "%s", text ? text : "");
    pause = backoff_ns(client->attempts, code);
    client->attempts++;
    client->reconnect_at = client->wire->ops->now(client->wire) + pause;
    if (client->epoch)
        change_state(client, NEXUS_STATE_RECONNECTING);
    pthread_cond_broadcast(&client->state_changed);
    pthread_mutex_unlock(&client->lock);
    if (was_up)
        nx_count(client, NX_DISCONNECTS);
    nx_log(client, was_up || code == NEXUS_E_AUTH ? NEXUS_LOG_WARNING : NEXUS_LOG_DEBUG,
           was_up ? "disconnected" : "connect_failed", "code=%s retry_ms=%lld reason=\"%s\"",
           nexus_status_name(code), (long long)(pause / 1000000), text ? text : "");
}

void nx_supervisor_wire(struct nexus_client *client, enum nx_wire_event event, int code,
                        const char *text)
{
    switch (event) {
    case NX_WIRE_UP:
        went_up(client);
        break;
    case NX_WIRE_DOWN:
        went_down(client, code, text);
        break;
    case NX_WIRE_FORBIDDEN:
        nx_log(client, NEXUS_LOG_WARNING, "forbidden", "subject=%s", text);
        nx_publisher_forbidden(client, text);
        nx_requests_forbidden(client, text);
        nx_posts_forbidden(client, text);
        nx_subscriptions_forbidden(client, text);
        break;
    case NX_WIRE_SLOW:
        nx_log(client, NEXUS_LOG_ERROR, "slow_listener", "%s",
               "messages were lost before they were read");
        break;
    }
}

void nx_supervisor_closed(struct nexus_client *client)
{
    pthread_mutex_lock(&client->lock);
    client->down_text[0] = 0;
    change_state(client, NEXUS_STATE_CLOSED);
    pthread_mutex_unlock(&client->lock);
}

int64_t nx_supervisor_tick(struct nexus_client *client, int64_t now)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    bool start;
    int64_t next;

    pthread_mutex_lock(&client->lock);
    start = !client->up && !client->connecting && client->reconnect_at <= now;
    if (start)
        client->connecting = true;
    next = client->up || client->connecting ? INT64_MAX : client->reconnect_at;
    pthread_mutex_unlock(&client->lock);
    if (start && client->wire->ops->connect(client->wire, &err) != NEXUS_OK)
        went_down(client, err.code, err.message);
    return next;
}

/* NEXUS_E_CONNECT and the like, from what the first attempt said. */
static int explain(struct nexus_client *client, struct nexus_error *err)
{
    const char *place = client->down_code == NEXUS_E_AUTH      ? "credentials"
                        : client->down_code == NEXUS_E_CONNECT ? "url"
                                                               : NULL;
    return nx_fail(err, client->down_code, place, "%s", client->down_text);
}

/* Each server has the connect timeout; a name that does not resolve may take longer. */
static int64_t patience_ns(const struct nx_options *options)
{
    int64_t servers = 1;

    for (const char *at = options->url; *at; at++)
        servers += *at == ',';
    return (servers * options->connect_timeout_ms + RESOLVE_MS) * 1000000;
}

int nx_supervisor_wait(struct nexus_client *client, struct nexus_error *err)
{
    int64_t deadline = nx_monotonic_time() + patience_ns(client->options);
    struct timespec until = {(time_t)(deadline / 1000000000), (long)(deadline % 1000000000)};
    int code = NEXUS_OK, waited = 0;

    pthread_mutex_lock(&client->lock);
    while (!client->up && client->down_code == NEXUS_OK && !waited)
        waited = pthread_cond_timedwait(&client->state_changed, &client->lock, &until);
    if (!client->up && client->down_code != NEXUS_OK)
        code = explain(client, err);
    else if (!client->up)
        code = nx_fail(err, NEXUS_E_CONNECT, "url", "no server answered in time");
    pthread_mutex_unlock(&client->lock);
    return code;
}
