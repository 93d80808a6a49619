/* SPDX-License-Identifier: Apache-2.0 */
/* The bench: rounds of raw cnats and of this library in turn, on one server, with the same bytes
 * and the same headers. docs/performance.md explains it and has the figures. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "test_server.h"

#define BENCH_STREAM     "NEXUS"
#define BENCH_WINDOW     2048 /* the library's default; the raw side gets the same */
#define BENCH_QUEUE      1024 /* the same for consuming */
#define BENCH_HEADERS    8
#define BENCH_ROUNDS_MAX 101
#define BENCH_CALLS_MAX  200000

/* What one round measured. */
struct bench_round {
    double seconds;
    double cpu_seconds; /* user and system, of this process */
    double p50;         /* of single calls, in seconds; blocking only */
    double p99;
};

/* One event as both sides send it. `headers` are those that the library writes, name and value. */
struct bench_event {
    char subject[256];
    char *body;
    size_t body_length;
    size_t header_count;
    char *names[BENCH_HEADERS];
    char *values[BENCH_HEADERS];
};

/* One of the sides. Every function ends the program with a message when something fails. */
struct bench_side {
    const char *name;
    int signing; /* of the library's: 0 unsigned, else an enum nexus_signing */
    void (*open)(const char *url, const struct bench_event *event);
    void (*close)(void);
    void (*publish_async)(int count, struct bench_round *round);
    void (*publish_blocking)(int count, struct bench_round *round);
    /* `durable` does not exist yet; the stream holds at least `count` events. */
    void (*consume)(int count, const char *durable, struct bench_round *round);
};

extern const struct bench_side bench_raw;
extern const struct bench_side bench_nexus;
extern const struct bench_side bench_nexus_auto;   /* signed, in trees where events come fast */
extern const struct bench_side bench_nexus_single; /* a signature for each event */

/* measure.c */
void bench_begin(struct bench_round *round);
void bench_end(struct bench_round *round);
double bench_now(void);
/* Sorts `values`, and gives the one at `share` (0.5: the median). */
double bench_quantile(double *values, size_t count, double share);
/* A number of /proc/self/status, "VmHWM" in KiB or "Threads"; -1 when there is none. */
long bench_status(const char *name);
__attribute__((noreturn, format(printf, 1, 2))) void bench_die(const char *format, ...);

/* stream.c: what is done to the stream between rounds, with raw cnats. */
void bench_stream_open(const char *url);
void bench_stream_close(void);
void bench_stream_create(bool memory);
void bench_stream_purge(void);
uint64_t bench_stream_count(void);
/* The first message of the stream as both sides are to send it. */
void bench_stream_sample(struct bench_event *event);
/* Waits until the consumer has nothing unacknowledged, then deletes it. */
void bench_stream_finish(const char *durable);

/* nexus_side.c: which of the library's sides the next call is for. */
void bench_nexus_use(int signing);
/* Publishes one event, so that bench_stream_sample() has something to look at. */
void bench_nexus_sample(const char *url);

/* footprint.c: run in processes of their own. */
int bench_memory(const char *url, int count);
int bench_idle(const char *url);

#endif
