/* SPDX-License-Identifier: Apache-2.0 */
#include "channels.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "names.h"
#include "report.h"

static const char about[] =
    "Lists the channels of the contract that this tool was built with. With CHANNEL, shows\n"
    "one: its subject, the members of its payload, and a command that publishes such an\n"
    "event. Needs no server.\n";

static const char examples[] = "  nexusctl channels\n"
                               "  nexusctl channels iotSensorData\n"
                               "  nexusctl channels --json | jq -r '.[] | select(.open) | .name'\n";

const char *kind_name(enum nexus_kind kind)
{
    static const char *const names[] = {
        [NEXUS_KIND_STRING] = "string",
        [NEXUS_KIND_INTEGER] = "integer",
        [NEXUS_KIND_NUMBER] = "number",
        [NEXUS_KIND_ENUM] = "enum",
        [NEXUS_KIND_STRING_ARRAY] = "string array",
        [NEXUS_KIND_INTEGER_ARRAY] = "integer array",
    };
    return names[kind];
}

struct nexus_member member_at(const struct nexus_channel *channel, size_t index)
{
    struct nexus_member member = NEXUS_MEMBER_INIT;

    nexus_channel_member(channel, index, &member, NULL);
    return member;
}

static void list_as_json(void)
{
    for (size_t i = 0; i < nexus_channel_count(); i++) {
        fputs(i ? ",\n" : "[", stdout);
        channel_put_json(nexus_channel_at(i));
    }
    fputs("]\n", stdout);
}

static void list_as_table(void)
{
    printf("%-31s %-51s %s\n", "CHANNEL", "SUBJECT", "PAYLOAD");
    for (size_t i = 0; i < nexus_channel_count(); i++) {
        const struct nexus_channel *channel = nexus_channel_at(i);
        size_t count = nexus_channel_member_count(channel);
        printf("%-31s %-51s ", nexus_channel_name(channel), nexus_channel_address(channel));
        if (nexus_channel_is_open(channel))
            puts("any object");
        else
            printf("%zu member%s\n", count, count == 1 ? "" : "s");
    }
    printf("\n%zu channels of contract %s. `nexusctl channels CHANNEL` shows one.\n",
           nexus_channel_count(), nexus_contract_version());
}

static int show_one(const char *name, bool json)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    const struct nexus_channel *channel = find_channel(name, &err);

    if (!channel)
        return report(&err);
    if (json) {
        channel_put_json(channel);
        putchar('\n');
    } else {
        channel_put_page(channel);
    }
    return CTL_OK;
}

static int run(int argc, char **argv)
{
    if (command_next(&channels_command, argc, argv) != -1)
        return CTL_USAGE;
    if (argc - optind > 1)
        return report_usage(&channels_command, "one CHANNEL at most");
    if (optind < argc)
        return show_one(argv[optind], command_json());
    if (command_json())
        list_as_json();
    else
        list_as_table();
    return CTL_OK;
}

const struct command channels_command = {
    .name = "channels",
    .arguments = "[CHANNEL] [--json]",
    .summary = "list the channels of the contract, or explain one",
    .operands = "CHANNEL",
    .about = about,
    .json = "the same and more, as JSON",
    .examples = examples,
    .run = run,
};
