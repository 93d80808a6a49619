/* SPDX-License-Identifier: Apache-2.0 */
/* A subscription whose messages come as a test says: with an id, at a place, for the n-th time. */
#ifndef INBOX_EVENTS_H
#define INBOX_EVENTS_H

#include <nexus/nexus.h>
#include <stdio.h>

#include "delivery.h"
#include "fake_stream.h"
#include "unit.h"

static struct fake_stream stream;
static struct nexus_subscription *subscription;

/* What the handler answers, and saw. */
static struct script {
    enum nexus_verdict verdict; /* 0: ACK */
    int calls;
    bool uncertain; /* the last one */
    struct nexus_delivery *last;
} script;

static enum nexus_verdict handle(const struct nexus_json_event *event,
                                 struct nexus_delivery *delivery, void *data)
{
    struct script *plan = data;

    (void)event;
    plan->calls++;
    plan->uncertain = nexus_delivery_uncertain(delivery);
    plan->last = delivery;
    return plan->verdict ? plan->verdict : NEXUS_ACK;
}

static struct nexus_subscription *subscribe(struct nexus_subscribe_options *options,
                                            nexus_json_handler handler)
{
    struct nexus_subscription *made = NULL;
    struct nexus_error err = NEXUS_ERROR_INIT;

    unit_ok(nexus_subscribe_json(stream.client, "kbIngested", NULL, handler, &script, options,
                                 &made, &err),
            &err);
    return made;
}

/* The options are destroyed. */
static inline void begin(struct nexus_subscribe_options *options)
{
    memset(&script, 0, sizeof(script));
    fake_stream_open(&stream, NULL);
    subscription = subscribe(options, handle);
    nexus_subscribe_options_destroy(options);
}

static inline void end(void)
{
    fake_stream_close(&stream);
}

/* One message: `id` NULL for none; `count` of deliveries. Dispatched; how many handlers ran. */
static inline int arrive(const char *tenant, const char *id, uint64_t sequence, unsigned count)
{
    const char *const headers[] = {"Nats-Msg-Id", id, NULL};
    char subject[128], body[256];
    int before = script.calls;

    snprintf(subject, sizeof(subject), "nexus.%s.kb.ingested", tenant);
    snprintf(body, sizeof(body),
             "{\"causal_id\":\"c\",\"vector_clock\":{\"edge-1\":7},\"payload\":"
             "{\"document_id\":\"d\",\"facts_extracted\":3},\"tenant\":\"%s\"}",
             tenant);
    fake_message(stream.wire, subscription->listener, subject,
                 fake_reply(subscription, sequence, count), id ? headers : NULL, body);
    fake_dispatch(&stream);
    return script.calls - before;
}

static inline uint64_t counter(enum nx_counter which)
{
    return atomic_load(&stream.client->counters[which]);
}

static inline const char *last_verdict(void)
{
    return fake_last(stream.wire, "$JS.ACK", NULL)->body;
}

#endif
