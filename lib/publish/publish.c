/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing: from the caller's event to a message in the window, and the receipt back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "delivery_chain.h"
#include "envelope.h"
#include "event_signature.h"
#include "publish_options.h"
#include "publisher.h"
#include "struct_size.h"
#include "subject.h"
#include "subscription.h"
#include "wait.h"

#define ENVELOPE_ROOM 512 /* about what envelope and headers add to a payload */

/* One publish under way, on the caller's stack. */
struct job {
    struct nexus_client *client;
    const struct nexus_channel *channel;
    const struct nexus_publish_options *options;
    const char *values[NX_PARAMETERS_MAX];
    const char *tenant; /* for the envelope, or NULL */
    const struct nx_chain *chain;
    struct nx_chain fresh;
    struct nx_scratch *scratch;
    int64_t deadline;
    bool gathers; /* waits with others for a signature */
    char subject[NEXUS_SUBJECT_MAX + 1];
    char message_id[NEXUS_MESSAGE_ID_SIZE];
};

static struct nx_scratch *borrow_scratch(struct nexus_client *client)
{
    struct nx_scratch *scratch = atomic_exchange(&client->publisher->scratch, NULL);

    if (scratch)
        return scratch;
    pthread_mutex_lock(&client->lock);
    scratch = client->publisher->free_scratch;
    if (scratch)
        client->publisher->free_scratch = scratch->next;
    pthread_mutex_unlock(&client->lock);
    return scratch ? scratch : calloc(1, sizeof(*scratch));
}

static void return_scratch(struct nexus_client *client, struct nx_scratch *scratch)
{
    nx_buf_reset(&scratch->payload);
    nx_buf_reset(&scratch->clock);
    nx_buf_reset(&scratch->body);
    nx_buf_reset(&scratch->signature);
    scratch = atomic_exchange(&client->publisher->scratch, scratch);
    if (!scratch)
        return;
    pthread_mutex_lock(&client->lock);
    scratch->next = client->publisher->free_scratch;
    client->publisher->free_scratch = scratch;
    pthread_mutex_unlock(&client->lock);
}

/* The address parameters: from the event where its payload carries them, else from the caller. */
static int collect_values(struct job *job, const char *const *arguments, const void *event,
                          struct nexus_error *err)
{
    const struct nexus_channel *channel = job->channel;

    for (uint32_t i = 0; i < channel->parameter_count; i++) {
        const struct nx_parameter *parameter = &channel->parameters[i];
        job->values[i] = parameter->member < 0
                             ? *arguments++
                             : nx_codec_string(channel, event, (uint32_t)parameter->member);
    }
    job->tenant = channel->has_tenant     ? job->values[0]
                  : *job->options->tenant ? job->options->tenant
                                          : NULL;
    return nx_subject_render(channel, job->values, job->subject, err);
}

/* The chain that was asked for, else that of the event being handled here, else a fresh one. */
static void choose_chain(struct job *job)
{
    const struct nexus_delivery *cause = nx_delivery_current(job->client);

    if (job->options->has_chain)
        job->chain = &job->options->chain;
    else if (cause && *nx_delivery_chain(cause)->causal_id)
        job->chain = nx_delivery_chain(cause);
    else {
        nx_chain_new(&job->fresh, job->client->options->causal_id_width);
        job->chain = &job->fresh;
    }
}

/* The stream compares ids over all subjects, hence the tenant before it. */
static void name_message(struct job *job)
{
    const char *owner = job->channel->has_tenant ? job->values[0] : "_core";
    unsigned char uuid[16];
    char text[NX_UUID_SIZE];

    if (!*job->options->message_id) {
        nx_uuid7_bytes(uuid);
        nx_uuid7_text(uuid, text);
    }
    snprintf(job->message_id, sizeof(job->message_id), "%s:%s", owner,
             *job->options->message_id ? job->options->message_id : text);
}

static int check_size(const struct job *job, size_t length, struct nexus_error *err)
{
    struct nx_transport *wire = job->client->wire;
    int64_t server = wire->ops->max_payload(wire);
    size_t limit = job->client->options->max_body;

    if (server > 0 && (size_t)server < limit)
        limit = (size_t)server;
    if (length > limit)
        return nx_fail(err, NEXUS_E_TOO_LARGE, "payload", "%zu bytes exceed the limit of %zu",
                       length, limit);
    return NEXUS_OK;
}

static int encode(struct job *job, const void *event, struct nexus_error *err)
{
    struct nx_buf *payload = &job->scratch->payload;
    int code;

    payload->limit = job->client->options->max_body;
    code = nx_codec_encode(job->channel, event, payload, err);
    if (code == NEXUS_OK)
        code = check_size(job, payload->length, err);
    return code;
}

/* What a signer adds to a message. */
static size_t signature_room(const struct nexus_client *client)
{
    const char *capability = client->options->capability;

    if (!client->options->signer)
        return 0;
    return NX_SIGNATURE_ROOM + (capability ? strlen(capability) : 0);
}

/* Signs the event, or leaves it to nx_signing_run() to do so together with others. */
static int sign(struct job *job, struct nx_record *record, struct nexus_error *err)
{
    struct nexus_client *client = job->client;
    struct nx_scratch *scratch = job->scratch;

    nx_count(client, NX_SIGNED_EVENTS);
    job->gathers = !nx_signing_alone(client, !job->options->callback);
    if (job->gathers) {
        nx_merkle_leaf(job->subject, job->message_id, scratch->body.data, scratch->body.length,
                       record->leaf);
        return NEXUS_OK;
    }
    nx_count(client, NX_SIGNATURES);
    nx_signature_write_single(&scratch->signature, &scratch->work, client->options->signer,
                              job->subject, job->message_id, scratch->body.data,
                              scratch->body.length, nx_wall_seconds());
    return nx_buf_text(&scratch->signature) ? NEXUS_OK : nx_no_memory(err);
}

/* The body, with the clock's present tick in it. */
static int write_body(struct job *job, struct nexus_error *err)
{
    struct nx_scratch *scratch = job->scratch;

    nx_envelope_write(&scratch->body, job->chain->causal_id, &scratch->clock, &scratch->payload,
                      job->tenant);
    if (scratch->body.failed || scratch->clock.failed)
        return nx_no_memory(err);
    return check_size(job, scratch->body.length, err);
}

static int make_message(struct job *job, struct nx_record *record, struct nexus_error *err)
{
    struct nexus_client *client = job->client;
    const struct nx_buf *body = &job->scratch->body;
    char reply[sizeof(client->inbox) + 32], schema[64], trace[NX_TRACEPARENT_SIZE];
    struct nx_header headers[5] = {
        {"Nats-Msg-Id", job->message_id},
        {"traceparent", trace},
        {"Nexus-Schema", schema},
    };
    size_t count = 3;

    if (job->scratch->signature.length)
        headers[count++] = (struct nx_header){NX_SIGNATURE_HEADER, job->scratch->signature.data};
    if (client->options->signer && client->options->capability)
        headers[count++] = (struct nx_header){NX_CAPABILITY_HEADER, client->options->capability};
    nx_chain_traceparent(job->chain, trace);
    snprintf(schema, sizeof(schema), "%s;%s", nx_contract_version, job->channel->fingerprint);
    snprintf(reply, sizeof(reply), "%s.a%u.%llu", client->inbox, record->shard,
             (unsigned long long)nx_record_ack_number(record));
    record->message = client->wire->ops->message_new(client->wire, job->subject, reply, headers,
                                                     count, body->data, body->length);
    return record->message ? NEXUS_OK : nx_no_memory(err);
}

/* Ticks the clock and makes the message. With the order held: the stream shall hold this node's
 * events in the order of its counter, and without gaps that no lost event explains. */
static int compose(struct job *job, struct nx_record *record, struct nexus_error *err)
{
    int code = nx_clock_tick(job->client->clock, &job->scratch->clock, err);

    if (code != NEXUS_OK)
        return code;
    code = write_body(job, err);
    if (code == NEXUS_OK && job->client->options->signer)
        code = sign(job, record, err);
    if (code == NEXUS_OK)
        code = make_message(job, record, err);
    if (code != NEXUS_OK)
        nx_clock_untick(job->client->clock);
    return code;
}

static void fill_receipt(const struct job *job, const struct nx_puback *ack,
                         struct nexus_receipt *out)
{
    struct nexus_receipt ours = NEXUS_RECEIPT_INIT;

    if (!out)
        return;
    snprintf(ours.message_id, sizeof(ours.message_id), "%s", job->message_id);
    snprintf(ours.causal_id, sizeof(ours.causal_id), "%s", job->chain->causal_id);
    if (ack) {
        snprintf(ours.stream, sizeof(ours.stream), "%s", ack->stream);
        ours.sequence = ack->sequence;
        ours.duplicate = ack->duplicate;
    }
    (void)nx_struct_give(out, out->size, &ours, sizeof(ours), NULL);
}

static void await(struct nexus_client *client, struct nx_waiter *waiter)
{
    while (!waiter->done)
        nx_wait_for(client, &waiter->done_changed);
}

/* Into the window and onto the wire; from here on the event has been accepted. */
static int launch(struct job *job, struct nx_record *record, struct nexus_receipt *receipt,
                  struct nexus_error *err)
{
    struct nexus_client *client = job->client;
    bool blocking = !job->options->callback;
    struct nx_waiter waiter = {.done_changed = PTHREAD_COND_INITIALIZER};

    record->callback = job->options->callback;
    record->data = job->options->data;
    record->waiter = blocking ? &waiter : NULL;
    record->deadline = job->deadline;
    fill_receipt(job, NULL, receipt);
    pthread_mutex_lock(&client->lock);
    nx_window_enter(client, record);
    if (job->gathers)
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

static int prepare(struct job *job, const char *const *arguments, const void *event,
                   struct nexus_error *err)
{
    int64_t deadline_ms = job->options->deadline_ms;
    int code = collect_values(job, arguments, event, err);

    if (code == NEXUS_OK)
        code = encode(job, event, err);
    if (code != NEXUS_OK)
        return code;
    choose_chain(job);
    name_message(job);
    if (job->client->options->signer && !nx_signed_id_sound(job->message_id))
        return nx_fail(err, NEXUS_E_INVALID, "message_id",
                       "an id with quotes or backslashes cannot be signed");
    if (!deadline_ms)
        deadline_ms = job->client->options->publish_deadline_ms;
    job->deadline = job->client->wire->ops->now(job->client->wire) + deadline_ms * 1000000;
    return NEXUS_OK;
}

static int run(struct job *job, struct nexus_receipt *receipt, struct nexus_error *err)
{
    struct nexus_client *client = job->client;
    struct nx_record *record = NULL;
    int code = nx_window_reserve(
        client, job->scratch->payload.length + ENVELOPE_ROOM + signature_room(client),
        job->deadline, job->options->wait_when_full, job->options->callback != NULL, &record, err);

    if (code != NEXUS_OK)
        return code;
    code = nx_record_name(record, job->subject, job->message_id, job->chain->causal_id, err);
    if (code == NEXUS_OK) {
        pthread_mutex_lock(&client->publisher->order);
        code = compose(job, record, err);
        if (code == NEXUS_OK)
            return launch(job, record, receipt, err); /* gives the order back */
        pthread_mutex_unlock(&client->publisher->order);
    }
    nx_window_cancel(client, record);
    return code;
}

int nx_publish_event(struct nexus_client *client, const struct nexus_channel *channel,
                     const char *const *arguments, const void *event,
                     const struct nexus_publish_options *options, struct nexus_receipt *receipt,
                     struct nexus_error *err)
{
    struct job job = {.client = client, .channel = channel};
    int code = nx_client_usable(client, err);

    if (code != NEXUS_OK)
        return code;
    if (!event)
        return nx_fail(err, NEXUS_E_INVALID, "event", "is NULL");
    job.options = options ? options : &nx_publish_defaults;
    if (receipt && (receipt->size < 2 * sizeof(size_t) || receipt->size > 65536))
        return nx_fail(err, NEXUS_E_INVALID, "receipt.size",
                       "initialize the receipt with NEXUS_RECEIPT_INIT");
    if (!job.options->callback && nx_on_io_thread(client))
        return nx_fail(err, NEXUS_E_STATE, "client", "cannot be waited for from here");
    job.scratch = borrow_scratch(client);
    if (!job.scratch)
        return nx_no_memory(err);
    code = prepare(&job, arguments, event, err);
    if (code == NEXUS_OK)
        code = run(&job, receipt, err);
    return_scratch(client, job.scratch);
    return code;
}
