/* SPDX-License-Identifier: Apache-2.0 */
/* Sending dead letters back, and throwing them away. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "../json_text.h"
#include "dlq.h"
#include "report.h"

enum { KEY_DRY_RUN = 256, KEY_KEEP, KEY_NEW_ID, KEY_ANY };

static const char retry_about[] =
    "Publishes the events of dead letters again, byte for byte, with their message ids and\n"
    "signatures, on the subjects that they had; what is stored is taken out of the dead letters.\n"
    "Every consumer of the subject gets the event again; those with an inbox pass over what they\n"
    "have handled.\n";

static const char retry_notes[] =
    "A stream does not store a message id twice within its duplicate window. What is sent back\n"
    "so early stays, and the exit status is 1; --new-id helps where the event is not signed.\n";

static const char retry_examples[] =
    "  nexusctl dlq retry 17 18\n"
    "  nexusctl dlq retry --reason exhausted --since 1h --dry-run\n"
    "  nexusctl dlq retry --all\n";

static const char purge_about[] =
    "Throws dead letters away for good. Asks first, unless --yes is given.\n";

static const char purge_examples[] = "  nexusctl dlq purge 17\n"
                                     "  nexusctl dlq purge --until 30d --yes\n";

static const struct command_option retry_options[] = {
    DLQ_CHOICE,
    {'a', "all", NULL, "all letters"},
    {KEY_DRY_RUN, "dry-run", NULL, "only say what could be sent back"},
    {KEY_KEEP, "keep", NULL, "leave the letters where they are"},
    {KEY_NEW_ID, "new-id", NULL, "send the events under fresh message ids"},
    {KEY_ANY, "any-subject", NULL,
     "also letters that lie on another subject than their event's; look at them first"},
    {0, NULL, NULL, NULL},
};

static const struct command_option purge_options[] = {
    DLQ_CHOICE,
    {'a', "all", NULL, "all letters"},
    {'y', "yes", NULL, "do not ask"},
    {0, NULL, NULL, NULL},
};

struct work {
    struct dlq dlq;
    unsigned flags;
    bool yes;
    size_t done, failed;
};

/* One line for each letter, whatever became of it. */
static int tell(struct work *work, uint64_t number, int code, const struct nexus_error *err,
                const char *done, const struct nexus_receipt *receipt)
{
    code ? work->failed++ : work->done++;
    if (command_json()) {
        printf("{\"number\":%" PRIu64 ",\"ok\":%s", number, code ? "false" : "true");
        if (receipt && receipt->sequence)
            printf(",\"sequence\":%" PRIu64, receipt->sequence);
        fputs(",\"error\":", stdout);
        json_put_string(stdout, code ? err->message : NULL);
        puts("}");
    } else if (!code && receipt && receipt->sequence) {
        printf("%8" PRIu64 "  %s, as %s %" PRIu64 "\n", number, done, receipt->stream,
               receipt->sequence);
    } else if (!code) {
        printf("%8" PRIu64 "  %s\n", number, done);
    }
    fflush(stdout);
    return code ? report(err) : CTL_OK;
}

static int each(struct work *work, int (*one)(struct work *work, uint64_t number))
{
    int status = CTL_OK;

    for (size_t i = 0; i < work->dlq.count; i++) {
        int result = one(work, work->dlq.numbers[i]);
        status = status ? status : result;
        if (result == CTL_CONNECTION)
            break;
    }
    return status;
}

/* ---- retry */

static int retry_one(struct work *work, uint64_t number)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    int code = nexus_dead_letter_retry(work->dlq.client, work->dlq.filter.stream, number,
                                       work->flags, &receipt, &err);

    return tell(work, number, code, &err,
                work->flags & NEXUS_DEAD_LETTER_DRY_RUN ? "could be sent back" : "sent back",
                &receipt);
}

static int take_retry(struct work *work, int option)
{
    switch (option) {
    case 'a':
        work->dlq.all = true;
        return CTL_OK;
    case KEY_DRY_RUN:
        work->flags |= NEXUS_DEAD_LETTER_DRY_RUN;
        return CTL_OK;
    case KEY_KEEP:
        work->flags |= NEXUS_DEAD_LETTER_KEEP;
        return CTL_OK;
    case KEY_NEW_ID:
        work->flags |= NEXUS_DEAD_LETTER_NEW_ID;
        return CTL_OK;
    case KEY_ANY:
        work->flags |= NEXUS_DEAD_LETTER_ANY_SUBJECT;
        return CTL_OK;
    default:
        return dlq_choose(&work->dlq, &dlq_retry_command, option);
    }
}

static int run_retry(int argc, char **argv)
{
    struct work work = {.dlq.filter = NEXUS_DEAD_LETTER_FILTER_INIT};
    int status = CTL_OK;

    for (int option; !status && (option = command_next(&dlq_retry_command, argc, argv)) != -1;)
        status = take_retry(&work, option);
    if (!status)
        status = dlq_open(&work.dlq, &dlq_retry_command, argc, argv);
    if (!status && work.dlq.all)
        status = dlq_find(&work.dlq);
    if (!status)
        status = each(&work, retry_one);
    if (work.dlq.client && !command_json())
        report_text("%zu of %zu letters %s", work.done, work.dlq.count,
                    work.flags & NEXUS_DEAD_LETTER_DRY_RUN ? "could be sent back" : "sent back");
    dlq_close(&work.dlq);
    return status;
}

/* ---- purge */

static int purge_one(struct work *work, uint64_t number)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int code = nexus_dead_letter_delete(work->dlq.client, work->dlq.filter.stream, number, &err);

    return tell(work, number, code, &err, "thrown away", NULL);
}

/* Asks the person at the terminal; a script has to say --yes. */
static int ask(const struct work *work)
{
    char answer[16] = "";

    if (work->yes || !work->dlq.count)
        return CTL_OK;
    if (!isatty(STDIN_FILENO))
        return report_usage(&dlq_purge_command, "nobody can be asked here; --yes means it");
    fprintf(stderr, "throw away %zu letters for good? [y/N] ", work->dlq.count);
    if (fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y'))
        return CTL_OK;
    report_text("nothing was thrown away");
    return CTL_FAILED;
}

static int take_purge(struct work *work, int option)
{
    if (option == 'a')
        work->dlq.all = true;
    else if (option == 'y')
        work->yes = true;
    else
        return dlq_choose(&work->dlq, &dlq_purge_command, option);
    return CTL_OK;
}

static int run_purge(int argc, char **argv)
{
    struct work work = {.dlq.filter = NEXUS_DEAD_LETTER_FILTER_INIT};
    int status = CTL_OK;

    for (int option; !status && (option = command_next(&dlq_purge_command, argc, argv)) != -1;)
        status = take_purge(&work, option);
    if (!status)
        status = dlq_open(&work.dlq, &dlq_purge_command, argc, argv);
    if (!status && work.dlq.all)
        status = dlq_find(&work.dlq);
    if (!status)
        status = ask(&work);
    if (!status)
        status = each(&work, purge_one);
    dlq_close(&work.dlq);
    return status;
}

const struct command dlq_retry_command = {
    .name = "dlq retry",
    .arguments = "NUMBER… | --all | --reason REASON … [--dry-run]",
    .summary = "send the events of dead letters back to their subjects",
    .about = retry_about,
    .options = retry_options,
    .json = "print {\"number\":…,\"ok\":…,\"sequence\":…,\"error\":…} for each",
    .notes = retry_notes,
    .examples = retry_examples,
    .connects = true,
    .run = run_retry,
};

const struct command dlq_purge_command = {
    .name = "dlq purge",
    .arguments = "NUMBER… | --all | --until TIME … [--yes]",
    .summary = "throw dead letters away for good",
    .about = purge_about,
    .options = purge_options,
    .json = "print {\"number\":…,\"ok\":…,\"error\":…} for each",
    .examples = purge_examples,
    .connects = true,
    .run = run_purge,
};
