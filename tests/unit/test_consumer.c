/* SPDX-License-Identifier: Apache-2.0 */
/* Consumers: what is created, what is bound, and what is somebody else's. */
#include "consumer.h"

#include <stdio.h>

#include "fake_stream.h"
#include "unit.h"

static struct fake_stream stream;

static enum nexus_verdict handle(const struct nexus_json_event *event,
                                 struct nexus_delivery *delivery, void *data)
{
    (void)event;
    (void)delivery;
    (void)data;
    return NEXUS_ACK;
}

static int subscribe(const char *channel, const char *tenant,
                     const struct nexus_subscribe_options *options, struct nexus_error *err)
{
    struct nexus_subscription *subscription = (struct nexus_subscription *)&stream;
    int code = nexus_subscribe_json(stream.client, channel, tenant, handle, NULL, options,
                                    &subscription, err);

    ck_assert((code == NEXUS_OK) == (subscription != NULL));
    return code;
}

static const char *created(void)
{
    return fake_last(stream.wire, "$JS.API.CONSUMER.CREATE", NULL)->body;
}

START_TEST(a_missing_consumer_is_created_with_its_name_in_the_subject)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;

    fake_stream_open(&stream, NULL);
    unit_ok(nexus_subscribe_options_set_ack_wait(options, 5000, &err), &err);
    unit_ok(nexus_subscribe_options_set_max_deliver(options, 7, &err), &err);
    unit_ok(nexus_subscribe_options_set_queue(options, 50, 65536, &err), &err);
    unit_ok(subscribe("bookingCreated", "salon-001", options, &err), &err);
    ck_assert_str_eq(fake_last(stream.wire, "$JS.API.CONSUMER.CREATE", NULL)->subject,
                     "$JS.API.CONSUMER.CREATE.NEXUS.test-booking_created-salon-001."
                     "nexus.salon-001.booking.created");
    ck_assert_str_eq(created(),
                     "{\"stream_name\":\"NEXUS\",\"action\":\"create\",\"config\":{"
                     "\"name\":\"test-booking_created-salon-001\","
                     "\"durable_name\":\"test-booking_created-salon-001\","
                     "\"filter_subject\":\"nexus.salon-001.booking.created\","
                     "\"ack_policy\":\"explicit\",\"replay_policy\":\"instant\","
                     "\"ack_wait\":5000000000,\"max_deliver\":-1,\"max_ack_pending\":100,"
                     "\"deliver_policy\":\"all\"}}");
    nexus_subscribe_options_destroy(options);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(starts_are_told_in_the_servers_words)
{
    static const struct {
        enum nexus_start start;
        int64_t value;
        const char *words;
    } cases[] = {
        {NEXUS_START_ALL, 0, "\"deliver_policy\":\"all\"}}"},
        {NEXUS_START_NEW, 0, "\"deliver_policy\":\"new\"}}"},
        {NEXUS_START_LAST_PER_SUBJECT, 0, "\"deliver_policy\":\"last_per_subject\"}}"},
        {NEXUS_START_SEQUENCE, 42,
         "\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":42}}"},
        {NEXUS_START_TIME, 1700000000123456789,
         "\"deliver_policy\":\"by_start_time\","
         "\"opt_start_time\":\"2023-11-14T22:13:20.123456789Z\"}}"},
        {NEXUS_START_TIME, 1, "\"opt_start_time\":\"1970-01-01T00:00:00.000000001Z\"}}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_subscribe_options *options = nexus_subscribe_options_new();
        struct nexus_error err = NEXUS_ERROR_INIT;
        fake_stream_open(&stream, NULL);
        unit_ok(nexus_subscribe_options_set_start(options, cases[i].start, cases[i].value, &err),
                &err);
        unit_ok(subscribe(NULL, NULL, options, &err), &err);
        ck_assert_msg(strstr(created(), cases[i].words) != NULL, "%s", created());
        nexus_subscribe_options_destroy(options);
        fake_stream_close(&stream);
    }
}
END_TEST

#define CONFIG(filter, policy, durable, more)                                            \
    "{\"filter_subject\":\"" filter "\",\"ack_policy\":\"" policy "\",\"durable_name\":" \
    "\"" durable "\"" more "}"

START_TEST(what_is_there_is_looked_at)
{
    static const struct {
        const char *config;
        const char *where; /* NULL: it is bound */
        const char *words;
    } cases[] = {
        {CONFIG("nexus.>", "explicit", "test-all-all", ""), NULL, NULL},
        {CONFIG("nexus.>", "explicit", "test-all-all", ",\"ack_wait\":1000000000"), NULL, NULL},
        {CONFIG("", "explicit", "test-all-all", ",\"filter_subjects\":[\"nexus.>\"]"), NULL, NULL},
        {CONFIG("nexus.a.>", "explicit", "test-all-all", ""), "filter_subject",
         "has filter_subject \"nexus.a.>\" where \"nexus.>\""},
        {CONFIG("", "explicit", "test-all-all", ",\"filter_subjects\":[\"nexus.>\",\"b\"]"),
         "filter_subjects", "several filters"},
        {CONFIG("", "explicit", "test-all-all", ",\"filter_subjects\":[\"b\"]"), "filter_subject",
         "\"b\""},
        {CONFIG("nexus.>", "none", "test-all-all", ""), "ack_policy", "\"none\""},
        {CONFIG("nexus.>", "all", "test-all-all", ""), "ack_policy", "\"all\""},
        {CONFIG("nexus.>", "explicit", "", ""), "durable_name", "test-all-all"},
        {CONFIG("nexus.>", "explicit", "test-all-all", ",\"deliver_subject\":\"push.here\""),
         "deliver_subject", "\"push.here\""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        int code;
        fake_stream_open(&stream, NULL);
        stream.exists = true;
        snprintf(stream.config, sizeof(stream.config), "%s", cases[i].config);
        code = subscribe(NULL, NULL, NULL, &err);
        ck_assert_uint_eq(stream.creates, 0);
        if (cases[i].where) {
            unit_expect(code, &err, NEXUS_E_CONFLICT, cases[i].where, NULL);
            ck_assert_msg(strstr(err.message, cases[i].words) != NULL, "%s", err.message);
        } else {
            unit_ok(code, &err);
        }
        fake_stream_close(&stream);
    }
}
END_TEST

START_TEST(failures_say_what_to_do)
{
    static const struct {
        const char *answer;
        int code;
        const char *words;
    } cases[] = {
        {"{\"error\":{\"err_code\":10059,\"description\":\"stream not found\"}}", NEXUS_E_NOT_FOUND,
         "stream \"NEXUS\" does not exist: run \"nexusctl provision\" or call nexus_provision()"},
        {"{\"error\":{\"err_code\":10121,\"description\":\"too many\"}}", NEXUS_E_STREAM,
         "the server says: too many (10121)"},
        {"{\"error\":{\"err_code\":10148,\"description\":\"it exists\"}}", NEXUS_E_CONFLICT,
         "the server says: it exists (10148)"},
        {"{}", NEXUS_E_STREAM, "the server did not say what consumer \"test-all-all\" is"},
        {"{\"config\":[]}", NEXUS_E_STREAM, NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        fake_stream_open(&stream, NULL);
        stream.answer = cases[i].answer;
        unit_expect(subscribe(NULL, NULL, NULL, &err), &err, cases[i].code, NULL, cases[i].words);
        ck_assert_ptr_null(stream.client->subscriptions);
        fake_stream_close(&stream);
    }
}
END_TEST

START_TEST(default_names_are_stable_and_fit)
{
    static const struct {
        const char *channel, *tenant, *durable, *filter;
    } cases[] = {
        {NULL, NULL, "test-all-all", "nexus.>"},
        {NULL, "salon-001", "test-all-salon-001", "nexus.salon-001.>"},
        {"bookingCreated", NULL, "test-booking_created-all", "nexus.*.booking.created"},
        {"edgeHealth", NULL, "test-edge_health-all", "nexus._core.edge.health.*"},
        {"moduleUpdated", NULL, "test-module_updated-all", "nexus._core.module.updated"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_subscription *subscription = NULL;
        fake_stream_open(&stream, NULL);
        ck_assert_int_eq(nexus_subscribe_json(stream.client, cases[i].channel, cases[i].tenant,
                                              handle, NULL, NULL, &subscription, NULL),
                         NEXUS_OK);
        ck_assert_str_eq(nexus_subscription_durable(subscription), cases[i].durable);
        ck_assert_str_eq(nexus_subscription_filter(subscription), cases[i].filter);
        fake_stream_close(&stream);
    }
}
END_TEST

#define LONG "a23456789-123456789-123456789-123456789-123456789-123456789-123"

START_TEST(a_name_that_is_too_long_is_cut_and_told_apart)
{
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_subscription *one = NULL, *two = NULL;
    char other[] = LONG;

    other[62] = 'x';
    ck_assert_int_eq(nexus_client_options_set_service(options, LONG, NULL), NEXUS_OK);
    fake_stream_open(&stream, options);
    nexus_client_options_destroy(options);
    ck_assert_int_eq(nexus_subscribe_json(stream.client, "manufacturingProductionStarted", LONG,
                                          handle, NULL, NULL, &one, NULL),
                     NEXUS_OK);
    stream.exists = false;
    ck_assert_int_eq(nexus_subscribe_json(stream.client, "manufacturingProductionStarted", other,
                                          handle, NULL, NULL, &two, NULL),
                     NEXUS_OK);
    ck_assert_uint_eq(strlen(nexus_subscription_durable(one)), 128);
    ck_assert_str_ne(nexus_subscription_durable(one), nexus_subscription_durable(two));
    ck_assert_mem_eq(nexus_subscription_durable(one), LONG "-manufacturing", 63 + 14);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(arguments_are_checked)
{
    struct nexus_subscription *out = NULL;
    struct nexus_error err = NEXUS_ERROR_INIT;

    fake_stream_open(&stream, NULL);
    unit_expect(subscribe("noSuchChannel", NULL, NULL, &err), &err, NEXUS_E_CHANNEL, "channel",
                NULL);
    unit_expect(subscribe("moduleUpdated", "salon-001", NULL, &err), &err, NEXUS_E_INVALID,
                "tenant", NULL);
    unit_expect(subscribe(NULL, "_core", NULL, &err), &err, NEXUS_E_SUBJECT, NULL, NULL);
    unit_expect(subscribe("bookingCreated", "a.b", NULL, &err), &err, NEXUS_E_SUBJECT, NULL, NULL);
    unit_expect(nexus_subscribe_json(stream.client, NULL, NULL, NULL, NULL, NULL, &out, &err), &err,
                NEXUS_E_INVALID, "handler", NULL);
    unit_expect(nexus_subscribe_json(stream.client, NULL, NULL, handle, NULL, NULL, NULL, &err),
                &err, NEXUS_E_INVALID, "out", NULL);
    unit_expect(nexus_subscribe_json(NULL, NULL, NULL, handle, NULL, NULL, &out, &err), &err,
                NEXUS_E_INVALID, "client", NULL);
    unit_expect(nexus_delete_durable(stream.client, NULL, NULL, &err), &err, NEXUS_E_INVALID,
                "durable", NULL);
    unit_expect(nexus_delete_durable(stream.client, NULL, "a.b", &err), &err, NEXUS_E_INVALID,
                "durable", NULL);
    unit_expect(nexus_delete_durable(stream.client, "a b", "x", &err), &err, NEXUS_E_INVALID,
                "stream", NULL);
    ck_assert_uint_eq(fake_count(stream.wire, "$JS.API", NULL), 0);
    fake_stream_close(&stream);
}
END_TEST

START_TEST(a_durable_can_be_deleted)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    fake_stream_open(&stream, NULL);
    stream.answer = "{\"success\":true}";
    unit_ok(nexus_delete_durable(stream.client, NULL, "mine", &err), &err);
    fake_last(stream.wire, "$JS.API.CONSUMER.DELETE.NEXUS.mine", "");
    stream.answer = "{\"error\":{\"err_code\":10014,\"description\":\"consumer not found\"}}";
    unit_expect(nexus_delete_durable(stream.client, "OTHER", "mine", &err), &err, NEXUS_E_NOT_FOUND,
                "$JS.API.CONSUMER.DELETE.OTHER.mine", NULL);
    fake_stream_close(&stream);
}
END_TEST

UNIT_MAIN("consumer", a_missing_consumer_is_created_with_its_name_in_the_subject,
          starts_are_told_in_the_servers_words, what_is_there_is_looked_at, failures_say_what_to_do,
          default_names_are_stable_and_fit, a_name_that_is_too_long_is_cut_and_told_apart,
          arguments_are_checked, a_durable_can_be_deleted)
