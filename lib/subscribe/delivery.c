/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery.h"

#include <stdlib.h>
#include <string.h>

#include "kept.h"

#define SPARE_ROOM_MAX 65536 /* one large event does not cost memory for ever */

/* ---- memory */

struct nexus_delivery *nx_delivery_new(struct nexus_subscription *subscription,
                                       struct nx_received *received)
{
    struct nexus_delivery *delivery = subscription->spare_delivery;

    if (delivery) {
        subscription->spare_delivery = delivery->next;
        subscription->spare_count--;
    } else {
        delivery = calloc(1, sizeof(*delivery));
        if (!delivery)
            return NULL;
        pthread_mutex_init(&delivery->texts_lock, NULL);
    }
    delivery->subscription = subscription;
    delivery->received = received;
    delivery->view = received->view;
    delivery->ack = received->ack;
    received->delivery = delivery;
    atomic_store_explicit(&delivery->state, NX_DELIVERY_OPEN, memory_order_relaxed);
    delivery->references = 2;
    delivery->retry_delay_ms = -1;
    delivery->excused = false;
    delivery->reason[0] = 0;
    delivery->event = NULL;
    delivery->lane = NULL;
    delivery->again = false;
    delivery->checker = subscription->client->checker;
    delivery->held.held = false;
    delivery->held.uncertain = false;
    delivery->trust = NEXUS_TRUST_UNCHECKED;
    delivery->refusal = NEXUS_REFUSED_NOT;
    delivery->key_id[0] = 0;
    memset(delivery->texts, 0, sizeof(delivery->texts));
    delivery->room_used = 0;
    nx_buf_reset(&delivery->extra);
    delivery->chain_made = false;
    delivery->traceparent[0] = 0;
    return delivery;
}

void nx_delivery_recycle(struct nexus_delivery *delivery)
{
    struct nexus_subscription *subscription = delivery->subscription;

    nx_inbox_leave(delivery);
    nx_arena_reset(&delivery->arena);
    if (delivery->room_size > SPARE_ROOM_MAX ||
        subscription->spare_count > subscription->options.workers) {
        nx_delivery_free(delivery);
        return;
    }
    delivery->next = subscription->spare_delivery;
    subscription->spare_delivery = delivery;
    subscription->spare_count++;
}

void nx_delivery_free(struct nexus_delivery *delivery)
{
    if (!delivery)
        return;
    nx_json_free(&delivery->json);
    nx_arena_free(&delivery->arena);
    nx_buf_free(&delivery->extra);
    free(delivery->room);
    pthread_mutex_destroy(&delivery->texts_lock);
    free(delivery);
}

/* ---- texts */

static uint32_t node_of(const struct nexus_delivery *delivery, enum nx_delivery_text which)
{
    const struct nx_envelope *envelope = &delivery->envelope;
    const uint32_t nodes[NX_TEXTS] = {
        [NX_TEXT_CAUSAL_ID] = envelope->causal_id,
        [NX_TEXT_VECTOR_CLOCK] = envelope->vector_clock,
        [NX_TEXT_PAYLOAD] = envelope->payload,
        [NX_TEXT_TENANT] = envelope->tenant,
    };

    return nodes[which];
}

/* Every text is a piece of the body, and no two are the same piece: the body's length, and a NUL
 * for each, is room for all. Strings with escapes, which are rare, are made right away. */
int nx_delivery_reserve(struct nexus_delivery *delivery, struct nexus_error *err)
{
    size_t needed = delivery->view.length + NX_TEXTS;

    if (delivery->room_size < needed) {
        char *room = realloc(delivery->room, needed * 2);
        if (!room)
            return nx_no_memory(err);
        delivery->room = room;
        delivery->room_size = needed * 2;
    }
    for (int which = 0; which < NX_TEXTS; which++) {
        uint32_t node = node_of(delivery, (enum nx_delivery_text)which);
        if (!node || !delivery->json.nodes[node].escaped)
            continue;
        delivery->texts[which] = nx_json_string(&delivery->json, node, &delivery->arena, NULL);
        if (!delivery->texts[which])
            return nx_no_memory(err);
    }
    if (delivery->envelope.has_extra) {
        nx_envelope_extra(&delivery->json, &delivery->extra);
        if (!nx_buf_text(&delivery->extra))
            return nx_no_memory(err);
    }
    return NEXUS_OK;
}

static const char *make_text(struct nexus_delivery *delivery, enum nx_delivery_text which)
{
    uint32_t node = node_of(delivery, which);
    const struct nx_json_node *piece = &delivery->json.nodes[node];
    size_t quotes = piece->type == NX_JSON_STRING ? 1 : 0;
    size_t length = piece->end - piece->start - 2 * quotes;
    char *text = delivery->room + delivery->room_used;

    if (!node)
        return NULL;
    memcpy(text, delivery->json.text + piece->start + quotes, length);
    text[length] = 0;
    delivery->room_used += length + 1;
    return text;
}

/* With texts_lock. */
static const char *text_locked(struct nexus_delivery *delivery, enum nx_delivery_text which)
{
    if (!delivery->texts[which])
        delivery->texts[which] = make_text(delivery, which);
    return delivery->texts[which];
}

/* The getters take a pointer to a constant delivery, since that is what it is to their callers. */
static struct nexus_delivery *inside(const struct nexus_delivery *delivery)
{
    return (struct nexus_delivery *)(uintptr_t)delivery;
}

const char *nx_delivery_text(const struct nexus_delivery *delivery, enum nx_delivery_text which)
{
    struct nexus_delivery *self = inside(delivery);
    const char *text;

    pthread_mutex_lock(&self->texts_lock);
    text = text_locked(self, which);
    pthread_mutex_unlock(&self->texts_lock);
    return text;
}

/* With texts_lock. */
static const char *header_locked(const struct nexus_delivery *delivery, const char *name)
{
    struct nx_transport *wire = delivery->subscription->client->wire;

    return wire->ops->header(delivery->received->incoming, name, NULL);
}

/* With texts_lock. */
static void make_chain(struct nexus_delivery *delivery)
{
    const char *causal_id = text_locked(delivery, NX_TEXT_CAUSAL_ID);
    const char *trace = header_locked(delivery, "traceparent");

    nx_chain_receive(&delivery->chain, causal_id, strlen(causal_id), trace);
    if (trace && strlen(trace) < sizeof(delivery->traceparent) &&
        nx_traceparent_parse(trace, NULL, NULL))
        memcpy(delivery->traceparent, trace, strlen(trace) + 1);
    else
        nx_chain_traceparent(&delivery->chain, delivery->traceparent);
    delivery->chain_made = true;
}

const struct nx_chain *nx_delivery_chain(const struct nexus_delivery *delivery)
{
    struct nexus_delivery *self = inside(delivery);

    pthread_mutex_lock(&self->texts_lock);
    if (!self->chain_made)
        make_chain(self);
    pthread_mutex_unlock(&self->texts_lock);
    return &self->chain;
}

/* ---- getters */

const char *nexus_delivery_subject(const struct nexus_delivery *delivery)
{
    return delivery->view.subject;
}

const char *nexus_delivery_channel(const struct nexus_delivery *delivery)
{
    return delivery->subject.channel->name;
}

const char *nexus_delivery_tenant(const struct nexus_delivery *delivery)
{
    if (delivery->subject.channel->has_tenant)
        return delivery->subject.values[0];
    return nx_delivery_text(delivery, NX_TEXT_TENANT);
}

const char *nexus_delivery_causal_id(const struct nexus_delivery *delivery)
{
    return nx_delivery_text(delivery, NX_TEXT_CAUSAL_ID);
}

const char *nexus_delivery_traceparent(const struct nexus_delivery *delivery)
{
    nx_delivery_chain(delivery);
    return delivery->traceparent;
}

const char *nexus_delivery_message_id(const struct nexus_delivery *delivery)
{
    return nexus_delivery_header(delivery, "Nats-Msg-Id");
}

int64_t nexus_delivery_resent(const struct nexus_delivery *delivery)
{
    const char *since = nexus_delivery_header(delivery, NX_RESENT_HEADER);
    int64_t value = since ? strtoll(since, NULL, 10) : 0;

    return since && value <= 0 ? 1 : value; /* whoever wrote it meant that there was one */
}

const char *nexus_delivery_vector_clock(const struct nexus_delivery *delivery)
{
    return nx_delivery_text(delivery, NX_TEXT_VECTOR_CLOCK);
}

const char *nexus_delivery_payload(const struct nexus_delivery *delivery)
{
    return nx_delivery_text(delivery, NX_TEXT_PAYLOAD);
}

const char *nexus_delivery_envelope_extra(const struct nexus_delivery *delivery)
{
    return delivery->envelope.has_extra ? delivery->extra.data : NULL;
}

const char *nexus_delivery_body(const struct nexus_delivery *delivery, size_t *length)
{
    if (length)
        *length = delivery->view.length;
    return delivery->view.body;
}

const char *nexus_delivery_header(const struct nexus_delivery *delivery, const char *name)
{
    struct nexus_delivery *self = inside(delivery);
    const char *value;

    if (!name)
        return NULL;
    pthread_mutex_lock(&self->texts_lock);
    value = header_locked(self, name);
    pthread_mutex_unlock(&self->texts_lock);
    return value;
}

const char *nexus_delivery_stream(const struct nexus_delivery *delivery)
{
    return delivery->subscription->stream;
}

uint64_t nexus_delivery_sequence(const struct nexus_delivery *delivery)
{
    return delivery->ack.stream_sequence;
}

const char *nexus_delivery_consumer(const struct nexus_delivery *delivery)
{
    return delivery->subscription->durable;
}

uint64_t nexus_delivery_count(const struct nexus_delivery *delivery)
{
    return delivery->ack.count;
}

uint64_t nexus_delivery_pending(const struct nexus_delivery *delivery)
{
    return delivery->ack.pending;
}

int64_t nexus_delivery_time(const struct nexus_delivery *delivery)
{
    return delivery->ack.time;
}
