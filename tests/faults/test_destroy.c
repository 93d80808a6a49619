/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a client at any moment: from each of its callbacks, whoever runs it, and at each stage
 * of its life. Every accepted event is reported once, nothing is used after it is freed, nothing
 * hangs. Seeded; NEXUS_TEST_SEED repeats a run, NEXUS_TEST_LONG makes it longer. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "harness.h"
#include "raw.h"
#include "simple.h"

#define EVENTS   40
#define DEFERRED 16
#define THREADS  4

/* What destroys the client. */
enum source {
    HANDLER,
    COMPLETION,
    STATE,
    POISON,
    TROUBLE, /* the subscription's error callback */
    SOURCES
};

/* What the callbacks run in. */
enum runner { DISPATCH, RUN, FLUSH, CLOSE, RUNNERS };

/* What is destroyed, in which order. */
enum target { CLIENT, SUBSCRIPTION_FIRST, SUBSCRIPTION_AFTER, SUBSCRIPTION_ONLY, TARGETS };

struct life {
    struct nexus_client *client;
    struct nexus_subscription *subscription;
    enum source source;
    enum target target;
    unsigned after; /* calls of the source that pass before */
    bool asked;     /* it has been done */
    int handled;
    struct test_report reports[EVENTS];
    struct nexus_delivery *deferred[DEFERRED];
    int deferred_count;
};

static struct dice dice;

static unsigned roll(unsigned sides)
{
    return dice_roll(&dice, sides);
}

static unsigned rounds(unsigned few)
{
    return getenv("NEXUS_TEST_LONG") ? few * 20 : few;
}

static void seed(void)
{
    const char *text = getenv("NEXUS_TEST_SEED");
    dice.state = text ? strtoull(text, NULL, 10) : 1;
}

static void end(struct life *life)
{
    life->asked = true;
    if (life->target == SUBSCRIPTION_FIRST || life->target == SUBSCRIPTION_ONLY)
        nexus_subscription_destroy(life->subscription);
    if (life->target != SUBSCRIPTION_ONLY)
        nexus_client_destroy(life->client);
    if (life->target == SUBSCRIPTION_AFTER)
        nexus_subscription_destroy(life->subscription);
}

static void reached(struct life *life, enum source source)
{
    if (life->source == source && !life->asked && life->after-- == 0)
        end(life);
}

static enum nexus_verdict on_event(const struct nexus_kb_ingested *event,
                                   struct nexus_delivery *delivery, void *data)
{
    struct life *life = data;
    (void)event;
    life->handled++;
    reached(life, HANDLER);
    if (life->deferred_count < DEFERRED && roll(4) == 0) {
        life->deferred[life->deferred_count++] = delivery;
        return NEXUS_DEFER;
    }
    return roll(5) ? NEXUS_ACK : NEXUS_RETRY;
}

struct ended {
    struct life *life;
    struct test_report *report;
};

static void on_end(struct nexus_client *client, const struct nexus_receipt *receipt,
                   const struct nexus_error *err, void *data)
{
    struct ended *ended = data;
    struct life *life = ended->life;
    test_on_report(client, receipt, err, ended->report);
    free(ended);
    reached(life, COMPLETION);
}

static void on_state(struct nexus_client *client, enum nexus_client_state state, const char *reason,
                     void *data)
{
    (void)client;
    (void)state;
    (void)reason;
    reached(data, STATE);
}

static void on_poison(struct nexus_subscription *subscription, const struct nexus_poison *poison,
                      void *data)
{
    (void)subscription;
    (void)poison;
    reached(data, POISON);
}

static void on_trouble(struct nexus_subscription *subscription, const struct nexus_error *err,
                       void *data)
{
    (void)subscription;
    (void)err;
    reached(data, TROUBLE);
}

/* ---- a life */

static void be_born(struct life *life, const char *service)
{
    struct nexus_client_options *options = test_options(service);
    OK(nexus_client_options_set_state_callback(options, on_state, life, err));
    OK(nexus_client_options_set_wait_for_connection(options, roll(2) == 0, err));
    life->client = test_client_of(options);
}

static void listen_to_all(struct life *life)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    OK(nexus_subscribe_options_set_poison_callback(options, on_poison, life, err));
    OK(nexus_subscribe_options_set_error_callback(options, on_trouble, life, err));
    OK(nexus_subscribe_options_set_retry_delay(options, 10, err));
    OK(nexus_subscribe_kb_ingested(life->client, NULL, on_event, life, options, &life->subscription,
                                   err));
    nexus_subscribe_options_destroy(options);
}

static void publish_some(struct life *life)
{
    struct nexus_publish_options *options = nexus_publish_options_new();
    for (int i = 0; i < EVENTS; i++) {
        struct ended *ended = malloc(sizeof *ended);
        ck_assert_ptr_nonnull(ended);
        *ended = (struct ended){life, &life->reports[i]};
        OK(nexus_publish_options_set_callback(options, on_end, ended, err));
        OK(test_publish(life->client, i, options, NULL, err));
    }
    nexus_publish_options_destroy(options);
}

/* Lets the callbacks run until the client is gone, or nothing more is to come. */
static void live(struct life *life, enum runner runner)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int code = NEXUS_OK;

    if (runner == CLOSE) {
        code = nexus_client_close(life->client, 2000, &err);
    } else if (runner == FLUSH) {
        code = nexus_client_flush(life->client, 2000, &err);
    } else {
        int64_t deadline = test_now() + TEST_LIMIT_MILLISECONDS;
        while (code >= 0 && !life->asked) {
            ck_assert_msg(test_now() < deadline, "source %d was never called", (int)life->source);
            code = nexus_client_dispatch(life->client, 20, &err);
        }
    }
    if (life->asked && life->target != SUBSCRIPTION_ONLY)
        ck_assert_int_eq(code, NEXUS_E_CLOSED);
    else
        nexus_client_destroy(life->client);
}

static void *settle_late(void *data)
{
    struct life *life = data;
    for (int i = 0; i < life->deferred_count; i++)
        nexus_delivery_settle(life->deferred[i], i % 2 ? NEXUS_ACK : NEXUS_RETRY, NULL);
    return NULL;
}

static void be_buried(struct life *life)
{
    pthread_t other;
    for (int i = 0; i < EVENTS; i++)
        ck_assert_int_eq(life->reports[i].calls, 1);
    ck_assert_int_eq(pthread_create(&other, NULL, settle_late, life), 0);
    pthread_join(other, NULL);
}

/* What makes a source speak. */
static void provoke(const struct life *life, struct test_raw *raw)
{
    if (life->source == POISON)
        for (int i = 0; i < 5; i++)
            test_raw_text(raw, TEST_SIMPLE_SUBJECT, "{\"bad\":");
    if (life->source == TROUBLE)
        test_raw_delete_consumer(raw, "NEXUS", nexus_subscription_durable(life->subscription));
}

static void one_life(struct test_raw *raw, unsigned number, enum source source, enum runner runner,
                     enum target target)
{
    struct life *life = calloc(1, sizeof *life);
    char service[32];
    ck_assert_ptr_nonnull(life);
    life->source = source;
    life->target = target;
    life->after = source == STATE || source == TROUBLE ? 0 : roll(4);
    snprintf(service, sizeof service, "life%u", number);
    be_born(life, service);
    listen_to_all(life);
    publish_some(life);
    provoke(life, raw);
    live(life, runner);
    be_buried(life);
    free(life);
}

START_TEST(from_each_callback)
{
    struct test_raw raw;
    unsigned number = 0;
    seed();
    test_raw_open(&raw, test_server.url);
    for (unsigned round = 0; round < rounds(1); round++)
        for (unsigned source = 0; source < TROUBLE; source++)
            for (unsigned target = 0; target < TARGETS; target++)
                one_life(&raw, number++, source, DISPATCH, target);
    /* It takes silence to notice, hence once. */
    one_life(&raw, number, TROUBLE, DISPATCH, roll(TARGETS));
    test_raw_close(&raw);
}
END_TEST

/* flush() and close() run completions, and close() tells the last state. */
START_TEST(from_callbacks_inside_flush_and_close)
{
    struct test_raw raw;
    unsigned number = 0;
    seed();
    test_raw_open(&raw, test_server.url);
    for (unsigned round = 0; round < rounds(1); round++)
        for (unsigned runner = FLUSH; runner < RUNNERS; runner++)
            for (unsigned target = 0; target < TARGETS; target++)
                one_life(&raw, number++, COMPLETION, runner, target);
    test_raw_close(&raw);
}
END_TEST

/* ---- stages */

static void pause_a_moment(void)
{
    poll(NULL, 0, (int)roll(12));
}

/* How far a life gets before it ends from outside. */
static void until_stage(struct life *life, unsigned stage)
{
    if (stage >= 1)
        pause_a_moment();
    if (stage >= 2)
        listen_to_all(life);
    if (stage >= 3)
        publish_some(life);
    if (stage >= 4)
        for (unsigned i = roll(6); i > 0; i--)
            test_dispatch(life->client, (int)roll(10));
    if (stage == 5)
        nexus_client_close(life->client, (int)roll(20), NULL);
}

START_TEST(at_each_stage)
{
    seed();
    for (unsigned number = 0; number < rounds(30); number++) {
        struct life *life = calloc(1, sizeof *life);
        unsigned stage = number % 6;
        char service[32];
        ck_assert_ptr_nonnull(life);
        life->source = SOURCES;
        snprintf(service, sizeof service, "stage%u", number);
        be_born(life, service);
        until_stage(life, stage);
        if (stage >= 2 && roll(3) == 0)
            nexus_subscription_destroy(life->subscription);
        nexus_client_destroy(life->client);
        if (stage >= 3)
            be_buried(life);
        free(life);
    }
}
END_TEST

/* The server goes and comes while clients are born and die. */
START_TEST(while_the_server_comes_and_goes)
{
    seed();
    for (unsigned number = 0; number < rounds(12); number++) {
        struct life *life = calloc(1, sizeof *life);
        ck_assert_ptr_nonnull(life);
        life->source = SOURCES;
        be_born(life, "weather");
        if (number % 2)
            listen_to_all(life);
        test_server_kill(&test_server);
        if (roll(2))
            pause_a_moment();
        publish_some(life);
        if (number % 3 == 0)
            test_dispatch(life->client, (int)roll(30));
        if (number % 3 == 1)
            nexus_client_destroy(life->client);
        ck_assert(test_server_restart(&test_server));
        if (number % 3 != 1) {
            pause_a_moment();
            nexus_client_destroy(life->client);
        }
        be_buried(life);
        free(life);
    }
}
END_TEST

/* ---- close() while other threads are inside a publish that waits */

struct crowd {
    struct nexus_client *client;
    atomic_int inside;
    atomic_int strange;
};

static void *publish_until_closed(void *data)
{
    struct crowd *crowd = data;
    int code = NEXUS_OK;
    atomic_fetch_add(&crowd->inside, 1);
    for (int i = 0; code == NEXUS_OK; i++)
        code = test_publish(crowd->client, i, NULL, NULL, NULL);
    if (code != NEXUS_E_CLOSED)
        atomic_fetch_add(&crowd->strange, 1);
    return NULL;
}

START_TEST(close_while_others_publish)
{
    seed();
    for (unsigned number = 0; number < rounds(10); number++) {
        struct crowd crowd = {.client = test_client("crowd")};
        pthread_t threads[THREADS];
        for (int i = 0; i < THREADS; i++)
            ck_assert_int_eq(pthread_create(&threads[i], NULL, publish_until_closed, &crowd), 0);
        WAIT_UNTIL(atomic_load(&crowd.inside) == THREADS);
        pause_a_moment();
        nexus_client_close(crowd.client, number % 2 ? 5000 : 0, NULL);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        ck_assert_int_eq(atomic_load(&crowd.strange), 0);
        nexus_client_destroy(crowd.client);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("destroy");
    TCase *stream = test_case_with_stream(suite, "with a stream");
    tcase_add_test(stream, from_each_callback);
    tcase_add_test(stream, from_callbacks_inside_flush_and_close);
    tcase_add_test(stream, at_each_stage);
    tcase_add_test(stream, while_the_server_comes_and_goes);
    tcase_add_test(stream, close_while_others_publish);
    return test_main(suite);
}
