/* SPDX-License-Identifier: Apache-2.0 */
/* What a client costs in memory and threads. Each runs in a process of its own, with nothing in it
 * but the library, and prints what the kernel says. */
#include <nexus/nexus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "typed.h"

#define PATIENCE 60000

static struct nexus_client *connect_client(const char *url)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client *client = NULL;
    struct nexus_client_options *options = nexus_client_options_new();
    if (nexus_client_options_set_url(options, url, &err) != NEXUS_OK ||
        nexus_client_options_set_publish_deadline(options, PATIENCE, &err) != NEXUS_OK ||
        nexus_client_new(options, &client, &err) != NEXUS_OK) {
        bench_die("connect: %s", err.message);
    }
    nexus_client_options_destroy(options);
    return client;
}

static void on_report(struct nexus_client *client, const struct nexus_receipt *receipt,
                      const struct nexus_error *err, void *data)
{
    (void)client;
    (void)receipt;
    if (err != NULL) {
        bench_die("publish: %s", err->message);
    }
    ++*(int *)data;
}

static void publish_many(struct nexus_client *client, int count)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_publish_options *options = nexus_publish_options_new();
    int reported = 0;
    nexus_publish_options_set_callback(options, on_report, &reported, NULL);
    for (int i = 0; i < count; i++) {
        if (bench_publish_typed(client, i, options, &err) != NEXUS_OK ||
            (i % 256 == 255 && nexus_client_dispatch(client, 0, &err) < 0)) {
            bench_die("publish: %s", err.message);
        }
    }
    if (nexus_client_flush(client, PATIENCE, &err) != NEXUS_OK || reported != count) {
        bench_die("flush: %d of %d: %s", reported, count, err.message);
    }
    nexus_publish_options_destroy(options);
}

static void consume_many(struct nexus_client *client, int count)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_subscription *subscription = NULL;
    struct bench_tally tally = {0};
    if (bench_subscribe_typed(client, &tally, NULL, &subscription, &err) != NEXUS_OK) {
        bench_die("subscribe: %s", err.message);
    }
    while (tally.count < count) {
        if (nexus_client_dispatch(client, PATIENCE, &err) < 0) {
            bench_die("dispatch: %s", err.message);
        }
    }
    if (tally.count != count || tally.wrong != 0) {
        bench_die("%d of %d received, %d wrong", tally.count, count, tally.wrong);
    }
}

int bench_memory(const char *url, int count)
{
    struct nexus_client *client = connect_client(url);
    publish_many(client, count);
    long published = bench_status("VmHWM");
    consume_many(client, count);
    long consumed = bench_status("VmHWM");
    nexus_client_destroy(client);
    printf("memory: %d events through one client: peak %.1f MB after publishing, %.1f MB after "
           "consuming them too\n",
           count, (double)published / 1024, (double)consumed / 1024);
    return EXIT_SUCCESS;
}

int bench_idle(const char *url)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_subscription *subscription = NULL;
    struct bench_tally tally = {0};
    long before = bench_status("VmRSS");
    struct nexus_client *client = connect_client(url);
    if (bench_subscribe_typed(client, &tally, NULL, &subscription, &err) != NEXUS_OK) {
        bench_die("subscribe: %s", err.message);
    }
    nexus_client_dispatch(client, 1000, NULL);
    printf("idle: connected and subscribed: %.1f MB resident (%.1f MB before the client was made), "
           "of these %.1f MB not shared with files; %ld threads\n",
           (double)bench_status("VmRSS") / 1024, (double)before / 1024,
           (double)bench_status("RssAnon") / 1024, bench_status("Threads"));
    nexus_client_destroy(client);
    return EXIT_SUCCESS;
}
