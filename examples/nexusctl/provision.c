/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "provision_plan.h"
#include "report.h"
#include "units.h"

static const char about[] =
    "Creates the stream that keeps the events (subjects nexus.>), and the one for dead letters,\n"
    "if they are not there. Streams that are there are compared, and changed only with --change:\n"
    "each difference is shown, and the exit status is 1. When one of them is in the way, none is\n"
    "created. Safe to run at every start of a service.\n";

static const char notes[] =
    "What is not asked for has its default, and is compared too. --change drops events where a\n"
    "limit becomes lower; storage cannot be changed.\n";

static const char examples[] =
    "  nexusctl provision\n"
    "  nexusctl provision --replicas 3 --max-age 30d --max-bytes 20G\n"
    "  nexusctl provision --dry-run --replicas 3 || echo 'not as planned'\n"
    "  nexusctl provision --tenant _core --tenant salon-001 --tenant salon-002\n"
    "  nexusctl provision --horizon 24h --change\n";

enum { PER_DOMAIN = 256, NO_DEAD_LETTERS, HORIZON, CHANGE };

static const struct command_option options[] = {
    {'s', "stream", "NAME", "the stream (default: NEXUS_STREAM, else NEXUS)"},
    {'t', "tenant", "TENANT",
     "a stream NAME-TENANT for this tenant's events, instead of one for all; once for each, _core "
     "for the platform's own"},
    {PER_DOMAIN, "per-domain", NULL, "a stream NAME-DOMAIN for each domain, instead of one"},
    {NO_DEAD_LETTERS, "no-dead-letters", NULL,
     "leave the stream of dead letters (NEXUS_DLQ) alone"},
    {'r', "replicas", "N", "servers that keep a copy, 1 to 5 (default 1)"},
    {'m', "memory", NULL, "keep events in memory only; they end with the server"},
    {'b', "max-bytes", "SIZE", "drop the oldest events beyond this size: 512M, 20G"},
    {'e', "max-events", "N", "… beyond this number"},
    {'a', "max-age", "TIME", "… older than this: 12h, 30d"},
    {'w', "duplicate-window", "TIME",
     "recognize a repeated message id for this long (default 2m, or the horizon)"},
    {HORIZON, "horizon", "TIME",
     "for how long an outbox or a spool may send an event again: the window is at least that"},
    {CHANGE, "change", NULL, "change streams that differ"},
    {'n', "dry-run", NULL,
     "only compare: show the plan, and exit with 1 when there is something to do"},
    {'q', "quiet", NULL, "print differences and failures only"},
    {0, NULL, NULL, NULL},
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
    if (!sound && option == HORIZON)
        return report_usage(&provision_command, "%s: not usable for --horizon; see --help", optarg);
    if (!sound)
        return report_usage(&provision_command, "%s: not usable for -%c; see --help", optarg,
                            option);
    if (option == 'r')
        return nexus_provision_options_set_replicas(plan->options, (unsigned)number, err);
    if (option == 'w')
        return nexus_provision_options_set_duplicate_window(plan->options, number, err);
    if (option == HORIZON)
        return nexus_provision_options_set_horizon(plan->options, number, err);
    return NEXUS_OK;
}

static int take_tenant(struct plan *plan, struct nexus_error *err)
{
    const char **grown;

    if (plan->tenant_count == PLAN_STREAMS_MAX)
        return report_usage(&provision_command, "more than %d tenants", PLAN_STREAMS_MAX);
    grown = realloc(plan->tenants, (plan->tenant_count + 1) * sizeof(*grown));
    if (!grown)
        return NEXUS_E_MEMORY;
    plan->tenants = grown;
    plan->tenants[plan->tenant_count++] = optarg;
    return nexus_provision_options_set_tenant(plan->options, optarg, err); /* a check */
}

static int take_option(struct plan *plan, int option, struct nexus_error *err)
{
    switch (option) {
    case 's':
        plan->base = optarg;
        return nexus_provision_options_set_stream(plan->options, optarg, err);
    case 't':
        return take_tenant(plan, err);
    case PER_DOMAIN:
        plan->per_domain = true;
        return NEXUS_OK;
    case NO_DEAD_LETTERS:
        plan->no_dead_letters = true;
        return NEXUS_OK;
    case CHANGE:
        plan->change = true;
        return nexus_provision_options_set_change(plan->options, true, err);
    case 'm':
        return nexus_provision_options_set_memory(plan->options, true, err);
    case 'n':
        plan->dry_run = true;
        return NEXUS_OK;
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
    const char *environment = getenv("NEXUS_STREAM");
    int status = NEXUS_OK;

    for (int option; !status && (option = command_next(&provision_command, argc, argv)) != -1;)
        status = take_option(plan, option, &err);
    plan->json = command_json();
    if (!plan->base)
        plan->base = environment && *environment ? environment : "NEXUS";
    if (!status && optind < argc)
        status = report_usage(&provision_command, "%s: takes options only", argv[optind]);
    if (!status && plan->per_domain && plan->tenant_count)
        status = report_usage(&provision_command, "--tenant and --per-domain exclude each other");
    if (!status)
        status = nexus_provision_options_set_limits(plan->options, plan->bytes, plan->events,
                                                    plan->age_ms, &err);
    return status < 0 ? report(&err) : status;
}

static int refuse(const struct plan *plan)
{
    size_t count = plan_conflicts(plan);

    plan_print(plan);
    report_text("%zu member%s differ%s from what is asked for; nothing was changed", count,
                count == 1 ? "" : "s", count == 1 ? "s" : "");
    fputs("  ask for what is there, or change it with --change\n", stderr);
    return CTL_FAILED;
}

/* First all of the plan, then all of the work: nothing is created beside a stream that is in the
 * way. */
static int work(struct plan *plan, struct nexus_client *client)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (!plan_streams(plan))
        return report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    if (plan_look(plan, client, &err))
        return report(&err);
    if (plan_conflicts(plan))
        return refuse(plan);
    if (plan->dry_run) {
        plan_print(plan);
        return plan_open(plan) ? CTL_FAILED : CTL_OK;
    }
    if (plan->change && !plan->json && plan_open(plan))
        plan_print(plan);
    if (plan_apply(plan, client, &err))
        return report(&err);
    plan_print(plan);
    return CTL_OK;
}

static int run(int argc, char **argv)
{
    struct plan plan = {
        .options = nexus_provision_options_new(), .bytes = -1, .events = -1, .age_ms = -1};
    struct nexus_client *client = NULL;
    int status = plan.options ? parse(&plan, argc, argv)
                              : report(&(struct nexus_error){.code = NEXUS_E_MEMORY});

    if (!status)
        client = ctl_connect(&status);
    if (!status)
        status = work(&plan, client);
    nexus_client_destroy(client);
    plan_free(&plan);
    return status;
}

const struct command provision_command = {
    .name = "provision",
    .arguments = "[--tenant TENANT…] [--replicas N] [--max-age TIME] [--change] [--dry-run]",
    .summary = "create the streams, or compare those that are there",
    .about = about,
    .options = options,
    .json = "print the result as one JSON object",
    .notes = notes,
    .examples = examples,
    .connects = true,
    .run = run,
};
