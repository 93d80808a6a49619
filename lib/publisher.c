/* SPDX-License-Identifier: Apache-2.0 */
/* The window: room for events, their records, and the one end that each of them has. */
#include "publisher.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNREPORTED_PER_WINDOW 4
#define STREAM_NAMES_MAX      1024

/* A stream that acked something. Events point at its name, for a copy each would be dear. */
struct nx_stream_name {
    struct nx_stream_name *next;
    char name[];
};

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
    return NEXUS_OK;
}

void nx_publisher_free(struct nexus_client *client)
{
    struct nx_publisher *publisher = client->publisher;

    if (!publisher)
        return;
    for (struct nx_scratch *scratch; (scratch = publisher->free_scratch);) {
        publisher->free_scratch = scratch->next;
        nx_buf_free(&scratch->payload);
        nx_buf_free(&scratch->clock);
        nx_buf_free(&scratch->body);
        free(scratch);
    }
    for (struct nx_stream_name *name; (name = publisher->stream_names);) {
        publisher->stream_names = name->next;
        free(name);
    }
    for (uint32_t i = 0; i < publisher->slot_count; i++)
        free(publisher->slots[i]);
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

static struct nx_record *take_record(struct nx_publisher *publisher)
{
    struct nx_record *record = publisher->free_records;

    if (!record)
        return new_record(publisher);
    publisher->free_records = record->next;
    record->next = NULL;
    return record;
}

static void free_record(struct nx_publisher *publisher, struct nx_record *record)
{
    free(record->result_error);
    free(record->many);
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
    struct timespec limit = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
    int waited = 0;

    client->publisher->watchers++;
    if (until == INT64_MAX)
        pthread_cond_wait(&client->publisher->progress, &client->lock);
    else
        waited = pthread_cond_timedwait(&client->publisher->progress, &client->lock, &limit);
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
        *out = take_record(publisher);
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

static void give_room(struct nx_publisher *publisher, const struct nx_record *record)
{
    publisher->events--;
    publisher->bytes -= record->bytes;
    if (publisher->watchers)
        pthread_cond_broadcast(&publisher->progress);
}

void nx_window_cancel(struct nexus_client *client, struct nx_record *record)
{
    pthread_mutex_lock(&client->lock);
    give_room(client->publisher, record);
    free_record(client->publisher, record);
    pthread_mutex_unlock(&client->lock);
}

void nx_window_enter(struct nexus_client *client, struct nx_record *record)
{
    struct nx_publisher *publisher = client->publisher;

    record->number = ++publisher->last_number;
    record->state = NX_RECORD_UNSENT;
    record->previous = publisher->last;
    record->next = NULL;
    if (publisher->last)
        publisher->last->next = record;
    else
        publisher->first = record;
    publisher->last = record;
    nx_count(client, NX_PUBLISHED);
    nx_count(client, NX_IN_FLIGHT);
    if (record->deadline < publisher->next_check)
        publisher->next_check = record->deadline;
}

static void unlink_record(struct nx_publisher *publisher, struct nx_record *record)
{
    if (record->previous)
        record->previous->next = record->next;
    else
        publisher->first = record->next;
    if (record->next)
        record->next->previous = record->previous;
    else
        publisher->last = record->previous;
    record->next = record->previous = NULL;
}

/* ---- the end of an event */

static const char *keep_stream(struct nx_publisher *publisher, const char *name)
{
    struct nx_stream_name *known = publisher->stream_names;
    size_t length = strlen(name);

    while (known && strcmp(known->name, name) != 0)
        known = known->next;
    if (!known && publisher->stream_count < STREAM_NAMES_MAX) {
        known = malloc(sizeof(*known) + length + 1);
        if (known) {
            memcpy(known->name, name, length + 1);
            known->next = publisher->stream_names;
            publisher->stream_names = known;
            publisher->stream_count++;
        }
    }
    return known ? known->name : "";
}

/* The final report of a failure, from what is known of the event. */
static void describe_failure(const struct nexus_client *client, const struct nx_record *record,
                             int code, const char *text, struct nexus_error *err)
{
    switch (code) {
    case NEXUS_E_NO_STREAM:
        nx_fail(
            err, code, record->subject,
            "no stream covers this subject: run `nexusctl provision` or call nexus_provision()");
        break;
    case NEXUS_E_PERMISSION:
        nx_fail(err, code, record->subject, "the server forbids publishing to this subject");
        break;
    case NEXUS_E_CLOSED:
        nx_fail(err, code, record->subject,
                "the client was closed before the event was acknowledged");
        break;
    case NEXUS_E_TIMEOUT:
        nx_fail(err, code, record->subject,
                "not acknowledged by the deadline after %" PRIu32 " attempts (last: %s); the "
                "stream may hold it",
                record->attempts,
                !client->up ? "no connection" : nexus_status_text(record->last_code));
        break;
    default:
        nx_fail(err, code, record->subject, "%s", text ? text : nexus_status_text(code));
    }
}

static void run_completion(struct nexus_client *client, struct nx_due *due)
{
    struct nx_record *record = (struct nx_record *)due;
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct nexus_error plain = NEXUS_ERROR_INIT;
    const struct nexus_error *error = NULL;

    snprintf(receipt.message_id, sizeof(receipt.message_id), "%s", record->message_id);
    snprintf(receipt.causal_id, sizeof(receipt.causal_id), "%s", record->causal_id);
    if (record->result_code == NEXUS_OK) {
        snprintf(receipt.stream, sizeof(receipt.stream), "%s", record->stream);
        receipt.sequence = record->sequence;
        receipt.duplicate = record->duplicate;
    } else {
        nx_fail(&plain, record->result_code, record->subject, "%s",
                nexus_status_text(record->result_code));
        error = record->result_error ? record->result_error : &plain;
    }
    record->callback(client, &receipt, error, record->data);
    pthread_mutex_lock(&client->lock);
    client->publisher->unreported--;
    if (client->publisher->watchers)
        pthread_cond_broadcast(&client->publisher->progress);
    free_record(client->publisher, record);
    pthread_mutex_unlock(&client->lock);
}

static void tell_waiter(struct nexus_client *client, struct nx_record *record, int code,
                        const struct nx_puback *ack, const char *text)
{
    struct nx_waiter *waiter = record->waiter;

    waiter->done = true;
    waiter->code = code;
    if (ack)
        waiter->ack = *ack;
    else
        describe_failure(client, record, code, text, &waiter->error);
    pthread_cond_signal(&waiter->done_changed);
    free_record(client->publisher, record);
}

static void tell_callback(struct nexus_client *client, struct nx_record *record, int code,
                          const struct nx_puback *ack, const char *text)
{
    record->result_code = code;
    record->state = NX_RECORD_FREE; /* no ack finds it any more */
    if (ack) {
        record->stream = keep_stream(client->publisher, ack->stream);
        record->sequence = ack->sequence;
        record->duplicate = ack->duplicate;
    } else {
        record->result_error = calloc(1, sizeof(*record->result_error));
        describe_failure(client, record, code, text, record->result_error);
    }
    record->due.run = run_completion;
    client->publisher->unreported++;
    nx_due_push(client, &record->due);
}

/* The thread that is sending the message still needs it, and ends the event when it is back. */
static void keep_result(struct nexus_client *client, struct nx_record *record, int code,
                        const struct nx_puback *ack)
{
    record->ended_early = true;
    record->result_code = code;
    if (!ack)
        return;
    record->stream = keep_stream(client->publisher, ack->stream);
    record->sequence = ack->sequence;
    record->duplicate = ack->duplicate;
}

void nx_window_end_kept(struct nexus_client *client, struct nx_record *record)
{
    struct nx_puback ack = {.kind = NX_PUBACK_STORED};

    if (record->result_code == NEXUS_OK) {
        ack.sequence = record->sequence;
        ack.duplicate = record->duplicate;
        snprintf(ack.stream, sizeof(ack.stream), "%s", record->stream);
    }
    nx_window_end(client, record, record->result_code,
                  record->result_code == NEXUS_OK ? &ack : NULL, NULL);
}

void nx_window_end(struct nexus_client *client, struct nx_record *record, int code,
                   const struct nx_puback *ack, const char *text)
{
    if (record->sending) {
        keep_result(client, record, code, ack);
        return;
    }
    nx_hold_leave(record, code == NEXUS_OK);
    unlink_record(client->publisher, record);
    client->wire->ops->message_free(client->wire, record->message);
    record->message = NULL;
    nx_uncount(client, NX_IN_FLIGHT);
    nx_count(client, code == NEXUS_OK ? NX_ACKED : NX_FAILED);
    if (ack && ack->duplicate)
        nx_count(client, NX_DUPLICATES);
    if (record->callback)
        tell_callback(client, record, code, ack, text);
    else
        tell_waiter(client, record, code, ack, text);
    give_room(client->publisher, record);
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
