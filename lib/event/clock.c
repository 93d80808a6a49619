/* SPDX-License-Identifier: Apache-2.0 */
/* The vector clock of one client.
 *
 * Where the own counter starts. Never below what the state file says, and never below the wall
 * clock's microseconds: a file that was lost or restored from an old backup is made good by the
 * clock, a clock that was set back by the file. A clock beyond OWN_MAX is not believed.
 *
 * What peers may do to it. A node without its file and with a wrong clock learns from its peers how
 * far it had counted, and must go on from there, or its events would seem older than those it has
 * answered. But a peer that sends our own entry as 2^53 - 1 would end our counting for good. So the
 * own entry is raised to what a peer says up to OWN_MAX, half the range, and what is above that is
 * ignored: no liar can take more from us than numbers, of which 2^52 remain, at a million events a
 * second enough for more than a century. */
#include "clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock_check.h"
#include "clock_entries.h"
#include "clock_store.h"
#include "status.h"

#define OWN_MAX 4503599627370496 /* 2^52 */

/* Counters are reserved in blocks that double: a short life wastes few, and a busy one does not
 * wait for the disk more than a few times. */
#define BLOCK_FIRST 4096
#define BLOCK_MAX   1048576

struct nx_clock {
    pthread_mutex_t lock;
    char *node;
    size_t node_length;
    struct nx_buf front; /* `{"node":` */
    int64_t own;
    int64_t ceiling; /* the highest counter that may be used */
    int64_t block;
    struct nx_clock_store *store; /* NULL: counters need no reserving */
    struct nx_clock_entries others;
};

static int64_t wall_microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int reserve(struct nx_clock *clock, struct nexus_error *err)
{
    int64_t room = NX_INTEGER_MAX - clock->own;
    int64_t ceiling = clock->own + (room < clock->block ? room : clock->block);
    int code = nx_clock_store_reserve(clock->store, ceiling, err);

    if (code != NEXUS_OK)
        return code;
    clock->ceiling = ceiling;
    if (clock->block < BLOCK_MAX)
        clock->block *= 2;
    return NEXUS_OK;
}

static int start_counting(struct nx_clock *clock, const char *directory, struct nexus_error *err)
{
    int64_t now = wall_microseconds();
    int code;

    clock->ceiling = NX_INTEGER_MAX;
    clock->block = BLOCK_FIRST;
    if (directory) {
        code = nx_clock_store_open(directory, clock->node, &clock->store, &clock->own, err);
        if (code != NEXUS_OK)
            return code;
    }
    if (now > clock->own && now <= OWN_MAX)
        clock->own = now;
    return clock->store ? reserve(clock, err) : NEXUS_OK;
}

int nx_clock_new(const char *node, unsigned limit, const char *directory, struct nx_clock **out,
                 struct nexus_error *err)
{
    struct nx_clock *clock = calloc(1, sizeof(*clock));
    int code = NEXUS_OK;

    if (!clock)
        return nx_no_memory(err);
    pthread_mutex_init(&clock->lock, NULL);
    clock->node = strdup(node);
    clock->node_length = strlen(node);
    nx_buf_putc(&clock->front, '{');
    nx_json_put_string(&clock->front, node, clock->node_length);
    nx_buf_putc(&clock->front, ':');
    if (!clock->node || clock->front.failed || !nx_clock_entries_init(&clock->others, limit - 1))
        code = nx_no_memory(err);
    if (code == NEXUS_OK)
        code = start_counting(clock, directory, err);
    if (code != NEXUS_OK) {
        nx_clock_destroy(clock);
        return code;
    }
    *out = clock;
    return NEXUS_OK;
}

void nx_clock_destroy(struct nx_clock *clock)
{
    if (!clock)
        return;
    nx_clock_store_close(clock->store);
    nx_clock_entries_free(&clock->others);
    nx_buf_free(&clock->front);
    free(clock->node);
    pthread_mutex_destroy(&clock->lock);
    free(clock);
}

static void append(const struct nx_clock *clock, const struct nx_buf *others, struct nx_buf *out)
{
    nx_buf_append(out, clock->front.data, clock->front.length);
    nx_buf_int64(out, clock->own);
    nx_buf_append(out, others->data, others->length);
    nx_buf_putc(out, '}');
}

/* Everything that can fail comes before the counter is touched. */
static int tick(struct nx_clock *clock, struct nx_buf *out, struct nexus_error *err)
{
    const struct nx_buf *others = nx_clock_entries_text(&clock->others);
    int code = NEXUS_OK;

    if (!others)
        return nx_no_memory(err);
    if (clock->own >= NX_INTEGER_MAX)
        return nx_fail(err, NEXUS_E_IO, "vector_clock", "the counter of \"%s\" is used up",
                       clock->node);
    if (clock->own >= clock->ceiling)
        code = reserve(clock, err);
    if (code != NEXUS_OK)
        return code;
    clock->own++;
    append(clock, others, out);
    return NEXUS_OK;
}

int nx_clock_tick(struct nx_clock *clock, struct nx_buf *out, struct nexus_error *err)
{
    int code;

    pthread_mutex_lock(&clock->lock);
    code = tick(clock, out, err);
    pthread_mutex_unlock(&clock->lock);
    return code;
}

void nx_clock_untick(struct nx_clock *clock)
{
    pthread_mutex_lock(&clock->lock);
    clock->own--;
    pthread_mutex_unlock(&clock->lock);
}

void nx_clock_write(struct nx_clock *clock, struct nx_buf *out)
{
    const struct nx_buf *others;

    pthread_mutex_lock(&clock->lock);
    others = nx_clock_entries_text(&clock->others);
    if (others)
        append(clock, others, out);
    else
        out->failed = true;
    pthread_mutex_unlock(&clock->lock);
}

static bool is_own(const struct nx_clock *clock, const struct nx_clock_member *member)
{
    return member->length == clock->node_length &&
           memcmp(member->name, clock->node, member->length) == 0;
}

/* Raises what is known. Returns how many entries are not. */
static unsigned raise_known(struct nx_clock *clock, const struct nx_json *json, uint32_t node,
                            struct nx_arena *arena)
{
    struct nx_clock_member member;
    unsigned unknown = 0;

    for (uint32_t key = node + 1; key < json->nodes[node].next; key = json->nodes[key + 1].next) {
        if (!nx_clock_member(json, key, arena, &member))
            unknown++;
        else if (!is_own(clock, &member))
            unknown +=
                !nx_clock_entries_raise(&clock->others, member.name, member.length, member.value);
        else if (member.value > clock->own && member.value <= OWN_MAX)
            clock->own = member.value;
    }
    return unknown;
}

/* Adds what is not known yet. Returns how many entries were dropped. */
static unsigned add_unknown(struct nx_clock *clock, const struct nx_json *json, uint32_t node,
                            struct nx_arena *arena)
{
    struct nx_clock_member member;
    unsigned dropped = 0;

    for (uint32_t key = node + 1; key < json->nodes[node].next; key = json->nodes[key + 1].next) {
        if (!nx_clock_member(json, key, arena, &member))
            dropped++;
        else if (!is_own(clock, &member) && member.value > 0 &&
                 !nx_clock_entries_raise(&clock->others, member.name, member.length, member.value))
            dropped +=
                !nx_clock_entries_add(&clock->others, member.name, member.length, member.value);
    }
    return dropped;
}

unsigned nx_clock_merge(struct nx_clock *clock, const struct nx_json *json, uint32_t node)
{
    struct nx_arena arena = NX_ARENA_INIT;
    unsigned dropped = 0;

    pthread_mutex_lock(&clock->lock);
    nx_clock_entries_begin(&clock->others);
    if (raise_known(clock, json, node, &arena) > 0)
        dropped = add_unknown(clock, json, node, &arena);
    pthread_mutex_unlock(&clock->lock);
    nx_arena_free(&arena);
    return dropped;
}
