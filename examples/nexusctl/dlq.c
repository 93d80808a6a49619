/* SPDX-License-Identifier: Apache-2.0 */
/* Dead letters: the command, its list, and choosing letters for the other actions. */
#include "dlq.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "row.h"
#include "units.h"

static const char about[] =
    "An event that a service gave up on, because its handler rejected it, because it was tried\n"
    "as often as allowed, or because it could not be read or believed, is kept as a dead letter\n"
    "in the stream NEXUS_DLQ, with everything it had. Here letters are looked at, sent back to\n"
    "where they came from, or thrown away.\n";

static const char examples[] =
    "  nexusctl dlq list --since 1d --reason rejected\n"
    "  nexusctl dlq show 17\n"
    "  nexusctl dlq retry 17\n"
    "  nexusctl dlq purge --consumer crm-booking_created-all --until 30d --yes\n";

static const char list_about[] = "Lists dead letters, the oldest first.\n";

static const char list_examples[] =
    "  nexusctl dlq list\n"
    "  nexusctl dlq list --subject 'nexus.salon-001.>' --json | jq -r .error | sort | uniq -c\n";

static const struct command_option list_options[] = {
    DLQ_CHOICE,
    {'n', "count", "N", "at most so many"},
    {0, NULL, NULL, NULL},
};

/* ---- choosing */

static int choose_reason(struct dlq *dlq, const struct command *command)
{
    for (int reason = NEXUS_DEAD_REJECTED; reason <= NEXUS_DEAD_POISON; reason++)
        if (strcmp(optarg, nexus_dead_reason_name((enum nexus_dead_reason)reason)) == 0) {
            dlq->filter.reason = (enum nexus_dead_reason)reason;
            return CTL_OK;
        }
    return report_usage(command, "--reason %s: rejected, exhausted or poison", optarg);
}

static int choose_time(const struct command *command, const char *name, int64_t *moment)
{
    if (parse_moment(optarg, moment))
        return CTL_OK;
    return report_usage(command, "--%s %s: not a time (1h, 7d, 2026-01-31)", name, optarg);
}

int dlq_choose(struct dlq *dlq, const struct command *command, int option)
{
    dlq->filtered = dlq->filtered || option != 'd';
    switch (option) {
    case 'd':
        dlq->filter.stream = optarg;
        return CTL_OK;
    case 'S':
        dlq->filter.subject = optarg;
        return CTL_OK;
    case 'c':
        dlq->filter.consumer = optarg;
        return CTL_OK;
    case 'r':
        return choose_reason(dlq, command);
    case 's':
        return choose_time(command, "since", &dlq->filter.since);
    case 'u':
        return choose_time(command, "until", &dlq->filter.until);
    default:
        return CTL_USAGE; /* reported */
    }
}

static bool add(struct dlq *dlq, uint64_t number)
{
    if (dlq->count == dlq->capacity) {
        size_t capacity = dlq->capacity ? dlq->capacity * 2 : 64;
        uint64_t *numbers = realloc(dlq->numbers, capacity * sizeof(*numbers));
        if (!numbers) {
            dlq->no_memory = true;
            return false;
        }
        dlq->numbers = numbers;
        dlq->capacity = capacity;
    }
    dlq->numbers[dlq->count++] = number;
    return true;
}

static bool on_found(const struct nexus_dead_letter *letter, void *data)
{
    return add(data, letter->number);
}

int dlq_find(struct dlq *dlq)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (nexus_dead_letters(dlq->client, &dlq->filter, on_found, dlq, NULL, &err))
        return report(&err);
    return dlq->no_memory ? report(&(struct nexus_error){.code = NEXUS_E_MEMORY}) : CTL_OK;
}

int dlq_open(struct dlq *dlq, const struct command *command, int argc, char **argv)
{
    int status = CTL_OK;

    for (int i = optind; i < argc; i++) {
        int64_t number;
        if (!parse_count(argv[i], 1, INT64_MAX, &number))
            return report_usage(command, "%s: not the number of a letter", argv[i]);
        if (!add(dlq, (uint64_t)number))
            return report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    }
    dlq->all = dlq->all || dlq->filtered;
    if (dlq->count && dlq->all)
        return report_usage(command, "either numbers, or options that choose");
    if (!dlq->count && !dlq->all)
        return report_usage(command, "which letters?");
    dlq->client = ctl_connect(&status);
    return status;
}

void dlq_close(struct dlq *dlq)
{
    nexus_client_destroy(dlq->client);
    free(dlq->numbers);
}

/* ---- the list */

static bool on_listed(const struct nexus_dead_letter *letter, void *data)
{
    size_t *count = data;
    int status = CTL_OK;

    ++*count;
    if (command_json())
        dlq_put_json(letter, false);
    else
        dlq_put_row(letter);
    return ctl_flush(&status);
}

static int parse_list(struct dlq *dlq, int argc, char **argv)
{
    const struct command *command = command_find(dlq_command.actions, "list");
    int status = CTL_OK;
    int64_t limit;

    for (int option; !status && (option = command_next(command, argc, argv)) != -1;) {
        if (option != 'n')
            status = dlq_choose(dlq, command, option);
        else if (parse_count(optarg, 1, INT64_MAX, &limit))
            dlq->filter.limit = (uint64_t)limit;
        else
            status = report_usage(command, "--count %s: not a number", optarg);
    }
    if (!status && optind < argc)
        status = report_usage(command, "%s: takes options only", argv[optind]);
    return status;
}

static int run_list(int argc, char **argv)
{
    struct dlq dlq = {.filter = NEXUS_DEAD_LETTER_FILTER_INIT};
    struct nexus_error err = NEXUS_ERROR_INIT;
    size_t count = 0;
    int status = parse_list(&dlq, argc, argv);

    if (!status)
        dlq.client = ctl_connect(&status);
    if (!status && nexus_dead_letters(dlq.client, &dlq.filter, on_listed, &count, NULL, &err))
        status = report(&err);
    else if (!status && !count && !command_json())
        report_text("no dead letters%s", dlq.filtered ? " of that kind" : "");
    dlq_close(&dlq);
    return status;
}

static const struct command list_command = {
    .name = "dlq list",
    .arguments = "[--since TIME] [--reason REASON] [--subject SUBJECT]",
    .summary = "list dead letters",
    .about = list_about,
    .options = list_options,
    .json = "print one object per line",
    .examples = list_examples,
    .connects = true,
    .run = run_list,
};

static const struct command *const actions[] = {&list_command, &dlq_show_command,
                                                &dlq_retry_command, &dlq_purge_command, NULL};

const struct command dlq_command = {
    .name = "dlq",
    .arguments = "list | show NUMBER… | retry NUMBER…|--all | purge NUMBER…|--all",
    .summary = "look through dead letters, send them back, or throw them away",
    .about = about,
    .examples = examples,
    .actions = actions,
};
