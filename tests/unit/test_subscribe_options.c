/* SPDX-License-Identifier: Apache-2.0 */
#include "subscribe_options.h"

#include "unit.h"

static struct nexus_subscribe_options *options;
static struct nexus_error err;

static void setup(void)
{
    memset(&err, 0, sizeof(err));
    options = nexus_subscribe_options_new();
    ck_assert_ptr_nonnull(options);
}

static void poisoned(struct nexus_subscription *subscription, const struct nexus_poison *poison,
                     void *data)
{
    (void)subscription;
    (void)poison;
    (void)data;
}

static void failed(struct nexus_subscription *subscription, const struct nexus_error *why,
                   void *data)
{
    (void)subscription;
    (void)why;
    (void)data;
}

START_TEST(has_the_documented_defaults)
{
    for (int with_object = 0; with_object < 2; with_object++) {
        struct nx_subscribe_options values;
        setup();
        values = nx_subscribe_options_copy(with_object ? options : NULL);
        ck_assert_str_eq(values.durable, "");
        ck_assert_str_eq(values.stream, "");
        ck_assert_int_eq(values.start, NEXUS_START_ALL);
        ck_assert_int_eq(values.ack_wait_ms, 30000);
        ck_assert_int_eq(values.max_deliver, -1);
        ck_assert_int_eq(values.retry_delay_ms, 1000);
        ck_assert_uint_eq(values.queue_messages, 1024);
        ck_assert_uint_eq(values.queue_bytes, 8388608);
        ck_assert(!values.poison && !values.error);
        nexus_subscribe_options_destroy(options);
    }
    nexus_subscribe_options_destroy(NULL);
}
END_TEST

START_TEST(keeps_names)
{
    setup();
    unit_ok(nexus_subscribe_options_set_durable(options, "crm-all", &err), &err);
    unit_ok(nexus_subscribe_options_set_stream(options, "EVENTS", &err), &err);
    unit_expect(nexus_subscribe_options_set_durable(options, "a.b", &err), &err, NEXUS_E_INVALID,
                "durable", "byte 0x2e at 1 is not allowed");
    unit_expect(nexus_subscribe_options_set_stream(options, "a>", &err), &err, NEXUS_E_INVALID,
                "stream", "byte 0x3e at 1 is not allowed");
    ck_assert_str_eq(options->values.durable, "crm-all");
    ck_assert_str_eq(options->values.stream, "EVENTS");
    unit_ok(nexus_subscribe_options_set_durable(options, NULL, &err), &err);
    unit_ok(nexus_subscribe_options_set_stream(options, NULL, &err), &err);
    ck_assert_str_eq(options->values.durable, "");
    ck_assert_str_eq(options->values.stream, "");
    nexus_subscribe_options_destroy(options);
}
END_TEST

START_TEST(starts_where_it_is_told)
{
    setup();
    unit_ok(nexus_subscribe_options_set_start(options, NEXUS_START_NEW, 77, &err), &err);
    ck_assert_int_eq(options->values.start, NEXUS_START_NEW);
    ck_assert_int_eq(options->values.start_value, 0);
    unit_ok(nexus_subscribe_options_set_start(options, NEXUS_START_SEQUENCE, 77, &err), &err);
    ck_assert_int_eq(options->values.start_value, 77);
    unit_expect(nexus_subscribe_options_set_start(options, NEXUS_START_SEQUENCE, 0, &err), &err,
                NEXUS_E_INVALID, "value", "0 is not within 1 to 9223372036854775807");
    unit_expect(nexus_subscribe_options_set_start(options, NEXUS_START_TIME, -1, &err), &err,
                NEXUS_E_INVALID, "value", "-1 is not within 0 to 9223372036854775807");
    unit_expect(nexus_subscribe_options_set_start(options, (enum nexus_start)6, 1, &err), &err,
                NEXUS_E_INVALID, "start", "6 is not within 1 to 5");
    ck_assert_int_eq(options->values.start, NEXUS_START_SEQUENCE);
    unit_ok(nexus_subscribe_options_set_start(options, NEXUS_START_TIME, 0, &err), &err);
    ck_assert_int_eq(options->values.start, NEXUS_START_TIME);
    nexus_subscribe_options_destroy(options);
}
END_TEST

START_TEST(numbers_have_both_bounds)
{
    static const struct {
        int (*set)(struct nexus_subscribe_options *to, int64_t value, struct nexus_error *e);
        const char *name;
        int64_t least, most;
    } numbers[] = {
        {nexus_subscribe_options_set_ack_wait, "ack_wait", 1000, 3600000},
        {nexus_subscribe_options_set_retry_delay, "retry_delay", 0, 86400000},
        {nexus_subscribe_options_set_max_deliver, "max_deliver", 1, 1000000},
    };

    setup();
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        unit_ok(numbers[i].set(options, numbers[i].least, &err), &err);
        unit_ok(numbers[i].set(options, numbers[i].most, &err), &err);
        unit_expect(numbers[i].set(options, numbers[i].most + 1, &err), &err, NEXUS_E_INVALID,
                    numbers[i].name, NULL);
        unit_expect(numbers[i].set(options, -2, &err), &err, NEXUS_E_INVALID, numbers[i].name,
                    NULL);
        ck_assert_int_eq(numbers[i].set(NULL, numbers[i].least, NULL), NEXUS_E_INVALID);
    }
    ck_assert_int_eq(nexus_subscribe_options_set_max_deliver(options, 0, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(options->values.ack_wait_ms, 3600000);
    ck_assert_int_eq(options->values.retry_delay_ms, 86400000);
    ck_assert_int_eq(options->values.max_deliver, 1000000);
    unit_ok(nexus_subscribe_options_set_max_deliver(options, -1, &err), &err);
    ck_assert_int_eq(options->values.max_deliver, -1);
    nexus_subscribe_options_destroy(options);
}
END_TEST

START_TEST(bounds_the_queue)
{
    setup();
    unit_ok(nexus_subscribe_options_set_queue(options, 65536, 65536, &err), &err);
    unit_ok(nexus_subscribe_options_set_queue(options, 1, (size_t)1 << 31, &err), &err);
    unit_expect(nexus_subscribe_options_set_queue(options, 0, 65536, &err), &err, NEXUS_E_INVALID,
                "messages", "0 is not within 1 to 65536");
    unit_expect(nexus_subscribe_options_set_queue(options, 65537, 65536, &err), &err,
                NEXUS_E_INVALID, "messages", NULL);
    unit_expect(nexus_subscribe_options_set_queue(options, 5, 65535, &err), &err, NEXUS_E_INVALID,
                "bytes", "65535 is not within 65536 to 2147483648");
    unit_expect(nexus_subscribe_options_set_queue(options, 5, ((size_t)1 << 31) + 1, &err), &err,
                NEXUS_E_INVALID, "bytes", NULL);
    ck_assert_uint_eq(options->values.queue_messages, 1);
    ck_assert_uint_eq(options->values.queue_bytes, (size_t)1 << 31);
    nexus_subscribe_options_destroy(options);
}
END_TEST

START_TEST(keeps_callbacks_in_a_copy)
{
    struct nx_subscribe_options values;

    setup();
    unit_ok(nexus_subscribe_options_set_poison_callback(options, poisoned, &err, &err), &err);
    unit_ok(nexus_subscribe_options_set_error_callback(options, failed, &options, &err), &err);
    unit_ok(nexus_subscribe_options_set_durable(options, "crm", &err), &err);
    values = nx_subscribe_options_copy(options);
    nexus_subscribe_options_destroy(options);
    ck_assert(values.poison == poisoned && values.poison_data == &err);
    ck_assert(values.error == failed && values.error_data == &options);
    ck_assert_str_eq(values.durable, "crm");
}
END_TEST

START_TEST(refuses_to_set_nothing)
{
    memset(&err, 0, sizeof(err));
    ck_assert_int_eq(nexus_subscribe_options_set_stream(NULL, "a", NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_subscribe_options_set_start(NULL, NEXUS_START_ALL, 0, NULL),
                     NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_subscribe_options_set_queue(NULL, 1, 65536, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_subscribe_options_set_poison_callback(NULL, poisoned, NULL, NULL),
                     NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_subscribe_options_set_error_callback(NULL, failed, NULL, NULL),
                     NEXUS_E_INVALID);
    unit_expect(nexus_subscribe_options_set_durable(NULL, "a", &err), &err, NEXUS_E_INVALID,
                "options", "is NULL");
}
END_TEST

UNIT_MAIN("subscribe options", has_the_documented_defaults, keeps_names, starts_where_it_is_told,
          numbers_have_both_bounds, bounds_the_queue, keeps_callbacks_in_a_copy,
          refuses_to_set_nothing)
