/* SPDX-License-Identifier: Apache-2.0 */
/* The emulated server by itself, spoken to as a client of JetStream would: one wire, no library
 * above it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory/bus_stream.h"
#include "options.h"

static struct nx_transport *wire;
static struct nexus_memory *bus;

/* What arrived since the last call, one line each: "body" of an answer, "subject body reply" of an
 * event, "#status words" of a status, "!" when nobody answered. */
static char heard[8192];

static void note(const char *text)
{
    size_t used = strlen(heard);

    snprintf(heard + used, sizeof(heard) - used, "%s\n", text);
}

static void on_message(void *owner, uint64_t listener, struct nx_incoming *incoming)
{
    struct nx_view view;
    char line[1024];

    (void)owner;
    (void)listener;
    wire->ops->view(incoming, &view);
    if (view.status)
        snprintf(line, sizeof(line), "#%d %s", view.status,
                 wire->ops->header(incoming, "Description", NULL));
    else if (strncmp(view.subject, "in.", 3) == 0)
        snprintf(line, sizeof(line), "%s", view.body);
    else
        snprintf(line, sizeof(line), "%s %s %s", view.subject, view.body, view.reply);
    note(line);
    wire->ops->release(incoming);
}

static void on_unanswered(void *owner, uint64_t listener)
{
    (void)owner;
    (void)listener;
    note("!");
}

static void on_wire(void *owner, enum nx_wire_event event, int code, const char *text)
{
    (void)owner;
    (void)event;
    (void)code;
    (void)text;
}

/* What has arrived, since the last time it was asked for. */
static const char *listen_in(void)
{
    heard[0] = 0;
    wire->ops->poll(wire, 0);
    return heard;
}

static void set_up(void)
{
    struct nx_options options = {.url = (char *)(uintptr_t) "memory:"};
    struct nx_sink sink = {NULL, on_message, on_unanswered, on_wire};

    ck_assert_int_eq(nx_transport_memory_new(&options, &sink, &wire, NULL), NEXUS_OK);
    bus = nx_memory_bus(wire);
    ck_assert_int_eq(wire->ops->listen(wire, "in.>", 1, NULL), NEXUS_OK);
    ck_assert_int_eq(wire->ops->connect(wire, NULL), NEXUS_OK);
    listen_in();
    ((struct nx_port *)wire)->ended = true; /* no thread polls it: time need not wait for one */
}

static void tear_down(void)
{
    wire->ops->destroy(wire);
}

static const char *send(const char *subject, const char *reply, const char *body)
{
    ck_assert_int_eq(wire->ops->send_bytes(wire, subject, reply, body, strlen(body), true),
                     NEXUS_OK);
    return listen_in();
}

static const char *api(const char *call, const char *body)
{
    char subject[256];

    snprintf(subject, sizeof(subject), "$JS.API.%s", call);
    return send(subject, "in.api", body);
}

static void advance(int64_t milliseconds)
{
    ck_assert_int_eq(nexus_memory_advance(bus, milliseconds, NULL), NEXUS_OK);
}

#define HAS(text, part) ck_assert_msg(strstr(text, part), "\"%s\" is not in: %s", part, text)

static const char *publish(const char *subject, const char *id, const char *body)
{
    const struct nx_header header = {"Nats-Msg-Id", id};
    struct nx_message *message =
        wire->ops->message_new(wire, subject, "in.ack", &header, id ? 1 : 0, body, strlen(body));

    ck_assert_int_eq(wire->ops->send(wire, message, true), NEXUS_OK);
    wire->ops->message_free(wire, message);
    return listen_in();
}

static void stream(const char *more)
{
    char body[512];

    snprintf(body, sizeof(body), "{\"name\":\"S\",\"subjects\":[\"a.>\"]%s}", more);
    HAS(api("STREAM.CREATE.S", body), "\"type\":\"io.nats.jetstream.api.v1.stream_info_response\"");
}

static const char *consumer(const char *name, const char *filter, const char *more)
{
    char call[128], body[512];

    snprintf(call, sizeof(call), "CONSUMER.CREATE.S.%s.%s", name, filter);
    snprintf(body, sizeof(body),
             "{\"stream_name\":\"S\",\"config\":{\"durable_name\":\"%s\",\"name\":\"%s\","
             "\"filter_subject\":\"%s\",\"ack_policy\":\"explicit\"%s}}",
             name, name, filter, more);
    return api(call, body);
}

/* Pulls into "in.p" and gives what came. */
static const char *pull(const char *name, const char *body)
{
    char call[128];

    snprintf(call, sizeof(call), "$JS.API.CONSUMER.MSG.NEXT.S.%s", name);
    return send(call, "in.p", body);
}

/* Settles the last delivery in `heard`. */
static const char *settle(const char *verdict)
{
    char reply[256];
    const char *at = NULL;

    for (const char *next = heard; (next = strstr(next, "$JS.ACK.")); next++)
        at = next;
    ck_assert_ptr_nonnull(at);
    snprintf(reply, sizeof(reply), "%.*s", (int)strcspn(at, "\n"), at);
    return send(reply, NULL, verdict);
}

START_TEST(a_stream_is_created_once_and_never_changed)
{
    HAS(api("STREAM.INFO.S", ""), "\"err_code\":10059");
    stream("");
    stream("");
    HAS(api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"b.>\"]}"), "10058");
    HAS(api("STREAM.CREATE.T", "{\"name\":\"T\",\"subjects\":[\"a.b\"]}"), "10065");
    HAS(api("STREAM.CREATE.T", "{\"name\":\"T\",\"subjects\":[\"b\"],\"colour\":1}"), "10025");
    HAS(api("STREAM.CREATE.T", "{\"name\":\"T\",\"retention\":\"workqueue\"}"), "10025");
    HAS(api("STREAM.CREATE.T", "{\"name\":\"T\",\"max_msgs\":\"7\"}"), "10025");
    HAS(api("STREAM.CREATE.T", "nonsense"), "10025");
    HAS(api("STREAM.NAMES", "{\"subject\":\"a.b.c\"}"), "\"streams\":[\"S\"]");
    HAS(api("STREAM.NAMES", "{\"subject\":\"c\"}"), "\"total\":0");
    HAS(api("STREAM.INFO.S", ""), "\"duplicate_window\":120000000000");
    HAS(api("STREAM.DELETE.S", ""), "\"success\":true");
    ck_assert_str_eq(publish("a.b", NULL, "x"), "!\n");
    ck_assert_str_eq(api("NOTHING", ""), "!\n");
}
END_TEST

START_TEST(message_ids_count_within_their_window)
{
    stream("");
    HAS(publish("a.b", "one", "x"), "{\"stream\":\"S\", \"seq\":1}");
    HAS(publish("a.c", "one", "x"), "\"seq\":1,\"duplicate\": true");
    HAS(publish("a.b", "two", "x"), "\"seq\":2}");
    advance(119999);
    HAS(publish("a.b", "one", "x"), "duplicate");
    advance(1);
    HAS(publish("a.b", "one", "x"), "\"seq\":3}");
}
END_TEST

START_TEST(limits_drop_the_oldest_or_refuse_the_newest)
{
    stream(",\"max_msgs\":2");
    for (int i = 0; i < 5; i++)
        publish("a.b", NULL, "x");
    HAS(api("STREAM.INFO.S", ""), "\"messages\":2");
    HAS(heard, "\"first_seq\":4");
    HAS(heard, "\"last_seq\":5");
    api("STREAM.DELETE.S", "");
    stream(",\"max_msgs\":1,\"discard\":\"new\"");
    publish("a.b", NULL, "x");
    HAS(publish("a.b", NULL, "x"), "\"err_code\":10077");
    api("STREAM.DELETE.S", "");
    stream(",\"max_msgs_per_subject\":1,\"max_msg_size\":20");
    publish("a.b", NULL, "x");
    publish("a.c", NULL, "x");
    publish("a.b", NULL, "x");
    HAS(api("STREAM.INFO.S", ""), "\"messages\":2");
    HAS(publish("a.b", NULL, "a body of some length"), "10054");
    api("STREAM.DELETE.S", "");
    stream(",\"max_age\":60000000000");
    publish("a.b", NULL, "x");
    advance(60000);
    HAS(api("STREAM.INFO.S", ""), "\"messages\":0");
}
END_TEST

START_TEST(single_messages_can_be_read)
{
    stream("");
    publish("a.b", "id-1", "hello");
    HAS(api("STREAM.MSG.GET.S", "{\"seq\":1}"), "\"data\":\"aGVsbG8=\"");
    HAS(heard, "\"hdrs\":\"TkFUUy8xLjANCk5hdHMtTXNnLUlkOiBpZC0xDQoNCg==\"");
    HAS(api("STREAM.MSG.GET.S", "{\"last_by_subj\":\"a.*\"}"), "\"seq\":1");
    HAS(api("STREAM.MSG.GET.S", "{\"seq\":2}"), "10037");
    HAS(api("STREAM.PURGE.S", ""), "\"purged\":1");
    HAS(api("STREAM.MSG.GET.S", "{\"seq\":1}"), "10037");
    HAS(publish("a.b", NULL, "x"), "\"seq\":2");
}
END_TEST

START_TEST(a_consumer_starts_where_it_is_told)
{
    static const struct {
        const char *name, *more, *expected;
    } cases[] = {
        {"all", "", "a.b 1"},
        {"new", ",\"deliver_policy\":\"new\"", ""},
        {"last", ",\"deliver_policy\":\"last\"", "a.b 4"},
        {"per", ",\"deliver_policy\":\"last_per_subject\"", "a.c 3"},
        {"seq", ",\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":2", "a.b 2"},
        {"time",
         ",\"deliver_policy\":\"by_start_time\",\"opt_start_time\":\"2100-01-01T00:00:00Z\"", ""},
    };

    stream("");
    publish("a.b", NULL, "1");
    publish("a.b", NULL, "2");
    publish("a.c", NULL, "3");
    publish("a.b", NULL, "4");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        HAS(consumer(cases[i].name, "a.*", cases[i].more), "consumer_create_response");
        pull(cases[i].name, "{\"batch\":1,\"no_wait\":true}");
        HAS(heard, *cases[i].expected ? cases[i].expected : "#404 No Messages");
        HAS(publish("a.b", NULL, "new"), "seq");
        pull(cases[i].name, "{\"batch\":9,\"no_wait\":true}");
        HAS(heard, "new $JS.ACK.S.");
        api("STREAM.PURGE.S", "");
        api("STREAM.DELETE.S", "");
        stream("");
        publish("a.b", NULL, "1");
        publish("a.b", NULL, "2");
        publish("a.c", NULL, "3");
        publish("a.b", NULL, "4");
    }
}
END_TEST

START_TEST(filters_choose_and_pending_counts)
{
    stream("");
    consumer("c", "a.*.x", "");
    publish("a.1.x", NULL, "1");
    publish("a.1.y", NULL, "2");
    publish("a.2.x", NULL, "3");
    HAS(api("CONSUMER.INFO.S.c", ""), "\"num_pending\":2");
    pull("c", "{\"batch\":5,\"no_wait\":true}");
    HAS(heard, "a.1.x 1 $JS.ACK.S.c.1.1.1.");
    HAS(heard, "a.2.x 3 $JS.ACK.S.c.1.3.2.");
    ck_assert_ptr_null(strstr(heard, "a.1.y"));
    HAS(api("CONSUMER.INFO.S.c", ""), "\"num_ack_pending\":2");
    HAS(heard, "\"num_pending\":0");
}
END_TEST

START_TEST(a_consumer_is_created_once_and_deleted)
{
    stream("");
    HAS(consumer("c", "a.b", ""), "consumer_create_response");
    HAS(consumer("c", "a.b", ""), "consumer_create_response");
    HAS(consumer("c", "a.c", ""), "10148");
    HAS(consumer("d", "a.b", ",\"backoff\":[1]"), "10025");
    HAS(consumer("d", "a.b", ",\"deliver_policy\":\"sometimes\""), "10025");
    HAS(api("CONSUMER.CREATE.S.d.a.b",
            "{\"config\":{\"durable_name\":\"e\",\"ack_policy\":\"explicit\"}}"),
        "10131");
    HAS(api("CONSUMER.INFO.S.d", ""), "10014");
    HAS(api("CONSUMER.NAMES.S", ""), "\"consumers\":[\"c\"]");
    ck_assert_str_eq(pull("c", "{\"batch\":1,\"expires\":30000000000}"), "");
    HAS(api("CONSUMER.DELETE.S.c", ""), "#409 Consumer Deleted");
    ck_assert_str_eq(pull("c", "{\"batch\":1}"), "!\n");
    HAS(api("CONSUMER.INFO.T.c", ""), "10059");
}
END_TEST

START_TEST(verdicts_decide_what_comes_again)
{
    stream("");
    consumer("c", "a.b", ",\"ack_wait\":5000000000,\"max_deliver\":3");
    publish("a.b", NULL, "x");
    pull("c", "{\"batch\":20,\"expires\":900000000000}");
    HAS(heard, ".c.1.1.1.");
    HAS(settle("-NAK"), ".c.2.1.2.");
    ck_assert_str_eq(settle("-NAK {\"delay\":2000000000}"), "");
    advance(1999);
    ck_assert_str_eq(listen_in(), "");
    advance(1);
    HAS(listen_in(), ".c.3.1.3.");
    settle("-NAK"); /* the deliveries are used up */
    HAS(api("CONSUMER.INFO.S.c", ""), "\"num_ack_pending\":0");
    publish("a.b", NULL, "y");
    HAS(heard, ".c.1.2.4.");
    settle("+TERM");
    advance(60000);
    ck_assert_str_eq(listen_in(), "");
}
END_TEST

START_TEST(the_ack_wait_passes_unless_it_is_renewed)
{
    stream("");
    consumer("c", "a.b", ",\"ack_wait\":5000000000");
    publish("a.b", NULL, "x");
    pull("c", "{\"batch\":20,\"expires\":900000000000}");
    HAS(heard, ".c.1.1.1.");
    char first[sizeof(heard)];
    memcpy(first, heard, sizeof(first));
    advance(4000);
    settle("+WPI");
    advance(4999);
    ck_assert_str_eq(listen_in(), "");
    advance(1);
    HAS(listen_in(), ".c.2.1.2.");
    /* One who had it before cannot give it back any more, but can say that it is done. */
    memcpy(heard, first, sizeof(first));
    ck_assert_str_eq(settle("-NAK"), "");
    memcpy(heard, first, sizeof(first));
    settle("+ACK");
    HAS(api("CONSUMER.INFO.S.c", ""), "\"num_ack_pending\":0");
    advance(60000);
    ck_assert_str_eq(listen_in(), "");
}
END_TEST

START_TEST(unsettled_ones_hold_back_further_ones)
{
    stream("");
    consumer("c", "a.b", ",\"max_ack_pending\":1");
    publish("a.b", NULL, "1");
    publish("a.b", NULL, "2");
    pull("c", "{\"batch\":20,\"expires\":900000000000}");
    HAS(heard, "a.b 1 ");
    ck_assert_ptr_null(strstr(heard, "a.b 2 "));
    HAS(settle("+ACK"), "a.b 2 ");
}
END_TEST

START_TEST(pulls_beat_expire_and_are_limited)
{
    stream("");
    consumer("c", "a.b", ",\"max_waiting\":2");
    pull("c", "{\"batch\":1,\"expires\":12000000000,\"idle_heartbeat\":5000000000}");
    advance(5000);
    ck_assert_str_eq(listen_in(), "#100 Idle Heartbeat\n");
    advance(5000);
    ck_assert_str_eq(listen_in(), "#100 Idle Heartbeat\n");
    advance(2000);
    ck_assert_str_eq(listen_in(), "#408 Request Timeout\n");
    pull("c", "{\"batch\":1,\"expires\":30000000000}");
    pull("c", "{\"batch\":1,\"expires\":30000000000}");
    ck_assert_str_eq(pull("c", "{\"batch\":1,\"expires\":30000000000}"),
                     "#409 Exceeded MaxWaiting\n");
    advance(30000);
    ck_assert_str_eq(listen_in(), "#408 Request Timeout\n#408 Request Timeout\n");
    publish("a.b", NULL, "a body of some length");
    ck_assert_str_eq(pull("c", "{\"batch\":1,\"max_bytes\":10,\"expires\":1000000000}"),
                     "#409 Message Size Exceeds MaxBytes\n");
    HAS(pull("c", "1"), "a body of some length $JS.ACK.S.c.1.1.1.");
    pull("c", "{\"batch\":1,\"expires\":30000000000}");
    ck_assert_str_eq(pull("c", "{\"batch\":1,\"no_wait\":true}"), "#404 No Messages\n");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_stream_is_created_once_and_never_changed,  message_ids_count_within_their_window,
        limits_drop_the_oldest_or_refuse_the_newest, single_messages_can_be_read,
        a_consumer_starts_where_it_is_told,          filters_choose_and_pending_counts,
        a_consumer_is_created_once_and_deleted,      verdicts_decide_what_comes_again,
        the_ack_wait_passes_unless_it_is_renewed,    unsettled_ones_hold_back_further_ones,
        pulls_beat_expire_and_are_limited,
    };
    Suite *suite = suite_create("jetstream");
    TCase *tcase = tcase_create("jetstream");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
