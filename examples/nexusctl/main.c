/* SPDX-License-Identifier: Apache-2.0 */
/* nexusctl: the operator's hand on the bus. This file finds the command and runs it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../environment.h"
#include "../json_text.h"
#include "command.h"
#include "report.h"
#include "signals.h"
#include "wrap.h"

static const struct command_option own_options[] = {
    {'V', "version", NULL, "versions of the tool, the library and the contract"},
    {'h', "help", NULL, "this text"},
    {0, NULL, NULL, NULL},
};

/* The program itself, as far as it has options: those before the command. */
static const struct command self = {.name = "", .options = own_options, .connects = true};

static void print_settings(FILE *out)
{
    fputs(
        "environment, and the options that say the same; both serve every command that connects\n",
        out);
    for (const struct environment_setting *at = environment_settings; at->variable; at++) {
        fprintf(out, "  %-20s ", at->variable);
        if (at->option)
            fprintf(out, "--%-13s ", at->option);
        else
            fprintf(out, "%15s ", "");
        wrap_text(out, at->help, 39, 100);
    }
}

static void print_help(FILE *out)
{
    fputs("nexusctl: publish, watch and look after the events of the Nexus platform\n\n"
          "usage: nexusctl [OPTION…] COMMAND [ARGUMENT…]\n\n",
          out);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`nexusctl COMMAND --help` explains a command, with examples. A first walk:\n\n"
          "  nexusctl provision                    create the stream, once\n"
          "  nexusctl sub all                      watch every event, from the first\n"
          "  nexusctl channels bookingCreated      what does this event look like?\n"
          "  nexusctl pub bookingCreated --tenant salon-001 '{\"client\":\"Анна\"}'\n\n"
          "options\n"
          "  --version    versions of the tool, the library and the contract\n"
          "  --help       this text\n"
          "  --json       for programs: every command prints JSON to standard output\n\n",
          out);
    print_settings(out);
    fputs("\nexit status\n"
          "  0    done\n"
          "  1    something failed: an event was refused, a stream differs, …\n"
          "  2    the command line or a variable is unusable; nothing was done\n"
          "  3    no connection: no server, or it refused the credentials\n"
          "  4    the time is up: nothing was received, or no ack came\n"
          "  130  ended by Ctrl-C before it was done\n",
          out);
}

static int print_version(void)
{
    if (command_json())
        printf("{\"nexusctl\":\"%s\",\"library\":\"%s\",\"contract\":\"%s\"}\n",
               NEXUS_VERSION_STRING, nexus_version(), nexus_contract_version());
    else
        printf("nexusctl %s (library %s, contract %s)\n", NEXUS_VERSION_STRING, nexus_version(),
               nexus_contract_version());
    return CTL_OK;
}

/* Whether an option stands anywhere before "--". */
static bool has_option(char **argv, const char *name, const char *letter)
{
    for (; *argv && strcmp(*argv, "--") != 0; argv++)
        if (strcmp(*argv, name) == 0 || strcmp(*argv, letter) == 0)
            return true;
    return false;
}

static bool wants_help(char **argv)
{
    return has_option(argv, "--help", "-h");
}

/* `argv` is the rest of the command line, which nobody has parsed. */
static void explain(const struct command *command, char **argv)
{
    bool json = command_json() || has_option(argv, "--json", "-j");

    if (!json && command)
        command_help(command);
    else if (!json)
        print_help(stdout);
    else if (!command)
        commands_put_json();
    if (!json || !command)
        return;
    command_put_json(command);
    putchar('\n');
}

/* `nexusctl consumers list`: the action where one is named. Moves the arguments behind it. */
static const struct command *find_action(const struct command *command, int *argc, char ***argv)
{
    const struct command *action = *argc > 1 ? command_find(command->actions, (*argv)[1]) : NULL;

    if (action) {
        --*argc;
        ++*argv;
    } else if (!wants_help(*argv + 1)) {
        report_usage(command, *argc > 1 ? "%s: no such action" : "which action?",
                     (*argv)[*argc > 1]);
        return NULL;
    }
    return action ? action : command;
}

static int run_command(int argc, char **argv)
{
    const struct command *command = command_find(commands, argv[0]);
    char name[48];
    int status = CTL_OK;

    if (!command) {
        report_text("%s: no such command; `nexusctl --help` lists them", argv[0]);
        return CTL_USAGE;
    }
    if (command->actions && !(command = find_action(command, &argc, &argv)))
        return CTL_USAGE;
    snprintf(name, sizeof(name), "nexusctl %s", command->name);
    argv[0] = name;
    optind = 0; /* getopt starts anew */
    if (wants_help(argv + 1))
        explain(command, argv + 1);
    else
        status = command->run(argc, argv);
    ctl_flush(&status);
    return status;
}

/* `nexusctl help`, `nexusctl help pub`, `nexusctl help consumers list`. */
static int help(char **topic)
{
    const struct command *command = topic[0] ? command_find(commands, topic[0]) : NULL;

    if (command && command->actions && topic[1] && command_find(command->actions, topic[1]))
        command = command_find(command->actions, topic[1]);
    explain(command, topic);
    return CTL_OK;
}

int main(int argc, char **argv)
{
    static char name[] = "nexusctl";
    char *none[] = {NULL};

    if (argc > 0)
        argv[0] = name; /* for the messages of getopt */
    signals_ignore_pipe();
    for (int option; (option = command_next(&self, argc, argv)) != -1;) {
        if (option == 'V')
            return print_version();
        if (option == 'h')
            return help(none);
        return CTL_USAGE;
    }
    if (optind >= argc) {
        print_help(stderr);
        return CTL_USAGE;
    }
    if (strcmp(argv[optind], "help") == 0)
        return help(argv + optind + 1);
    return run_command(argc - optind, argv + optind);
}
