/* SPDX-License-Identifier: Apache-2.0 */
/* The one end that each accepted event has: a waiting caller woken, or a callback queued. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publisher.h"
#include "spool.h"
#include "trace.h"
#include "wait.h"

#define STREAM_NAMES_MAX 1024

/* A stream that acked something. Events point at its name, for a copy each would be dear. */
struct nx_stream_name {
    struct nx_stream_name *next;
    char name[];
};

void nx_streams_forget(struct nx_publisher *publisher)
{
    for (struct nx_stream_name *name; (name = publisher->stream_names);) {
        publisher->stream_names = name->next;
        free(name);
    }
}

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
    case NEXUS_E_UNSUPPORTED:
        nx_fail(err, code, record->subject,
                "JetStream is not enabled on this server, or not for this account");
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
        receipt.spooled_at = record->spooled ? nx_wall_time() / 1000000 : 0;
    } else {
        nx_fail(&plain, record->result_code, record->subject, "%s",
                nexus_status_text(record->result_code));
        error = record->result_error ? record->result_error : &plain;
    }
    if (record->shown)
        nx_hook_publish_end(client, record->span, &receipt, error);
    if (error || !record->failures_only)
        record->callback(client, &receipt, error, record->data);
    pthread_mutex_lock(&client->lock);
    client->publisher->unreported--;
    client->publisher->progressed = true;
    nx_publisher_tell(client);
    nx_record_free(client->publisher, record);
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
    nx_waits_woken(client, &waiter->done_changed);
    pthread_cond_signal(&waiter->done_changed);
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
        record->spooled = ack->spooled;
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
                        const struct nx_puback *ack, const char *text)
{
    record->ended_early = true;
    record->result_code = code;
    free(record->result_text);
    record->result_text = text ? strdup(text) : NULL; /* without it the code speaks alone */
    if (!ack)
        return;
    record->stream = keep_stream(client->publisher, ack->stream);
    record->sequence = ack->sequence;
    record->duplicate = ack->duplicate;
}

void nx_window_end_kept(struct nexus_client *client, struct nx_record *record)
{
    struct nx_puback ack = {.kind = NX_PUBACK_STORED};
    char *text = record->result_text;

    record->result_text = NULL;
    if (record->result_code == NEXUS_OK) {
        ack.sequence = record->sequence;
        ack.duplicate = record->duplicate;
        snprintf(ack.stream, sizeof(ack.stream), "%s", record->stream);
    }
    nx_window_end(client, record, record->result_code,
                  record->result_code == NEXUS_OK ? &ack : NULL, text);
    free(text);
}

/* cnats frees a message on a thread of its own, which it wakes each time it finds it asleep: many
 * at once cost one wake. */
static void bury(struct nexus_client *client, struct nx_record *record)
{
    struct nx_publisher *publisher = client->publisher;

    if (!record->message)
        return;
    if (publisher->dead_count == NX_DEAD_MAX)
        client->wire->ops->message_free(client->wire, record->message);
    else
        publisher->dead[publisher->dead_count++] = record->message;
    record->message = NULL;
}

void nx_dead_free(struct nexus_client *client)
{
    struct nx_publisher *publisher = client->publisher;
    struct nx_message *dead[NX_DEAD_MAX];
    unsigned count = publisher->dead_count;

    if (!count)
        return;
    memcpy(dead, publisher->dead, count * sizeof(dead[0]));
    publisher->dead_count = 0;
    pthread_mutex_unlock(&client->lock);
    for (unsigned i = 0; i < count; i++)
        client->wire->ops->message_free(client->wire, dead[i]);
    pthread_mutex_lock(&client->lock);
}

static void count_end(struct nexus_client *client, const struct nx_record *record, int code,
                      const struct nx_puback *ack)
{
    struct nx_metrics *metrics = &client->metrics;

    nx_count(client, code == NEXUS_OK ? NX_ACKED : NX_FAILED);
    nx_metrics_count(metrics, record->channel,
                     code == NEXUS_OK ? NX_METRIC_ACKED : NX_METRIC_FAILED);
    if (code == NEXUS_OK)
        nx_metrics_time(metrics, record->channel, NX_SPAN_PUBLISH,
                        client->wire->ops->now(client->wire) - record->accepted_at);
    if (!ack || !ack->duplicate)
        return;
    nx_count(client, NX_DUPLICATES);
    nx_metrics_count(metrics, record->channel, NX_METRIC_DUPLICATES);
}

bool nx_record_told(struct nexus_client *client, struct nx_record *record)
{
    struct nx_puback ack = {.kind = NX_PUBACK_STORED, .spooled = true};
    struct nx_record *report = NULL;

    if (record->callback && (!record->failures_only || record->shown)) {
        report = nx_record_take(client->publisher);
        if (!report)
            return false;
        if (nx_record_name(report, record->subject, record->message_id, record->causal_id, NULL) !=
            NEXUS_OK) {
            nx_record_free(client->publisher, report);
            return false;
        }
        report->callback = record->callback;
        report->data = record->data;
        report->failures_only = record->failures_only;
        report->shown = record->shown;
        report->span = record->span;
        tell_callback(client, report, NEXUS_OK, &ack, NULL);
    } else if (record->waiter) {
        tell_waiter(client, record, NEXUS_OK, &ack, NULL);
    }
    record->callback = NULL;
    record->waiter = NULL;
    nx_window_give_room(client->publisher, record);
    record->drained = true;
    return true;
}

/* Neither stored nor given up: in the spool, or on its way back there. */
static bool ended_safe(const struct nx_record *record, int code, const struct nx_puback *ack)
{
    if (ack)
        return ack->spooled;
    return nx_spool_owns(record) && nx_spool_keeps(record, code);
}

void nx_window_end(struct nexus_client *client, struct nx_record *record, int code,
                   const struct nx_puback *ack, const char *text)
{
    bool safe;

    if (record->sending) {
        keep_result(client, record, code, ack, text);
        return;
    }
    safe = ended_safe(record, code, ack);
    if (record->kept)
        nx_spool_ended(client, record, code, text);
    nx_hold_leave(record, code == NEXUS_OK);
    nx_window_leave(client, record);
    bury(client, record);
    if (!safe)
        count_end(client, record, code, ack);
    if (record->callback && (code != NEXUS_OK || !record->failures_only || record->shown)) {
        tell_callback(client, record, code, ack, text);
        return;
    }
    if (record->waiter)
        tell_waiter(client, record, code, ack, text);
    nx_record_free(client->publisher, record);
}
