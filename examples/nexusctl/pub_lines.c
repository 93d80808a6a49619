/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing line by line: reads while acks come in, and says of every line that failed why. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../event_line.h"
#include "lines.h"
#include "names.h"
#include "pub.h"
#include "report.h"
#include "signals.h"

struct feed {
    struct pub *pub;
    struct lines lines;
    struct timespec began;
    int status;    /* what the program will exit with */
    bool stopped;  /* read no more */
    size_t events; /* lines that are not empty */
    size_t stored;
    size_t duplicates;
    size_t failed;
    size_t in_flight;
};

/* An event on its way; its completion frees it. */
struct pending {
    struct feed *feed;
    const struct nexus_channel *channel;
    size_t line;
};

static void line_failed(struct feed *feed, size_t line, const struct nexus_error *err)
{
    int status = report_line(line, err);

    feed->failed++;
    if (feed->status != CTL_CONNECTION)
        feed->status = status == CTL_CONNECTION ? status : CTL_FAILED;
}

static void show_progress(const struct feed *feed)
{
    if (!feed->pub->quiet)
        report_progress("%zu read, %zu stored, %zu failed", feed->events, feed->stored,
                        feed->failed);
}

static void on_published(struct nexus_client *client, const struct nexus_receipt *receipt,
                         const struct nexus_error *err, void *data)
{
    struct pending *pending = data;
    struct feed *feed = pending->feed;

    (void)client;
    feed->in_flight--;
    if (err) {
        line_failed(feed, pending->line, err);
    } else {
        feed->stored++;
        feed->duplicates += receipt->duplicate;
        if (feed->pub->json)
            pub_print_receipt(feed->pub, nexus_channel_name(pending->channel), pending->line,
                              receipt);
        if (feed->pub->json && !ctl_flush(&feed->status))
            feed->stopped = true;
    }
    free(pending);
    show_progress(feed);
}

/* Runs the completions that are due, waiting up to `timeout_ms` for the first. */
static int run_completions(struct feed *feed, int timeout_ms, struct nexus_error *err)
{
    int done = nexus_client_dispatch(feed->pub->client, timeout_ms, err);

    return done < 0 ? done : NEXUS_OK;
}

/* A full window is no failure: acks make room. */
static int publish(struct feed *feed, const struct pub_event *event, struct pending *pending,
                   struct nexus_error *err)
{
    struct pub *pub = feed->pub;

    for (;;) {
        int status = nexus_publish_options_set_callback(pub->options, on_published, pending, err);
        if (!status)
            status = pub_event(pub, event, NULL, err);
        if (status != NEXUS_E_FULL || signals_stopped())
            return status;
        status = run_completions(feed, 1000, err);
        if (status)
            return status;
    }
}

static int start(struct feed *feed, const struct pub_event *event, size_t line,
                 struct nexus_error *err)
{
    struct pending *pending = malloc(sizeof(*pending));
    int status;

    if (!pending) {
        *err = (struct nexus_error){NEXUS_E_MEMORY, 0, "", "out of memory"};
        return NEXUS_E_MEMORY;
    }
    *pending = (struct pending){feed, event->channel, line};
    status = publish(feed, event, pending, err);
    if (status || feed->pub->dry_run)
        free(pending);
    else
        feed->in_flight++;
    return status;
}

/* A line of `pub CHANNEL -` is a payload and nothing else. */
static int start_payload(struct feed *feed, const struct line *line, struct nexus_error *err)
{
    const struct pub *pub = feed->pub;
    struct pub_event event = {pub->channel, pub->tenant, pub->causal_id, line->text};

    if (!memchr(line->text, 0, line->length))
        return start(feed, &event, line->number, err);
    *err = (struct nexus_error){NEXUS_E_JSON, 0, "", "the line contains a NUL byte"};
    return NEXUS_E_JSON;
}

/* A line of `pub -` names its channel and tenant too. */
static int start_event(struct feed *feed, const struct line *line, struct nexus_error *err)
{
    struct event_line read;
    struct pub_event event;
    int status = event_line_read(&read, line->text, line->length, err);

    if (status)
        return status;
    event = (struct pub_event){find_channel(read.channel, err), read.tenant, read.causal_id,
                               read.payload};
    if (event.causal_id && !*event.causal_id)
        event.causal_id = NULL; /* an event of a foreign publisher, outside any chain */
    status = event.channel ? start(feed, &event, line->number, err) : NEXUS_E_CHANNEL;
    event_line_clear(&read);
    return status;
}

static void feed_line(struct feed *feed, const struct line *line)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int status;

    if (strspn(line->text, " \t\r") == line->length)
        return;
    feed->events++;
    if (line->too_long) {
        snprintf(err.message, sizeof(err.message), "longer than %zu bytes", LINE_MAX_BYTES);
        err.code = status = NEXUS_E_TOO_LARGE;
    } else {
        status =
            feed->pub->channel ? start_payload(feed, line, &err) : start_event(feed, line, &err);
    }
    if (status == NEXUS_E_FULL && signals_stopped())
        feed->events--; /* Ctrl-C came while it waited for room; it was not sent */
    else if (status)
        line_failed(feed, line->number, &err);
    else if (feed->pub->dry_run)
        feed->stored++;
    if (status == NEXUS_E_CLOSED || status == NEXUS_E_MEMORY)
        feed->stopped = true;
}

static bool going_on(const struct feed *feed)
{
    return !feed->stopped && !signals_stopped();
}

/* Takes what standard input has, and publishes the lines that are complete. */
static void read_input(struct feed *feed)
{
    struct line line;

    if (!lines_fill(&feed->lines)) {
        report_text("standard input: %s", strerror(errno));
        feed->status = CTL_FAILED;
        feed->stopped = true;
        return;
    }
    while (going_on(feed) && lines_next(&feed->lines, &line))
        feed_line(feed, &line);
    show_progress(feed);
}

/* Waits for input and for acks at the same time: a slow producer hears of a failure at once. */
static void run_feed(struct feed *feed, struct nexus_error *err)
{
    struct nexus_client *client = feed->pub->client;
    struct pollfd descriptors[2] = {{feed->lines.fd, POLLIN, 0},
                                    {client ? nexus_client_fd(client) : -1, POLLIN, 0}};

    while (going_on(feed) && !feed->lines.at_end) {
        if (signals_poll(descriptors, 2, 1000) < 0 && errno != EINTR) {
            report_text("poll: %s", strerror(errno));
            feed->status = CTL_FAILED;
            return;
        }
        if (descriptors[1].revents && run_completions(feed, 0, err)) {
            feed->status = report(err);
            return;
        }
        if (descriptors[0].revents)
            read_input(feed);
    }
}

static void summarize(const struct feed *feed)
{
    struct timespec now;
    double seconds;

    clock_gettime(CLOCK_MONOTONIC, &now);
    seconds = (double)(now.tv_sec - feed->began.tv_sec) +
              (double)(now.tv_nsec - feed->began.tv_nsec) / 1e9;
    report_progress_end();
    if (feed->pub->quiet)
        return;
    if (feed->pub->dry_run)
        report_text("%zu of %zu events keep to the contract", feed->stored, feed->events);
    else
        report_text("%zu of %zu events stored in %.1f s; %zu failed, %zu had been stored before",
                    feed->stored, feed->events, seconds, feed->failed, feed->duplicates);
}

int pub_lines(struct pub *pub)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct feed feed = {.pub = pub};

    if (nexus_publish_options_set_wait_when_full(pub->options, false, &err))
        return report(&err);
    clock_gettime(CLOCK_MONOTONIC, &feed.began);
    lines_open(&feed.lines, STDIN_FILENO);
    signals_watch(pub->client);
    run_feed(&feed, &err);
    signals_watch(NULL); /* a second Ctrl-C does not wait for the acks */
    if (feed.in_flight > 0 && nexus_client_flush(pub->client, -1, &err))
        feed.status = report(&err);
    nexus_client_destroy(pub->client); /* what is left in flight fails now, while `feed` is here */
    pub->client = NULL;
    summarize(&feed);
    lines_close(&feed.lines);
    return signals_stopped() && !feed.status ? CTL_INTERRUPTED : feed.status;
}
