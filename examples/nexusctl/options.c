/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing the options of a command by its table. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../environment.h"
#include "command.h"

#define OPTIONS_MAX 64
/* The keys of environment.c's options; beyond any of a command's own. */
#define ENVIRONMENT_KEYS 4096

struct parser {
    const struct command *command;
    struct option options[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 4];
    size_t count;
};

static bool json;

bool command_json(void)
{
    return json;
}

static bool has_option(const struct parser *parser, const char *name)
{
    for (size_t i = 0; i < parser->count; i++)
        if (strcmp(parser->options[i].name, name) == 0)
            return true;
    return false;
}

static void add(struct parser *parser, int key, const char *name, const char *value)
{
    size_t length = strlen(parser->letters);

    if (parser->count == OPTIONS_MAX || has_option(parser, name))
        return; /* the command has one of its own by this name */
    parser->options[parser->count++] =
        (struct option){name, value ? required_argument : no_argument, NULL, key};
    if (key < 256) {
        parser->letters[length++] = (char)key;
        if (value)
            parser->letters[length] = ':';
    }
}

static void fill(struct parser *parser, const struct command *command)
{
    const struct command_option *option = command->options;

    *parser = (struct parser){.command = command};
    if (!*command->name)
        strcpy(parser->letters, "+"); /* the program's own end where the command stands */
    for (; option && option->name; option++)
        add(parser, option->key, option->name, option->value);
    add(parser, 'j', "json", NULL);
    for (int i = 0; command->connects && environment_settings[i].variable; i++)
        if (environment_settings[i].option)
            add(parser, ENVIRONMENT_KEYS + i, environment_settings[i].option,
                environment_settings[i].value);
}

int command_next(const struct command *command, int argc, char **argv)
{
    static struct parser parser;

    if (parser.command != command)
        fill(&parser, command);
    for (;;) {
        int key = getopt_long(argc, argv, parser.letters, parser.options, NULL);
        if (key == 'j')
            json = true;
        else if (key < ENVIRONMENT_KEYS)
            return key;
        else if (setenv(environment_settings[key - ENVIRONMENT_KEYS].variable, optarg, 1) != 0)
            return '?';
    }
}
