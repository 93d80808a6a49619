/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdio.h>

struct nexus_memory *memory_bus(void)
{
    struct nexus_memory *bus = NULL;

    OK(nexus_memory_open(NULL, &bus, err));
    return bus;
}

struct nexus_client *memory_client(struct nexus_memory *bus, const char *service)
{
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_client *client = NULL;

    OK(nexus_client_options_set_url(options, nexus_memory_url(bus), err));
    OK(nexus_client_options_set_service(options, service, err));
    OK(nexus_client_new(options, &client, err));
    nexus_client_options_destroy(options);
    return client;
}

void memory_provision(struct nexus_client *client)
{
    enum nexus_provision_result result;

    OK(nexus_provision(client, NULL, &result, err));
    ck_assert_int_eq(result, NEXUS_PROVISION_CREATED);
}

int memory_publish(struct nexus_client *client, int number, struct nexus_receipt *receipt,
                   struct nexus_error *err)
{
    struct nexus_kb_ingested event = NEXUS_KB_INGESTED_INIT;
    char document[32];

    snprintf(document, sizeof(document), "doc-%d", number);
    event.document_id = document;
    event.facts_extracted = number;
    return nexus_publish_kb_ingested(client, TENANT, &event, NULL, receipt, err);
}

static enum nexus_verdict on_event(const struct nexus_kb_ingested *event,
                                   struct nexus_delivery *delivery, void *data)
{
    struct memory_seen *seen = data;

    ck_assert_int_lt(seen->count, SEEN_MAX);
    seen->numbers[seen->count] = (int)event->facts_extracted;
    seen->deliveries[seen->count++] = nexus_delivery_count(delivery);
    if (seen->verdict == NEXUS_DEFER)
        seen->held = delivery;
    if (seen->delay_ms)
        OK(nexus_delivery_set_retry_delay(delivery, seen->delay_ms, err));
    return seen->verdict ? seen->verdict : NEXUS_ACK;
}

struct nexus_subscription *memory_subscribe(struct nexus_client *client, struct memory_seen *seen,
                                            const struct nexus_subscribe_options *options)
{
    struct nexus_subscription *subscription = NULL;

    OK(nexus_subscribe_kb_ingested(client, NULL, on_event, seen, options, &subscription, err));
    return subscription;
}

void memory_dispatch(struct nexus_client *client, int milliseconds)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int ran = nexus_client_dispatch(client, milliseconds, &err);

    ck_assert_msg(ran >= 0, "dispatch: %s", err.message);
}

uint64_t memory_fault(struct nexus_memory *bus, enum nexus_fault_kind kind,
                      enum nexus_fault_point point, uint64_t count)
{
    struct nexus_fault fault = NEXUS_FAULT_INIT;
    uint64_t id = 0;

    fault.kind = (int32_t)kind;
    fault.point = (int32_t)point;
    fault.count = count;
    OK(nexus_memory_fault(bus, &fault, &id, err));
    return id;
}

int64_t memory_since(struct nexus_memory *bus, int64_t start)
{
    return (nexus_memory_time(bus) - start) / 1000000;
}

int memory_run(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner;
    int failed;

    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
