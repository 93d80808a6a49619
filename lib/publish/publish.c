/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing: from an event's bytes to a message in the window, and the receipt back. */
#include <stdio.h>
#include <string.h>

#include "compose.h"
#include "publish_options.h"
#include "sign_batch.h"
#include "spool.h"
#include "struct_size.h"
#include "wait.h"

/* One publish under way, on the caller's stack. */
struct job {
    struct nexus_client *client;
    const struct nexus_publish_options *options;
    const struct nx_outgoing *event;
    int64_t accepted_at;
    int64_t deadline;
    bool gathers; /* waits with others for a signature */
    bool shown;   /* to the hooks, which gave it a span */
    void *span;
    bool spools; /* goes to the disk before it is sent */
    bool ticked; /* the clock, for this event */
};

int nx_record_message(struct nexus_client *client, struct nx_record *record,
                      const struct nx_outgoing *event, struct nexus_error *err)
{
    char reply[sizeof(client->inbox) + 32];

    snprintf(reply, sizeof(reply), "%s.a%u.%llu", client->inbox, record->shard,
             (unsigned long long)nx_record_ack_number(record));
    record->message =
        client->wire->ops->message_new(client->wire, event->subject, reply, event->headers,
                                       event->header_count, event->body, event->length);
    return record->message ? NEXUS_OK : nx_no_memory(err);
}

/* Its bytes for the disk, where there is a spool, and its message, unless it goes to the disk
 * first. With the order held. */
static int materialize(struct job *job, struct nx_record *record, struct nexus_error *err)
{
    struct nexus_client *client = job->client;
    int code = NEXUS_OK;

    job->spools = nx_spool_first(client);
    if (job->spools)
        code = nx_spool_room(client, nx_outgoing_size(job->event), err);
    if (code == NEXUS_OK && client->spool)
        code = nx_spool_keep(client, job->event, &record->kept, err);
    if (code != NEXUS_OK || !job->spools)
        return code != NEXUS_OK ? code : nx_record_message(client, record, job->event, err);
    record->state = NX_RECORD_SPOOLING;
    record->kept->number = nx_record_ack_number(record);
    record->kept->unsigned_yet = job->gathers;
    memcpy(record->kept->leaf, record->leaf, NX_HASH_SIZE);
    job->gathers = false;
    return NEXUS_OK;
}

static void fill_receipt(const struct job *job, const struct nx_puback *ack,
                         struct nexus_receipt *out)
{
    struct nexus_receipt ours = NEXUS_RECEIPT_INIT;

    if (!out)
        return;
    snprintf(ours.message_id, sizeof(ours.message_id), "%s", job->event->message_id);
    snprintf(ours.causal_id, sizeof(ours.causal_id), "%s", job->event->causal_id);
    if (ack) {
        snprintf(ours.stream, sizeof(ours.stream), "%s", ack->stream);
        ours.sequence = ack->sequence;
        ours.duplicate = ack->duplicate;
        ours.spooled_at = ack->spooled ? nx_wall_time() / 1000000 : 0;
    }
    (void)nx_struct_give(out, out->size, &ours, sizeof(ours), NULL);
}

static void await(struct nexus_client *client, struct nx_waiter *waiter)
{
    while (!waiter->done)
        nx_wait_for(client, &waiter->done_changed);
}

/* With the lock: the record only waits for the disk, and what is sent is another one. */
static void write_ahead(struct nexus_client *client, struct nx_record *record)
{
    struct nx_kept *kept = record->kept;

    record->kept = NULL;
    nx_spool_append(client, kept);
}

/* The client was closed while the event was being made. Gives both locks back, and the clock's
 * tick: the next client of this node must not seem to follow an event that is missing. */
static int come_too_late(const struct job *job, struct nx_record *record, struct nexus_error *err)
{
    struct nexus_client *client = job->client;

    pthread_mutex_unlock(&client->lock);
    if (job->ticked)
        nx_clock_untick(client->clock);
    pthread_mutex_unlock(&client->publisher->order);
    client->wire->ops->message_free(client->wire, record->message);
    record->message = NULL;
    nx_window_cancel(client, record);
    return nx_fail(err, NEXUS_E_CLOSED, "client", "the client has been closed");
}

/* Into the window and onto the wire; from here on the event has been accepted. With the order held,
 * which it gives back. */
static int launch(struct job *job, struct nx_record *record, struct nexus_receipt *receipt,
                  struct nexus_error *err)
{
    struct nexus_client *client = job->client;
    bool blocking = !job->options->callback;
    struct nx_waiter waiter = {.done_changed = PTHREAD_COND_INITIALIZER};

    record->callback = job->options->callback;
    record->failures_only = job->options->failures_only;
    record->data = job->options->data;
    record->shown = job->shown;
    record->span = job->span;
    record->waiter = blocking ? &waiter : NULL;
    record->channel = job->event->channel;
    record->accepted_at = job->accepted_at;
    record->deadline = job->deadline;
    fill_receipt(job, NULL, receipt);
    pthread_mutex_lock(&client->lock);
    if (client->publisher->abandoned)
        return come_too_late(job, record, err);
    nx_window_enter(client, record);
    if (job->spools)
        write_ahead(client, record);
    else if (job->gathers)
        nx_signing_join(client, record);
    else
        nx_record_start(client, record, blocking);
    pthread_mutex_unlock(&client->publisher->order);
    if (job->gathers)
        nx_signing_run(client, blocking, blocking);
    if (blocking)
        await(client, &waiter);
    pthread_mutex_unlock(&client->lock);
    if (!blocking)
        return NEXUS_OK;
    pthread_cond_destroy(&waiter.done_changed);
    if (waiter.code == NEXUS_OK)
        fill_receipt(job, &waiter.ack, receipt);
    else if (err)
        *err = waiter.error;
    return waiter.code;
}

static int check_call(struct nexus_client *client, const struct nexus_publish_options *options,
                      const struct nexus_receipt *receipt, struct nexus_error *err)
{
    if (receipt && (receipt->size < 2 * sizeof(size_t) || receipt->size > 65536))
        return nx_fail(err, NEXUS_E_INVALID, "receipt.size",
                       "initialize the receipt with NEXUS_RECEIPT_INIT");
    if (!options->callback && nx_on_io_thread(client))
        return nx_fail(err, NEXUS_E_STATE, "client", "cannot be waited for from here");
    return NEXUS_OK;
}

static void set_deadline(struct job *job)
{
    int64_t milliseconds = job->options->deadline_ms;

    if (!milliseconds)
        milliseconds = job->client->options->publish_deadline_ms;
    job->accepted_at = job->client->wire->ops->now(job->client->wire);
    job->deadline = job->accepted_at + milliseconds * 1000000;
}

static int reserve(const struct job *job, size_t size, struct nx_record **out,
                   struct nexus_error *err)
{
    return nx_window_reserve(job->client, size, job->deadline, job->options->wait_when_full,
                             job->options->callback != NULL, out, err);
}

/* Makes the event and its message; the order is held. */
static int compose(struct job *job, struct nx_composing *composing, struct nx_record *record,
                   struct nx_outgoing *out, struct nexus_error *err)
{
    struct nexus_client *client = job->client;
    int code;

    job->gathers =
        client->options->signer && !nx_signing_alone(client, job->options->callback == NULL);
    code = nx_compose(composing, job->gathers ? record->leaf : NULL, out, err);
    if (code != NEXUS_OK)
        return code;
    job->event = out;
    code = materialize(job, record, err);
    job->ticked = code == NEXUS_OK;
    if (!job->ticked)
        nx_clock_untick(client->clock);
    return code;
}

static int run(struct job *job, struct nx_composing *composing, struct nexus_receipt *receipt,
               struct nexus_error *err)
{
    struct nexus_client *client = job->client;
    struct nx_record *record = NULL;
    struct nx_outgoing event;
    int code = reserve(job, nx_composing_size(composing), &record, err);

    if (code != NEXUS_OK)
        return code;
    code = nx_record_name(record, composing->subject, composing->message_id,
                          composing->chain->causal_id, err);
    if (code == NEXUS_OK) {
        pthread_mutex_lock(&client->publisher->order);
        code = compose(job, composing, record, &event, err);
        if (code == NEXUS_OK)
            return launch(job, record, receipt, err);
        pthread_mutex_unlock(&client->publisher->order);
    }
    nx_window_cancel(client, record);
    return code;
}

/* The same, with the hooks around it; of an asynchronous event that was accepted, the end is told
 * with its completion. */
static int run_shown(struct job *job, struct nx_composing *composing, struct nexus_receipt *receipt,
                     struct nexus_error *err)
{
    struct nexus_receipt ours = NEXUS_RECEIPT_INIT;
    struct nexus_error failure = NEXUS_ERROR_INIT;
    int code;

    job->shown = true;
    job->span = nx_composing_show(composing);
    code = run(job, composing, &ours, &failure);
    if (code != NEXUS_OK || !job->options->callback)
        nx_hook_publish_end(job->client, job->span, &ours, code == NEXUS_OK ? NULL : &failure);
    if (receipt && *ours.message_id)
        (void)nx_struct_give(receipt, receipt->size, &ours, sizeof(ours), NULL);
    if (code != NEXUS_OK && err)
        *err = failure;
    return code;
}

int nx_publish_event(struct nexus_client *client, const struct nexus_channel *channel,
                     const char *const *arguments, const void *event,
                     const struct nexus_publish_options *options, struct nexus_receipt *receipt,
                     struct nexus_error *err)
{
    struct job job = {.client = client, .options = options ? options : &nx_publish_defaults};
    struct nx_composing composing = {.client = client, .channel = channel, .options = job.options};
    int code = nx_client_usable(client, err);

    if (code != NEXUS_OK)
        return code;
    if (!event)
        return nx_fail(err, NEXUS_E_INVALID, "event", "is NULL");
    code = check_call(client, job.options, receipt, err);
    if (code == NEXUS_OK)
        code = nx_composing_begin(&composing, err);
    if (code != NEXUS_OK)
        return code;
    code = nx_composing_prepare(&composing, arguments, event, err);
    if (code == NEXUS_OK) {
        set_deadline(&job);
        code = nx_hook_publishing(client) ? run_shown(&job, &composing, receipt, err)
                                          : run(&job, &composing, receipt, err);
    }
    nx_composing_end(&composing);
    return code;
}

/* ---- events that have their bytes */

int nx_publish_outgoing(struct nexus_client *client, const struct nx_outgoing *event,
                        const struct nexus_publish_options *options, struct nexus_receipt *receipt,
                        struct nexus_error *err)
{
    struct job job = {
        .client = client, .options = options ? options : &nx_publish_defaults, .event = event};
    struct nx_record *record = NULL;
    int code = nx_client_usable(client, err);

    if (code == NEXUS_OK)
        code = check_call(client, job.options, receipt, err);
    if (code == NEXUS_OK)
        code = nx_check_body(client, event->length, err);
    if (code != NEXUS_OK)
        return code;
    set_deadline(&job);
    code = reserve(&job, nx_outgoing_size(event), &record, err);
    if (code != NEXUS_OK)
        return code;
    code = nx_record_name(record, event->subject, event->message_id, event->causal_id, err);
    if (code == NEXUS_OK) {
        pthread_mutex_lock(&client->publisher->order);
        code = materialize(&job, record, err);
        if (code == NEXUS_OK)
            return launch(&job, record, receipt, err);
        pthread_mutex_unlock(&client->publisher->order);
    }
    nx_window_cancel(client, record);
    return code;
}
