/* SPDX-License-Identifier: Apache-2.0 */
/* The spool by itself: how fast events become durable, how fast they drain, what a blocking publish
 * costs, and how much memory a long backlog takes. */
#include <nexus/nexus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "test_server.h"
#include "typed.h"

static struct test_server server;
static int reported;

static void expect(int status, const struct nexus_error *err, const char *what)
{
    if (status < 0) {
        bench_die("%s: %s: %s: %s", what, nexus_status_name(status), err->where, err->message);
    }
}

static struct nexus_client *open_client(enum nexus_spool_mode mode)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_client *client = NULL;
    char path[TEST_PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/bench.spool", server.directory);
    expect(nexus_client_options_set_url(options, server.url, &err), &err, "url");
    expect(nexus_client_options_set_publish_deadline(options, 60000, &err), &err, "deadline");
    expect(nexus_client_options_set_spool(options, mode, path, &err), &err, "spool");
    expect(nexus_client_options_set_spool_rate(options, 0, &err), &err, "rate");
    expect(nexus_client_options_set_wait_for_connection(options, false, &err), &err, "wait");
    expect(nexus_client_new(options, &client, &err), &err, "connect");
    nexus_client_options_destroy(options);
    return client;
}

static void on_report(struct nexus_client *client, const struct nexus_receipt *receipt,
                      const struct nexus_error *err, void *data)
{
    (void)client;
    (void)receipt;
    (void)data;
    if (err != NULL) {
        bench_die("publish: %s: %s", nexus_status_name(err->code), err->message);
    }
    reported++;
}

/* Events per second until the last one is acked, or durable. */
static double publish(struct nexus_client *client, int count)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_publish_options *options = nexus_publish_options_new();
    expect(nexus_publish_options_set_callback(options, on_report, NULL, &err), &err, "callback");
    reported = 0;
    double start = bench_now();
    for (int i = 0; i < count; i++) {
        expect(bench_publish_typed(client, i, options, &err), &err, "publish");
        if (i % 256 == 255) {
            expect(nexus_client_dispatch(client, 0, &err), &err, "dispatch");
        }
    }
    expect(nexus_client_flush(client, 600000, &err), &err, "flush");
    double seconds = bench_now() - start;
    nexus_publish_options_destroy(options);
    if (reported != count) {
        bench_die("%d of %d reported", reported, count);
    }
    return count / seconds;
}

static double drain(struct nexus_client *client, int count)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    double start = bench_now();
    expect(nexus_client_spool_drain(client, 600000, &err), &err, "drain");
    return count / (bench_now() - start);
}

static void block(enum nexus_spool_mode mode, const char *name, int calls)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client *client = open_client(mode);
    double *times = calloc((size_t)calls, sizeof *times);
    for (int i = 0; i < calls; i++) {
        double start = bench_now();
        expect(bench_publish_typed(client, i, NULL, &err), &err, "publish");
        times[i] = bench_now() - start;
    }
    double p50 = bench_quantile(times, (size_t)calls, 0.5) * 1e6;
    double p99 = bench_quantile(times, (size_t)calls, 0.99) * 1e6;
    printf("blocking publish, %-9s  p50 %8.1f us   p99 %8.1f us\n", name, p50, p99);
    free(times);
    expect(nexus_client_spool_drain(client, 600000, &err), &err, "drain");
    nexus_client_destroy(client);
}

/* A level of this process's memory in MB, from /proc. */
static double memory(const char *field)
{
    char line[256];
    double kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, field, strlen(field)) == 0) {
            kilobytes = strtod(line + strlen(field) + 1, NULL);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kilobytes / 1024;
}

static void backlog(int count)
{
    struct nexus_client *client;
    double anonymous = memory("RssAnon");
    test_server_kill(&server);
    client = open_client(NEXUS_SPOOL_ALWAYS);
    double rate = publish(client, count);
    printf("append, server away: %d events, %.0f/s\n", count, rate);
    printf("memory with the backlog: peak %.1f MB, now %.1f MB, of these not shared with files "
           "%.1f MB (%.1f MB before)\n",
           memory("VmHWM"), memory("VmRSS"), memory("RssAnon"), anonymous);
    if (!test_server_restart(&server)) {
        bench_die("the server does not start again");
    }
    while (nexus_client_state(client) != NEXUS_STATE_CONNECTED) {
        nexus_client_dispatch(client, 5, NULL);
    }
    printf("drain: %.0f/s\n", drain(client, count));
    printf("memory after the drain: peak %.1f MB\n", memory("VmHWM"));
    nexus_client_destroy(client);
}

int main(int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int count = argc > 1 ? atoi(argv[1]) : 200000;
    int calls = count / 100 < 2000 ? count / 100 + 10 : 2000;
    if (!test_server_start(&server, NULL)) {
        return EXIT_FAILURE;
    }
    struct nexus_client *client = open_client(NEXUS_SPOOL_OFF);
    expect(nexus_provision(client, NULL, NULL, &err), &err, "provision");
    double live = publish(client, count);
    nexus_client_destroy(client);
    printf("live, no spool: %.0f/s\n", live);
    client = open_client(NEXUS_SPOOL_ALWAYS);
    double rate = publish(client, count);
    printf("append, server there: %.0f/s", rate);
    printf(", and the rest drained at %.0f/s\n", drain(client, count));
    nexus_client_destroy(client);
    block(NEXUS_SPOOL_OFF, "no spool", calls);
    block(NEXUS_SPOOL_ON_OUTAGE, "on-outage", calls);
    block(NEXUS_SPOOL_ALWAYS, "always", calls);
    backlog(argc > 2 ? atoi(argv[2]) : count);
    test_server_stop(&server);
    return EXIT_SUCCESS;
}
