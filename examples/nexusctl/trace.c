/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "report.h"
#include "scan.h"
#include "units.h"

#define TRACE_ID_LENGTH 32

static const char about[] =
    "Finds all events of a causal chain in the stream, and draws them as a tree: what stands\n"
    "below an event happened after it, by the vector clocks, whatever order they were stored\n"
    "in. Events side by side did not know of each other. CAUSAL_ID is what `nexusctl sub` or a\n"
    "receipt shows (evt-00c0ffee), a traceparent header, or its 32 digits of trace id.\n\n"
    "The stream has no index by causal id, so all of it is read; --since and --tenant make that\n"
    "less. An event that joins several branches stands below the latest one and names the\n"
    "others. Up to 1000 events are drawn.\n";

static const char notes[] = "The exit status is 4 when the stream has no such event.\n";

static const char examples[] =
    "  nexusctl trace evt-00c0ffee\n"
    "  nexusctl trace evt-00c0ffee --since 1h --json | jq -r '[.sequence, .subject] | @tsv'\n"
    "  nexusctl trace 00-019aa2b47cf17cc09a5e6f2d00c0ffee-b7ad6b7169203331-01\n";

static const struct command_option options[] = {
    {'t', "tenant", "T", "look at this tenant's events only (no system channels then)"},
    {'s', "since", "TIME", "look at events stored in the last 10m, 24h, 7d, or since a date"},
    {'q', "quiet", NULL, "no summary"},
    {0, NULL, NULL, NULL},
};

struct search {
    struct scan scan;
    const char *causal_id; /* NULL: by trace id */
    const char *trace_id;  /* 32 digits, perhaps more behind; NULL: by causal id */
    struct trace *trace;
    bool quiet;
    bool no_memory;
};

static bool on_event(const struct nexus_delivery *delivery, void *data)
{
    struct search *search = data;
    const char *parent = nexus_delivery_traceparent(delivery);
    bool found = search->causal_id
                     ? strcmp(nexus_delivery_causal_id(delivery), search->causal_id) == 0
                     : strncmp(parent + 3, search->trace_id, TRACE_ID_LENGTH) == 0;

    if (found && !trace_add(search->trace, delivery))
        search->no_memory = true;
    return !search->no_memory;
}

static bool is_hex(const char *text, size_t length)
{
    size_t count = 0;

    while (text[count] && strchr("0123456789abcdef", text[count]))
        count++;
    return count == length;
}

/* A traceparent, 32 digits, or whatever else is a causal id. */
static void take_id(struct search *search, const char *text)
{
    bool header = strlen(text) == 55 && is_hex(text, 2) && text[2] == '-';

    if (header && is_hex(text + 3, TRACE_ID_LENGTH))
        search->trace_id = text + 3;
    else if (strlen(text) == TRACE_ID_LENGTH && is_hex(text, TRACE_ID_LENGTH))
        search->trace_id = text;
    else
        search->causal_id = text;
}

static int take_option(struct search *search, int option)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int64_t moment;

    if (option == 't') {
        search->scan.tenant = optarg;
    } else if (option == 'q') {
        search->quiet = true;
    } else if (!parse_moment(optarg, &moment)) {
        return report_usage(&trace_command, "--since %s: not a time (1h, 7d, 2026-01-31)", optarg);
    } else if (nexus_subscribe_options_set_start(search->scan.options, NEXUS_START_TIME, moment,
                                                 &err)) {
        return report(&err);
    }
    return CTL_OK;
}

static int parse(struct search *search, int argc, char **argv)
{
    int status = CTL_OK;

    for (int option; !status && (option = command_next(&trace_command, argc, argv)) != -1;)
        status = option == '?' ? CTL_USAGE : take_option(search, option);
    if (!status && argc - optind != 1)
        status = report_usage(&trace_command, "which CAUSAL_ID?");
    if (!status)
        take_id(search, argv[optind]);
    return status;
}

static void summarize(const struct search *search)
{
    const struct trace *trace = search->trace;

    fflush(stdout);
    if (trace->beyond)
        report_text("%zu more events of the chain are not shown", trace->beyond);
    if (!search->quiet)
        report_text("%zu events of the chain among %" PRIu64 " in the stream", trace->count,
                    search->scan.read);
}

static int show(struct search *search)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (search->no_memory)
        return report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    if (trace_link(search->trace, &err))
        return report(&err);
    if (command_json())
        trace_put_json(search->trace);
    else
        trace_draw(search->trace);
    summarize(search);
    return search->trace->count ? CTL_OK : CTL_NOTHING;
}

static int run(int argc, char **argv)
{
    struct search search = {.trace = calloc(1, sizeof(struct trace))};
    int status = CTL_OK;

    search.scan.options = nexus_subscribe_options_new();
    search.scan.on_event = on_event;
    search.scan.data = &search;
    if (!search.trace || !search.scan.options)
        status = report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    if (!status)
        status = parse(&search, argc, argv);
    if (!status)
        search.scan.client = ctl_connect(&status);
    if (!status)
        status = scan_run(&search.scan);
    if (!status)
        status = show(&search);
    nexus_client_destroy(search.scan.client);
    nexus_subscribe_options_destroy(search.scan.options);
    if (search.trace)
        trace_free(search.trace);
    return status;
}

const struct command trace_command = {
    .name = "trace",
    .arguments = "CAUSAL_ID [--since TIME]",
    .summary = "draw a causal chain as a tree",
    .about = about,
    .options = options,
    .json = "print the events as `sub --json` does, one per line, with the sequences of their "
            "\"parents\" and their \"depth\"",
    .notes = notes,
    .examples = examples,
    .connects = true,
    .run = run,
};
