/* SPDX-License-Identifier: Apache-2.0 */
#include "sub.h"

#include <getopt.h>
#include <string.h>

#include "command.h"
#include "names.h"
#include "report.h"
#include "units.h"

static const char about[] =
    "Prints the events of one channel, or of all, one per line: when they were stored, the\n"
    "channel, the tenant and the payload. Starts with the first event in the stream. Runs\n"
    "until Ctrl-C. Without --durable it reads beside everyone else, and takes its consumer\n"
    "away at the end. With --durable NAME the server remembers what was printed, and the next\n"
    "run with that name goes on there; an event counts as handled once its line is out.\n";

static const char notes[] =
    "With --pretty and a trust store (--trust), a key's id stands behind ✓ where the signature "
    "was\n"
    "verified, behind ✓~ where a capability vouches for the key, and behind ? where the key is\n"
    "unknown (--policy permit); \"unsigned\" where there is none, and \"unchecked\" without a "
    "store.\n\n"
    "Messages that are no events of the contract are reported and passed over. The exit status\n"
    "is 4 when the time is up and nothing came, or less than --count asked for.\n";

static const char examples[] =
    "  nexusctl sub all\n"
    "  nexusctl sub all --pretty --trust trust.json --policy permit\n"
    "  nexusctl sub bookingCreated --tenant salon-001 --new\n"
    "  nexusctl sub paymentCompleted --json | jq .payload.amount\n"
    "  nexusctl sub all --json --timeout 2 > backup.ndjson\n"
    "  nexusctl sub edgeHealth --new --count 1 --timeout 60 || echo 'no heartbeat'\n";

static const struct command_option options[] = {
    {'t', "tenant", "T", "only this tenant's events (no system channels then)"},
    {'c', "count", "N", "end after N events"},
    {'w', "timeout", "TIME", "end when no event has come for this long: 2, 500ms, 5m"},
    {'n', "new", NULL, "only events stored from now on"},
    {'s', "since", "TIME",
     "only events stored in the last 10m, 24h, 7d, or since 2026-01-31T12:00:00Z"},
    {'d', "durable", "NAME", "go on where the last run of this name ended"},
    {'P', "pretty", NULL,
     "one line an event, cut to the terminal's width: time, subject, who signed it, causal id, "
     "payload"},
    {'q', "quiet", NULL, "no summary"},
    {0, NULL, NULL, NULL},
};

static int set_since(struct sub *sub, const char *text, struct nexus_error *err)
{
    int64_t moment;

    if (!parse_moment(text, &moment))
        return report_usage(&sub_command,
                            "--since %s: not a time (10m, 24h, 7d, 2026-01-31T12:00:00Z)", text);
    return nexus_subscribe_options_set_start(sub->options, NEXUS_START_TIME, moment, err);
}

static int take_number(struct sub *sub, int option)
{
    if (option == 'c' && !parse_count(optarg, 1, INT64_MAX, &sub->count))
        return report_usage(&sub_command, "--count %s: not a number from 1", optarg);
    if (option == 'w' && (!parse_duration(optarg, &sub->timeout_ms) || sub->timeout_ms == 0))
        return report_usage(&sub_command, "--timeout %s: not a time (2, 500ms, 5m)", optarg);
    return CTL_OK;
}

static int take_option(struct sub *sub, int option)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int status = NEXUS_OK;

    switch (option) {
    case 't':
        sub->tenant = optarg;
        break;
    case 'c':
    case 'w':
        return take_number(sub, option);
    case 'n':
        status = nexus_subscribe_options_set_start(sub->options, NEXUS_START_NEW, 0, &err);
        break;
    case 's':
        status = set_since(sub, optarg, &err);
        break;
    case 'd':
        sub->durable = optarg;
        status = nexus_subscribe_options_set_durable(sub->options, optarg, &err);
        break;
    case 'P':
        sub->pretty = true;
        break;
    case 'q':
        sub->quiet = true;
        break;
    default:
        return CTL_USAGE; /* getopt has said why */
    }
    return status < 0 ? report(&err) : status;
}

static int take_channel(struct sub *sub, const char *text)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    const struct nexus_channel *channel;

    if (strcmp(text, "all") == 0)
        return CTL_OK;
    channel = find_channel(text, &err);
    if (!channel)
        return report(&err);
    if (sub->tenant && !nexus_channel_has_tenant(channel))
        return report_usage(&sub_command, "%s is the platform's: it has no --tenant",
                            nexus_channel_name(channel));
    sub->channel = nexus_channel_name(channel);
    return CTL_OK;
}

static int parse(struct sub *sub, int argc, char **argv)
{
    int status = CTL_OK;

    for (int option; !status && (option = command_next(&sub_command, argc, argv)) != -1;)
        status = take_option(sub, option);
    sub->json = command_json();
    if (!status && argc - optind != 1)
        status = report_usage(&sub_command, argc == optind ? "which CHANNEL? `all` for every one"
                                                           : "one CHANNEL only, or `all`");
    return status ? status : take_channel(sub, argv[optind]);
}

static int run(int argc, char **argv)
{
    struct sub sub = {.options = nexus_subscribe_options_new()};
    int status = sub.options ? parse(&sub, argc, argv)
                             : report(&(struct nexus_error){.code = NEXUS_E_MEMORY});

    if (!status)
        sub.client = ctl_connect(&status);
    if (!status)
        status = sub_watch(&sub);
    nexus_client_destroy(sub.client);
    nexus_subscribe_options_destroy(sub.options);
    return status;
}

const struct command sub_command = {
    .name = "sub",
    .arguments = "CHANNEL|all [--tenant T] [--count N] [--json]",
    .summary = "watch the events of a channel, or of all",
    .operands = "CHANNEL|all",
    .about = about,
    .options = options,
    .json =
        "print all there is to know, as one JSON object per line: subject, channel, tenant, "
        "causal_id, traceparent, message_id, stream, sequence, time, deliveries, trust, key_id, "
        "vector_clock, payload, envelope; `nexusctl pub -` reads it back in",
    .notes = notes,
    .examples = examples,
    .connects = true,
    .run = run,
};
