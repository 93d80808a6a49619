/* SPDX-License-Identifier: Apache-2.0 */
#include "simple.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

int test_publish_for(struct nexus_client *client, const char *tenant, int number,
                     const struct nexus_publish_options *options, struct nexus_receipt *receipt,
                     struct nexus_error *err)
{
    struct nexus_kb_ingested event = NEXUS_KB_INGESTED_INIT;
    char document[32];
    snprintf(document, sizeof document, "doc-%d", number);
    event.document_id = document;
    event.facts_extracted = number;
    return nexus_publish_kb_ingested(client, tenant, &event, options, receipt, err);
}

int test_publish(struct nexus_client *client, int number,
                 const struct nexus_publish_options *options, struct nexus_receipt *receipt,
                 struct nexus_error *err)
{
    return test_publish_for(client, TEST_TENANT, number, options, receipt, err);
}

void test_on_report(struct nexus_client *client, const struct nexus_receipt *receipt,
                    const struct nexus_error *err, void *data)
{
    struct test_report *report = data;
    (void)client;
    report->calls++;
    report->code = err != NULL ? err->code : NEXUS_OK;
    report->sequence = receipt->sequence;
    snprintf(report->message_id, sizeof report->message_id, "%s", receipt->message_id);
}

void test_publish_async(struct nexus_client *client, int number, struct test_report *report)
{
    struct nexus_publish_options *options = nexus_publish_options_new();
    OK(nexus_publish_options_set_callback(options, test_on_report, report, err));
    OK(test_publish(client, number, options, NULL, err));
    nexus_publish_options_destroy(options);
}

int test_reported(const struct test_report *reports, int count, int code)
{
    int matching = 0;
    for (int i = 0; i < count; i++) {
        ck_assert_int_le(reports[i].calls, 1);
        matching += reports[i].calls == 1 && reports[i].code == code;
    }
    return matching;
}

int test_reported_any(const struct test_report *reports, int count)
{
    int called = 0;
    for (int i = 0; i < count; i++) {
        ck_assert_int_le(reports[i].calls, 1);
        called += reports[i].calls;
    }
    return called;
}

enum nexus_verdict test_on_event(const struct nexus_kb_ingested *event,
                                 struct nexus_delivery *delivery, void *data)
{
    struct test_seen *seen = data;
    (void)delivery;
    ck_assert_int_lt(seen->count, TEST_SEEN_MAX);
    seen->numbers[seen->count++] = (int)event->facts_extracted;
    return seen->verdict != 0 ? seen->verdict : NEXUS_ACK;
}

struct nexus_subscription *test_subscribe(struct nexus_client *client, const char *tenant,
                                          struct test_seen *seen,
                                          const struct nexus_subscribe_options *options)
{
    struct nexus_subscription *subscription = NULL;
    OK(nexus_subscribe_kb_ingested(client, tenant, test_on_event, seen, options, &subscription,
                                   err));
    ck_assert_ptr_nonnull(subscription);
    return subscription;
}
