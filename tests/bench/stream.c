/* SPDX-License-Identifier: Apache-2.0 */
#include <nats/nats.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define PATIENCE 60000

static natsConnection *connection;
static jsCtx *jetstream;

static void expect(natsStatus status, const char *what)
{
    if (status != NATS_OK) {
        bench_die("%s: %s", what, natsStatus_GetText(status));
    }
}

void bench_stream_open(const char *url)
{
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = PATIENCE;
    expect(natsConnection_ConnectTo(&connection, url), "connect");
    expect(natsConnection_JetStream(&jetstream, connection, &options), "JetStream");
}

void bench_stream_close(void)
{
    jsCtx_Destroy(jetstream);
    natsConnection_Destroy(connection);
}

void bench_stream_create(bool memory)
{
    const char *subject = "nexus.>";
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    config.Name = BENCH_STREAM;
    config.Subjects = &subject;
    config.SubjectsLen = 1;
    config.Storage = memory ? js_MemoryStorage : js_FileStorage;
    expect(js_AddStream(NULL, jetstream, &config, NULL, NULL), "add stream");
}

void bench_stream_purge(void)
{
    expect(js_PurgeStream(jetstream, BENCH_STREAM, NULL, NULL), "purge");
}

uint64_t bench_stream_count(void)
{
    jsStreamInfo *info = NULL;
    expect(js_GetStreamInfo(&info, jetstream, BENCH_STREAM, NULL, NULL), "stream info");
    uint64_t count = info->State.Msgs;
    jsStreamInfo_Destroy(info);
    return count;
}

void bench_stream_sample(struct bench_event *event)
{
    natsMsg *message = NULL;
    const char **names = NULL;
    int count = 0;
    expect(js_GetMsg(&message, jetstream, BENCH_STREAM, 1, NULL, NULL), "get the sample");
    memset(event, 0, sizeof *event);
    strncpy(event->subject, natsMsg_GetSubject(message), sizeof event->subject - 1);
    event->body = strdup(natsMsg_GetData(message));
    event->body_length = (size_t)natsMsg_GetDataLength(message);
    expect(natsMsgHeader_Keys(message, &names, &count), "headers");
    for (int i = 0; i < count && i < BENCH_HEADERS; i++) {
        const char *value = NULL;
        expect(natsMsgHeader_Get(message, names[i], &value), "header");
        event->names[i] = strdup(names[i]);
        event->values[i] = strdup(value);
        event->header_count++;
    }
    free((void *)names);
    natsMsg_Destroy(message);
}

static bool is_finished(const char *durable)
{
    jsConsumerInfo *info = NULL;
    expect(js_GetConsumerInfo(&info, jetstream, BENCH_STREAM, durable, NULL, NULL),
           "consumer info");
    bool finished = info->NumAckPending == 0 && info->NumPending == 0;
    jsConsumerInfo_Destroy(info);
    return finished;
}

void bench_stream_finish(const char *durable)
{
    double deadline = bench_now() + PATIENCE / 1000.0;
    while (!is_finished(durable)) {
        if (bench_now() > deadline) {
            bench_die("%s: not everything was acknowledged", durable);
        }
        poll(NULL, 0, 5);
    }
    expect(js_DeleteConsumer(jetstream, BENCH_STREAM, durable, NULL, NULL), "delete consumer");
}
