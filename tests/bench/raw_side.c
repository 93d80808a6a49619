/* SPDX-License-Identifier: Apache-2.0 */
/* cnats as a careful user would use it: asynchronous publishes with an ack handler, a bounded
 * window and a deadline; pulls of its own with manual acks, always one ahead. */
#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define PATIENCE 60000
#define BATCH    (BENCH_QUEUE / 2)

static natsConnection *connection;
static jsCtx *jetstream;
static const struct bench_event *event;
static atomic_int acked;
static uint64_t message_number;

static void expect(natsStatus status, const char *what)
{
    if (status != NATS_OK) {
        bench_die("raw %s: %s", what, natsStatus_GetText(status));
    }
}

static void on_ack(jsCtx *js, natsMsg *message, jsPubAck *ack, jsPubAckErr *failure, void *closure)
{
    (void)js;
    (void)closure;
    if (failure != NULL || ack == NULL) {
        bench_die("raw publish: %s", failure != NULL ? failure->ErrText : "no ack");
    }
    atomic_fetch_add_explicit(&acked, 1, memory_order_relaxed);
    natsMsg_Destroy(message);
}

static void open_raw(const char *url, const struct bench_event *what)
{
    jsOptions options;
    event = what;
    message_number = (uint64_t)(bench_now() * 1e6) << 16;
    jsOptions_Init(&options);
    options.Wait = PATIENCE;
    options.PublishAsync.MaxPending = BENCH_WINDOW;
    options.PublishAsync.StallWait = PATIENCE;
    options.PublishAsync.AckHandler = on_ack;
    expect(natsConnection_ConnectTo(&connection, url), "connect");
    expect(natsConnection_JetStream(&jetstream, connection, &options), "JetStream");
}

static void close_raw(void)
{
    jsCtx_Destroy(jetstream);
    natsConnection_Destroy(connection);
}

/* The prepared body, and all headers: an own message id, the others as prepared. */
static natsMsg *make_message(void)
{
    natsMsg *message = NULL;
    char id[64];
    snprintf(id, sizeof id, "salon-001.0193e1c4-%012llx-raw", (unsigned long long)++message_number);
    expect(natsMsg_Create(&message, event->subject, NULL, event->body, (int)event->body_length),
           "message");
    for (size_t i = 0; i < event->header_count; i++) {
        bool own = strcmp(event->names[i], "Nats-Msg-Id") == 0;
        expect(natsMsgHeader_Set(message, event->names[i], own ? id : event->values[i]), "header");
    }
    return message;
}

static void publish_async(int count, struct bench_round *round)
{
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.MaxWait = PATIENCE;
    atomic_store(&acked, 0);
    bench_begin(round);
    for (int i = 0; i < count; i++) {
        natsMsg *message = make_message();
        expect(js_PublishMsgAsync(jetstream, &message, &options), "publish");
    }
    jsPubOptions wait;
    jsPubOptions_Init(&wait);
    wait.MaxWait = PATIENCE;
    expect(js_PublishAsyncComplete(jetstream, &wait), "complete");
    bench_end(round);
    if (atomic_load(&acked) != count) {
        bench_die("raw: %d of %d acked", atomic_load(&acked), count);
    }
}

static void publish_blocking(int count, struct bench_round *round)
{
    double *times = calloc((size_t)count, sizeof *times);
    bench_begin(round);
    for (int i = 0; i < count; i++) {
        jsPubAck *ack = NULL;
        double start = bench_now();
        natsMsg *message = make_message();
        expect(js_PublishMsg(&ack, jetstream, message, NULL, NULL), "publish");
        natsMsg_Destroy(message);
        jsPubAck_Destroy(ack);
        times[i] = bench_now() - start;
    }
    bench_end(round);
    round->p50 = bench_quantile(times, (size_t)count, 0.5);
    round->p99 = bench_quantile(times, (size_t)count, 0.99);
    free(times);
}

/* ---- consuming ---- */

struct puller {
    pthread_mutex_t lock;
    pthread_cond_t finished;
    char request[256];
    char inbox[128];
    int wanted;
    int requested;
    int received;
    bool done;
};

static void ask_for_more(struct puller *puller)
{
    char body[64];
    int batch =
        puller->wanted - puller->requested < BATCH ? puller->wanted - puller->requested : BATCH;
    if (batch <= 0) {
        return;
    }
    int length = snprintf(body, sizeof body, "{\"batch\":%d,\"expires\":30000000000}", batch);
    puller->requested += batch;
    expect(natsConnection_PublishRequest(connection, puller->request, puller->inbox, body, length),
           "pull");
}

static void on_message(natsConnection *nc, natsSubscription *subscription, natsMsg *message,
                       void *closure)
{
    struct puller *puller = closure;
    (void)subscription;
    if (natsMsg_GetDataLength(message) != (int)event->body_length) {
        bench_die("raw: a message of %d bytes", natsMsg_GetDataLength(message));
    }
    expect(natsConnection_PublishString(nc, natsMsg_GetReply(message), "+ACK"), "ack");
    natsMsg_Destroy(message);
    puller->received++;
    if (puller->requested - puller->received <= BATCH) {
        ask_for_more(puller);
    }
    if (puller->received == puller->wanted) {
        pthread_mutex_lock(&puller->lock);
        puller->done = true;
        pthread_cond_signal(&puller->finished);
        pthread_mutex_unlock(&puller->lock);
    }
}

static void create_consumer(const char *durable)
{
    jsConsumerConfig config;
    jsConsumerConfig_Init(&config);
    config.Durable = durable;
    config.AckPolicy = js_AckExplicit;
    config.MaxAckPending = 2LL * BENCH_QUEUE;
    config.FilterSubject = event->subject;
    expect(js_AddConsumer(NULL, jetstream, BENCH_STREAM, &config, NULL, NULL), "add consumer");
}

static void consume(int count, const char *durable, struct bench_round *round)
{
    struct puller puller = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .finished = PTHREAD_COND_INITIALIZER, .wanted = count};
    natsSubscription *subscription = NULL;
    natsInbox *inbox = NULL;
    create_consumer(durable);
    expect(natsInbox_Create(&inbox), "inbox");
    snprintf(puller.inbox, sizeof puller.inbox, "%s", (const char *)inbox);
    snprintf(puller.request, sizeof puller.request, "$JS.API.CONSUMER.MSG.NEXT.%s.%s", BENCH_STREAM,
             durable);
    bench_begin(round);
    expect(natsConnection_Subscribe(&subscription, connection, puller.inbox, on_message, &puller),
           "subscribe");
    ask_for_more(&puller);
    pthread_mutex_lock(&puller.lock);
    while (!puller.done) {
        pthread_cond_wait(&puller.finished, &puller.lock);
    }
    pthread_mutex_unlock(&puller.lock);
    expect(natsConnection_FlushTimeout(connection, PATIENCE), "flush");
    bench_end(round);
    natsSubscription_Destroy(subscription);
    natsInbox_Destroy(inbox);
}

const struct bench_side bench_raw = {
    "raw cnats", 0, open_raw, close_raw, publish_async, publish_blocking, consume,
};
