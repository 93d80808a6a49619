/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../json_text.h"
#include "command.h"
#include "report.h"
#include "units.h"

static const char about[] =
    "Creates the stream that keeps the events (subjects nexus.>), if it is not there. A\n"
    "stream that is there is compared, never changed: each difference is shown, and the exit\n"
    "status is 1. Safe to run at every start of a service.\n";

static const char notes[] = "What is not asked for has its default, and is compared too.\n";

static const char examples[] =
    "  nexusctl provision\n"
    "  nexusctl provision --replicas 3 --max-age 30d --max-bytes 20G\n"
    "  nexusctl provision --dry-run --replicas 3 || echo 'not as planned'\n";

static const struct command_option options[] = {
    {'s', "stream", "NAME", "the stream (default: NEXUS_STREAM, else NEXUS)"},
    {'r', "replicas", "N", "servers that keep a copy, 1 to 5 (default 1)"},
    {'m', "memory", NULL, "keep events in memory only; they end with the server"},
    {'b', "max-bytes", "SIZE", "drop the oldest events beyond this size: 512M, 20G"},
    {'e', "max-events", "N", "… beyond this number"},
    {'a', "max-age", "TIME", "… older than this: 12h, 30d"},
    {'w', "duplicate-window", "TIME", "recognize a repeated message id for this long (default 2m)"},
    {'n', "dry-run", NULL, "only compare"},
    {'q', "quiet", NULL, "print differences and failures only"},
    {0, NULL, NULL, NULL},
};

struct plan {
    struct nexus_provision_options *options;
    int64_t bytes;
    int64_t events;
    int64_t age_ms;
    bool dry_run;
    bool json;
    bool quiet;
    size_t differences;
};

static int take_number(struct plan *plan, int option, struct nexus_error *err)
{
    int64_t number = 0;
    bool sound = true;

    if (option == 'r')
        sound = parse_count(optarg, 1, 5, &number);
    else if (option == 'b')
        sound = parse_size(optarg, &plan->bytes);
    else if (option == 'e')
        sound = parse_count(optarg, 1, INT64_MAX, &plan->events);
    else if (option == 'a')
        sound = parse_duration(optarg, &plan->age_ms);
    else
        sound = parse_duration(optarg, &number);
    if (!sound)
        return report_usage(&provision_command, "%s: not usable for -%c; see --help", optarg,
                            option);
    if (option == 'r')
        return nexus_provision_options_set_replicas(plan->options, (unsigned)number, err);
    if (option == 'w')
        return nexus_provision_options_set_duplicate_window(plan->options, number, err);
    return NEXUS_OK;
}

static int take_option(struct plan *plan, int option, struct nexus_error *err)
{
    switch (option) {
    case 's':
        return nexus_provision_options_set_stream(plan->options, optarg, err);
    case 'm':
        return nexus_provision_options_set_memory(plan->options, true, err);
    case 'n':
        plan->dry_run = true;
        return nexus_provision_options_set_dry_run(plan->options, true, err);
    case 'q':
        plan->quiet = true;
        return NEXUS_OK;
    case '?':
        return CTL_USAGE; /* getopt has said why */
    default:
        return take_number(plan, option, err);
    }
}

static int parse(struct plan *plan, int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int status = NEXUS_OK;

    for (int option; !status && (option = command_next(&provision_command, argc, argv)) != -1;)
        status = take_option(plan, option, &err);
    plan->json = command_json();
    if (!status && optind < argc)
        status = report_usage(&provision_command, "%s: takes options only", argv[optind]);
    if (!status)
        status = nexus_provision_options_set_limits(plan->options, plan->bytes, plan->events,
                                                    plan->age_ms, &err);
    return status < 0 ? report(&err) : status;
}

static void on_difference(const char *member, const char *actual, const char *wanted, void *data)
{
    struct plan *plan = data;
    const char *before = plan->differences ? "," : "{\"result\":\"different\",\"differences\":[";

    if (plan->json) {
        printf("%s{\"member\":", before);
        json_put_string(stdout, member);
        printf(",\"actual\":%s,\"wanted\":%s}", actual, wanted);
    } else {
        if (!plan->differences)
            printf("  %-22s %-22s %s\n", "member", "is", "asked for");
        printf("  %-22s %-22s %s\n", member, actual, wanted);
    }
    plan->differences++;
}

static const char *result_name(enum nexus_provision_result result)
{
    switch (result) {
    case NEXUS_PROVISION_CREATED:
        return "created";
    case NEXUS_PROVISION_UNCHANGED:
        return "unchanged";
    default:
        return "missing";
    }
}

static int print_result(const struct plan *plan, enum nexus_provision_result result)
{
    static const char *const sentences[] = {
        [NEXUS_PROVISION_CREATED] = "the stream has been created",
        [NEXUS_PROVISION_UNCHANGED] = "the stream is there, and as asked for",
        [NEXUS_PROVISION_MISSING] = "the stream is not there; without --dry-run it is created",
    };

    if (plan->json)
        printf("{\"result\":\"%s\",\"differences\":[]}\n", result_name(result));
    else if (!plan->quiet)
        puts(sentences[result]);
    return result == NEXUS_PROVISION_MISSING ? CTL_FAILED : CTL_OK;
}

static int apply(struct plan *plan, struct nexus_client *client)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    enum nexus_provision_result result;
    int status =
        nexus_provision_options_set_difference_callback(plan->options, on_difference, plan, &err);

    if (!status)
        status = nexus_provision(client, plan->options, &result, &err);
    if (!status)
        return print_result(plan, result);
    if (!plan->differences)
        return report(&err);
    if (plan->json)
        puts("]}");
    fflush(stdout);
    report_text("the stream differs in %zu member%s from what is asked for; nothing was changed",
                plan->differences, plan->differences == 1 ? "" : "s");
    fputs("  ask for what is there, or change the stream with the server's own tool "
          "(`nats stream edit`)\n",
          stderr);
    return CTL_FAILED;
}

static int run(int argc, char **argv)
{
    struct plan plan = {.options = nexus_provision_options_new(), -1, -1, -1};
    struct nexus_client *client = NULL;
    int status = plan.options ? parse(&plan, argc, argv)
                              : report(&(struct nexus_error){.code = NEXUS_E_MEMORY});

    if (!status)
        client = ctl_connect(&status);
    if (!status)
        status = apply(&plan, client);
    nexus_client_destroy(client);
    nexus_provision_options_destroy(plan.options);
    return status;
}

const struct command provision_command = {
    .name = "provision",
    .arguments = "[--replicas N] [--memory] [--max-age TIME] [--dry-run]",
    .summary = "create the stream, or compare the one that is there",
    .about = about,
    .options = options,
    .json = "print the result as one JSON object",
    .notes = notes,
    .examples = examples,
    .connects = true,
    .run = run,
};
