/* SPDX-License-Identifier: Apache-2.0 */
#include "publish_options.h"

#include <stdio.h>

#include "delivery_chain.h"
#include "trace.h"
#include "unit.h"

static struct nexus_publish_options *options;
static struct nexus_error err;

/* All that publishing wants to know of a delivery. */
struct nexus_delivery {
    struct nx_chain chain;
};

const struct nx_chain *nx_delivery_chain(const struct nexus_delivery *delivery)
{
    return &delivery->chain;
}

struct nx_trace nx_trace_of(const struct nexus_delivery *delivery)
{
    (void)delivery;
    return (struct nx_trace){NULL, NULL};
}

static void setup(void)
{
    memset(&err, 0, sizeof(err));
    options = nexus_publish_options_new();
    ck_assert_ptr_nonnull(options);
}

static void done(struct nexus_client *client, const struct nexus_receipt *receipt,
                 const struct nexus_error *why, void *data)
{
    (void)client;
    (void)receipt;
    (void)why;
    (void)data;
}

START_TEST(has_the_documented_defaults)
{
    setup();
    ck_assert(!options->callback && !options->has_chain && options->wait_when_full);
    ck_assert_int_eq(options->deadline_ms, 0);
    ck_assert_str_eq(options->message_id, "");
    ck_assert_str_eq(options->tenant, "");
    ck_assert_uint_eq(options->argument_count, 0);
    ck_assert(nx_publish_defaults.wait_when_full && !nx_publish_defaults.callback);
    nexus_publish_options_destroy(options);
    nexus_publish_options_destroy(NULL);
}
END_TEST

START_TEST(keeps_what_it_is_given)
{
    setup();
    unit_ok(nexus_publish_options_set_callback(options, done, &err, &err), &err);
    unit_ok(nexus_publish_options_set_deadline(options, 86400000, &err), &err);
    unit_ok(nexus_publish_options_set_wait_when_full(options, false, &err), &err);
    ck_assert(!options->failures_only);
    unit_ok(nexus_publish_options_set_failures_only(options, true, &err), &err);
    ck_assert(options->failures_only);
    ck_assert(options->callback == done && options->data == &err && !options->wait_when_full);
    ck_assert_int_eq(options->deadline_ms, 86400000);
    unit_expect(nexus_publish_options_set_deadline(options, 0, &err), &err, NEXUS_E_INVALID,
                "deadline", "0 is not within 1 to 86400000");
    unit_expect(nexus_publish_options_set_deadline(options, 86400001, &err), &err, NEXUS_E_INVALID,
                "deadline", "86400001 is not within 1 to 86400000");
    ck_assert_int_eq(options->deadline_ms, 86400000);
    nexus_publish_options_destroy(options);
}
END_TEST

START_TEST(joins_a_chain_by_its_causal_id)
{
    char id[NX_CAUSAL_ID_MAX + 2];

    setup();
    unit_ok(nexus_publish_options_set_causal_id(options, "evt-9f3ac21d", &err), &err);
    ck_assert(options->has_chain);
    ck_assert_str_eq(options->chain.causal_id, "evt-9f3ac21d");
    ck_assert_uint_eq(options->chain.trace_id[15], 0x1d);
    ck_assert_uint_eq(options->chain.trace_id[0], 0);
    ck_assert_uint_eq(options->chain.flags, 1);

    unit_expect(nexus_publish_options_set_causal_id(options, "", &err), &err, NEXUS_E_INVALID,
                "causal_id", "a causal id has 1 to 256 bytes, not 0");
    unit_expect(nexus_publish_options_set_causal_id(options, "a\xff", &err), &err, NEXUS_E_INVALID,
                "causal_id", "byte 1 is not UTF-8");
    memset(id, 'a', sizeof(id));
    id[NX_CAUSAL_ID_MAX + 1] = 0;
    unit_expect(nexus_publish_options_set_causal_id(options, id, &err), &err, NEXUS_E_INVALID,
                "causal_id", "a causal id has 1 to 256 bytes, not 257");
    ck_assert(options->has_chain);
    ck_assert_str_eq(options->chain.causal_id, "evt-9f3ac21d");
    id[NX_CAUSAL_ID_MAX] = 0;
    unit_ok(nexus_publish_options_set_causal_id(options, id, &err), &err);
    unit_ok(nexus_publish_options_set_causal_id(options, NULL, &err), &err);
    ck_assert(!options->has_chain);
    nexus_publish_options_destroy(options);
}
END_TEST

START_TEST(takes_the_chain_of_a_cause)
{
    struct nexus_delivery delivery;

    setup();
    nx_chain_new(&delivery.chain, 12);
    unit_ok(nexus_publish_options_set_cause(options, &delivery, &err), &err);
    ck_assert(options->has_chain);
    ck_assert_str_eq(options->chain.causal_id, delivery.chain.causal_id);
    ck_assert_int_eq(memcmp(options->chain.trace_id, delivery.chain.trace_id, 16), 0);
    unit_ok(nexus_publish_options_set_cause(options, NULL, &err), &err);
    ck_assert(!options->has_chain);

    /* Without a name, the trace gives one. */
    ck_assert(nx_chain_receive(&delivery.chain, "", 0,
                               "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"));
    unit_ok(nexus_publish_options_set_cause(options, &delivery, &err), &err);
    ck_assert_str_eq(options->chain.causal_id, "evt-0e0e4736");
    ck_assert_uint_eq(options->chain.flags, 0);
    nexus_publish_options_destroy(options);
}
END_TEST

START_TEST(checks_a_message_id)
{
    char id[NX_MESSAGE_ID_MAX + 2];

    setup();
    unit_ok(nexus_publish_options_set_message_id(options, "order:17/!~", &err), &err);
    ck_assert_str_eq(options->message_id, "order:17/!~");
    unit_expect(nexus_publish_options_set_message_id(options, "", &err), &err, NEXUS_E_INVALID,
                "message_id", "a message id has 1 to 63 bytes, not 0");
    memset(id, 'm', sizeof(id));
    id[NX_MESSAGE_ID_MAX + 1] = 0;
    unit_expect(nexus_publish_options_set_message_id(options, id, &err), &err, NEXUS_E_INVALID,
                "message_id", "a message id has 1 to 63 bytes, not 64");
    for (int byte = 1; byte < 256; byte++) {
        char text[] = {'a', (char)byte, 0};
        int wanted = byte > 0x20 && byte < 0x7f ? NEXUS_OK : NEXUS_E_INVALID;
        ck_assert_int_eq(nexus_publish_options_set_message_id(options, text, NULL), wanted);
    }
    id[NX_MESSAGE_ID_MAX] = 0;
    unit_ok(nexus_publish_options_set_message_id(options, id, &err), &err);
    unit_ok(nexus_publish_options_set_message_id(options, NULL, &err), &err);
    ck_assert_str_eq(options->message_id, "");
    nexus_publish_options_destroy(options);
}
END_TEST

START_TEST(checks_a_tenant)
{
    setup();
    unit_ok(nexus_publish_options_set_tenant(options, "salon-001", &err), &err);
    unit_expect(nexus_publish_options_set_tenant(options, "_core", &err), &err, NEXUS_E_SUBJECT,
                "tenant", "\"_core\" names the platform itself");
    ck_assert_str_eq(options->tenant, "salon-001");
    unit_ok(nexus_publish_options_set_tenant(options, NULL, &err), &err);
    ck_assert_str_eq(options->tenant, "");
    nexus_publish_options_destroy(options);
}
END_TEST

START_TEST(keeps_parameters_by_name)
{
    char name[16];

    setup();
    unit_ok(nexus_publish_options_set_parameter(options, "node_id", "edge-1", &err), &err);
    unit_ok(nexus_publish_options_set_parameter(options, "node_id", "edge-2", &err), &err);
    ck_assert_uint_eq(options->argument_count, 1);
    ck_assert_str_eq(nx_publish_argument(options, "node_id"), "edge-2");
    ck_assert_ptr_null(nx_publish_argument(options, "node"));
    unit_expect(nexus_publish_options_set_parameter(options, "node_id", "a>b", &err), &err,
                NEXUS_E_SUBJECT, "node_id", NULL);
    unit_expect(nexus_publish_options_set_parameter(options, "", "a", &err), &err, NEXUS_E_INVALID,
                "name", NULL);
    unit_expect(nexus_publish_options_set_parameter(options, NULL, "a", &err), &err,
                NEXUS_E_INVALID, "name", NULL);
    for (int i = 1; i < NX_PARAMETERS_MAX; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        unit_ok(nexus_publish_options_set_parameter(options, name, name, &err), &err);
    }
    unit_expect(nexus_publish_options_set_parameter(options, "more", "a", &err), &err,
                NEXUS_E_INVALID, "more", "more than 8 parameters");
    unit_ok(nexus_publish_options_set_parameter(options, "node_id", NULL, &err), &err);
    ck_assert_ptr_null(nx_publish_argument(options, "node_id"));
    for (int i = 1; i < NX_PARAMETERS_MAX; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        ck_assert_str_eq(nx_publish_argument(options, name), name);
    }
    unit_ok(nexus_publish_options_set_parameter(options, "more", "a", &err), &err);
    unit_ok(nexus_publish_options_set_parameter(options, "unknown", NULL, &err), &err);
    ck_assert_uint_eq(options->argument_count, NX_PARAMETERS_MAX);
    nexus_publish_options_destroy(options);
}
END_TEST

START_TEST(refuses_to_set_nothing)
{
    setup();
    ck_assert_int_eq(nexus_publish_options_set_callback(NULL, done, NULL, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_publish_options_set_deadline(NULL, 5, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_publish_options_set_wait_when_full(NULL, 1, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_publish_options_set_failures_only(NULL, 1, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_publish_options_set_causal_id(NULL, "a", NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_publish_options_set_cause(NULL, NULL, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_publish_options_set_message_id(NULL, "a", NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_publish_options_set_parameter(NULL, "a", "b", NULL), NEXUS_E_INVALID);
    unit_expect(nexus_publish_options_set_tenant(NULL, "a", &err), &err, NEXUS_E_INVALID, "options",
                "is NULL");
    nexus_publish_options_destroy(options);
}
END_TEST

UNIT_MAIN("publish options", has_the_documented_defaults, keeps_what_it_is_given,
          joins_a_chain_by_its_causal_id, takes_the_chain_of_a_cause, checks_a_message_id,
          checks_a_tenant, keeps_parameters_by_name, refuses_to_set_nothing)
