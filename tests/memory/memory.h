/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs about the bus in memory share: a bus, clients on it, and events that only have
 * a number. Every function asserts that it succeeds. */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include <check.h>
#include <nexus/nexus.h>
#include <nexus/testing.h>
#include <stdlib.h>
#include <string.h>

#define OK(call)                                                                                \
    do {                                                                                        \
        struct nexus_error err_ = NEXUS_ERROR_INIT;                                             \
        struct nexus_error *err = &err_;                                                        \
        int status_ = (call);                                                                   \
        ck_assert_msg(status_ == NEXUS_OK, "%s: %s: %s: %s", #call, nexus_status_name(status_), \
                      err->where, err->message);                                                \
    } while (0)

#define FAILS(expected, call)                                                              \
    do {                                                                                   \
        struct nexus_error err_ = NEXUS_ERROR_INIT;                                        \
        struct nexus_error *err = &err_;                                                   \
        int status_ = (call);                                                              \
        ck_assert_msg(status_ == (expected), "%s: %s instead of %s: %s: %s", #call,        \
                      nexus_status_name(status_), nexus_status_name(expected), err->where, \
                      err->message);                                                       \
        ck_assert_int_eq(err->code, (expected));                                           \
    } while (0)

#define TENANT  "salon-001"
#define SUBJECT "nexus.salon-001.kb.ingested"

/* A private bus, and a client of this service on it; with a provisioned stream or without. */
struct nexus_memory *memory_bus(void);
struct nexus_client *memory_client(struct nexus_memory *bus, const char *service);
void memory_provision(struct nexus_client *client);

/* Publishes event number `number`. */
int memory_publish(struct nexus_client *client, int number, struct nexus_receipt *receipt,
                   struct nexus_error *err);

/* What a handler saw, and what it is to answer. */
#define SEEN_MAX 64
struct memory_seen {
    int count;
    int numbers[SEEN_MAX];
    uint64_t deliveries[SEEN_MAX]; /* how often it was delivered by then */
    enum nexus_verdict verdict;    /* 0: ACK */
    int64_t delay_ms;              /* of a RETRY; 0: the subscription's */
    struct nexus_delivery *held;   /* the last one that was DEFERred */
};

/* Subscribes to all events of memory_publish(). */
struct nexus_subscription *memory_subscribe(struct nexus_client *client, struct memory_seen *seen,
                                            const struct nexus_subscribe_options *options);

/* Runs what is due, letting up to `milliseconds` pass on the bus while nothing is. */
void memory_dispatch(struct nexus_client *client, int milliseconds);

/* A fault of this kind and point; its id. */
uint64_t memory_fault(struct nexus_memory *bus, enum nexus_fault_kind kind,
                      enum nexus_fault_point point, uint64_t count);

/* Milliseconds of the bus's time since `start`. */
int64_t memory_since(struct nexus_memory *bus, int64_t start);

int memory_run(const char *name, const TTest *const *tests, size_t count);

#define MEMORY_MAIN(name, ...)                                            \
    int main(void)                                                        \
    {                                                                     \
        const TTest *const tests[] = {__VA_ARGS__};                       \
        return memory_run(name, tests, sizeof(tests) / sizeof(tests[0])); \
    }

#endif
