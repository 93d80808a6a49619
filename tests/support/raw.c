/* SPDX-License-Identifier: Apache-2.0 */
#include "raw.h"

#include <check.h>
#include <string.h>

#define LIMIT_MILLISECONDS 30000

static void expect(natsStatus status, const char *what)
{
    ck_assert_msg(status == NATS_OK, "%s: %s", what, natsStatus_GetText(status));
}

void test_raw_open(struct test_raw *raw, const char *url)
{
    jsOptions options;
    memset(raw, 0, sizeof *raw);
    jsOptions_Init(&options);
    options.Wait = LIMIT_MILLISECONDS;
    expect(natsConnection_ConnectTo(&raw->connection, url), "connect");
    expect(natsConnection_JetStream(&raw->jetstream, raw->connection, &options), "JetStream");
}

void test_raw_close(struct test_raw *raw)
{
    jsCtx_Destroy(raw->jetstream);
    natsConnection_Destroy(raw->connection);
    memset(raw, 0, sizeof *raw);
}

uint64_t test_raw_publish(struct test_raw *raw, const char *subject, const void *body,
                          size_t length, const char *const *headers)
{
    natsMsg *message = NULL;
    jsPubAck *ack = NULL;
    expect(natsMsg_Create(&message, subject, NULL, body, (int)length), "message");
    for (; headers != NULL && *headers != NULL; headers += 2) {
        expect(natsMsgHeader_Set(message, headers[0], headers[1]), "header");
    }
    expect(js_PublishMsg(&ack, raw->jetstream, message, NULL, NULL), subject);
    uint64_t sequence = ack->Sequence;
    jsPubAck_Destroy(ack);
    natsMsg_Destroy(message);
    return sequence;
}

uint64_t test_raw_text(struct test_raw *raw, const char *subject, const char *body)
{
    return test_raw_publish(raw, subject, body, strlen(body), NULL);
}

uint64_t test_raw_count(struct test_raw *raw, const char *stream)
{
    jsStreamInfo *info = test_raw_stream_info(raw, stream);
    uint64_t count = info->State.Msgs;
    jsStreamInfo_Destroy(info);
    return count;
}

natsMsg *test_raw_get(struct test_raw *raw, const char *stream, uint64_t sequence)
{
    natsMsg *message = NULL;
    natsStatus status = js_GetMsg(&message, raw->jetstream, stream, sequence, NULL, NULL);
    ck_assert_msg(status == NATS_OK || status == NATS_NOT_FOUND, "get: %s",
                  natsStatus_GetText(status));
    return message;
}

int64_t test_raw_time(struct test_raw *raw, const char *stream, uint64_t sequence)
{
    natsMsg *message = test_raw_get(raw, stream, sequence);
    ck_assert_ptr_nonnull(message);
    int64_t when = natsMsg_GetTime(message);
    natsMsg_Destroy(message);
    return when;
}

jsStreamInfo *test_raw_stream_info(struct test_raw *raw, const char *stream)
{
    jsStreamInfo *info = NULL;
    expect(js_GetStreamInfo(&info, raw->jetstream, stream, NULL, NULL), "stream info");
    return info;
}

static uint64_t pending_after(natsMsg *message)
{
    jsMsgMetaData *meta = NULL;
    expect(natsMsg_GetMetaData(&meta, message), "metadata");
    uint64_t pending = meta->NumPending;
    jsMsgMetaData_Destroy(meta);
    return pending;
}

void test_raw_each(struct test_raw *raw, const char *stream, test_raw_visit visit, void *data)
{
    natsSubscription *subscription = NULL;
    jsSubOptions options;
    uint64_t left = test_raw_count(raw, stream);
    if (left == 0) {
        return;
    }
    jsSubOptions_Init(&options);
    options.Ordered = true;
    options.Stream = stream;
    expect(js_SubscribeSync(&subscription, raw->jetstream, "nexus.>", NULL, &options, NULL),
           "read the stream");
    natsSubscription_SetPendingLimits(subscription, -1, -1);
    while (left > 0) {
        natsMsg *message = NULL;
        expect(natsSubscription_NextMsg(&message, subscription, LIMIT_MILLISECONDS), "next");
        left = pending_after(message);
        visit(message, data);
        natsMsg_Destroy(message);
    }
    natsSubscription_Destroy(subscription);
}

jsConsumerInfo *test_raw_consumer(struct test_raw *raw, const char *stream, const char *durable)
{
    jsConsumerInfo *info = NULL;
    natsStatus status = js_GetConsumerInfo(&info, raw->jetstream, stream, durable, NULL, NULL);
    ck_assert_msg(status == NATS_OK || status == NATS_NOT_FOUND, "consumer info: %s",
                  natsStatus_GetText(status));
    return info;
}

void test_raw_delete_consumer(struct test_raw *raw, const char *stream, const char *durable)
{
    expect(js_DeleteConsumer(raw->jetstream, stream, durable, NULL, NULL), "delete consumer");
}

void test_raw_stream(struct test_raw *raw, const char *name, const char *subject)
{
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    config.Name = name;
    config.Subjects = &subject;
    config.SubjectsLen = 1;
    config.Storage = js_MemoryStorage;
    expect(js_AddStream(NULL, raw->jetstream, &config, NULL, NULL), "add stream");
}

void test_raw_delete_stream(struct test_raw *raw, const char *name)
{
    expect(js_DeleteStream(raw->jetstream, name, NULL, NULL), "delete stream");
}
