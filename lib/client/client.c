/* SPDX-License-Identifier: Apache-2.0 */
/* The client's life: made, used by whoever may, closed, freed when the last delivery is settled. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bury.h"
#include "checker.h"
#include "forks.h"
#include "ids.h"
#include "posts.h"
#include "publisher.h"
#include "requests.h"
#include "spool.h"
#include "subscription.h"

static void free_client(struct nexus_client *client)
{
    nx_spool_free(client);
    nx_publisher_free(client);
    nx_requests_free(client);
    nx_posts_free(client);
    nx_burials_free(client);
    if (client->wire)
        client->wire->ops->destroy(client->wire);
    nx_checker_free(client->checker);
    nx_clock_destroy(client->clock);
    nx_options_destroy(client->options);
    if (client->due_fd >= 0)
        close(client->due_fd);
    pthread_cond_destroy(&client->state_changed);
    pthread_mutex_destroy(&client->lock);
    pthread_mutex_destroy(&client->log_lock);
    nx_metrics_free(&client->metrics);
    free(client);
}

struct nexus_client *nx_client_retain(struct nexus_client *client)
{
    atomic_fetch_add(&client->references, 1);
    return client;
}

void nx_client_release(struct nexus_client *client)
{
    if (atomic_fetch_sub(&client->references, 1) == 1)
        free_client(client);
}

bool nx_client_forked(const struct nexus_client *client)
{
    return client->forks != nx_forks();
}

int nx_client_usable(struct nexus_client *client, struct nexus_error *err)
{
    if (!client)
        return nx_fail(err, NEXUS_E_INVALID, "client", "is NULL");
    if (nx_client_forked(client))
        return nx_fail(err, NEXUS_E_FORK, "client",
                       "the client was made before fork(), in the parent process");
    if (atomic_load(&client->closed))
        return nx_fail(err, NEXUS_E_CLOSED, "client", "the client has been closed");
    return NEXUS_OK;
}

/* Answers of several clients with one prefix must not meet. */
static void make_inbox(struct nexus_client *client)
{
    const char *prefix = client->options->inbox_prefix;
    unsigned char random[16];
    char uuid[NX_UUID_SIZE];

    nx_uuid7_bytes(random);
    nx_uuid7_text(random, uuid);
    snprintf(client->inbox, sizeof(client->inbox), "%s.%s", prefix ? prefix : "_INBOX", uuid);
}

static void init_locks(struct nexus_client *client)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&client->lock, NULL);
    pthread_mutex_init(&client->log_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&client->state_changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void on_wire(void *owner, enum nx_wire_event event, int code, const char *text)
{
    nx_supervisor_wire(owner, event, code, text);
}

/* Everything but threads and connections. */
static int make_parts(struct nexus_client *client, const struct nexus_client_options *options,
                      nx_transport_new make_wire, struct nexus_error *err)
{
    struct nx_sink sink = {client, nx_io_message, nx_io_unanswered, on_wire};
    int code = nx_options_copy(options, &client->options, err);

    if (code == NEXUS_OK && !nx_metrics_init(&client->metrics))
        code = nx_no_memory(err);
    if (code == NEXUS_OK)
        code = nx_clock_new(client->options->node, client->options->clock_limit,
                            client->options->state_directory, &client->clock, err);
    if (code == NEXUS_OK)
        code = make_wire(client->options, &sink, &client->wire, err);
    if (code == NEXUS_OK)
        code = nx_publisher_new(client, err);
    if (code == NEXUS_OK)
        code = nx_requests_new(client, err);
    if (code == NEXUS_OK)
        code = nx_posts_new(client, err);
    if (code == NEXUS_OK)
        code = nx_burials_new(client, err);
    if (code == NEXUS_OK && client->options->trust) {
        client->checker = nx_checker_new(client->options->trust, client->options->trust_policy);
        code = client->checker ? NEXUS_OK : nx_no_memory(err);
    }
    if (code == NEXUS_OK && (client->due_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
        code = nx_fail(err, NEXUS_E_IO, NULL, "eventfd: %m");
    if (code == NEXUS_OK)
        code = nx_spool_new(client, err);
    if (code != NEXUS_OK)
        return code;
    make_inbox(client);
    return nx_io_listen(client, err);
}

int nx_client_new_over(const struct nexus_client_options *options, nx_transport_new make_wire,
                       struct nexus_client **out, struct nexus_error *err)
{
    struct nexus_client *client;
    int code;

    *out = NULL;
    client = calloc(1, sizeof(*client));
    if (!client)
        return nx_no_memory(err);
    atomic_store(&client->references, 1);
    atomic_store(&client->state, NEXUS_STATE_CONNECTING);
    client->forks = nx_forks();
    client->due_fd = -1;
    client->due_last = &client->due_first;
    client->next_listener = NX_LISTENER_OTHERS;
    init_locks(client);
    code = make_parts(client, options, make_wire, err);
    if (code == NEXUS_OK)
        code = nx_spool_start(client, err);
    if (code == NEXUS_OK && (code = nx_io_start(client, err)) != NEXUS_OK)
        nx_spool_stop(client);
    if (code != NEXUS_OK) {
        nx_client_release(client);
        return code;
    }
    if (client->options->wait_for_connection)
        code = nx_supervisor_wait(client, err);
    if (code != NEXUS_OK) {
        nexus_client_destroy(client);
        return code;
    }
    *out = client;
    return NEXUS_OK;
}

int nexus_client_new(const struct nexus_client_options *options, struct nexus_client **out,
                     struct nexus_error *err)
{
    const char *url = options ? options->values.url : NULL;

    if (!out)
        return nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    return nx_client_new_over(
        options, url && nx_memory_url(url) ? nx_transport_memory_new : nx_transport_nats_new, out,
        err);
}

enum nexus_client_state nexus_client_state(const struct nexus_client *client)
{
    if (!client || atomic_load(&client->closed))
        return NEXUS_STATE_CLOSED;
    return (enum nexus_client_state)atomic_load(&client->state);
}

const char *nexus_client_state_name(enum nexus_client_state state)
{
    static const char *const names[] = {
        [NEXUS_STATE_CONNECTING] = "connecting",
        [NEXUS_STATE_CONNECTED] = "connected",
        [NEXUS_STATE_RECONNECTING] = "reconnecting",
        [NEXUS_STATE_CLOSED] = "closed",
    };
    size_t index = (size_t)state;
    return index < sizeof(names) / sizeof(names[0]) && names[index] ? names[index] : "unknown";
}

int nexus_client_vector_clock(struct nexus_client *client, char **out, struct nexus_error *err)
{
    struct nx_buf text = NX_BUF_INIT;

    if (!client || !out)
        return nx_fail(err, NEXUS_E_INVALID, client ? "out" : "client", "is NULL");
    if (nx_client_forked(client))
        return nx_fail(err, NEXUS_E_FORK, "client", "the client was made before fork()");
    nx_clock_write(client->clock, &text);
    *out = nx_buf_take(&text);
    return *out ? NEXUS_OK : nx_no_memory(err);
}
