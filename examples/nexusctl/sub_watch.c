/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving: the handler, the callbacks beside it, and the loop that ends for five reasons. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../event_line.h"
#include "command.h"
#include "durable.h"
#include "pretty.h"
#include "report.h"
#include "signals.h"
#include "sub.h"

/* Every event is let go with its subscription: the rest of the queue goes back to the server. */
static void end(struct sub *sub)
{
    sub->ended = true;
    nexus_subscription_destroy(sub->subscription);
    sub->subscription = NULL;
    nexus_client_stop(sub->client);
}

static enum nexus_verdict on_event(const struct nexus_json_event *event,
                                   struct nexus_delivery *delivery, void *data)
{
    struct sub *sub = data;

    (void)event;
    if (sub->ended)
        return NEXUS_RETRY;
    if (sub->silent)
        ;
    else if (sub->json)
        event_line_write(stdout, delivery);
    else if (sub->pretty)
        pretty_print(delivery);
    else
        sub_print(delivery);
    if (!ctl_flush(&sub->status)) {
        end(sub);
        return NEXUS_RETRY; /* nobody has read it */
    }
    if (++sub->received == sub->count)
        end(sub);
    return NEXUS_ACK;
}

static void on_poison(struct nexus_subscription *subscription, const struct nexus_poison *poison,
                      void *data)
{
    struct sub *sub = data;

    (void)subscription;
    sub->poison++;
    report_text("passed over number %" PRIu64 " of %s, %s: %s%s%s", poison->sequence,
                poison->stream, poison->subject, poison->err->where,
                *poison->err->where ? ": " : "", poison->err->message);
}

static void on_error(struct nexus_subscription *subscription, const struct nexus_error *err,
                     void *data)
{
    (void)subscription;
    (void)data;
    report(err);
}

/* A durable consumer for this run only; removed at the end. Who only watches gives nothing up. */
static int name_durable(struct sub *sub, char *name, struct nexus_error *err)
{
    int status;

    if (sub->durable)
        return NEXUS_OK;
    durable_name(name);
    status = nexus_subscribe_options_set_dead_letters(sub->options, NEXUS_DEAD_LETTERS_REPORT, err);
    return status ? status : nexus_subscribe_options_set_durable(sub->options, name, err);
}

static int open_subscription(struct sub *sub, char *durable)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int status = name_durable(sub, durable, &err);

    if (!status) /* what is in the stream twice is shown twice */
        status = nexus_subscribe_options_set_inbox_memory(sub->options, 0, 1, &err);
    if (!status)
        status = nexus_subscribe_options_set_poison_callback(sub->options, on_poison, sub, &err);
    if (!status)
        status = nexus_subscribe_options_set_error_callback(sub->options, on_error, sub, &err);
    if (!status)
        status = nexus_subscribe_json(sub->client, sub->channel, sub->tenant, on_event, sub,
                                      sub->options, &sub->subscription, &err);
    if (!status)
        return CTL_OK;
    sub->status = report(&err);
    if (status == NEXUS_E_NOT_FOUND)
        fputs("  `nexusctl provision` creates the stream; NEXUS_STREAM names another\n", stderr);
    if (status == NEXUS_E_CONFLICT)
        fputs("  another --durable NAME starts afresh\n", stderr);
    return sub->status;
}

/* Whether the reader of our output has gone; else that shows only with the next event. */
static bool reader_has_gone(void)
{
    struct pollfd out = {STDOUT_FILENO, 0, 0};

    return poll(&out, 1, 0) > 0 && out.revents & POLLERR;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* How long to wait now: to the end of the silence allowed, at most a second. */
static int patience(const struct sub *sub, int64_t last_ms)
{
    int64_t left = sub->timeout_ms ? last_ms + sub->timeout_ms - now_ms() : 1000;

    return (int)(left < 0 ? 0 : left > 1000 ? 1000 : left);
}

static bool is_over(const struct sub *sub)
{
    return sub->over && sub->over(sub->over_data);
}

static void dispatch(struct sub *sub)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int64_t last_ms = now_ms();
    int64_t before = 0;

    while (!sub->ended && !signals_stopped() && !reader_has_gone() && !is_over(sub)) {
        if (nexus_client_dispatch(sub->client, patience(sub, last_ms), &err) < 0) {
            sub->status = report(&err);
            return;
        }
        if (sub->received != before)
            last_ms = now_ms();
        else if (sub->timeout_ms && now_ms() - last_ms >= sub->timeout_ms)
            return;
        before = sub->received;
    }
}

static void summarize(const struct sub *sub)
{
    if (sub->quiet)
        return;
    if (sub->poison)
        report_text("%" PRId64 " events, %" PRId64 " messages passed over", sub->received,
                    sub->poison);
    else
        report_text("%" PRId64 " events", sub->received);
}

static int exit_status(const struct sub *sub)
{
    bool enough = sub->count ? sub->received >= sub->count : sub->received > 0;

    if (sub->status || enough || (sub->ended && !sub->count))
        return sub->status;
    if (signals_stopped())
        return sub->count ? CTL_INTERRUPTED : CTL_OK;
    return sub->timeout_ms ? CTL_NOTHING : CTL_OK;
}

int sub_watch(struct sub *sub)
{
    char durable[DURABLE_NAME_SIZE] = "";
    bool opened;

    signals_watch(sub->client);
    opened = open_subscription(sub, durable) == CTL_OK;
    if (opened) {
        if (!sub->quiet)
            report_text("reading %s; Ctrl-C ends", nexus_subscription_filter(sub->subscription));
        dispatch(sub);
        summarize(sub);
    }
    signals_watch(NULL);
    nexus_subscription_destroy(sub->subscription);
    if (opened && *durable)
        durable_remove(sub->client, durable);
    nexus_client_close(sub->client, 2000, NULL);
    return exit_status(sub);
}
