/* SPDX-License-Identifier: Apache-2.0 */
#include "compose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "delivery_chain.h"
#include "envelope.h"
#include "event_signature.h"
#include "publish_options.h"
#include "subscription.h"

#define ENVELOPE_ROOM 512 /* about what envelope and headers add to a payload */

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
    nx_buf_reset(&scratch->trace);
    scratch = atomic_exchange(&client->publisher->scratch, scratch);
    if (!scratch)
        return;
    pthread_mutex_lock(&client->lock);
    scratch->next = client->publisher->free_scratch;
    client->publisher->free_scratch = scratch;
    pthread_mutex_unlock(&client->lock);
}

int nx_composing_begin(struct nx_composing *composing, struct nexus_error *err)
{
    composing->scratch = borrow_scratch(composing->client);
    return composing->scratch ? NEXUS_OK : nx_no_memory(err);
}

void nx_composing_end(struct nx_composing *composing)
{
    return_scratch(composing->client, composing->scratch);
    composing->scratch = NULL;
}

/* The address parameters: from the event where its payload carries them, else from the caller. */
static int collect_values(struct nx_composing *composing, const char *const *arguments,
                          const void *event, struct nexus_error *err)
{
    const struct nexus_channel *channel = composing->channel;

    for (uint32_t i = 0; i < channel->parameter_count; i++) {
        const struct nx_parameter *parameter = &channel->parameters[i];
        composing->values[i] = parameter->member < 0
                                   ? *arguments++
                                   : nx_codec_string(channel, event, (uint32_t)parameter->member);
    }
    composing->tenant = channel->has_tenant           ? composing->values[0]
                        : *composing->options->tenant ? composing->options->tenant
                                                      : NULL;
    return nx_subject_render(channel, composing->values, composing->subject, err);
}

/* The chain that was asked for, else that of the event being handled here, else a fresh one; and
 * the trace that belongs to it. */
static void choose_chain(struct nx_composing *composing)
{
    const struct nexus_delivery *cause = nx_delivery_current(composing->client);

    if (composing->options->has_chain) {
        composing->chain = &composing->options->chain;
        composing->trace.tracestate = composing->options->tracestate;
        composing->trace.baggage = composing->options->baggage;
    } else if (cause && *nx_delivery_chain(cause)->causal_id) {
        composing->chain = nx_delivery_chain(cause);
        composing->trace = nx_trace_of(cause);
    } else {
        nx_chain_new(&composing->fresh, composing->client->options->causal_id_width);
        composing->chain = &composing->fresh;
    }
    nx_chain_traceparent(composing->chain, composing->traceparent);
}

/* The stream compares ids over all subjects, hence the tenant before it. */
static void name_message(struct nx_composing *composing)
{
    const char *owner = composing->channel->has_tenant ? composing->values[0] : "_core";
    unsigned char uuid[16];
    char text[NX_UUID_SIZE];

    if (!*composing->options->message_id) {
        nx_uuid7_bytes(uuid);
        nx_uuid7_text(uuid, text);
    }
    snprintf(composing->message_id, sizeof(composing->message_id), "%s:%s", owner,
             *composing->options->message_id ? composing->options->message_id : text);
}

int nx_check_body(const struct nexus_client *client, size_t length, struct nexus_error *err)
{
    struct nx_transport *wire = client->wire;
    int64_t server = wire->ops->max_payload(wire);
    size_t limit = client->options->max_body;

    if (server > 0 && (size_t)server < limit)
        limit = (size_t)server;
    if (length > limit)
        return nx_fail(err, NEXUS_E_TOO_LARGE, "payload", "%zu bytes exceed the limit of %zu",
                       length, limit);
    return NEXUS_OK;
}

static int encode(struct nx_composing *composing, const void *event, struct nexus_error *err)
{
    struct nx_buf *payload = &composing->scratch->payload;
    int code;

    payload->limit = composing->client->options->max_body;
    code = nx_codec_encode(composing->channel, event, payload, err);
    if (code == NEXUS_OK)
        code = nx_check_body(composing->client, payload->length, err);
    return code;
}

int nx_composing_prepare(struct nx_composing *composing, const char *const *arguments,
                         const void *event, struct nexus_error *err)
{
    int code = nx_codec_check_struct(composing->channel, event, err);

    if (code == NEXUS_OK)
        code = collect_values(composing, arguments, event, err);
    if (code == NEXUS_OK)
        code = encode(composing, event, err);
    if (code != NEXUS_OK)
        return code;
    choose_chain(composing);
    name_message(composing);
    if (composing->client->options->signer && !nx_signed_id_sound(composing->message_id))
        return nx_fail(err, NEXUS_E_INVALID, "message_id",
                       "an id with quotes or backslashes cannot be signed");
    return NEXUS_OK;
}

void *nx_composing_show(struct nx_composing *composing)
{
    const struct nexus_publishing what = {
        .size = sizeof(what),
        .channel = composing->channel->name,
        .subject = composing->subject,
        .message_id = composing->message_id,
        .causal_id = composing->chain->causal_id,
        .length = composing->scratch->payload.length,
        .cause = nx_delivery_current(composing->client),
    };

    return nx_hook_publish_begin(composing->client, &what, composing->traceparent,
                                 &composing->trace, &composing->scratch->trace);
}

/* What a signer adds to a message. */
static size_t signature_room(const struct nexus_client *client)
{
    const char *capability = client->options->capability;

    if (!client->options->signer)
        return 0;
    return NX_SIGNATURE_ROOM + (capability ? strlen(capability) : 0);
}

size_t nx_composing_size(const struct nx_composing *composing)
{
    const struct nx_trace *trace = &composing->trace;

    return composing->scratch->payload.length + ENVELOPE_ROOM + signature_room(composing->client) +
           (trace->tracestate ? strlen(trace->tracestate) : 0) +
           (trace->baggage ? strlen(trace->baggage) : 0);
}

/* The body, with the clock's present tick in it. */
static int write_body(struct nx_composing *composing, struct nexus_error *err)
{
    struct nx_scratch *scratch = composing->scratch;

    nx_envelope_write(&scratch->body, composing->chain->causal_id, &scratch->clock,
                      &scratch->payload, composing->tenant);
    if (scratch->body.failed || scratch->clock.failed)
        return nx_no_memory(err);
    return nx_check_body(composing->client, scratch->body.length, err);
}

static int sign(struct nx_composing *composing, unsigned char *leaf, struct nexus_error *err)
{
    struct nexus_client *client = composing->client;
    struct nx_scratch *scratch = composing->scratch;

    nx_count(client, NX_SIGNED_EVENTS);
    if (leaf) {
        nx_merkle_leaf(composing->subject, composing->message_id, scratch->body.data,
                       scratch->body.length, leaf);
        return NEXUS_OK;
    }
    nx_count(client, NX_SIGNATURES);
    nx_signature_write_single(&scratch->signature, &scratch->work, client->options->signer,
                              composing->subject, composing->message_id, scratch->body.data,
                              scratch->body.length, nx_wall_seconds());
    return nx_buf_text(&scratch->signature) ? NEXUS_OK : nx_no_memory(err);
}

static void add_header(struct nx_outgoing *out, const char *name, const char *value)
{
    out->headers[out->header_count++] = (struct nx_header){name, value};
}

static void put_together(struct nx_composing *composing, struct nx_outgoing *out)
{
    const struct nx_options *options = composing->client->options;
    const struct nx_scratch *scratch = composing->scratch;

    *out = (struct nx_outgoing){
        .channel = composing->channel,
        .subject = composing->subject,
        .message_id = composing->message_id,
        .causal_id = composing->chain->causal_id,
        .body = scratch->body.data,
        .length = scratch->body.length,
    };
    snprintf(composing->schema, sizeof(composing->schema), "%s;%s", nx_contract_version,
             composing->channel->fingerprint);
    add_header(out, "Nats-Msg-Id", composing->message_id);
    add_header(out, "traceparent", composing->traceparent);
    add_header(out, "Nexus-Schema", composing->schema);
    if (scratch->signature.length)
        add_header(out, NX_SIGNATURE_HEADER, scratch->signature.data);
    if (options->signer && options->capability)
        add_header(out, NX_CAPABILITY_HEADER, options->capability);
    if (composing->trace.tracestate)
        add_header(out, "tracestate", composing->trace.tracestate);
    if (composing->trace.baggage)
        add_header(out, "baggage", composing->trace.baggage);
}

int nx_compose(struct nx_composing *composing, unsigned char *leaf, struct nx_outgoing *out,
               struct nexus_error *err)
{
    struct nexus_client *client = composing->client;
    int code = nx_clock_tick(client->clock, &composing->scratch->clock, err);

    if (code != NEXUS_OK)
        return code;
    code = write_body(composing, err);
    if (code == NEXUS_OK && client->options->signer)
        code = sign(composing, leaf, err);
    if (code == NEXUS_OK)
        put_together(composing, out);
    else
        nx_clock_untick(client->clock);
    return code;
}
