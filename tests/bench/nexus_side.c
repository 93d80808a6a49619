/* SPDX-License-Identifier: Apache-2.0 */
/* The library as its examples use it: a typed struct for each event, a typed handler. */
#include <nexus/nexus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "typed.h"

#define PATIENCE 60000

static struct nexus_client *clients[3], *client; /* by kind of signing, and the one in use */
static int kind;
static int reported;

static void expect(int status, const struct nexus_error *err, const char *what)
{
    if (status < 0) {
        bench_die("nexus %s: %s: %s: %s", what, nexus_status_name(status), err->where,
                  err->message);
    }
}

/* What is published is signed, and what is received is verified, with the same key. */
static void sign_and_trust(struct nexus_client_options *options)
{
    static const char *const subjects[] = {"nexus.>", NULL};
    static struct nexus_signer *signer;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
    struct nexus_trust *trust = NULL;
    char *key = NULL;
    rule.subjects = subjects;
    if (signer == NULL) {
        expect(nexus_signer_generate(NULL, &signer, &err), &err, "key");
    }
    expect(nexus_signer_public(signer, NEXUS_KEY_JWK, &key, &err), &err, "key");
    expect(nexus_trust_new(&trust, &err), &err, "trust");
    expect(nexus_trust_add(trust, key, &rule, &err), &err, "trust");
    expect(nexus_client_options_set_signer(options, signer, (enum nexus_signing)kind, &err), &err,
           "signer");
    expect(nexus_client_options_set_trust(options, trust, NEXUS_TRUST_REQUIRE, &err), &err,
           "trust");
    nexus_trust_destroy(trust);
    nexus_free(key);
}

static struct nexus_client *connect_client(const char *url)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client *made = NULL;
    struct nexus_client_options *options = nexus_client_options_new();
    expect(nexus_client_options_set_url(options, url, &err), &err, "url");
    expect(nexus_client_options_set_service(options, "bench", &err), &err, "service");
    expect(nexus_client_options_set_publish_deadline(options, PATIENCE, &err), &err, "deadline");
    if (kind != 0) {
        sign_and_trust(options);
    }
    expect(nexus_client_new(options, &made, &err), &err, "connect");
    nexus_client_options_destroy(options);
    return made;
}

void bench_nexus_use(int signing)
{
    kind = signing;
    client = clients[kind];
}

void bench_nexus_sample(const char *url)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client *publisher = connect_client(url);
    expect(bench_publish_typed(publisher, 1, NULL, &err), &err, "publish");
    nexus_client_destroy(publisher);
}

static void open_nexus(const char *url, const struct bench_event *event)
{
    (void)event;
    client = clients[kind] = connect_client(url);
}

static void close_nexus(void)
{
    nexus_client_destroy(client);
}

static void on_report(struct nexus_client *publisher, const struct nexus_receipt *receipt,
                      const struct nexus_error *err, void *data)
{
    (void)publisher;
    (void)receipt;
    (void)data;
    if (err != NULL) {
        bench_die("nexus publish: %s: %s", nexus_status_name(err->code), err->message);
    }
    reported++;
}

static void publish_async(int count, struct bench_round *round)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_publish_options *options = nexus_publish_options_new();
    expect(nexus_publish_options_set_callback(options, on_report, NULL, &err), &err, "callback");
    reported = 0;
    bench_begin(round);
    for (int i = 0; i < count; i++) {
        expect(bench_publish_typed(client, i, options, &err), &err, "publish");
        if (i % 256 == 255) {
            expect(nexus_client_dispatch(client, 0, &err), &err, "dispatch");
        }
    }
    expect(nexus_client_flush(client, PATIENCE, &err), &err, "flush");
    bench_end(round);
    nexus_publish_options_destroy(options);
    if (reported != count) {
        bench_die("nexus: %d of %d reported", reported, count);
    }
}

static void publish_blocking(int count, struct bench_round *round)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    double *times = calloc((size_t)count, sizeof *times);
    bench_begin(round);
    for (int i = 0; i < count; i++) {
        double start = bench_now();
        expect(bench_publish_typed(client, i, NULL, &err), &err, "publish");
        times[i] = bench_now() - start;
    }
    bench_end(round);
    round->p50 = bench_quantile(times, (size_t)count, 0.5);
    round->p99 = bench_quantile(times, (size_t)count, 0.99);
    free(times);
}

static void consume(int count, const char *durable, struct bench_round *round)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *subscription = NULL;
    struct bench_tally tally = {0};
    expect(nexus_subscribe_options_set_durable(options, durable, &err), &err, "durable");
    bench_begin(round);
    expect(bench_subscribe_typed(client, &tally, options, &subscription, &err), &err, "subscribe");
    while (tally.count < count) {
        expect(nexus_client_dispatch(client, PATIENCE, &err), &err, "dispatch");
    }
    bench_end(round);
    if (tally.count != count || tally.wrong != 0) {
        bench_die("nexus: %d of %d received, %d wrong", tally.count, count, tally.wrong);
    }
    /* The acks are on their way; the subscription must outlive them for the count of what is open.
     */
    nexus_subscription_destroy(subscription);
    nexus_subscribe_options_destroy(options);
}

const struct bench_side bench_nexus = {
    "nexus", 0, open_nexus, close_nexus, publish_async, publish_blocking, consume,
};
const struct bench_side bench_nexus_auto = {
    "signed", NEXUS_SIGNING_AUTO, open_nexus, close_nexus, publish_async, publish_blocking, consume,
};
const struct bench_side bench_nexus_single = {
    "singly",      NEXUS_SIGNING_SINGLE, open_nexus, close_nexus,
    publish_async, publish_blocking,     consume,
};
