/* SPDX-License-Identifier: Apache-2.0 */
/* A bus's life: known by its name while anybody holds it. */
#include "bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_stream.h"
#include "forks.h"
#include "status.h"

#define SCHEME "memory:"

static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static struct nexus_memory *named;

bool nx_memory_url(const char *url)
{
    return strncmp(url, SCHEME, strlen(SCHEME)) == 0;
}

int nx_memory_check_url(const char *what, const char *url, struct nexus_error *err)
{
    struct nexus_error reason = NEXUS_ERROR_INIT;
    const char *name = url + strlen(SCHEME);

    if (!*name || nexus_check_token(what, name, &reason) == NEXUS_OK)
        return NEXUS_OK;
    return nx_fail(err, NEXUS_E_INVALID, what, "the name behind \"" SCHEME "\": %s",
                   reason.message);
}

static struct nexus_memory *bus_new(const char *name)
{
    struct nexus_memory *bus = calloc(1, sizeof(*bus));
    pthread_condattr_t monotonic;
    int64_t now = nx_monotonic_time();

    if (!bus)
        return NULL;
    bus->references = 1;
    bus->forks = nx_forks();
    snprintf(bus->url, sizeof(bus->url), SCHEME "%s", name);
    atomic_store(&bus->clock, NEXUS_CLOCK_STEPPED);
    atomic_store(&bus->time, now);
    atomic_store(&bus->max_payload, NX_BUS_PAYLOAD_MAX);
    bus->wall = nx_wall_time() - now;
    bus->stalled_last = &bus->stalled_first;
    pthread_mutex_init(&bus->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&bus->rested, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return bus;
}

static void bus_free(struct nexus_memory *bus)
{
    nx_faults_forget(bus);
    nx_delay_forget(bus);
    nx_bus_clear_stalled(bus, false);
    nx_capture_forget(bus);
    nx_streams_free(bus);
    pthread_cond_destroy(&bus->rested);
    pthread_mutex_destroy(&bus->lock);
    free(bus);
}

struct nexus_memory *nx_bus_retain(struct nexus_memory *bus)
{
    pthread_mutex_lock(&registry);
    bus->references++;
    pthread_mutex_unlock(&registry);
    return bus;
}

void nx_bus_release(struct nexus_memory *bus)
{
    struct nexus_memory **at = &named;
    bool last;

    pthread_mutex_lock(&registry);
    last = --bus->references == 0;
    while (last && *at && *at != bus)
        at = &(*at)->next;
    if (last && *at)
        *at = bus->next;
    pthread_mutex_unlock(&registry);
    if (last)
        bus_free(bus);
}

/* A bus from before a fork belongs to the parent, whose threads are not here. */
static struct nexus_memory *find(const char *url)
{
    struct nexus_memory *at = named;

    while (at && (strcmp(at->url, url) != 0 || at->forks != nx_forks()))
        at = at->next;
    return at;
}

/* A private one has a name, too, so that other clients of its test can reach it. */
static void name_private(char name[NEXUS_TOKEN_MAX + 1], char *url, size_t size)
{
    static unsigned long long count;

    do {
        snprintf(name, NEXUS_TOKEN_MAX + 1, "private-%llu", ++count);
        snprintf(url, size, SCHEME "%s", name);
    } while (find(url));
}

int nx_bus_open(const char *name, struct nexus_memory **out, struct nexus_error *err)
{
    char private_name[NEXUS_TOKEN_MAX + 1] = "";
    char url[sizeof((*out)->url)];
    struct nexus_memory *bus;

    pthread_mutex_lock(&registry);
    if (name)
        snprintf(url, sizeof(url), SCHEME "%s", name);
    else
        name_private(private_name, url, sizeof(url));
    bus = find(url);
    if (bus) {
        bus->references++;
    } else if ((bus = bus_new(name ? name : private_name))) {
        bus->next = named;
        named = bus;
    }
    pthread_mutex_unlock(&registry);
    if (!bus)
        return nx_no_memory(err);
    *out = bus;
    return NEXUS_OK;
}

/* ---- public */

int nexus_memory_open(const char *name, struct nexus_memory **out, struct nexus_error *err)
{
    int code = NEXUS_OK;

    if (!out)
        return nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    *out = NULL;
    if (name)
        code = nexus_check_token("name", name, err);
    return code == NEXUS_OK ? nx_bus_open(name, out, err) : code;
}

int nexus_memory_of(struct nexus_client *client, struct nexus_memory **out, struct nexus_error *err)
{
    struct nexus_memory *bus;

    if (!client || !out)
        return nx_fail(err, NEXUS_E_INVALID, client ? "out" : "client", "is NULL");
    *out = NULL;
    bus = nx_memory_bus(client->wire);
    if (!bus)
        return nx_fail(err, NEXUS_E_UNSUPPORTED, "client", "its URL is not a \"" SCHEME "\" one");
    *out = nx_bus_retain(bus);
    return NEXUS_OK;
}

void nexus_memory_close(struct nexus_memory *bus)
{
    if (bus)
        nx_bus_release(bus);
}

const char *nexus_memory_url(const struct nexus_memory *bus)
{
    return bus ? bus->url : NULL;
}
