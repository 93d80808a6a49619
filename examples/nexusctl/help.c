/* SPDX-License-Identifier: Apache-2.0 */
/* The help of a command, from its table. */
#include <stdio.h>
#include <string.h>

#include "../environment.h"
#include "command.h"
#include "wrap.h"

#define LABEL_MAX 64
#define WIDTH     92

static size_t label(const struct command_option *option, char *out)
{
    char letter[] = "-x, ";
    int length;

    letter[1] = (char)option->key;
    length = snprintf(out, LABEL_MAX, "%s--%s%s%s", option->key < 256 ? letter : "    ",
                      option->name, option->value ? " " : "", option->value ? option->value : "");
    return (size_t)length;
}

static void print_option(const struct command_option *option, size_t column)
{
    char text[LABEL_MAX];

    label(option, text);
    printf("  %-*s  ", (int)column, text);
    wrap_text(stdout, option->help, column + 4, WIDTH);
}

static void print_options(const struct command *command)
{
    const struct command_option json = {'j', "json", NULL, command->json};
    const struct command_option *option;
    char text[LABEL_MAX];
    size_t column = strlen("-j, --json");

    for (option = command->options; option && option->name; option++)
        if (label(option, text) > column)
            column = label(option, text);
    for (option = command->options; option && option->name; option++)
        print_option(option, column);
    if (command->json)
        print_option(&json, column);
}

/* The options that stand for variables, by name only: `nexusctl --help` explains them. */
static void print_environment_options(void)
{
    char names[512] = "The connection, keys and trust, instead of the variables:";
    size_t length = strlen(names);

    for (int i = 0; environment_settings[i].variable; i++)
        if (environment_settings[i].option && length < sizeof(names) - 32)
            length += (size_t)snprintf(names + length, sizeof(names) - length, " --%s",
                                       environment_settings[i].option);
    snprintf(names + length, sizeof(names) - length, "; see `nexusctl --help`.");
    fputc('\n', stdout);
    wrap_text(stdout, names, 0, WIDTH);
}

static void print_actions(const struct command *const *actions)
{
    puts("actions");
    for (; *actions; actions++)
        printf("  %-18s %s\n", strrchr((*actions)->name, ' ') + 1, (*actions)->summary);
    puts("");
}

void command_help(const struct command *command)
{
    printf("nexusctl %s: %s\n\nusage: nexusctl %s %s\n\n%s\n", command->name, command->summary,
           command->name, command->arguments, command->about);
    if (command->actions)
        print_actions(command->actions);
    print_options(command);
    if (command->connects)
        print_environment_options();
    if (command->notes)
        printf("\n%s", command->notes);
    printf("\nexamples\n%s", command->examples);
}
