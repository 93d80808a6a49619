/* SPDX-License-Identifier: Apache-2.0 */
/* A plain numbered event (kbIngested, number in `facts_extracted`) for tests that are about
 * delivery and not about payloads, and counters for what becomes of it. */
#ifndef TEST_SIMPLE_H
#define TEST_SIMPLE_H

#include <nexus/nexus.h>

#define TEST_TENANT         "salon-001"
#define TEST_SIMPLE_SUBJECT "nexus.salon-001.kb.ingested"

/* Publishes number `number` for TEST_TENANT, or for `tenant`. */
int test_publish(struct nexus_client *client, int number,
                 const struct nexus_publish_options *options, struct nexus_receipt *receipt,
                 struct nexus_error *err);
int test_publish_for(struct nexus_client *client, const char *tenant, int number,
                     const struct nexus_publish_options *options, struct nexus_receipt *receipt,
                     struct nexus_error *err);

/* One asynchronous publish and its reports. */
struct test_report {
    int calls; /* must end as 1 */
    int code;  /* of the last call */
    uint64_t sequence;
    char message_id[NEXUS_MESSAGE_ID_SIZE];
};

/* A completion callback; `data` is the struct test_report. */
void test_on_report(struct nexus_client *client, const struct nexus_receipt *receipt,
                    const struct nexus_error *err, void *data);

/* Publishes asynchronously; asserts that it is accepted. */
void test_publish_async(struct nexus_client *client, int number, struct test_report *report);

/* How many of the reports were called, and with this code; asserts that none was called twice. */
int test_reported(const struct test_report *reports, int count, int code);
int test_reported_any(const struct test_report *reports, int count);

/* What a handler saw. */
#define TEST_SEEN_MAX 100000
struct test_seen {
    int count;                  /* handler calls */
    int numbers[TEST_SEEN_MAX]; /* in order of arrival */
    enum nexus_verdict verdict; /* what the handler answers; 0: ACK */
};

/* A handler that notes the number; `data` is a struct test_seen. */
enum nexus_verdict test_on_event(const struct nexus_kb_ingested *event,
                                 struct nexus_delivery *delivery, void *data);

/* Subscribes test_on_event to the tenant, or to all for NULL. */
struct nexus_subscription *test_subscribe(struct nexus_client *client, const char *tenant,
                                          struct test_seen *seen,
                                          const struct nexus_subscribe_options *options);

#endif
