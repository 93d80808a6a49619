/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "dlq.h"
#include "report.h"

static const char about[] =
    "Shows dead letters with all that their events had: every header, and the body. With --raw\n"
    "only the body, byte for byte.\n";

static const char examples[] = "  nexusctl dlq show 17\n"
                               "  nexusctl dlq show 17 --raw > body.bin\n"
                               "  nexusctl dlq show 17 --json | jq -r .body | jq .payload\n";

static const struct command_option options[] = {
    {'d', "dlq", "NAME", "the stream of dead letters (default: NEXUS_DLQ)"},
    {'w', "raw", NULL, "write the body alone, as it is"},
    {0, NULL, NULL, NULL},
};

struct show {
    uint64_t number;
    bool raw;
    bool found;
};

static bool on_letter(const struct nexus_dead_letter *letter, void *data)
{
    struct show *show = data;

    show->found = letter->number == show->number;
    if (!show->found)
        return false;
    if (show->raw && letter->body)
        fwrite(letter->body, 1, letter->body_length, stdout);
    else if (command_json())
        dlq_put_json(letter, true);
    else
        dlq_put_page(letter);
    return false;
}

static int show_one(struct dlq *dlq, uint64_t number, bool raw)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct show show = {.number = number, .raw = raw};

    dlq->filter.from = number;
    dlq->filter.limit = 1;
    if (nexus_dead_letters(dlq->client, &dlq->filter, on_letter, &show, NULL, &err))
        return report(&err);
    if (show.found)
        return CTL_OK;
    report_text("there is no letter %" PRIu64, number);
    return CTL_FAILED;
}

static int run(int argc, char **argv)
{
    struct dlq dlq = {.filter = NEXUS_DEAD_LETTER_FILTER_INIT};
    bool raw = false;
    int status = CTL_OK;

    for (int option; !status && (option = command_next(&dlq_show_command, argc, argv)) != -1;) {
        if (option == 'w')
            raw = true;
        else
            status = dlq_choose(&dlq, &dlq_show_command, option);
    }
    if (!status)
        status = dlq_open(&dlq, &dlq_show_command, argc, argv);
    for (size_t i = 0; dlq.client && i < dlq.count; i++) {
        int one = show_one(&dlq, dlq.numbers[i], raw);
        status = status ? status : one;
    }
    dlq_close(&dlq);
    return status;
}

const struct command dlq_show_command = {
    .name = "dlq show",
    .arguments = "NUMBER… [--raw]",
    .summary = "show dead letters with all that their events had",
    .about = about,
    .options = options,
    .json = "print one object per line, with headers and body (body_base64 where it is not text)",
    .examples = examples,
    .connects = true,
    .run = run,
};
