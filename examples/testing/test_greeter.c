/* SPDX-License-Identifier: Apache-2.0 */
/* How a service is tested without a server: a bus in memory, events of any sort, faults on demand,
 * and a clock that only moves when the test wants it to. No test here waits in real time. */
#include <check.h>
#include <nexus/testing.h>
#include <stdlib.h>

#include "greeter.h"

static struct nexus_memory *bus;
static struct nexus_client *client;

/* A call succeeds, or the test says why not. */
#define OK(call)                                                                         \
    do {                                                                                 \
        struct nexus_error e = NEXUS_ERROR_INIT, *err = &e;                              \
        int code_ = (call);                                                              \
        ck_assert_msg(code_ == NEXUS_OK, "%s: %s: %s", #call, err->where, err->message); \
    } while (0)

/* Greetings were published so often, or the test shows what was published instead. */
static void expect_greetings(const char *payload, int times)
{
    char *why = NULL;
    int code =
        nexus_test_expect_published(bus, "telegramMessage", NULL, payload, times, &why, NULL);

    ck_assert_msg(code == NEXUS_OK, "%s", why ? why : nexus_status_name(code));
}

#define GREETING "{\"direction\":\"outbound\"}"

static void set_up(void)
{
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_subscription *subscription = NULL;

    OK(nexus_memory_open(NULL, &bus, err));
    OK(nexus_client_options_set_url(options, nexus_memory_url(bus), err));
    OK(nexus_client_options_set_service(options, "greeter", err));
    OK(nexus_client_new(options, &client, err));
    OK(nexus_provision(client, NULL, NULL, err));
    OK(greeter_start(client, &subscription, err));
    nexus_client_options_destroy(options);
}

static void tear_down(void)
{
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}

/* Somebody writes to the bot. */
static void say(const char *payload)
{
    struct nexus_test_event *event = NULL;

    OK(nexus_test_event_new("telegramMessage", NULL, payload, &event, err));
    OK(nexus_test_event_put(bus, event, NULL, err));
    nexus_test_event_destroy(event);
}

/* Lets the service work for ten seconds of the bus's time. */
static void work(void)
{
    for (int i = 0; i < 10; i++)
        ck_assert_int_ge(nexus_client_dispatch(client, 1000, NULL), 0);
}

START_TEST(start_is_answered_in_the_same_chat)
{
    say("{\"direction\":\"inbound\",\"chat_id\":17,\"text\":\"/start\"}");
    work();
    expect_greetings("{\"direction\":\"outbound\",\"chat_id\":17}", 1);
    expect_greetings(NULL, 1);
}
END_TEST

START_TEST(anything_else_is_not_answered)
{
    say("{\"direction\":\"inbound\",\"chat_id\":17,\"text\":\"hello\"}");
    say("{\"direction\":\"outbound\",\"chat_id\":17,\"text\":\"/start\"}");
    work();
    expect_greetings(GREETING, 0);
}
END_TEST

START_TEST(a_lost_verdict_does_not_greet_twice)
{
    struct nexus_fault fault = NEXUS_FAULT_INIT;
    struct nexus_published published = NEXUS_PUBLISHED_INIT;

    fault.kind = NEXUS_FAULT_DROP;
    fault.point = NEXUS_FAULT_ON_VERDICT;
    fault.count = 1;
    OK(nexus_memory_fault(bus, &fault, NULL, err));
    say("{\"direction\":\"inbound\",\"chat_id\":17,\"text\":\"/start\"}");
    work();
    OK(nexus_memory_advance(bus, 30000, err)); /* the ack wait: the event comes again */
    work();
    expect_greetings(GREETING, 1);
    OK(nexus_memory_published(bus, NULL, 0, &published, err));
    ck_assert_uint_eq(published.attempts, 1); /* known as handled: not even sent again */
}
END_TEST

START_TEST(with_a_full_stream_the_greeting_comes_a_minute_later)
{
    struct nexus_fault fault = NEXUS_FAULT_INIT;
    struct nexus_published published = NEXUS_PUBLISHED_INIT;
    uint64_t id;

    fault.kind = NEXUS_FAULT_FULL_STREAM;
    OK(nexus_memory_fault(bus, &fault, &id, err));
    say("{\"direction\":\"inbound\",\"chat_id\":17,\"text\":\"/start\"}");
    work();
    OK(nexus_memory_published(bus, NULL, 0, &published, err));
    ck_assert_uint_eq(published.sequence, 0);
    nexus_memory_heal(bus, id);
    OK(nexus_memory_advance(bus, 60000, err));
    work();
    OK(nexus_memory_published(bus, NULL, 0, &published, err));
    ck_assert_uint_gt(published.sequence, 0);
    expect_greetings(GREETING, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("greeter");
    TCase *tcase = tcase_create("greeter");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, start_is_answered_in_the_same_chat);
    tcase_add_test(tcase, anything_else_is_not_answered);
    tcase_add_test(tcase, a_lost_verdict_does_not_greet_twice);
    tcase_add_test(tcase, with_a_full_stream_the_greeting_comes_a_minute_later);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
