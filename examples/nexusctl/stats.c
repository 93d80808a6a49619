/* SPDX-License-Identifier: Apache-2.0 */
/* How the stream and its consumers stand, once or as it changes. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../json_text.h"
#include "command.h"
#include "consumers.h"
#include "report.h"
#include "row.h"
#include "signals.h"
#include "units.h"

static const char about[] =
    "Shows how the stream stands: events, bytes, the age of the oldest and newest event, and\n"
    "each consumer. With --watch, again and again until Ctrl-C, with the events stored per\n"
    "second; on a terminal in place, in a pipe one block or line of JSON after the other.\n";

static const char examples[] = "  nexusctl stats\n"
                               "  nexusctl stats --watch\n"
                               "  nexusctl stats --watch --interval 60 --json >> stats.ndjson\n";

static const struct command_option options[] = {
    {'w', "watch", NULL, "go on until Ctrl-C"},
    {'i', "interval", "TIME", "between two looks (default 2): 500ms, 10, 1m"},
    {'c', "count", "N", "end after N looks; implies --watch"},
    {0, NULL, NULL, NULL},
};

struct watch {
    struct nexus_client *client;
    bool watch;
    int64_t interval_ms;
    int64_t count; /* 0: no limit */
    struct nexus_stream_info stream;
    struct nexus_consumer_info *consumers;
    size_t consumer_count;
    double rate; /* events per second since the last look; negative: not known */
    uint64_t last_sequence;
    struct timespec last_look;
    bool no_memory;
};

static void note_consumer(const struct nexus_consumer_info *consumer, void *data)
{
    struct watch *watch = data;
    size_t size = (watch->consumer_count + 1) * sizeof(*consumer);
    struct nexus_consumer_info *grown = realloc(watch->consumers, size);

    if (!grown) {
        watch->no_memory = true;
        return;
    }
    watch->consumers = grown;
    grown[watch->consumer_count++] = *consumer;
}

static double seconds_since(const struct timespec *then, const struct timespec *now)
{
    return (double)(now->tv_sec - then->tv_sec) + (double)(now->tv_nsec - then->tv_nsec) / 1e9;
}

static int look(struct watch *watch, bool first)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct timespec now;

    watch->stream = (struct nexus_stream_info)NEXUS_STREAM_INFO_INIT;
    watch->consumer_count = 0;
    if (nexus_inspect_stream(watch->client, NULL, &watch->stream, &err) ||
        nexus_list_consumers(watch->client, NULL, note_consumer, watch, &err))
        return report(&err);
    if (watch->no_memory)
        return report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    clock_gettime(CLOCK_MONOTONIC, &now);
    watch->rate = first || watch->stream.last_sequence < watch->last_sequence
                      ? -1
                      : (double)(watch->stream.last_sequence - watch->last_sequence) /
                            seconds_since(&watch->last_look, &now);
    watch->last_sequence = watch->stream.last_sequence;
    watch->last_look = now;
    return CTL_OK;
}

/* ---- for programs */

static int64_t wall_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void put_json(const struct watch *watch)
{
    const struct nexus_stream_info *stream = &watch->stream;

    printf("{\"time\":%.3f,\"stream\":", (double)wall_ns() / 1e9);
    json_put_string(stdout, stream->name);
    printf(",\"events\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"first_sequence\":%" PRIu64
           ",\"last_sequence\":%" PRIu64 ",\"subjects\":%" PRIu64 ",\"replicas\":%" PRIu64
           ",\"memory\":%s,\"events_per_second\":",
           stream->events, stream->bytes, stream->first_sequence, stream->last_sequence,
           stream->subjects, stream->replicas, stream->memory ? "true" : "false");
    if (watch->rate < 0)
        fputs("null", stdout);
    else
        printf("%.1f", watch->rate);
    fputs(",\"consumers\":[", stdout);
    for (size_t i = 0; i < watch->consumer_count; i++) {
        fputs(i ? "," : "", stdout);
        consumer_put_json(&watch->consumers[i]);
    }
    puts("]}");
}

/* ---- for people */

static void put_size(char *out, size_t size, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;

    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    snprintf(out, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static void put_age(char *out, size_t size, int64_t then_ns)
{
    double seconds = (double)(wall_ns() - then_ns) / 1e9;

    if (!then_ns)
        snprintf(out, size, "-");
    else if (seconds < 120)
        snprintf(out, size, "%.0f s", seconds < 0 ? 0 : seconds);
    else if (seconds < 7200)
        snprintf(out, size, "%.0f min", seconds / 60);
    else if (seconds < 172800)
        snprintf(out, size, "%.0f h", seconds / 3600);
    else
        snprintf(out, size, "%.0f d", seconds / 86400);
}

static void put_screen(const struct watch *watch)
{
    const struct nexus_stream_info *stream = &watch->stream;
    struct row row = row_begin();
    char size[32], oldest[32], newest[32];

    put_size(size, sizeof(size), stream->bytes);
    put_age(oldest, sizeof(oldest), stream->first_time);
    put_age(newest, sizeof(newest), stream->last_time);
    row_put(&row, STYLE_BOLD, stream->name, 0);
    row_printf(&row, STYLE_NONE, 0,
               "  %" PRIu64 " events, %s, %" PRIu64 " subjects, %s, %" PRIu64 " replica%s",
               stream->events, size, stream->subjects, stream->memory ? "in memory" : "on disk",
               stream->replicas, stream->replicas == 1 ? "" : "s");
    row_end(&row);
    row = row_begin();
    row_printf(&row, STYLE_NONE, 0, "oldest %s ago, newest %s ago", oldest, newest);
    if (watch->rate >= 0)
        row_printf(&row, STYLE_NONE, 0, ", %.1f events/s", watch->rate);
    row_end(&row);
    if (watch->consumer_count)
        consumer_put_heading();
    for (size_t i = 0; i < watch->consumer_count; i++)
        consumer_put_row(&watch->consumers[i]);
}

static void print(const struct watch *watch, bool first)
{
    if (command_json()) {
        put_json(watch);
        return;
    }
    if (watch->watch && terminal_is())
        fputs("\033[H\033[2J", stdout); /* from the top, on an empty screen */
    else if (!first)
        putchar('\n');
    put_screen(watch);
}

static int run_watch(struct watch *watch)
{
    int status = CTL_OK;

    signals_watch(watch->client);
    for (int64_t looks = 0; !signals_stopped();) {
        status = look(watch, looks == 0);
        if (status)
            break;
        print(watch, looks == 0);
        if (!ctl_flush(&status) || !watch->watch || ++looks == watch->count)
            break;
        signals_poll(NULL, 0, (int)watch->interval_ms);
    }
    signals_watch(NULL);
    return status;
}

static int take_option(struct watch *watch, int option)
{
    watch->watch |= option != 'i';
    if (option == 'i' && (!parse_duration(optarg, &watch->interval_ms) || watch->interval_ms < 10 ||
                          watch->interval_ms > 86400000))
        return report_usage(&stats_command, "--interval %s: not a time (500ms, 10, 1m)", optarg);
    if (option == 'c' && !parse_count(optarg, 1, INT64_MAX, &watch->count))
        return report_usage(&stats_command, "--count %s: not a number from 1", optarg);
    return CTL_OK;
}

static int run(int argc, char **argv)
{
    struct watch watch = {.interval_ms = 2000};
    int status = CTL_OK;

    for (int option; !status && (option = command_next(&stats_command, argc, argv)) != -1;)
        status = option == '?' ? CTL_USAGE : take_option(&watch, option);
    if (!status && optind < argc)
        status = report_usage(&stats_command, "%s: takes options only", argv[optind]);
    if (!status)
        watch.client = ctl_connect(&status);
    if (!status)
        status = run_watch(&watch);
    nexus_client_destroy(watch.client);
    free(watch.consumers);
    return status;
}

const struct command stats_command = {
    .name = "stats",
    .arguments = "[--watch] [--interval TIME]",
    .summary = "show how the stream and its consumers stand",
    .about = about,
    .options = options,
    .json = "print one JSON object for each look",
    .examples = examples,
    .connects = true,
    .run = run,
};
