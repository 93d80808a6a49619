/* SPDX-License-Identifier: Apache-2.0 */
/* The server is killed and started again while events are published and handled. What a publish
 * call or a completion said was stored is in the stream, once, and in order. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

#define KILLS        6
#define BETWEEN      400 /* events stored between two kills, at least */
#define PER_ROUND    12000
#define EVENTS_LIMIT ((KILLS + 1) * PER_ROUND)
#define ID_SIZE      NEXUS_MESSAGE_ID_SIZE

/* What the publishing threads are told: to end, and how many events they may have published.
 * Without the second a fast machine would have published everything before the last kill. */
struct control {
    atomic_int stop;
    atomic_int allowed;
};

struct publisher {
    pthread_t thread;
    struct nexus_client *client;
    const char *tenant;
    struct control *control;
    int count;
    struct test_report *events;
};

static struct nexus_client *patient_client(const char *service)
{
    struct nexus_client_options *options = test_options(service);
    OK(nexus_client_options_set_publish_deadline(options, TEST_LIMIT_MILLISECONDS, err));
    OK(nexus_client_options_set_ack_timeout(options, 500, err));
    return test_client_of(options);
}

/* Whether to publish one more; waits until that is decided. */
static bool may_go_on(const struct publisher *publisher)
{
    while (publisher->count >= atomic_load(&publisher->control->allowed) &&
           !atomic_load(&publisher->control->stop)) {
        poll(NULL, 0, 1);
    }
    return !atomic_load(&publisher->control->stop);
}

static void *publish_blocking(void *data)
{
    struct publisher *publisher = data;
    while (may_go_on(publisher)) {
        struct test_report *report = &publisher->events[publisher->count];
        struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
        report->code = test_publish_for(publisher->client, publisher->tenant, publisher->count,
                                        NULL, &receipt, NULL);
        report->calls = 1;
        report->sequence = receipt.sequence;
        memcpy(report->message_id, receipt.message_id, ID_SIZE);
        publisher->count++;
    }
    return NULL;
}

static void *publish_async(void *data)
{
    struct publisher *publisher = data;
    struct nexus_publish_options *options = nexus_publish_options_new();
    while (may_go_on(publisher)) {
        struct test_report *report = &publisher->events[publisher->count];
        OK(nexus_publish_options_set_callback(options, test_on_report, report, err));
        OK(test_publish_for(publisher->client, publisher->tenant, publisher->count, options, NULL,
                            err));
        publisher->count++;
    }
    nexus_publish_options_destroy(options);
    return NULL;
}

/* Kills the server each time enough new events were stored, KILLS times. */
static void kill_again_and_again(struct nexus_client *client, struct control *control)
{
    for (int i = 0; i < KILLS; i++) {
        uint64_t goal = test_stats(client).acked + BETWEEN;
        DISPATCH_UNTIL(client, test_stats(client).acked >= goal);
        test_server_kill(&test_server);
        DISPATCH_UNTIL(client, nexus_client_state(client) == NEXUS_STATE_RECONNECTING);
        ck_assert(test_server_restart(&test_server));
        atomic_fetch_add(&control->allowed, PER_ROUND);
    }
    uint64_t goal = test_stats(client).acked + BETWEEN;
    DISPATCH_UNTIL(client, test_stats(client).acked >= goal);
    atomic_store(&control->stop, 1);
}

/* ---- what is in the stream ---- */

struct stored {
    int count;
    char (*ids)[ID_SIZE];
    int64_t last[2]; /* the last number of each tenant, for the order */
};

static void note_stored(natsMsg *message, void *data)
{
    struct stored *stored = data;
    const char *id = NULL;
    ck_assert_int_eq(natsMsgHeader_Get(message, "Nats-Msg-Id", &id), NATS_OK);
    ck_assert_int_lt(stored->count, 2 * EVENTS_LIMIT);
    strncpy(stored->ids[stored->count++], id, ID_SIZE - 1);
    int tenant = strstr(natsMsg_GetSubject(message), "salon-002") != NULL;
    const char *number = strstr(natsMsg_GetData(message), "\"facts_extracted\":");
    ck_assert_ptr_nonnull(number);
    int64_t value = strtoll(number + strlen("\"facts_extracted\":"), NULL, 10);
    ck_assert_msg(value > stored->last[tenant], "event %lld of tenant %d comes after %lld",
                  (long long)value, tenant, (long long)stored->last[tenant]);
    stored->last[tenant] = value;
}

static int compare_ids(const void *left, const void *right)
{
    return strcmp(left, right);
}

static void read_stream(struct stored *stored)
{
    struct test_raw raw;
    stored->count = 0;
    stored->ids = calloc(2 * EVENTS_LIMIT, ID_SIZE);
    stored->last[0] = stored->last[1] = -1;
    test_raw_open(&raw, test_server.url);
    test_raw_each(&raw, "NEXUS", note_stored, stored);
    test_raw_close(&raw);
    qsort(stored->ids, (size_t)stored->count, ID_SIZE, compare_ids);
    for (int i = 1; i < stored->count; i++) {
        ck_assert_msg(strcmp(stored->ids[i - 1], stored->ids[i]) != 0, "%s is stored twice",
                      stored->ids[i]);
    }
}

static void expect_stored(const struct publisher *publisher, const struct stored *stored)
{
    for (int i = 0; i < publisher->count; i++) {
        const struct test_report *report = &publisher->events[i];
        ck_assert_int_eq(report->calls, 1);
        ck_assert_msg(report->code == NEXUS_OK, "event %d: %s", i, nexus_status_name(report->code));
        ck_assert_msg(bsearch(report->message_id, stored->ids, (size_t)stored->count, ID_SIZE,
                              compare_ids) != NULL,
                      "event %d (%s) was reported as stored, and is not there", i,
                      report->message_id);
    }
}

static void start(struct publisher *publisher, struct nexus_client *client, const char *tenant,
                  struct control *control, void *(*work)(void *))
{
    publisher->client = client;
    publisher->tenant = tenant;
    publisher->control = control;
    publisher->events = calloc(EVENTS_LIMIT, sizeof *publisher->events);
    ck_assert_int_eq(pthread_create(&publisher->thread, NULL, work, publisher), 0);
}

START_TEST(what_was_acknowledged_is_stored_once)
{
    struct nexus_client *client = patient_client("publisher");
    struct publisher blocking = {0};
    struct publisher async = {0};
    struct stored stored;
    struct control control = {.allowed = PER_ROUND};
    start(&blocking, client, "salon-001", &control, publish_blocking);
    start(&async, client, "salon-002", &control, publish_async);
    kill_again_and_again(client, &control);
    /* The threads may be waiting for room, which completions make on this one. */
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(pthread_join(blocking.thread, NULL), 0);
    ck_assert_int_eq(pthread_join(async.thread, NULL), 0);
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    read_stream(&stored);
    expect_stored(&blocking, &stored);
    expect_stored(&async, &stored);
    struct nexus_client_stats stats = test_stats(client);
    ck_assert_int_eq(stored.count, blocking.count + async.count);
    ck_assert_uint_eq(stats.acked, (uint64_t)stored.count);
    ck_assert_uint_eq(stats.disconnects, KILLS);
    nexus_client_destroy(client);
    free(blocking.events);
    free(async.events);
    free(stored.ids);
}
END_TEST

/* Kills with so little time to answer that publishes fail: what they say must be true still. */
START_TEST(what_failed_is_stored_at_most_once)
{
    struct nexus_client_options *options = test_options("publisher");
    OK(nexus_client_options_set_publish_deadline(options, 100, err));
    OK(nexus_client_options_set_ack_timeout(options, 50, err));
    struct nexus_client *client = test_client_of(options);
    struct publisher blocking = {0};
    struct stored stored;
    struct control control = {.allowed = PER_ROUND};
    int acknowledged = 0;
    start(&blocking, client, "salon-001", &control, publish_blocking);
    kill_again_and_again(client, &control);
    ck_assert_int_eq(pthread_join(blocking.thread, NULL), 0);
    read_stream(&stored);
    for (int i = 0; i < blocking.count; i++) {
        const struct test_report *report = &blocking.events[i];
        bool found = bsearch(report->message_id, stored.ids, (size_t)stored.count, ID_SIZE,
                             compare_ids) != NULL;
        ck_assert(report->code == NEXUS_OK || report->code == NEXUS_E_TIMEOUT);
        ck_assert(report->code != NEXUS_OK || found);
        acknowledged += report->code == NEXUS_OK;
    }
    ck_assert_int_ge(acknowledged, KILLS * BETWEEN);
    nexus_client_destroy(client);
    free(blocking.events);
    free(stored.ids);
}
END_TEST

START_TEST(every_event_is_handled_although_the_server_dies)
{
    struct nexus_client *client = patient_client("handler");
    struct publisher blocking = {0};
    struct test_seen *seen = calloc(1, sizeof *seen);
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct control control = {.allowed = PER_ROUND};
    OK(nexus_subscribe_options_set_ack_wait(options, 2000, err));
    test_subscribe(client, NULL, seen, options);
    start(&blocking, client, "salon-001", &control, publish_blocking);
    kill_again_and_again(client, &control);
    ck_assert_int_eq(pthread_join(blocking.thread, NULL), 0);
    bool *handled = calloc((size_t)blocking.count, sizeof *handled);
    int distinct = 0;
    int looked = 0;
    int64_t deadline = test_now() + TEST_LIMIT_MILLISECONDS;
    while (distinct < blocking.count) {
        ck_assert_msg(test_now() < deadline, "%d of %d handled", distinct, blocking.count);
        test_dispatch(client, 50);
        for (; looked < seen->count; looked++) {
            distinct += !handled[seen->numbers[looked]];
            handled[seen->numbers[looked]] = true;
        }
    }
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(client);
    free(blocking.events);
    free(handled);
    free(seen);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crash");
    TCase *stream = test_case_with_stream(suite, "crash");
    tcase_add_test(stream, what_was_acknowledged_is_stored_once);
    tcase_add_test(stream, what_failed_is_stored_at_most_once);
    tcase_add_test(stream, every_event_is_handled_although_the_server_dies);
    return test_main(suite);
}
