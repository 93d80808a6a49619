/* SPDX-License-Identifier: Apache-2.0 */
/* Where callbacks run: dispatch, run and stop, the descriptor for event loops, states, and what
 * calls from the wrong place are answered with. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "simple.h"

static bool is_readable(int fd, int timeout_ms)
{
    struct pollfd readable = {fd, POLLIN, 0};
    return poll(&readable, 1, timeout_ms) == 1;
}

START_TEST(the_descriptor_is_readable_while_callbacks_are_due)
{
    struct nexus_client *client = test_client("loop");
    struct test_seen seen = {0};
    struct test_report report = {0};
    while (nexus_client_dispatch(client, 0, NULL) > 0) {
    }
    int fd = nexus_client_fd(client);
    ck_assert_int_ge(fd, 0);
    ck_assert(!is_readable(fd, 0));
    test_subscribe(client, NULL, &seen, NULL);
    test_publish_async(client, 7, &report);
    while (seen.count < 1 || report.calls < 1) {
        ck_assert(is_readable(fd, TEST_LIMIT_MILLISECONDS));
        test_dispatch(client, 0);
    }
    WAIT_UNTIL(nexus_client_dispatch(client, 0, NULL) == 0);
    ck_assert(!is_readable(fd, 0));
    ck_assert_int_eq(nexus_client_dispatch(client, 0, NULL), 0);
    ck_assert_int_eq(nexus_client_dispatch(client, 10, NULL), 0);
    nexus_client_destroy(client);
}
END_TEST

static enum nexus_verdict stop_from_handler(const struct nexus_kb_ingested *event,
                                            struct nexus_delivery *delivery, void *data)
{
    (void)event;
    (void)delivery;
    nexus_client_stop(data);
    return NEXUS_ACK;
}

START_TEST(stop_ends_run_from_a_handler)
{
    struct nexus_client *client = test_client("loop");
    struct nexus_subscription *subscription = NULL;
    OK(nexus_subscribe_kb_ingested(client, NULL, stop_from_handler, client, NULL, &subscription,
                                   err));
    OK(test_publish(client, 1, NULL, NULL, err));
    OK(nexus_client_run(client, err));
    ck_assert_uint_eq(test_stats(client).handled, 1);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(stop_before_run_counts_once)
{
    struct nexus_client *client = test_client("loop");
    nexus_client_stop(client);
    OK(nexus_client_run(client, err));
    nexus_client_stop(client);
    ck_assert_int_ge(nexus_client_dispatch(client, -1, NULL), 0);
    nexus_client_stop(NULL);
    nexus_client_destroy(client);
}
END_TEST

struct runner {
    struct nexus_client *client;
    atomic_int running;
    int status;
};

static void *run(void *data)
{
    struct runner *runner = data;
    atomic_store(&runner->running, 1);
    /* Refused while the test's own thread is inside dispatch. */
    do {
        runner->status = nexus_client_run(runner->client, NULL);
    } while (runner->status == NEXUS_E_STATE);
    return NULL;
}

START_TEST(stop_ends_run_from_another_thread)
{
    struct runner runner = {.client = test_client("loop"), .status = 1};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, run, &runner), 0);
    WAIT_UNTIL(atomic_load(&runner.running));
    nexus_client_stop(runner.client);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(runner.status, NEXUS_OK);
    nexus_client_destroy(runner.client);
}
END_TEST

START_TEST(a_second_dispatcher_is_refused)
{
    struct runner runner = {.client = test_client("loop"), .status = 1};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, run, &runner), 0);
    /* The other thread may not have entered yet; once it has, every attempt here is refused. */
    WAIT_UNTIL(nexus_client_dispatch(runner.client, 0, NULL) == NEXUS_E_STATE);
    FAILS(NEXUS_E_STATE, nexus_client_dispatch(runner.client, 0, err));
    nexus_client_stop(runner.client);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    nexus_client_destroy(runner.client);
}
END_TEST

/* What must not be called from inside a callback, of any kind. */
static void misuse(struct nexus_client *client)
{
    FAILS(NEXUS_E_STATE, nexus_client_dispatch(client, 0, err));
    FAILS(NEXUS_E_STATE, nexus_client_dispatch(client, -1, err));
    FAILS(NEXUS_E_STATE, nexus_client_run(client, err));
    FAILS(NEXUS_E_STATE, nexus_client_flush(client, 1000, err));
    FAILS(NEXUS_E_STATE, nexus_client_close(client, 1000, err));
}

struct abuse {
    struct nexus_client *client;
    int handlers;
    int completions;
    int states;
};

static void misuse_in_completion(struct nexus_client *client, const struct nexus_receipt *receipt,
                                 const struct nexus_error *error, void *data)
{
    struct abuse *abuse = data;
    (void)receipt;
    ck_assert_ptr_null(error);
    misuse(client);
    abuse->completions++;
}

static enum nexus_verdict misuse_in_handler(const struct nexus_kb_ingested *event,
                                            struct nexus_delivery *delivery, void *data)
{
    struct abuse *abuse = data;
    (void)event;
    (void)delivery;
    misuse(abuse->client);
    /* A blocking publish is allowed here. */
    if (abuse->handlers++ == 0) {
        OK(test_publish(abuse->client, 2, NULL, NULL, err));
    }
    return NEXUS_ACK;
}

static void misuse_in_state(struct nexus_client *client, enum nexus_client_state state,
                            const char *reason, void *data)
{
    struct abuse *abuse = data;
    (void)reason;
    if (state != NEXUS_STATE_CLOSED) {
        misuse(client);
    }
    abuse->states++;
}

START_TEST(misuse_in_callbacks_is_refused_and_never_deadlocks)
{
    struct abuse abuse = {0};
    struct nexus_client_options *options = test_options("loop");
    struct nexus_publish_options *publish = nexus_publish_options_new();
    struct nexus_subscription *subscription = NULL;
    OK(nexus_client_options_set_state_callback(options, misuse_in_state, &abuse, err));
    abuse.client = test_client_of(options);
    OK(nexus_publish_options_set_callback(publish, misuse_in_completion, &abuse, err));
    OK(nexus_subscribe_kb_ingested(abuse.client, NULL, misuse_in_handler, &abuse, NULL,
                                   &subscription, err));
    OK(test_publish(abuse.client, 1, publish, NULL, err));
    DISPATCH_UNTIL(abuse.client, abuse.handlers == 2 && abuse.completions == 1 && abuse.states > 0);
    OK(nexus_client_close(abuse.client, TEST_LIMIT_MILLISECONDS, err));
    nexus_publish_options_destroy(publish);
    nexus_client_destroy(abuse.client);
}
END_TEST

static enum nexus_verdict destroy_in_handler(const struct nexus_kb_ingested *event,
                                             struct nexus_delivery *delivery, void *data)
{
    (void)event;
    (void)delivery;
    nexus_client_destroy(data);
    return NEXUS_ACK;
}

START_TEST(destroy_from_a_handler_takes_effect_when_dispatch_returns)
{
    struct nexus_client *client = test_client("loop");
    struct nexus_subscription *subscription = NULL;
    struct test_report report = {0};
    OK(nexus_subscribe_kb_ingested(client, NULL, destroy_in_handler, client, NULL, &subscription,
                                   err));
    test_publish_async(client, 1, &report);
    FAILS(NEXUS_E_CLOSED, nexus_client_run(client, err));
    ck_assert_int_eq(report.calls, 1);
}
END_TEST

static void destroy_in_completion(struct nexus_client *client, const struct nexus_receipt *receipt,
                                  const struct nexus_error *error, void *data)
{
    int *calls = data;
    (void)receipt;
    (void)error;
    if ((*calls)++ == 0) {
        nexus_client_destroy(client);
    }
}

START_TEST(destroy_from_a_completion_still_reports_the_others)
{
    struct nexus_client *client = test_client("loop");
    struct nexus_publish_options *options = nexus_publish_options_new();
    int calls = 0;
    OK(nexus_publish_options_set_callback(options, destroy_in_completion, &calls, err));
    for (int i = 0; i < 100; i++) {
        OK(test_publish(client, i, options, NULL, err));
    }
    nexus_publish_options_destroy(options);
    FAILS(NEXUS_E_CLOSED, nexus_client_run(client, err));
    ck_assert_int_eq(calls, 100);
}
END_TEST

START_TEST(a_closed_client_refuses_everything)
{
    struct nexus_client *client = test_client("loop");
    struct nexus_subscription *out = NULL;
    struct test_seen seen = {0};
    test_subscribe(client, NULL, &seen, NULL);
    OK(nexus_client_close(client, 1000, err));
    ck_assert_int_eq(nexus_client_state(client), NEXUS_STATE_CLOSED);
    FAILS(NEXUS_E_CLOSED, test_publish(client, 1, NULL, NULL, err));
    FAILS(NEXUS_E_CLOSED,
          nexus_subscribe_kb_ingested(client, NULL, test_on_event, &seen, NULL, &out, err));
    FAILS(NEXUS_E_CLOSED, nexus_client_dispatch(client, 0, err));
    FAILS(NEXUS_E_CLOSED, nexus_client_flush(client, 0, err));
    FAILS(NEXUS_E_CLOSED, nexus_provision(client, NULL, NULL, err));
    FAILS(NEXUS_E_CLOSED, nexus_delete_durable(client, NULL, "x", err));
    nexus_client_destroy(client);
    nexus_client_destroy(NULL);
}
END_TEST

static void child(struct nexus_client *client)
{
    struct nexus_subscription *out = NULL;
    struct nexus_error error = NEXUS_ERROR_INIT;
    char *clock = NULL;
    bool sound = test_publish(client, 1, NULL, NULL, &error) == NEXUS_E_FORK &&
                 nexus_client_dispatch(client, 0, NULL) == NEXUS_E_FORK &&
                 nexus_client_run(client, NULL) == NEXUS_E_FORK &&
                 nexus_client_flush(client, 0, NULL) == NEXUS_E_FORK &&
                 nexus_client_close(client, 0, NULL) == NEXUS_E_FORK &&
                 nexus_provision(client, NULL, NULL, NULL) == NEXUS_E_FORK &&
                 nexus_client_vector_clock(client, &clock, NULL) == NEXUS_E_FORK &&
                 nexus_subscribe_json(client, NULL, NULL, NULL, NULL, NULL, &out, NULL) < 0;
    nexus_client_destroy(client);
    _exit(sound ? 0 : 1);
}

START_TEST(a_forked_child_is_refused_and_the_parent_goes_on)
{
    struct nexus_client *client = test_client("loop");
    int status = 0;
    OK(test_publish(client, 1, NULL, NULL, err));
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        child(client);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    OK(test_publish(client, 2, NULL, NULL, err));
    ck_assert_uint_eq(test_stats(client).connects, 1);
    nexus_client_destroy(client);
}
END_TEST

struct states {
    int count;
    enum nexus_client_state seen[16];
};

static void note_state(struct nexus_client *client, enum nexus_client_state state,
                       const char *reason, void *data)
{
    struct states *states = data;
    (void)client;
    (void)reason;
    if (states->count < 16) {
        states->seen[states->count++] = state;
    }
}

START_TEST(states_follow_the_connection)
{
    struct nexus_client_options *options = test_options("loop");
    struct states states = {0};
    OK(nexus_client_options_set_state_callback(options, note_state, &states, err));
    struct nexus_client *client = test_client_of(options);
    DISPATCH_UNTIL(client,
                   states.count > 0 && states.seen[states.count - 1] == NEXUS_STATE_CONNECTED);
    test_server_kill(&test_server);
    DISPATCH_UNTIL(client, states.seen[states.count - 1] == NEXUS_STATE_RECONNECTING);
    ck_assert_int_eq(nexus_client_state(client), NEXUS_STATE_RECONNECTING);
    ck_assert(test_server_restart(&test_server));
    DISPATCH_UNTIL(client, states.seen[states.count - 1] == NEXUS_STATE_CONNECTED);
    struct nexus_client_stats stats = test_stats(client);
    ck_assert_uint_eq(stats.connects, 2);
    ck_assert_uint_eq(stats.disconnects, 1);
    OK(test_publish(client, 1, NULL, NULL, err));
    OK(nexus_client_close(client, 1000, err));
    ck_assert_int_eq(states.seen[states.count - 1], NEXUS_STATE_CLOSED);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loop");
    TCase *stream = test_case_with_stream(suite, "loop");
    tcase_add_test(stream, the_descriptor_is_readable_while_callbacks_are_due);
    tcase_add_test(stream, stop_ends_run_from_a_handler);
    tcase_add_test(stream, stop_before_run_counts_once);
    tcase_add_test(stream, stop_ends_run_from_another_thread);
    tcase_add_test(stream, a_second_dispatcher_is_refused);
    tcase_add_test(stream, misuse_in_callbacks_is_refused_and_never_deadlocks);
    tcase_add_test(stream, destroy_from_a_handler_takes_effect_when_dispatch_returns);
    tcase_add_test(stream, destroy_from_a_completion_still_reports_the_others);
    tcase_add_test(stream, a_closed_client_refuses_everything);
    tcase_add_test(stream, a_forked_child_is_refused_and_the_parent_goes_on);
    tcase_add_test(stream, states_follow_the_connection);
    return test_main(suite);
}
