/* SPDX-License-Identifier: Apache-2.0 */
/* The bus's time. While it does not run by itself, it moves in steps, from one moment at which
 * something is due to the next, and only while every I/O thread has nothing to do: so what happens
 * at one moment has happened before the next one comes. */
#include <errno.h>
#include <time.h>

#include "bus.h"
#include "bus_stream.h"
#include "status.h"

#define BUSY_LIMIT_NS 30000000000LL /* of real time */

static bool runs(struct nexus_memory *bus)
{
    return atomic_load(&bus->clock) == NEXUS_CLOCK_REAL;
}

int64_t nx_bus_now(struct nexus_memory *bus)
{
    int64_t time = atomic_load(&bus->time);

    return runs(bus) ? nx_monotonic_time() + time : time;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_timer(const struct nexus_memory *bus)
{
    int64_t next = bus->delayed ? bus->delayed->at : INT64_MAX;

    for (struct nx_bus_stream *stream = bus->streams; stream; stream = stream->next)
        for (struct nx_bus_consumer *at = stream->consumers; at; at = at->next)
            next = earlier(next, at->next_at);
    return next;
}

static void run_consumer(struct nexus_memory *bus, struct nx_bus_consumer *consumer, int64_t now)
{
    int64_t deliveries, pulls;

    if (consumer->next_at > now)
        return;
    consumer->next_at = INT64_MAX; /* serving sets it anew */
    deliveries = nx_durable_tick(consumer, now);
    pulls = nx_pulls_tick(bus, consumer, now);
    consumer->next_at = earlier(consumer->next_at, earlier(deliveries, pulls));
}

int64_t nx_bus_run_timers(struct nexus_memory *bus)
{
    int64_t now = nx_bus_now(bus);

    nx_delay_run(bus, now);
    for (struct nx_bus_stream *stream = bus->streams; stream; stream = stream->next)
        for (struct nx_bus_consumer *at = stream->consumers; at; at = at->next)
            run_consumer(bus, at, now);
    return next_timer(bus);
}

void nx_bus_rearm(struct nexus_memory *bus)
{
    int64_t next = runs(bus) ? next_timer(bus) : INT64_MAX;

    if (next >= bus->armed)
        return;
    bus->armed = next;
    for (struct nx_port *at = bus->ports; at; at = at->next)
        pthread_cond_signal(&at->changed);
}

static bool at_rest(struct nexus_memory *bus)
{
    int64_t now = nx_bus_now(bus);

    for (struct nx_port *at = bus->ports; at; at = at->next)
        if (!at->ended && (!at->polling || at->woken || at->first || at->until <= now))
            return false;
    return true;
}

/* The next moment at which anything is due. */
static int64_t next_moment(struct nexus_memory *bus)
{
    int64_t next = next_timer(bus);

    for (struct nx_port *at = bus->ports; at; at = at->next)
        if (!at->ended)
            next = earlier(next, at->until);
    return next;
}

static void step_to(struct nexus_memory *bus, int64_t time)
{
    if (time > nx_bus_now(bus) && !runs(bus))
        atomic_store(&bus->time, time);
    nx_bus_run_timers(bus);
    for (struct nx_port *at = bus->ports; at; at = at->next)
        if (at->until <= nx_bus_now(bus))
            pthread_cond_signal(&at->changed);
}

void nx_bus_rest(struct nexus_memory *bus)
{
    while (at_rest(bus)) {
        int64_t next = next_moment(bus);
        pthread_cond_broadcast(&bus->rested);
        if (atomic_load(&bus->clock) != NEXUS_CLOCK_STEPPED || !bus->waiting || bus->advancing ||
            next == INT64_MAX)
            return;
        step_to(bus, next);
    }
}

/* ---- public */

/* Waits until nothing is going on. */
static int await_rest(struct nexus_memory *bus, struct nexus_error *err)
{
    int64_t until = nx_monotonic_time() + BUSY_LIMIT_NS;
    struct timespec limit = {(time_t)(until / 1000000000), (long)(until % 1000000000)};

    while (!at_rest(bus))
        if (pthread_cond_timedwait(&bus->rested, &bus->lock, &limit) == ETIMEDOUT)
            return nx_fail(err, NEXUS_E_TIMEOUT, "bus", "a client's thread does not come to rest");
    return NEXUS_OK;
}

static int await_turn(struct nexus_memory *bus, struct nexus_error *err)
{
    int64_t until = nx_monotonic_time() + BUSY_LIMIT_NS;
    struct timespec limit = {(time_t)(until / 1000000000), (long)(until % 1000000000)};

    while (bus->advancing)
        if (pthread_cond_timedwait(&bus->rested, &bus->lock, &limit) == ETIMEDOUT)
            return nx_fail(err, NEXUS_E_TIMEOUT, "bus", "another thread is moving the time");
    return NEXUS_OK;
}

static int advance_steps(struct nexus_memory *bus, int64_t target, struct nexus_error *err)
{
    int code = await_rest(bus, err);

    while (code == NEXUS_OK) {
        int64_t next = next_moment(bus);
        bool more = next <= target;
        step_to(bus, more ? next : target);
        code = await_rest(bus, err);
        if (!more)
            break;
    }
    return code;
}

/* Real time goes on meanwhile, so there are no steps: everybody looks at the clock again. */
static int advance_running(struct nexus_memory *bus, int64_t nanoseconds, struct nexus_error *err)
{
    atomic_fetch_add(&bus->time, nanoseconds);
    nx_bus_run_timers(bus);
    for (struct nx_port *at = bus->ports; at; at = at->next)
        nx_port_wake(at);
    return await_rest(bus, err);
}

int nexus_memory_advance(struct nexus_memory *bus, int64_t milliseconds, struct nexus_error *err)
{
    int code;

    if (!bus)
        return nx_fail(err, NEXUS_E_INVALID, "bus", "is NULL");
    if (milliseconds < 0 || milliseconds > INT64_MAX / 4000000)
        return nx_fail(err, NEXUS_E_INVALID, "milliseconds", "%lld cannot be advanced by",
                       (long long)milliseconds);
    pthread_mutex_lock(&bus->lock);
    code = await_turn(bus, err);
    if (code == NEXUS_OK) {
        bus->advancing = true;
        code = runs(bus) ? advance_running(bus, milliseconds * 1000000, err)
                         : advance_steps(bus, nx_bus_now(bus) + milliseconds * 1000000, err);
        bus->advancing = false;
        pthread_cond_broadcast(&bus->rested);
        nx_bus_rest(bus);
    }
    pthread_mutex_unlock(&bus->lock);
    return code;
}

int nexus_memory_set_clock(struct nexus_memory *bus, enum nexus_memory_clock clock,
                           struct nexus_error *err)
{
    int64_t now;

    if (!bus)
        return nx_fail(err, NEXUS_E_INVALID, "bus", "is NULL");
    if (clock != NEXUS_CLOCK_STEPPED && clock != NEXUS_CLOCK_HELD && clock != NEXUS_CLOCK_REAL)
        return nx_fail(err, NEXUS_E_INVALID, "clock", "%d is no clock", (int)clock);
    pthread_mutex_lock(&bus->lock);
    now = nx_bus_now(bus);
    /* Between the two stores the time may look like the past, but never like the future. */
    if (clock == NEXUS_CLOCK_REAL && !runs(bus)) {
        atomic_store(&bus->time, now - nx_monotonic_time());
        atomic_store(&bus->clock, (int)clock);
    } else if (clock != NEXUS_CLOCK_REAL && runs(bus)) {
        atomic_store(&bus->clock, (int)clock);
        atomic_store(&bus->time, now);
    } else {
        atomic_store(&bus->clock, (int)clock);
    }
    for (struct nx_port *at = bus->ports; at; at = at->next)
        nx_port_wake(at);
    pthread_mutex_unlock(&bus->lock);
    return NEXUS_OK;
}

int64_t nexus_memory_time(struct nexus_memory *bus)
{
    return bus ? nx_bus_now(bus) + bus->wall : 0;
}
