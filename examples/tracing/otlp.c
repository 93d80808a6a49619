/* SPDX-License-Identifier: Apache-2.0 */
#include "otlp.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "http_post.h"

#define SPANS_MAX     1024 /* that wait to be sent; the oldest give way */
#define KIND_PRODUCER 4
#define KIND_CONSUMER 5

struct span {
    struct span *next;
    int kind;
    char name[96];
    char trace_id[33], span_id[17], parent_id[17];
    char subject[256], message_id[128];
    long long begin, end; /* nanoseconds since 1970 */
    char problem[96];     /* "": none */
};

struct otlp {
    char service[64];
    char endpoint[96];
    pthread_mutex_t lock;
    struct span *first, **last; /* ended */
    unsigned count;
};

/* The event that this thread is handling: the parent of what it publishes meanwhile. */
static _Thread_local struct span *current;

static long long wall_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool new_span_id(char out[17])
{
    unsigned char bytes[8];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return false;
    bytes[0] |= 1; /* all zeros would mean "none" */
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

/* A span in the trace that a traceparent names: "00-<trace id>-<parent id>-<flags>". */
static struct span *begin_span(int kind, const char *verb, const char *channel,
                               const char *traceparent)
{
    struct span *span = calloc(1, sizeof(*span));

    if (!span || !new_span_id(span->span_id)) {
        free(span);
        return NULL;
    }
    span->kind = kind;
    span->begin = wall_time();
    snprintf(span->name, sizeof(span->name), "%s %s", verb, channel);
    memcpy(span->trace_id, traceparent + 3, 32);
    memcpy(span->parent_id, traceparent + 36, 16);
    return span;
}

static void end_span(struct otlp *otlp, struct span *span)
{
    span->end = wall_time();
    pthread_mutex_lock(&otlp->lock);
    *otlp->last = span;
    otlp->last = &span->next;
    if (++otlp->count > SPANS_MAX) {
        struct span *oldest = otlp->first;
        otlp->first = oldest->next;
        otlp->count--;
        free(oldest);
    }
    pthread_mutex_unlock(&otlp->lock);
}

/* ---- the hooks */

static void *publish_begin(struct nexus_client *client, const struct nexus_publishing *what,
                           struct nexus_trace *trace, void *data)
{
    struct span *span = begin_span(KIND_PRODUCER, "publish", what->channel, trace->traceparent);

    (void)client;
    (void)data;
    if (!span)
        return NULL;
    snprintf(span->subject, sizeof(span->subject), "%s", what->subject);
    snprintf(span->message_id, sizeof(span->message_id), "%s", what->message_id);
    snprintf(span->parent_id, sizeof(span->parent_id), "%s", current ? current->span_id : "");
    memcpy(trace->traceparent + 36, span->span_id, 16); /* whoever handles it is our child */
    return span;
}

static void publish_end(struct nexus_client *client, void *begun,
                        const struct nexus_receipt *receipt, const struct nexus_error *error,
                        void *data)
{
    struct span *span = begun;

    (void)client;
    (void)receipt;
    if (!span)
        return;
    if (error)
        snprintf(span->problem, sizeof(span->problem), "%s", nexus_status_name(error->code));
    end_span(data, span);
}

static void *handle_begin(struct nexus_client *client, const struct nexus_delivery *delivery,
                          void *data)
{
    struct span *span = begin_span(KIND_CONSUMER, "process", nexus_delivery_channel(delivery),
                                   nexus_delivery_traceparent(delivery));
    const char *message_id = nexus_delivery_message_id(delivery);

    (void)client;
    (void)data;
    if (!span)
        return NULL;
    snprintf(span->subject, sizeof(span->subject), "%s", nexus_delivery_subject(delivery));
    snprintf(span->message_id, sizeof(span->message_id), "%s", message_id ? message_id : "");
    current = span;
    return span;
}

static void handle_end(struct nexus_client *client, void *begun,
                       const struct nexus_delivery *delivery, enum nexus_verdict verdict,
                       void *data)
{
    struct span *span = begun;

    (void)client;
    (void)delivery;
    current = NULL;
    if (!span)
        return;
    if (verdict == NEXUS_RETRY || verdict == NEXUS_REJECT)
        snprintf(span->problem, sizeof(span->problem), "%s",
                 verdict == NEXUS_RETRY ? "retry" : "rejected");
    end_span(data, span);
}

int otlp_watch(struct otlp *otlp, struct nexus_client_options *options, struct nexus_error *err)
{
    struct nexus_hooks hooks = NEXUS_HOOKS_INIT;

    hooks.publish_begin = publish_begin;
    hooks.publish_end = publish_end;
    hooks.handle_begin = handle_begin;
    hooks.handle_end = handle_end;
    hooks.data = otlp;
    return nexus_client_options_set_hooks(options, &hooks, err);
}

/* ---- exporting */

/* Subjects, ids and names of channels need no escaping in JSON: their tokens have none of the
 * characters that do. */
static void write_span(FILE *out, const struct span *span)
{
    fprintf(out,
            "{\"traceId\":\"%s\",\"spanId\":\"%s\",\"parentSpanId\":\"%s\",\"name\":\"%s\","
            "\"kind\":%d,\"startTimeUnixNano\":\"%lld\",\"endTimeUnixNano\":\"%lld\","
            "\"attributes\":[{\"key\":\"messaging.system\",\"value\":{\"stringValue\":\"nats\"}},"
            "{\"key\":\"messaging.destination.name\",\"value\":{\"stringValue\":\"%s\"}},"
            "{\"key\":\"messaging.message.id\",\"value\":{\"stringValue\":\"%s\"}}],",
            span->trace_id, span->span_id, span->parent_id, span->name, span->kind, span->begin,
            span->end, span->subject, span->message_id);
    if (*span->problem)
        fprintf(out, "\"status\":{\"code\":2,\"message\":\"%s\"}}", span->problem);
    else
        fputs("\"status\":{\"code\":1}}", out);
}

static char *write_all(const struct otlp *otlp, const struct span *spans, size_t *length)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, length);

    if (!out)
        return NULL;
    fprintf(out,
            "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
            "\"value\":{\"stringValue\":\"%s\"}}]},\"scopeSpans\":[{\"scope\":{\"name\":"
            "\"nexus-sdk\",\"version\":\"%s\"},\"spans\":[",
            otlp->service, nexus_version());
    for (const struct span *span = spans; span; span = span->next) {
        write_span(out, span);
        if (span->next)
            fputc(',', out);
    }
    fputs("]}]}]}", out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static void free_spans(struct span *spans)
{
    while (spans) {
        struct span *next = spans->next;
        free(spans);
        spans = next;
    }
}

/* What could not be sent goes back before what has ended meanwhile. */
static void put_back(struct otlp *otlp, struct span *spans, struct span **last, unsigned count)
{
    pthread_mutex_lock(&otlp->lock);
    *last = otlp->first;
    if (!otlp->first)
        otlp->last = last;
    otlp->first = spans;
    otlp->count += count;
    pthread_mutex_unlock(&otlp->lock);
}

bool otlp_flush(struct otlp *otlp, char problem[128])
{
    struct span *spans, **last;
    size_t length = 0;
    unsigned count;
    char *text;
    bool sent = false;

    pthread_mutex_lock(&otlp->lock);
    spans = otlp->first;
    last = otlp->last;
    count = otlp->count;
    otlp->first = NULL;
    otlp->last = &otlp->first;
    otlp->count = 0;
    pthread_mutex_unlock(&otlp->lock);
    if (!spans)
        return true;
    snprintf(problem, 128, "out of memory");
    text = write_all(otlp, spans, &length);
    if (text)
        sent = http_post(otlp->endpoint, "/v1/traces", text, length, problem);
    free(text);
    if (sent)
        free_spans(spans);
    else
        put_back(otlp, spans, last, count);
    return sent;
}

/* ---- its life */

struct otlp *otlp_new(const char *service, const char *endpoint)
{
    struct otlp *otlp = calloc(1, sizeof(*otlp));

    if (!otlp)
        return NULL;
    snprintf(otlp->service, sizeof(otlp->service), "%s", service);
    snprintf(otlp->endpoint, sizeof(otlp->endpoint), "%s", endpoint);
    pthread_mutex_init(&otlp->lock, NULL);
    otlp->last = &otlp->first;
    return otlp;
}

void otlp_free(struct otlp *otlp)
{
    if (!otlp)
        return;
    free_spans(otlp->first);
    pthread_mutex_destroy(&otlp->lock);
    free(otlp);
}
