/* SPDX-License-Identifier: Apache-2.0 */
#include "pub.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../json_text.h"
#include "names.h"
#include "report.h"
#include "units.h"

#define DRAIN_MS 3000

static const char about[] =
    "JSON is the event's payload; the envelope around it is made here. Prints where the event\n"
    "was stored. With - for JSON, standard input has one payload per line; with - for\n"
    "CHANNEL, one event per line, which names its own channel:\n\n"
    "  {\"channel\":\"agentDream\",\"payload\":{\"agent\":\"archi\"}}\n\n"
    "`causal_id` may stand there too. What `nexusctl sub --json` prints can be read back in;\n"
    "the members that the server gave (sequence, time, …) are passed over. Payloads are\n"
    "handed on as text: no number loses a digit.\n\n"
    "Lines are published without waiting for each ack. One that is refused is reported with\n"
    "its number and the member at fault, and the others go on; the exit status is then 1.\n"
    "Ctrl-C stops reading and waits for the acks of what was sent.\n";

static const char examples[] =
    "  nexusctl pub bookingCreated --tenant salon-001 '{\"client\":\"Анна\",\"service\":\"cut\"}'\n"
    "  nexusctl pub pipelineStageCompleted '{\"stage\":\"build\",\"status\":\"started\"}'\n"
    "  nexusctl pub kbSearched --tenant salon-001 --key till-1.pem "
    "'{\"query\":\"hours\",\"results_count\":3}'\n"
    "  sensor-reader | nexusctl pub iotSensorData --tenant farm-004 -\n"
    "  nexusctl pub --dry-run - < day.ndjson\n"
    "  nexusctl sub all --json --timeout 2 > events.ndjson && nexusctl pub - < events.ndjson\n";

static const struct command_option options[] = {
    {'t', "tenant", "T", "the tenant; on a system channel, the tenant that it is about"},
    {'c', "causal-id", "ID", "join this causal chain (default: a new one for each event)"},
    {'m', "message-id", "ID", "publishing the same ID again stores nothing (one event only)"},
    {'p', "parameter", "N=V", "another parameter of the address, where a channel has one"},
    {'d', "deadline", "TIME", "give up after this long: 30, 500ms, 2m (default 15 s)"},
    {'n', "dry-run", NULL, "check against the contract only; needs no server"},
    {'q', "quiet", NULL, "no summary"},
    {0, NULL, NULL, NULL},
};

static int set_parameter(struct pub *pub, const char *text, struct nexus_error *err)
{
    const char *equals = strchr(text, '=');
    char name[64];

    if (!equals || equals == text || (size_t)(equals - text) >= sizeof(name))
        return report_usage(&pub_command, "--parameter %s: write it as NAME=VALUE", text);
    snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
    return nexus_publish_options_set_parameter(pub->options, name, equals + 1, err) ? report(err)
                                                                                    : CTL_OK;
}

static int set_deadline(struct pub *pub, const char *text, struct nexus_error *err)
{
    int64_t milliseconds;

    if (!parse_duration(text, &milliseconds))
        return report_usage(&pub_command, "--deadline %s: not a time (30, 500ms, 2m)", text);
    return nexus_publish_options_set_deadline(pub->options, milliseconds, err) ? report(err)
                                                                               : CTL_OK;
}

static int take_option(struct pub *pub, int option, const char **message_id,
                       struct nexus_error *err)
{
    switch (option) {
    case 't':
        pub->tenant = optarg;
        return CTL_OK;
    case 'c':
        pub->causal_id = optarg;
        return CTL_OK;
    case 'm':
        *message_id = optarg;
        return nexus_publish_options_set_message_id(pub->options, optarg, err) ? report(err)
                                                                               : CTL_OK;
    case 'p':
        return set_parameter(pub, optarg, err);
    case 'd':
        return set_deadline(pub, optarg, err);
    case 'n':
        pub->dry_run = true;
        return CTL_OK;
    case 'q':
        pub->quiet = true;
        return CTL_OK;
    default:
        return CTL_USAGE; /* getopt has said why */
    }
}

/* CHANNEL JSON, CHANNEL - or - alone. */
static int take_arguments(struct pub *pub, int count, char **arguments)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (count == 1 && strcmp(arguments[0], "-") == 0)
        return pub->tenant || pub->causal_id
                   ? report_usage(&pub_command, "with - each line names its own tenant and chain")
                   : CTL_OK;
    if (count != 2)
        return report_usage(&pub_command, count < 2 ? "CHANNEL and JSON are needed"
                                                    : "too many arguments; quote the JSON");
    pub->channel = find_channel(arguments[0], &err);
    if (!pub->channel)
        return report(&err);
    if (nexus_channel_has_tenant(pub->channel) && !pub->tenant)
        return report_usage(&pub_command, "%s belongs to a tenant: --tenant is needed",
                            nexus_channel_name(pub->channel));
    if (strcmp(arguments[1], "-") != 0)
        pub->payload = arguments[1];
    return CTL_OK;
}

static int parse(struct pub *pub, int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    const char *message_id = NULL;
    int status = CTL_OK;

    for (int option; !status && (option = command_next(&pub_command, argc, argv)) != -1;)
        status = take_option(pub, option, &message_id, &err);
    pub->json = command_json();
    if (!status)
        status = take_arguments(pub, argc - optind, argv + optind);
    if (!status && message_id && !pub->payload)
        status = report_usage(&pub_command, "--message-id is for one event only");
    return status;
}

int pub_event(struct pub *pub, const struct pub_event *event, struct nexus_receipt *receipt,
              struct nexus_error *err)
{
    const char *name = nexus_channel_name(event->channel);
    bool in_subject = nexus_channel_has_tenant(event->channel);
    int status = NEXUS_OK;

    if (in_subject || event->tenant)
        status = nexus_check_token("tenant", event->tenant ? event->tenant : "", err);
    if (status || pub->dry_run)
        return status ? status : nexus_validate_json(name, event->payload, err);
    status = nexus_publish_options_set_tenant(pub->options, in_subject ? NULL : event->tenant, err);
    if (!status)
        status = nexus_publish_options_set_causal_id(pub->options, event->causal_id, err);
    if (!status)
        status = nexus_publish_json(pub->client, name, in_subject ? event->tenant : NULL,
                                    event->payload, pub->options, receipt, err);
    return status;
}

void pub_print_receipt(const struct pub *pub, const char *channel, size_t line,
                       const struct nexus_receipt *receipt)
{
    if (!pub->json && receipt->spooled_at) {
        printf("%s kept in the spool as %s, causal id %s\n", channel, receipt->message_id,
               receipt->causal_id);
        return;
    }
    if (!pub->json) {
        printf("%s %s as number %" PRIu64 " of %s, causal id %s\n", channel,
               receipt->duplicate ? "was already stored" : "stored", receipt->sequence,
               receipt->stream, receipt->causal_id);
        return;
    }
    fputs("{", stdout);
    if (line)
        printf("\"line\":%zu,", line);
    fputs("\"channel\":", stdout);
    json_put_string(stdout, channel);
    fputs(",\"stream\":", stdout);
    json_put_string(stdout, receipt->stream);
    printf(",\"sequence\":%" PRIu64 ",\"duplicate\":%s,\"message_id\":", receipt->sequence,
           receipt->duplicate ? "true" : "false");
    json_put_string(stdout, receipt->message_id);
    fputs(",\"causal_id\":", stdout);
    json_put_string(stdout, receipt->causal_id);
    fputs("}\n", stdout);
}

int pub_one(struct pub *pub)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct pub_event event = {pub->channel, pub->tenant, pub->causal_id, pub->payload};
    const char *name = nexus_channel_name(pub->channel);

    if (pub_event(pub, &event, &receipt, &err))
        return report(&err);
    if (!pub->dry_run)
        pub_print_receipt(pub, name, 0, &receipt);
    else if (!pub->quiet)
        printf("%s: the payload keeps to the contract\n", name);
    return CTL_OK;
}

/* What the spool holds goes out while the server is there; the rest waits for the next run. */
static void drain(const struct pub *pub)
{
    struct nexus_spool_stats stats = NEXUS_SPOOL_STATS_INIT;

    if (pub->client && nexus_client_spool_drain(pub->client, DRAIN_MS, NULL) != NEXUS_OK &&
        nexus_client_spool_stats(pub->client, &stats, NULL) == NEXUS_OK && stats.events)
        report_text("%" PRIu64 " events wait in the spool", stats.events);
}

static int run(int argc, char **argv)
{
    struct pub pub = {.options = nexus_publish_options_new()};
    int status = pub.options ? parse(&pub, argc, argv)
                             : report(&(struct nexus_error){.code = NEXUS_E_MEMORY});

    if (!status && !pub.dry_run)
        pub.client = ctl_connect(&status);
    if (!status)
        status = pub.payload ? pub_one(&pub) : pub_lines(&pub);
    drain(&pub);
    nexus_client_destroy(pub.client);
    nexus_publish_options_destroy(pub.options);
    return status;
}

const struct command pub_command = {
    .name = "pub",
    .arguments = "CHANNEL [--tenant T] JSON|-   or   nexusctl pub -",
    .summary = "publish an event, or one per line of standard input",
    .operands = "CHANNEL|-",
    .about = about,
    .options = options,
    .json = "print receipts as JSON, one per line",
    .examples = examples,
    .connects = true,
    .run = run,
};
