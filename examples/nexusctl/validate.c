/* SPDX-License-Identifier: Apache-2.0 */
/* Checking payloads against the contract, to the last fault. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../event_line.h"
#include "../json_text.h"
#include "command.h"
#include "input.h"
#include "names.h"
#include "report.h"

#define FILE_BYTES_MAX ((size_t)256 << 20)

static const char about[] =
    "Checks a payload in a file, or on standard input for -, against the contract, and names\n"
    "every member that breaks it. With --lines the file has one payload per line; with - for\n"
    "CHANNEL, one event per line, which names its own channel, as `nexusctl pub -` takes them.\n"
    "Needs no server. The exit status is 1 when anything is wrong.\n";

static const char examples[] = "  nexusctl validate telegramMessage message.json\n"
                               "  nexusctl validate iotSensorData --lines readings.ndjson\n"
                               "  nexusctl validate - day.ndjson\n"
                               "  nexusctl validate kbSearched - <<< '{\"query\":7}'\n";

static const struct command_option options[] = {
    {'l', "lines", NULL, "one payload per line"},
    {'q', "quiet", NULL, "no summary"},
    {0, NULL, NULL, NULL},
};

struct validation {
    const struct nexus_channel *channel; /* NULL: each line names its own */
    const char *file;
    bool lines;
    bool quiet;
    size_t line;   /* 0: the file is one payload */
    size_t errors; /* of this payload */
    size_t checked;
    size_t wrong;
};

static void print_error(const struct validation *work, const struct nexus_error *err)
{
    if (command_json()) {
        fputs(work->errors ? "," : "", stdout);
        fputs("{\"member\":", stdout);
        json_put_string(stdout, err->where);
        fputs(",\"message\":", stdout);
        json_put_string(stdout, err->message);
        fputs("}", stdout);
        return;
    }
    printf("%s:", work->file);
    if (work->line)
        printf("%zu:", work->line);
    printf(" %s%s", err->where, *err->where ? ": " : "");
    json_put_line(stdout, err->message);
    putchar('\n');
}

static void on_violation(const struct nexus_error *err, void *data)
{
    struct validation *work = data;

    print_error(work, err);
    work->errors++;
}

static void begin(struct validation *work, const char *channel)
{
    work->errors = 0;
    work->checked++;
    if (!command_json())
        return;
    fputs("{\"file\":", stdout);
    json_put_string(stdout, work->file);
    if (work->line)
        printf(",\"line\":%zu", work->line);
    fputs(",\"channel\":", stdout);
    json_put_string(stdout, channel);
    fputs(",\"errors\":[", stdout);
}

static void end(struct validation *work)
{
    if (command_json())
        printf("],\"valid\":%s}\n", work->errors ? "false" : "true");
    work->wrong += work->errors > 0;
}

static void check(struct validation *work, const struct nexus_channel *channel, const char *payload,
                  size_t length)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    begin(work, nexus_channel_name(channel));
    if (strlen(payload) != length)
        on_violation(&(struct nexus_error){NEXUS_E_JSON, 0, "payload", "contains a NUL byte"},
                     work);
    else if (nexus_validate_json_each(nexus_channel_name(channel), payload, on_violation, work,
                                      &err) &&
             !work->errors)
        on_violation(&err, work); /* too large, or no memory */
    end(work);
}

/* A line that names its own channel. */
static void check_event(struct validation *work, const char *text, size_t length)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    const struct nexus_channel *channel = NULL;
    struct event_line line;

    if (event_line_read(&line, text, length, &err) == NEXUS_OK)
        channel = find_channel(line.channel, &err);
    if (channel) {
        check(work, channel, line.payload, strlen(line.payload));
    } else {
        begin(work, line.channel);
        on_violation(&err, work);
        end(work);
    }
    event_line_clear(&line);
}

static void check_lines(struct validation *work, char *text, size_t length)
{
    char *stop = text + length;

    while (text < stop) {
        char *newline = memchr(text, '\n', (size_t)(stop - text));
        size_t size = (size_t)((newline ? newline : stop) - text);
        work->line++;
        text[size] = 0;
        if (strspn(text, " \t\r") == size)
            ;
        else if (work->channel)
            check(work, work->channel, text, size);
        else
            check_event(work, text, size);
        text += size + 1;
    }
}

static int validate(struct validation *work, const char *path)
{
    size_t length;
    char *text = input_read(path, FILE_BYTES_MAX, &length);

    if (!text)
        return CTL_FAILED;
    work->file = strcmp(path, "-") == 0 ? "standard input" : path;
    if (work->lines || !work->channel)
        check_lines(work, text, length);
    else
        check(work, work->channel, text, length);
    free(text);
    fflush(stdout);
    if (!work->quiet)
        report_text("%zu of %zu payloads keep to the contract", work->checked - work->wrong,
                    work->checked);
    return work->wrong ? CTL_FAILED : CTL_OK;
}

static int run(int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct validation work = {.file = NULL};

    for (int option; (option = command_next(&validate_command, argc, argv)) != -1;) {
        if (option == '?')
            return CTL_USAGE;
        *(option == 'l' ? &work.lines : &work.quiet) = true;
    }
    if (argc - optind != 2)
        return report_usage(&validate_command, "CHANNEL and FILE are needed");
    if (strcmp(argv[optind], "-") != 0 && !(work.channel = find_channel(argv[optind], &err)))
        return report(&err);
    return validate(&work, argv[optind + 1]);
}

const struct command validate_command = {
    .name = "validate",
    .arguments = "CHANNEL|- FILE|- [--lines]",
    .operands = "CHANNEL FILE",
    .summary = "check payloads against the contract, to the last fault",
    .about = about,
    .options = options,
    .json =
        "print {\"file\":…,\"channel\":…,\"errors\":[{\"member\":…,\"message\":…}],\"valid\":…} "
        "for each payload",
    .examples = examples,
    .run = run,
};
