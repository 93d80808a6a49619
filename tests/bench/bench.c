/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct settings {
    const char *program;
    const char *mode; /* "all" or one mode */
    int rounds;
    int events;
    int calls;
    int memory_events;
    bool memory_stream;
};

struct mode {
    const char *name;
    bool latency; /* judged by p50, else by events per second */
    void (*run)(const struct bench_side *side, const struct settings *settings, int number,
                struct bench_round *round);
};

static void run_async(const struct bench_side *side, const struct settings *settings, int number,
                      struct bench_round *round)
{
    (void)number;
    bench_stream_purge();
    side->publish_async(settings->events, round);
    if (bench_stream_count() != (uint64_t)settings->events) {
        bench_die("%s: the stream has not what was published", side->name);
    }
}

static void run_blocking(const struct bench_side *side, const struct settings *settings, int number,
                         struct bench_round *round)
{
    (void)number;
    bench_stream_purge();
    side->publish_blocking(settings->calls, round);
    if (bench_stream_count() != (uint64_t)settings->calls) {
        bench_die("%s: the stream has not what was published", side->name);
    }
}

static void run_consume(const struct bench_side *side, const struct settings *settings, int number,
                        struct bench_round *round)
{
    static int filled; /* how what is in the stream was signed */
    char durable[64];
    if (bench_stream_count() != (uint64_t)settings->events || filled != side->signing) {
        struct bench_round ignored;
        bench_stream_purge();
        (side->signing ? side : &bench_raw)->publish_async(settings->events, &ignored);
        filled = side->signing;
    }
    snprintf(durable, sizeof durable, "bench-%d", number);
    side->consume(settings->events, durable, round);
    bench_stream_finish(durable);
}

static const struct mode modes[] = {
    {"async", false, run_async},
    {"blocking", true, run_blocking},
    {"consume", false, run_consume},
};

/* The first is what the others are compared with. */
static const struct bench_side *const sides[] = {&bench_raw, &bench_nexus, &bench_nexus_auto,
                                                 &bench_nexus_single};
#define SIDES (sizeof sides / sizeof sides[0])

/* Median, smallest and largest of one figure over the rounds. */
struct spread {
    double median;
    double low;
    double high;
};

static struct spread spread_of(const double *values, int count)
{
    double sorted[BENCH_ROUNDS_MAX];
    memcpy(sorted, values, (size_t)count * sizeof *values);
    struct spread spread;
    spread.median = bench_quantile(sorted, (size_t)count, 0.5);
    spread.low = sorted[0];
    spread.high = sorted[count - 1];
    return spread;
}

static void report(const struct mode *mode, const struct settings *settings,
                   struct bench_round (*rounds)[BENCH_ROUNDS_MAX])
{
    double figure[SIDES][BENCH_ROUNDS_MAX];
    double ratio[BENCH_ROUNDS_MAX];
    int events = mode->latency ? settings->calls : settings->events;
    printf("\n%s, %d events a round, %d rounds each\n", mode->name, events, settings->rounds);
    for (size_t side = 0; side < SIDES; side++) {
        double cpu[BENCH_ROUNDS_MAX];
        double p99[BENCH_ROUNDS_MAX];
        for (int i = 0; i < settings->rounds; i++) {
            const struct bench_round *round = &rounds[side][i];
            figure[side][i] = mode->latency ? round->p50 * 1e6 : events / round->seconds;
            cpu[i] = round->cpu_seconds * 1e6 / events;
            p99[i] = round->p99 * 1e6;
        }
        struct spread spread = spread_of(figure[side], settings->rounds);
        printf("  %-10s %s %10.1f  (%.1f .. %.1f)%s   cpu %.2f us an event", sides[side]->name,
               mode->latency ? "p50" : "median", spread.median, spread.low, spread.high,
               mode->latency ? " us" : " /s", spread_of(cpu, settings->rounds).median);
        if (mode->latency) {
            printf("   p99 %.1f us", spread_of(p99, settings->rounds).median);
        }
        printf("\n");
    }
    for (size_t side = 1; side < SIDES; side++) {
        for (int i = 0; i < settings->rounds; i++) {
            ratio[i] = figure[side][i] / figure[0][i];
        }
        struct spread raw = spread_of(figure[0], settings->rounds);
        struct spread own = spread_of(figure[side], settings->rounds);
        struct spread ratios = spread_of(ratio, settings->rounds);
        printf("  %s / raw: %.3f of the medians; round by round %.3f (%.3f .. %.3f)\n",
               sides[side]->name, own.median / raw.median, ratios.median, ratios.low, ratios.high);
    }
    fflush(stdout);
}

/* The sides take turns, and take turns in going first. */
static void compare(const struct mode *mode, const struct settings *settings)
{
    static struct bench_round rounds[SIDES][BENCH_ROUNDS_MAX];
    struct bench_round ignored;
    for (size_t side = 0; side < SIDES; side++) {
        bench_nexus_use(sides[side]->signing);
        mode->run(sides[side], settings, 1000 + (int)side, &ignored);
    }
    for (int i = 0; i < settings->rounds; i++) {
        for (size_t turn = 0; turn < SIDES; turn++) {
            size_t side = ((size_t)i + turn) % SIDES;
            bench_nexus_use(sides[side]->signing);
            mode->run(sides[side], settings, (int)SIDES * i + (int)side, &rounds[side][i]);
        }
    }
    report(mode, settings, rounds);
}

/* A part that must have its process to itself. */
static void run_alone(const struct settings *settings, const char *part, const char *url)
{
    char count[32];
    int status = 0;
    snprintf(count, sizeof count, "%d", settings->memory_events);
    bench_stream_purge();
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", settings->program, part, url, count, (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        bench_die("%s failed", part);
    }
}

static bool is_wanted(const struct settings *settings, const char *mode)
{
    return strcmp(settings->mode, "all") == 0 || strcmp(settings->mode, mode) == 0;
}

static void run_all(const struct settings *settings, const char *url)
{
    struct bench_event event;
    bench_stream_open(url);
    bench_stream_create(settings->memory_stream);
    bench_nexus_sample(url);
    bench_stream_sample(&event);
    printf("one event: %zu bytes of body, %zu headers; stream in %s\n", event.body_length,
           event.header_count, settings->memory_stream ? "memory" : "a file");
    if (is_wanted(settings, "idle")) {
        run_alone(settings, "idle", url);
    }
    if (is_wanted(settings, "memory")) {
        run_alone(settings, "memory", url);
    }
    for (size_t i = 0; i < SIDES; i++) {
        bench_nexus_use(sides[i]->signing);
        sides[i]->open(url, &event);
    }
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (is_wanted(settings, modes[i].name)) {
            compare(&modes[i], settings);
        }
    }
    for (size_t i = SIDES; i-- > 0;) {
        bench_nexus_use(sides[i]->signing);
        sides[i]->close();
    }
    bench_stream_close();
    for (size_t i = 0; i < event.header_count; i++) {
        free(event.names[i]);
        free(event.values[i]);
    }
    free(event.body);
}

static void usage(void)
{
    fprintf(stderr, "usage: bench [--rounds N] [--events N] [--calls N] [--memory-events N]\n"
                    "             [--memory-stream] [--smoke]\n"
                    "             [all|async|blocking|consume|memory|idle]\n");
    exit(2);
}

static int number_of(const char *text, int most)
{
    char *end;
    long value = strtol(text != NULL ? text : "", &end, 10);
    if (text == NULL || *end != '\0' || value < 1 || value > most) {
        usage();
    }
    return (int)value;
}

static struct settings read_settings(int argc, char **argv)
{
    struct settings settings = {argv[0], "all", 9, 200000, 5000, 1000000, false};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rounds") == 0) {
            settings.rounds = number_of(argv[++i], BENCH_ROUNDS_MAX);
        } else if (strcmp(argv[i], "--events") == 0) {
            settings.events = number_of(argv[++i], 10000000);
        } else if (strcmp(argv[i], "--calls") == 0) {
            settings.calls = number_of(argv[++i], BENCH_CALLS_MAX);
        } else if (strcmp(argv[i], "--memory-events") == 0) {
            settings.memory_events = number_of(argv[++i], 100000000);
        } else if (strcmp(argv[i], "--memory-stream") == 0) {
            settings.memory_stream = true;
        } else if (strcmp(argv[i], "--smoke") == 0) {
            settings.rounds = 2;
            settings.events = settings.memory_events = 5000;
            settings.calls = 200;
        } else if (argv[i][0] == '-') {
            usage();
        } else {
            settings.mode = argv[i];
        }
    }
    return settings;
}

static struct test_server server;

static void stop_server(void)
{
    test_server_stop(&server);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "memory") == 0) {
        return bench_memory(argv[2], number_of(argv[3], 100000000));
    }
    if (argc == 4 && strcmp(argv[1], "idle") == 0) {
        return bench_idle(argv[2]);
    }
    struct settings settings = read_settings(argc, argv);
    if (!test_server_start(&server, NULL)) {
        return EXIT_FAILURE;
    }
    /* bench_die() exits. */
    atexit(stop_server);
    run_all(&settings, server.url);
    return EXIT_SUCCESS;
}
