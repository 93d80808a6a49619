/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks, and the trace context that goes from event to event. */
#include <stdio.h>

#include "memory.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

/* What the hooks saw, and what they are to say. */
static struct {
    int begun, ended, failed, handling, handled;
    const char *traceparent, *tracestate, *baggage;
    char offered[NEXUS_TRACEPARENT_SIZE];
    char offered_state[600];
    bool had_cause;
    enum nexus_verdict verdict;
    char subject[128];
    uint64_t sequence;
    int code;
} hook;

static void *publish_begin(struct nexus_client *client, const struct nexus_publishing *what,
                           struct nexus_trace *trace, void *data)
{
    (void)client;
    ck_assert_ptr_eq(data, &hook);
    snprintf(hook.subject, sizeof(hook.subject), "%s", what->subject);
    snprintf(hook.offered, sizeof(hook.offered), "%s", trace->traceparent);
    snprintf(hook.offered_state, sizeof(hook.offered_state), "%s",
             trace->tracestate ? trace->tracestate : "");
    hook.had_cause = what->cause != NULL;
    ck_assert_str_eq(what->channel, "kbIngested");
    ck_assert_uint_gt(what->length, 0);
    if (hook.traceparent)
        snprintf(trace->traceparent, sizeof(trace->traceparent), "%s", hook.traceparent);
    if (hook.tracestate)
        trace->tracestate = hook.tracestate;
    if (hook.baggage)
        trace->baggage = hook.baggage;
    return (void *)(intptr_t)++hook.begun;
}

static void publish_end(struct nexus_client *client, void *span,
                        const struct nexus_receipt *receipt, const struct nexus_error *error,
                        void *data)
{
    (void)client;
    (void)data;
    ck_assert_int_ge((intptr_t)span, 1);
    hook.ended++;
    hook.sequence = receipt->sequence;
    hook.failed += error != NULL;
    hook.code = error ? error->code : NEXUS_OK;
}

static void *handle_begin(struct nexus_client *client, const struct nexus_delivery *delivery,
                          void *data)
{
    (void)client;
    (void)data;
    ck_assert_str_eq(nexus_delivery_channel(delivery), "kbIngested");
    return (void *)(intptr_t)++hook.handling;
}

static void handle_end(struct nexus_client *client, void *span,
                       const struct nexus_delivery *delivery, enum nexus_verdict verdict,
                       void *data)
{
    (void)client;
    (void)delivery;
    (void)data;
    ck_assert_int_eq((intptr_t)span, hook.handling);
    hook.handled++;
    hook.verdict = verdict;
}

static struct nexus_memory *bus;
static struct nexus_client *client;

static void begin(void)
{
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_hooks hooks = NEXUS_HOOKS_INIT;

    memset(&hook, 0, sizeof(hook));
    hooks.publish_begin = publish_begin;
    hooks.publish_end = publish_end;
    hooks.handle_begin = handle_begin;
    hooks.handle_end = handle_end;
    hooks.data = &hook;
    bus = memory_bus();
    OK(nexus_client_options_set_url(options, nexus_memory_url(bus), err));
    OK(nexus_client_options_set_service(options, "traced", err));
    OK(nexus_client_options_set_hooks(options, &hooks, err));
    OK(nexus_client_new(options, &client, err));
    nexus_client_options_destroy(options);
    memory_provision(client);
}

static void end(void)
{
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}

/* A header of the event that was published last. */
static const char *header(const char *name)
{
    static struct nexus_published published;
    const char *value;

    published = (struct nexus_published)NEXUS_PUBLISHED_INIT;
    OK(nexus_memory_published(bus, NULL, nexus_memory_published_count(bus, NULL) - 1, &published,
                              err));
    value = nexus_published_header(&published, name);
    return value ? value : "";
}

START_TEST(a_publish_that_waits_is_shown_twice)
{
    begin();
    OK(memory_publish(client, 1, NULL, err));
    ck_assert_int_eq(hook.begun, 1);
    ck_assert_int_eq(hook.ended, 1);
    ck_assert_int_eq(hook.failed, 0);
    ck_assert_uint_eq(hook.sequence, 1);
    ck_assert_str_eq(hook.subject, SUBJECT);
    ck_assert_str_eq(header("traceparent"), hook.offered);
    end();
}
END_TEST

static void on_stored(struct nexus_client *of, const struct nexus_receipt *receipt,
                      const struct nexus_error *error, void *data)
{
    (void)of;
    (void)receipt;
    ck_assert_ptr_null(error);
    ck_assert_int_eq(hook.ended, *(int *)data + 1); /* the hook is told first */
    ++*(int *)data;
}

START_TEST(an_asynchronous_one_ends_with_its_completion)
{
    struct nexus_publish_options *options = nexus_publish_options_new();
    struct nexus_kb_ingested event = NEXUS_KB_INGESTED_INIT;
    int stored = 0;

    begin();
    event.document_id = "doc-1";
    OK(nexus_publish_options_set_callback(options, on_stored, &stored, err));
    for (int i = 0; i < 3; i++)
        OK(nexus_publish_kb_ingested(client, TENANT, &event, options, NULL, err));
    ck_assert_int_eq(hook.begun, 3);
    while (stored < 3)
        memory_dispatch(client, 1000);
    ck_assert_int_eq(hook.ended, 3);
    OK(nexus_publish_options_set_failures_only(options, true, err));
    OK(nexus_publish_kb_ingested(client, TENANT, &event, options, NULL, err));
    while (hook.ended < 4)
        memory_dispatch(client, 1000);
    ck_assert_int_eq(stored, 3);
    nexus_publish_options_destroy(options);
    end();
}
END_TEST

START_TEST(a_failure_is_told)
{
    begin();
    memory_fault(bus, NEXUS_FAULT_FULL_STREAM, NEXUS_FAULT_ON_PUBLISH, 0);
    FAILS(NEXUS_E_TIMEOUT, memory_publish(client, 1, NULL, err));
    ck_assert_int_eq(hook.ended, 1);
    ck_assert_int_eq(hook.code, NEXUS_E_TIMEOUT);
    end();
}
END_TEST

START_TEST(what_breaks_the_contract_is_not_shown)
{
    struct nexus_kb_ingested event = NEXUS_KB_INGESTED_INIT;

    begin();
    FAILS(NEXUS_E_SUBJECT, nexus_publish_kb_ingested(client, "a b", &event, NULL, NULL, err));
    ck_assert_int_eq(hook.begun, 0);
    ck_assert_int_eq(hook.ended, 0);
    end();
}
END_TEST

START_TEST(the_hook_sets_the_trace)
{
    begin();
    hook.traceparent = PARENT;
    hook.tracestate = "vendor=value";
    hook.baggage = "userId=alice";
    OK(memory_publish(client, 1, NULL, err));
    ck_assert_str_eq(header("traceparent"), PARENT);
    ck_assert_str_eq(header("tracestate"), "vendor=value");
    ck_assert_str_eq(header("baggage"), "userId=alice");
    end();
}
END_TEST

START_TEST(what_is_no_header_is_left_out)
{
    char huge[600];

    begin();
    memset(huge, 'x', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = 0;
    hook.traceparent = "00-nonsense";
    hook.tracestate = huge;
    hook.baggage = "a=1\r\nNats-Rollup: all";
    OK(memory_publish(client, 1, NULL, err));
    ck_assert_str_eq(header("traceparent"), hook.offered);
    ck_assert_str_eq(header("tracestate"), "");
    ck_assert_str_eq(header("baggage"), "");
    end();
}
END_TEST

static enum nexus_verdict publish_again(const struct nexus_kb_ingested *event,
                                        struct nexus_delivery *delivery, void *data)
{
    int *count = data;

    (void)event;
    if ((*count)++)
        return NEXUS_ACK;
    ck_assert_str_eq(nexus_delivery_tracestate(delivery), "vendor=value");
    ck_assert_str_eq(nexus_delivery_baggage(delivery), "userId=alice");
    hook.traceparent = hook.tracestate = hook.baggage = NULL;
    OK(memory_publish(client, 2, NULL, err));
    ck_assert(hook.had_cause);
    ck_assert_str_eq(hook.offered_state, "vendor=value");
    return NEXUS_ACK;
}

START_TEST(a_handler_passes_the_trace_on)
{
    struct nexus_subscription *subscription = NULL;
    int count = 0;

    begin();
    hook.traceparent = PARENT;
    hook.tracestate = "vendor=value";
    hook.baggage = "userId=alice";
    OK(memory_publish(client, 1, NULL, err));
    OK(nexus_subscribe_kb_ingested(client, TENANT, publish_again, &count, NULL, &subscription,
                                   err));
    while (count < 2)
        memory_dispatch(client, 1000);
    ck_assert_int_eq(hook.handled, 2);
    ck_assert_int_eq(hook.verdict, NEXUS_ACK);
    ck_assert_mem_eq(header("traceparent") + 3, &PARENT[3], 32); /* the same trace */
    ck_assert_str_ne(header("traceparent"), PARENT);
    ck_assert_str_eq(header("tracestate"), "vendor=value");
    ck_assert_str_eq(header("baggage"), "userId=alice");
    end();
}
END_TEST

MEMORY_MAIN("hooks", a_publish_that_waits_is_shown_twice,
            an_asynchronous_one_ends_with_its_completion, a_failure_is_told,
            what_breaks_the_contract_is_not_shown, the_hook_sets_the_trace,
            what_is_no_header_is_left_out, a_handler_passes_the_trace_on)
