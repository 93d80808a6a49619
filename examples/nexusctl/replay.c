/* SPDX-License-Identifier: Apache-2.0 */
/* Stored events once more: to the terminal, to a pipe, or published again. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../environment.h"
#include "../event_line.h"
#include "command.h"
#include "pretty.h"
#include "replay.h"
#include "report.h"
#include "signals.h"
#include "units.h"

static const char about[] =
    "Goes through stored events once more, from the first to the last that there is now, and\n"
    "ends: all of them, or those of a channel, a tenant, subjects, a time, a range or a count.\n"
    "Prints them as `sub --pretty` does, or publishes them again.\n\n"
    "With --to URL they are published to another server (a copy of yesterday for a test), with\n"
    "--to-tenant T as another tenant's, with --publish as they are. They keep their causal id\n"
    "and payload, and are new events otherwise: a message id of their own, made of the stream\n"
    "and the number, so that a replay that was interrupted can be repeated within the duplicate\n"
    "window; this program's vector clock, and its signature where there is a --key.\n";

static const char notes[] =
    "SUBJECT may have * for a token and > for the rest. A TIME is 10m, 24h, 7d before now, or\n"
    "2026-01-31T12:00:00Z, or 2026-01-31 12:00 in local time.\n";

static const char examples[] =
    "  nexusctl replay all --since 1h\n"
    "  nexusctl replay all --subject 'nexus.salon-001.booking.*' --count 20\n"
    "  nexusctl replay iotSensorData --since 2026-01-31 --until 2026-02-01 --speed 60\n"
    "  nexusctl replay all --since 1d --to nats://127.0.0.1:4222\n"
    "  nexusctl replay bookingCreated --tenant salon-001 --to-tenant salon-test\n";

enum { FIRST = 256, TO, TO_TENANT };

static const struct command_option options[] = {
    {'t', "tenant", "T", "only this tenant's events (no system channels then)"},
    {'S', "subject", "SUBJECT", "only events on these subjects"},
    {'s', "since", "TIME", "only events stored since then"},
    {'u', "until", "TIME", "only events stored before then"},
    {FIRST, "first", "N", "begin with this number of the stream"},
    {'c', "count", "N", "end after N events"},
    {'x', "speed", "FACTOR",
     "as far apart as they were stored, 1, or faster, 60 (default: at once)"},
    {'P', "publish", NULL, "publish them again, where they are"},
    {TO, "to", "URL", "publish them to this server"},
    {TO_TENANT, "to-tenant", "T", "publish them as this tenant's; system events are left out"},
    {'q', "quiet", NULL, "no summary"},
    {0, NULL, NULL, NULL},
};

/* Waits until it is time for the event, by the pace of the first one. False after Ctrl-C. */
static bool keep_pace(struct replay *replay, int64_t stored)
{
    struct timespec now;
    double due;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (replay->done == 0) {
        replay->began = now;
        replay->first_stored = stored;
    }
    if (replay->speed <= 0)
        return true;
    due = (double)(stored - replay->first_stored) / 1e9 / replay->speed;
    while (!signals_stopped()) {
        double gone = (double)(now.tv_sec - replay->began.tv_sec) +
                      (double)(now.tv_nsec - replay->began.tv_nsec) / 1e9;
        double left = due - gone;
        if (left <= 0)
            return true;
        signals_poll(NULL, 0, left > 1 ? 1000 : (int)(left * 1000) + 1);
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    return false;
}

/* Whether a subject is one of a pattern's: tokens, "*" for any, ">" for all that is left. */
static bool matches(const char *pattern, const char *subject)
{
    for (;;) {
        size_t wanted = strcspn(pattern, "."), token = strcspn(subject, ".");
        if (strcmp(pattern, ">") == 0)
            return *subject != 0;
        if (!(wanted == 1 && *pattern == '*') &&
            (wanted != token || strncmp(pattern, subject, token) != 0))
            return false;
        pattern += wanted;
        subject += token;
        if (!*pattern || !*subject)
            return !*pattern && !*subject;
        pattern++;
        subject++;
    }
}

static bool is_wanted(const struct replay *replay, const struct nexus_delivery *delivery)
{
    if (replay->subject && !matches(replay->subject, nexus_delivery_subject(delivery)))
        return false;
    return !replay->to_tenant ||
           nexus_channel_has_tenant(nexus_channel_by_name(nexus_delivery_channel(delivery)));
}

static bool on_event(const struct nexus_delivery *delivery, void *data)
{
    struct replay *replay = data;
    bool going = true;

    if (replay->until && nexus_delivery_time(delivery) >= replay->until)
        return false; /* they come in the order of the stream */
    if (!is_wanted(replay, delivery))
        return true;
    if (!keep_pace(replay, nexus_delivery_time(delivery)))
        return false;
    if (replay->target)
        going = replay_publish(replay, delivery);
    else if (command_json())
        event_line_write(stdout, delivery);
    else
        pretty_print(delivery);
    replay->done++;
    return ctl_flush(&replay->scan.status) && going && replay->done != replay->count;
}

/* ---- the command line */

static int set_start(struct replay *replay, enum nexus_start start, int64_t value)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    return nexus_subscribe_options_set_start(replay->scan.options, start, value, &err)
               ? report(&err)
               : CTL_OK;
}

static int refuse(const char *what)
{
    return report_usage(&replay_command, "--%s %s: not usable; see --help", what, optarg);
}

static int take_number(struct replay *replay, int option)
{
    int64_t value = 0;
    char *end;

    switch (option) {
    case 's':
        return parse_moment(optarg, &value) ? set_start(replay, NEXUS_START_TIME, value)
                                            : refuse("since");
    case 'u':
        return parse_moment(optarg, &replay->until) ? CTL_OK : refuse("until");
    case FIRST:
        return parse_count(optarg, 1, INT64_MAX, &value)
                   ? set_start(replay, NEXUS_START_SEQUENCE, value)
                   : refuse("first");
    case 'c':
        return parse_count(optarg, 1, INT64_MAX, &replay->count) ? CTL_OK : refuse("count");
    default:
        replay->speed = strtod(optarg, &end);
        return *end || !(replay->speed > 0 && replay->speed <= 1e9) ? refuse("speed") : CTL_OK;
    }
}

static int take_option(struct replay *replay, int option)
{
    switch (option) {
    case 't':
        replay->scan.tenant = optarg;
        return CTL_OK;
    case 'S':
        replay->subject = optarg;
        return CTL_OK;
    case TO:
        replay->to = optarg;
        return CTL_OK;
    case TO_TENANT:
        replay->to_tenant = optarg;
        return CTL_OK;
    case 'P':
        replay->publish = true;
        return CTL_OK;
    case 'q':
        replay->quiet = true;
        return CTL_OK;
    case '?':
        return CTL_USAGE;
    default:
        return take_number(replay, option);
    }
}

static int parse(struct replay *replay, int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int status = CTL_OK;

    for (int option; !status && (option = command_next(&replay_command, argc, argv)) != -1;)
        status = take_option(replay, option);
    if (!status && argc - optind != 1)
        status = report_usage(&replay_command, "which CHANNEL? `all` for every one");
    if (!status && replay->to_tenant && nexus_check_token("tenant", replay->to_tenant, &err))
        status = report(&err);
    if (!status)
        scan_choose(argv[optind], &replay->scan.channel, &status);
    return status;
}

static int finish(struct replay *replay, int status)
{
    if (!status && replay->failed)
        status = CTL_FAILED;
    fflush(stdout);
    if (replay->quiet)
        return status;
    if (replay->target)
        report_text("%" PRId64 " events published, %" PRId64 " of them stored before, %" PRId64
                    " refused",
                    replay->done - replay->failed, replay->duplicates, replay->failed);
    else
        report_text("%" PRId64 " events", replay->done);
    return status || replay->done ? status : CTL_NOTHING;
}

static int run(int argc, char **argv)
{
    struct replay replay = {
        .scan = {.options = nexus_subscribe_options_new(), .on_event = on_event}};
    int status = CTL_OK;

    replay.scan.data = &replay;
    if (!replay.scan.options)
        status = report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    if (!status)
        status = parse(&replay, argc, argv);
    if (!status)
        replay.scan.client = ctl_connect(&status);
    if (!status)
        status = replay_open_target(&replay);
    replay.scan.silent = !replay.target && terminal_is();
    if (!status)
        status = finish(&replay, scan_run(&replay.scan));
    replay_close_target(&replay);
    nexus_client_destroy(replay.scan.client);
    nexus_subscribe_options_destroy(replay.scan.options);
    return status;
}

const struct command replay_command = {
    .name = "replay",
    .arguments = "CHANNEL|all [--since TIME] [--subject SUBJECT] [--count N] [--to URL]",
    .operands = "CHANNEL|all",
    .summary = "go through stored events once more, or publish them again",
    .about = about,
    .options = options,
    .json = "print events as `sub --json` does; where they are published, receipts",
    .notes = notes,
    .examples = examples,
    .connects = true,
    .run = run,
};
