/* SPDX-License-Identifier: Apache-2.0 */
/* In place of raw.c: looks at a bus in memory from the inside. `connection` is the bus. */
#include <check.h>
#include <string.h>

#include "memory/bus_stream.h"
#include "raw.h"

static struct nexus_memory *bus_of(const struct test_raw *raw)
{
    return (struct nexus_memory *)(void *)raw->connection;
}

void test_raw_open(struct test_raw *raw, const char *url)
{
    struct nexus_memory *bus = NULL;
    memset(raw, 0, sizeof *raw);
    ck_assert_int_eq(strncmp(url, "memory:", 7), 0);
    ck_assert_int_eq(nats_Open(-1), NATS_OK); /* messages are freed by a thread of cnats */
    ck_assert_int_eq(nexus_memory_open(url + 7, &bus, NULL), NEXUS_OK);
    raw->connection = (natsConnection *)(void *)bus;
}

void test_raw_close(struct test_raw *raw)
{
    nexus_memory_close(bus_of(raw));
    memset(raw, 0, sizeof *raw);
}

uint64_t test_raw_publish(struct test_raw *raw, const char *subject, const void *body,
                          size_t length, const char *const *headers)
{
    struct nexus_test_event *event = NULL;
    uint64_t sequence = 0;
    ck_assert_int_eq(nexus_test_event_new("kbIngested", "any", "{}", &event, NULL), NEXUS_OK);
    ck_assert_int_eq(nexus_test_event_set_subject(event, subject, NULL), NEXUS_OK);
    ck_assert_int_eq(nexus_test_event_set_body(event, body, length, NULL), NEXUS_OK);
    for (; headers != NULL && *headers != NULL; headers += 2) {
        ck_assert_int_eq(nexus_test_event_set_header(event, headers[0], headers[1], NULL),
                         NEXUS_OK);
    }
    ck_assert_int_eq(nexus_test_event_put(bus_of(raw), event, &sequence, NULL), NEXUS_OK);
    nexus_test_event_destroy(event);
    return sequence;
}

uint64_t test_raw_text(struct test_raw *raw, const char *subject, const char *body)
{
    return test_raw_publish(raw, subject, body, strlen(body), NULL);
}

/* With the lock. */
static struct nx_bus_stream *find(struct test_raw *raw, const char *stream)
{
    struct nx_bus_stream *found = nx_stream_find(bus_of(raw), stream, strlen(stream));
    ck_assert_ptr_nonnull(found);
    return found;
}

uint64_t test_raw_count(struct test_raw *raw, const char *stream)
{
    pthread_mutex_lock(&bus_of(raw)->lock);
    uint64_t count = find(raw, stream)->messages;
    pthread_mutex_unlock(&bus_of(raw)->lock);
    return count;
}

static natsMsg *copy_of(const struct nx_bus_message *message)
{
    natsMsg *copy = NULL;
    ck_assert_int_eq(
        natsMsg_Create(&copy, message->subject, NULL, message->body, (int)message->length),
        NATS_OK);
    for (size_t i = 0; i < message->header_count; i++) {
        ck_assert_int_eq(
            natsMsgHeader_Add(copy, message->headers[i].name, message->headers[i].value), NATS_OK);
    }
    return copy;
}

natsMsg *test_raw_get(struct test_raw *raw, const char *stream, uint64_t sequence)
{
    pthread_mutex_lock(&bus_of(raw)->lock);
    struct nx_bus_entry *entry = nx_stream_at(find(raw, stream), sequence);
    natsMsg *message = entry != NULL ? copy_of(entry->message) : NULL;
    pthread_mutex_unlock(&bus_of(raw)->lock);
    return message;
}

int64_t test_raw_time(struct test_raw *raw, const char *stream, uint64_t sequence)
{
    pthread_mutex_lock(&bus_of(raw)->lock);
    struct nx_bus_entry *entry = nx_stream_at(find(raw, stream), sequence);
    int64_t when = entry != NULL ? entry->time : 0;
    pthread_mutex_unlock(&bus_of(raw)->lock);
    return when;
}

void test_raw_each(struct test_raw *raw, const char *stream, test_raw_visit visit, void *data)
{
    uint64_t last;
    pthread_mutex_lock(&bus_of(raw)->lock);
    last = find(raw, stream)->last;
    pthread_mutex_unlock(&bus_of(raw)->lock);
    for (uint64_t sequence = 1; sequence <= last; sequence++) {
        natsMsg *message = test_raw_get(raw, stream, sequence);
        if (message != NULL) {
            visit(message, data);
        }
        natsMsg_Destroy(message);
    }
}

/* cnats frees what is in here, with free(). */
jsConsumerInfo *test_raw_consumer(struct test_raw *raw, const char *stream, const char *durable)
{
    pthread_mutex_lock(&bus_of(raw)->lock);
    struct nx_bus_consumer *consumer = nx_durable_find(find(raw, stream), durable, strlen(durable));
    jsConsumerInfo *info = NULL;
    if (consumer != NULL) {
        info = calloc(1, sizeof *info);
        info->Config = calloc(1, sizeof *info->Config);
        info->Config->FilterSubject = strdup(consumer->filter);
        info->Config->AckPolicy = js_AckExplicit;
        info->Config->MaxAckPending = consumer->max_ack_pending;
        info->Delivered.Consumer = consumer->delivered;
        info->Delivered.Stream = consumer->last_sequence;
        info->NumAckPending = (int64_t)(consumer->end - consumer->begin);
        info->NumPending = consumer->waiting;
    }
    pthread_mutex_unlock(&bus_of(raw)->lock);
    return info;
}

jsStreamInfo *test_raw_stream_info(struct test_raw *raw, const char *stream)
{
    jsStreamInfo *info = calloc(1, sizeof *info);
    info->Config = calloc(1, sizeof *info->Config);
    pthread_mutex_lock(&bus_of(raw)->lock);
    const struct nx_bus_stream *found = find(raw, stream);
    info->Config->Subjects = calloc(found->subject_count, sizeof *info->Config->Subjects);
    for (size_t i = 0; i < found->subject_count; i++) {
        info->Config->Subjects[i] = strdup(found->subjects[i]);
    }
    info->Config->SubjectsLen = (int)found->subject_count;
    info->Config->Storage = strcmp(nx_config_text(found->config, "storage"), "file") == 0
                                ? js_FileStorage
                                : js_MemoryStorage;
    info->Config->Replicas = nx_config_number(found->config, "num_replicas");
    info->Config->Duplicates = found->window;
    info->Config->MaxAge = found->max_age;
    info->Config->Discard = found->discard_new ? js_DiscardNew : js_DiscardOld;
    info->State.Msgs = found->messages;
    pthread_mutex_unlock(&bus_of(raw)->lock);
    return info;
}

/* Calls the JetStream API of the bus, which nobody answers to. */
static void call(struct test_raw *raw, const char *subject, const char *body)
{
    struct nx_bus_message *message = nx_bus_message_new(subject, NULL, NULL, 0, body, strlen(body));
    ck_assert_ptr_nonnull(message);
    pthread_mutex_lock(&bus_of(raw)->lock);
    nx_bus_api(bus_of(raw), message);
    pthread_mutex_unlock(&bus_of(raw)->lock);
    nx_bus_message_release(message);
}

void test_raw_delete_consumer(struct test_raw *raw, const char *stream, const char *durable)
{
    char verb[600];
    snprintf(verb, sizeof verb, "$JS.API.CONSUMER.DELETE.%.255s.%.128s", stream, durable);
    call(raw, verb, "");
    ck_assert_ptr_null(test_raw_consumer(raw, stream, durable));
}

void test_raw_stream(struct test_raw *raw, const char *name, const char *subject)
{
    char verb[300], body[700];
    snprintf(verb, sizeof verb, "$JS.API.STREAM.CREATE.%.200s", name);
    snprintf(body, sizeof body, "{\"name\":\"%.200s\",\"subjects\":[\"%.255s\"]}", name, subject);
    call(raw, verb, body);
    ck_assert_uint_eq(test_raw_count(raw, name), 0);
}

void test_raw_delete_stream(struct test_raw *raw, const char *name)
{
    char verb[300];
    snprintf(verb, sizeof verb, "$JS.API.STREAM.DELETE.%.200s", name);
    call(raw, verb, "");
}
