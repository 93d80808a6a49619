/* SPDX-License-Identifier: Apache-2.0 */
/* The bus without this library: what a foreign publisher writes, and what is really in the stream.
 * Every function asserts that it succeeds. */
#ifndef TEST_RAW_H
#define TEST_RAW_H

#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test_raw {
    natsConnection *connection;
    jsCtx *jetstream;
};

void test_raw_open(struct test_raw *raw, const char *url);
void test_raw_close(struct test_raw *raw);

/* Publishes a body and waits for the ack. `headers` are name, value, name, value, NULL, or NULL.
 * Gives the sequence in the stream. */
uint64_t test_raw_publish(struct test_raw *raw, const char *subject, const void *body,
                          size_t length, const char *const *headers);
/* The same with text and no headers. */
uint64_t test_raw_text(struct test_raw *raw, const char *subject, const char *body);

/* Messages in the stream now. */
uint64_t test_raw_count(struct test_raw *raw, const char *stream);

/* The message at a sequence; natsMsg_Destroy() it. NULL when there is none. */
natsMsg *test_raw_get(struct test_raw *raw, const char *stream, uint64_t sequence);

/* When it was stored, in nanoseconds since 1970. */
int64_t test_raw_time(struct test_raw *raw, const char *stream, uint64_t sequence);

/* Shows every message of the stream, in order. */
typedef void (*test_raw_visit)(natsMsg *message, void *data);
void test_raw_each(struct test_raw *raw, const char *stream, test_raw_visit visit, void *data);

/* What the server says of a consumer; jsConsumerInfo_Destroy() it. NULL when there is none. */
jsConsumerInfo *test_raw_consumer(struct test_raw *raw, const char *stream, const char *durable);

/* What the server says of a stream that is there; jsStreamInfo_Destroy() it. */
jsStreamInfo *test_raw_stream_info(struct test_raw *raw, const char *stream);

/* Deletes a consumer that is there. */
void test_raw_delete_consumer(struct test_raw *raw, const char *stream, const char *durable);

/* A stream for `subject`, in memory, that is not the one the library provisions. */
void test_raw_stream(struct test_raw *raw, const char *name, const char *subject);
void test_raw_delete_stream(struct test_raw *raw, const char *name);

#endif
