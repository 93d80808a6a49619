/* SPDX-License-Identifier: Apache-2.0 */
/* The window: room for events, their records, and the one end that each of them has. */
#include "publisher.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool.h"
#include "wait.h"

#define UNREPORTED_PER_WINDOW 4

int nx_publisher_new(struct nexus_client *client, struct nexus_error *err)
{
    struct nx_publisher *publisher = calloc(1, sizeof(*publisher));
    pthread_condattr_t monotonic;

    if (!publisher)
        return nx_no_memory(err);
    publisher->gated = true;
    publisher->next_check = INT64_MAX;
    pthread_mutex_init(&publisher->order, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&publisher->progress, &monotonic);
    pthread_condattr_destroy(&monotonic);
    client->publisher = publisher;
    if (client->options->signer && !(publisher->signing = nx_signing_new(client->options)))
        return nx_no_memory(err);
    publisher->acks = calloc(NX_ACK_BATCH, sizeof(*publisher->acks));
    return publisher->acks ? NEXUS_OK : nx_no_memory(err);
}

static void free_scratch(struct nx_scratch *scratch)
{
    nx_buf_free(&scratch->payload);
    nx_buf_free(&scratch->clock);
    nx_buf_free(&scratch->body);
    nx_buf_free(&scratch->signature);
    nx_buf_free(&scratch->work);
    free(scratch);
}

void nx_publisher_free(struct nexus_client *client)
{
    struct nx_publisher *publisher = client->publisher;
    struct nx_scratch *scratch;

    if (!publisher)
        return;
    while ((scratch = publisher->free_scratch)) {
        publisher->free_scratch = scratch->next;
        free_scratch(scratch);
    }
    nx_streams_forget(publisher);
    if ((scratch = atomic_load(&publisher->scratch)))
        free_scratch(scratch);
    for (uint32_t i = 0; i < publisher->slot_count; i++) {
        free(publisher->slots[i]);
    }
    nx_signing_free(publisher->signing);
    free(publisher->acks);
    free(publisher->slots);
    pthread_mutex_destroy(&publisher->order);
    pthread_cond_destroy(&publisher->progress);
    free(publisher);
    client->publisher = NULL;
}

/* ---- records */

static struct nx_record *new_record(struct nx_publisher *publisher)
{
    struct nx_record *record;

    if (publisher->slot_count == publisher->slot_capacity) {
        uint32_t capacity = publisher->slot_capacity ? publisher->slot_capacity * 2 : 64;
        struct nx_record **slots = realloc(publisher->slots, capacity * sizeof(*slots));
        if (!slots)
            return NULL;
        publisher->slots = slots;
        publisher->slot_capacity = capacity;
    }
    record = calloc(1, sizeof(*record));
    if (!record)
        return NULL;
    record->slot = publisher->slot_count;
    publisher->slots[publisher->slot_count++] = record;
    return record;
}

struct nx_record *nx_record_take(struct nx_publisher *publisher)
{
    struct nx_record *record = publisher->free_records;

    if (!record)
        return new_record(publisher);
    publisher->free_records = record->next;
    record->next = NULL;
    return record;
}

void nx_record_free(struct nx_publisher *publisher, struct nx_record *record)
{
    free(record->result_error);
    free(record->result_text);
    free(record->many);
    nx_kept_release(record->kept);
    *record = (struct nx_record){.slot = record->slot,
                                 .generation = record->generation + 1,
                                 .next = publisher->free_records};
    publisher->free_records = record;
}

int nx_record_name(struct nx_record *record, const char *subject, const char *message_id,
                   const char *causal_id, struct nexus_error *err)
{
    size_t a = strlen(subject) + 1, b = strlen(message_id) + 1, c = strlen(causal_id) + 1;
    char *at = record->few;

    if (a + b + c > sizeof(record->few)) {
        at = record->many = malloc(a + b + c);
        if (!at)
            return nx_no_memory(err);
    }
    record->subject = memcpy(at, subject, a);
    record->message_id = memcpy(at + a, message_id, b);
    record->causal_id = memcpy(at + a + b, causal_id, c);
    record->shard = nx_subject_hash(subject) % NX_ACK_SHARDS;
    return NEXUS_OK;
}

uint64_t nx_record_ack_number(const struct nx_record *record)
{
    return (uint64_t)record->generation << NX_SLOT_BITS | record->slot;
}

struct nx_record *nx_window_find(struct nexus_client *client, uint64_t number)
{
    struct nx_publisher *publisher = client->publisher;
    uint64_t slot = number & ((1u << NX_SLOT_BITS) - 1);
    struct nx_record *record = slot < publisher->slot_count ? publisher->slots[slot] : NULL;

    if (!record || record->state == NX_RECORD_FREE || nx_record_ack_number(record) != number)
        return NULL;
    return record;
}

/* ---- room */

static bool has_room(const struct nexus_client *client, size_t bytes)
{
    const struct nx_publisher *publisher = client->publisher;
    const struct nx_options *options = client->options;

    if (publisher->events >= options->window_events)
        return false;
    /* One event always fits, however large. */
    return !publisher->events || publisher->bytes + bytes <= options->window_bytes;
}

static bool too_many_unreported(const struct nexus_client *client)
{
    return client->publisher->unreported >= client->options->window_events * UNREPORTED_PER_WINDOW;
}

static int wait_for_progress(struct nexus_client *client, int64_t until)
{
    int waited;

    client->publisher->watchers++;
    waited = nx_wait_until(client, &client->publisher->progress, until);
    client->publisher->watchers--;
    return waited;
}

static int report_full(struct nexus_client *client, bool reports, struct nexus_error *err)
{
    const struct nx_publisher *publisher = client->publisher;

    if (reports)
        return nx_fail(err, NEXUS_E_FULL, "client",
                       "%" PRIu32 " completions wait for nexus_client_dispatch()",
                       publisher->unreported);
    return nx_fail(err, NEXUS_E_FULL, "client",
                   "the window is full: %" PRIu32 " events, %zu bytes are unacknowledged",
                   publisher->events, publisher->bytes);
}

/* Completions make no room while nobody dispatches, or while this very thread does. */
static bool room_will_come(struct nexus_client *client, bool reports)
{
    return !reports || (atomic_load(&client->dispatching) && !nx_in_callback(client));
}

int nx_window_reserve(struct nexus_client *client, size_t bytes, int64_t deadline, bool wait,
                      bool asynchronous, struct nx_record **out, struct nexus_error *err)
{
    struct nx_publisher *publisher = client->publisher;
    int code = NEXUS_OK, waited = 0;

    pthread_mutex_lock(&client->lock);
    for (;;) {
        bool reports = asynchronous && too_many_unreported(client);
        if (atomic_load(&client->closed))
            code = nx_fail(err, NEXUS_E_CLOSED, "client", "the client has been closed");
        else if (!reports && has_room(client, bytes))
            break;
        else if (!wait || waited == ETIMEDOUT || !room_will_come(client, reports))
            code = report_full(client, reports, err);
        if (code != NEXUS_OK)
            break;
        waited = wait_for_progress(client, deadline);
    }
    if (code == NEXUS_OK) {
        *out = nx_record_take(publisher);
        if (!*out)
            code = nx_no_memory(err);
    }
    if (code == NEXUS_OK) {
        (*out)->bytes = bytes;
        publisher->events++;
        publisher->bytes += bytes;
    }
    pthread_mutex_unlock(&client->lock);
    return code;
}

void nx_window_give_room(struct nx_publisher *publisher, const struct nx_record *record)
{
    if (!record->drained) {
        publisher->events--;
        publisher->bytes -= record->bytes;
    }
    publisher->progressed = true;
}

void nx_publisher_tell(struct nexus_client *client)
{
    if (client->publisher->progressed && client->publisher->watchers) {
        nx_waits_woken(client, &client->publisher->progress);
        pthread_cond_broadcast(&client->publisher->progress);
    }
    client->publisher->progressed = false;
}

void nx_window_cancel(struct nexus_client *client, struct nx_record *record)
{
    pthread_mutex_lock(&client->lock);
    nx_window_give_room(client->publisher, record);
    nx_record_free(client->publisher, record);
    nx_publisher_tell(client);
    pthread_mutex_unlock(&client->lock);
}

void nx_window_enter(struct nexus_client *client, struct nx_record *record)
{
    struct nx_publisher *publisher = client->publisher;

    record->number = ++publisher->last_number;
    if (record->state != NX_RECORD_SPOOLING)
        record->state = NX_RECORD_UNSENT;
    record->previous = publisher->last;
    record->next = NULL;
    if (publisher->last)
        publisher->last->next = record;
    else
        publisher->first = record;
    publisher->last = record;
    if (!record->drained) {
        nx_count(client, NX_PUBLISHED);
        nx_metrics_count(&client->metrics, record->channel, NX_METRIC_PUBLISHED);
    }
    nx_count(client, NX_IN_FLIGHT);
    if (record->deadline < publisher->next_check)
        publisher->next_check = record->deadline;
}

void nx_window_leave(struct nexus_client *client, struct nx_record *record)
{
    struct nx_publisher *publisher = client->publisher;

    if (record->previous)
        record->previous->next = record->next;
    else
        publisher->first = record->next;
    if (record->next)
        record->next->previous = record->previous;
    else
        publisher->last = record->previous;
    record->next = record->previous = NULL;
    nx_uncount(client, NX_IN_FLIGHT);
    nx_window_give_room(publisher, record);
}

/* ---- for flush and close */

uint64_t nx_publisher_last(struct nexus_client *client)
{
    uint64_t last;

    pthread_mutex_lock(&client->lock);
    last = client->publisher->last_number;
    pthread_mutex_unlock(&client->lock);
    return last;
}

static bool done(const struct nexus_client *client, uint64_t last)
{
    const struct nx_record *first = client->publisher->first;

    while (first && nx_spool_owns(first))
        first = first->next;
    return !first || first->number > last;
}

bool nx_publisher_done(struct nexus_client *client, uint64_t last)
{
    bool result;

    pthread_mutex_lock(&client->lock);
    result = done(client, last);
    pthread_mutex_unlock(&client->lock);
    return result;
}

void nx_publisher_pause(struct nexus_client *client, int64_t until)
{
    int waited = 0;

    pthread_mutex_lock(&client->lock);
    while (!waited && !client->due_first)
        waited = wait_for_progress(client, until);
    pthread_mutex_unlock(&client->lock);
}

void nx_publisher_wait(struct nexus_client *client, uint64_t last, int64_t until)
{
    int waited = 0;

    pthread_mutex_lock(&client->lock);
    while (!waited && !client->due_first && !done(client, last))
        waited = wait_for_progress(client, until);
    pthread_mutex_unlock(&client->lock);
}
