/* SPDX-License-Identifier: Apache-2.0 */
/* nexusctl: the operator's hand on the bus. This file finds the command and runs it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../environment.h"
#include "command.h"
#include "report.h"
#include "signals.h"

static const struct command *const commands[] = {
    &pub_command,    &sub_command,  &provision_command, &channels_command,
    &keygen_command, &jwks_command, &sign_command,      &verify_command};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
    fputs("nexusctl: publish, watch and look after the events of the Nexus platform\n\n"
          "usage: nexusctl [--url URL] COMMAND [ARGUMENT…]\n\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`nexusctl COMMAND --help` explains a command, with examples. A first walk:\n\n"
          "  nexusctl provision                    create the stream, once\n"
          "  nexusctl sub all                      watch every event, from the first\n"
          "  nexusctl channels bookingCreated      what does this event look like?\n"
          "  nexusctl pub bookingCreated --tenant salon-001 '{\"client\":\"Анна\"}'\n\n"
          "options\n"
          "  --url URL    the server, instead of NEXUS_URL\n"
          "  --version    versions of the tool, the library and the contract\n"
          "  --help       this text\n\n"
          "environment\n",
          out);
    fputs(environment_help, out);
    fputs("\nexit status\n"
          "  0    done\n"
          "  1    something failed: an event was refused, a stream differs, …\n"
          "  2    the command line or a variable is unusable; nothing was done\n"
          "  3    no connection: no server, or it refused the credentials\n"
          "  4    the time is up: nothing was received, or no ack came\n"
          "  130  ended by Ctrl-C before it was done\n",
          out);
}

static void print_command_help(const struct command *command)
{
    printf("nexusctl %s: %s\n\nusage: nexusctl %s %s\n\n%s", command->name, command->summary,
           command->name, command->arguments, command->help);
}

static int print_version(void)
{
    printf("nexusctl %s (library %s, contract %s)\n", NEXUS_VERSION_STRING, nexus_version(),
           nexus_contract_version());
    return CTL_OK;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* Whether the command was asked for help: --help anywhere before "--". */
static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int run_command(int argc, char **argv)
{
    const struct command *command = find_command(argv[0]);
    char name[40];
    int status = CTL_OK;

    if (!command) {
        report_text("%s: no such command; `nexusctl --help` lists them", argv[0]);
        return CTL_USAGE;
    }
    snprintf(name, sizeof(name), "nexusctl %s", command->name);
    argv[0] = name;
    optind = 0; /* getopt starts anew */
    if (wants_help(argc, argv))
        print_command_help(command);
    else
        status = command->run(argc, argv);
    ctl_flush(&status);
    return status;
}

/* `nexusctl help`, `nexusctl help pub`. */
static int help(const char *topic)
{
    const struct command *command = topic ? find_command(topic) : NULL;

    if (command)
        print_command_help(command);
    else
        print_help(stdout);
    return CTL_OK;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"url", required_argument, NULL, 'u'},
                                            {"version", no_argument, NULL, 'V'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    static char self[] = "nexusctl";

    if (argc > 0)
        argv[0] = self; /* for the messages of getopt */
    signals_ignore_pipe();
    for (int option; (option = getopt_long(argc, argv, "+hV", options, NULL)) != -1;) {
        if (option == 'V')
            return print_version();
        if (option == 'h')
            return help(NULL);
        if (option != 'u' || setenv("NEXUS_URL", optarg, 1) != 0)
            return CTL_USAGE;
    }
    if (optind == argc) {
        print_help(stderr);
        return CTL_USAGE;
    }
    if (strcmp(argv[optind], "help") == 0)
        return help(argv[optind + 1]);
    return run_command(argc - optind, argv + optind);
}
