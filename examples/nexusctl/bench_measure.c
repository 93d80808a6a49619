/* SPDX-License-Identifier: Apache-2.0 */
/* The three measurements: blocking publishes, asynchronous publishes, handling. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "command.h"
#include "report.h"
#include "scan.h"
#include "signals.h"

#define CHANNEL      "kbSearched"
#define TENANT       "bench"
#define BLOCKING_MAX 5000

struct run {
    const struct bench *bench;
    struct nexus_client *client;
    char *payload;
    double *latencies; /* seconds, of the blocking publishes */
    int64_t blocking;
    int64_t acked;
    int64_t failed;
    uint64_t first; /* the stream's number of the first asynchronous event, at least */
    double handled_from, handled_to;
    int64_t handled;
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double cpu(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static char *make_payload(int64_t size)
{
    static const char frame[] = "{\"results_count\":3,\"top_score\":0.87,\"query\":\"%s\"}";
    size_t length = (size_t)size - (sizeof(frame) - 3);
    char *text = malloc((size_t)size + 1), *query = calloc(length + 1, 1);

    if (text && query) {
        memset(query, 'q', length);
        snprintf(text, (size_t)size + 1, frame, query);
    }
    free(query);
    return text;
}

static void print_step(const char *step, const char *words, int64_t events, double seconds,
                       double cpu_seconds)
{
    double rate = seconds > 0 ? (double)events / seconds : 0;
    double each = events ? cpu_seconds / (double)events * 1e6 : 0;

    report_progress_end();
    if (command_json())
        printf("{\"step\":\"%s\",\"events\":%" PRId64
               ",\"seconds\":%.6f,\"events_per_second\":%.0f,"
               "\"cpu_us_per_event\":%.2f",
               step, events, seconds, rate, each);
    else
        printf("%-22s %9.0f events/s  %6.1f us of client CPU each", words, rate, each);
}

static void end_step(void)
{
    puts(command_json() ? "}" : "");
    fflush(stdout);
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static int publish_blocking(struct run *run, struct nexus_error *err)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    double began = now(), cpu_began = cpu();
    int64_t done = 0;

    for (; done < run->blocking && !signals_stopped(); done++) {
        double start = now();
        int code =
            nexus_publish_json(run->client, CHANNEL, TENANT, run->payload, NULL, &receipt, err);
        if (code)
            return report(err);
        run->latencies[done] = now() - start;
        run->first = receipt.sequence + 1;
        report_progress("blocking: %" PRId64 " of %" PRId64, done, run->blocking);
    }
    if (signals_stopped())
        return CTL_INTERRUPTED;
    print_step("publish_blocking", "blocking publish", done, now() - began, cpu() - cpu_began);
    qsort(run->latencies, (size_t)done, sizeof(double), by_size);
    printf(command_json() ? ",\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f"
                          : "  p50 %.3f ms, p99 %.3f ms, max %.3f ms",
           run->latencies[done / 2] * 1e3, run->latencies[done * 99 / 100] * 1e3,
           run->latencies[done - 1] * 1e3);
    end_step();
    return CTL_OK;
}

static void on_published(struct nexus_client *client, const struct nexus_receipt *receipt,
                         const struct nexus_error *err, void *data)
{
    struct run *run = data;

    (void)client, (void)receipt;
    if (!err) {
        run->acked++;
        return;
    }
    if (run->failed++ == 0)
        report(err);
}

static int publish_events(struct run *run, const struct nexus_publish_options *options,
                          struct nexus_error *err)
{
    int code = NEXUS_OK;

    for (int64_t i = 0; !code && i < run->bench->events && !signals_stopped(); i++) {
        code = nexus_publish_json(run->client, CHANNEL, TENANT, run->payload, options, NULL, err);
        if (!code && i % 256 == 255) {
            int done = nexus_client_dispatch(run->client, 0, err);
            code = done < 0 ? done : NEXUS_OK;
            report_progress("asynchronous: %" PRId64 " of %" PRId64, i, run->bench->events);
        }
    }
    return code ? code : nexus_client_flush(run->client, -1, err);
}

static int publish_async(struct run *run, struct nexus_error *err)
{
    struct nexus_publish_options *options = nexus_publish_options_new();
    double began = now(), cpu_began = cpu();
    int code = options ? nexus_publish_options_set_callback(options, on_published, run, err)
                       : NEXUS_E_MEMORY;

    if (!code)
        code = publish_events(run, options, err);
    nexus_publish_options_destroy(options);
    if (code)
        return report(err);
    if (signals_stopped())
        return CTL_INTERRUPTED;
    print_step("publish_async", "asynchronous publish", run->acked, now() - began,
               cpu() - cpu_began);
    end_step();
    return run->failed ? CTL_FAILED : CTL_OK;
}

static bool on_event(const struct nexus_delivery *delivery, void *data)
{
    struct run *run = data;

    (void)delivery;
    if (run->handled++ == 0)
        run->handled_from = now();
    run->handled_to = now();
    return run->handled < run->bench->events;
}

static int handle(struct run *run, struct nexus_error *err)
{
    struct scan scan = {.client = run->client,
                        .channel = CHANNEL,
                        .tenant = TENANT,
                        .options = nexus_subscribe_options_new(),
                        .on_event = on_event,
                        .data = run};
    double cpu_began = cpu();
    int status = !scan.options ? report(&(struct nexus_error){.code = NEXUS_E_MEMORY})
                 : nexus_subscribe_options_set_start(scan.options, NEXUS_START_SEQUENCE,
                                                     (int64_t)run->first, err)
                     ? report(err)
                     : scan_run(&scan);

    nexus_subscribe_options_destroy(scan.options);
    if (status)
        return status;
    print_step("handle", "handle", run->handled, run->handled_to - run->handled_from,
               cpu() - cpu_began);
    end_step();
    if (run->handled == run->bench->events)
        return CTL_OK;
    report_text("%" PRId64 " of %" PRId64 " events came back", run->handled, run->bench->events);
    return CTL_FAILED;
}

static int measure(struct run *run)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int status = CTL_OK;

    if (!run->bench->here && nexus_provision(run->client, NULL, NULL, &err))
        return report(&err);
    signals_watch(run->client);
    status = publish_blocking(run, &err);
    if (!status)
        status = publish_async(run, &err);
    if (!status)
        status = handle(run, &err);
    signals_watch(NULL);
    return status;
}

int bench_measure(const struct bench *bench)
{
    struct run run = {.bench = bench, .payload = make_payload(bench->size)};
    int status = CTL_OK;

    run.blocking = bench->events < BLOCKING_MAX ? bench->events : BLOCKING_MAX;
    run.latencies = calloc((size_t)run.blocking, sizeof(double));
    if (!run.payload || !run.latencies)
        status = report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    if (!status)
        run.client = ctl_connect(&status);
    if (!status)
        status = measure(&run);
    nexus_client_destroy(run.client);
    free(run.latencies);
    free(run.payload);
    return status;
}
