/* SPDX-License-Identifier: Apache-2.0 */
/* What may come next on a command line, from the table of commands. The scripts of the shells ask
 * here, so none of them knows a command by itself. */
#include "complete.h"

#include <stdio.h>
#include <string.h>

#include "../environment.h"
#include "command.h"

/* What has been read of the line. */
struct line {
    const struct command *command;        /* NULL: none yet */
    const struct command *const *choices; /* of commands or actions; NULL: not now */
    const char *value; /* the hint of the option whose value comes now; NULL: none does */
    size_t operands;
    bool only_operands; /* behind "--" */
};

static void offer(const char *start, const char *text, size_t length, const char *description)
{
    if (length >= strlen(start) && strncmp(text, start, strlen(start)) == 0)
        printf("%.*s\t%s\n", (int)length, text, description ? description : "");
}

static void offer_channels(const char *start)
{
    for (size_t i = 0; i < nexus_channel_count(); i++) {
        const char *name = nexus_channel_name(nexus_channel_at(i));
        offer(start, name, strlen(name), nexus_channel_summary(nexus_channel_at(i)));
    }
}

/* A hint: FILE, DIR, CHANNEL, words of small letters, several with "|" between. */
static void offer_hint(const char *start, const char *hint, size_t length)
{
    const char *end = hint + length;

    while (hint < end) {
        size_t one = strcspn(hint, "| ");
        if (strncmp(hint, "FILE", one) == 0)
            puts(":file");
        else if (strncmp(hint, "DIR", one) == 0)
            puts(":dir");
        else if (strncmp(hint, "CHANNEL", one) == 0)
            offer_channels(start);
        else if (*hint >= 'a' && *hint <= 'z')
            offer(start, hint, one, NULL);
        hint += one + 1;
    }
}

static void offer_option(const char *start, const char *name, const char *help)
{
    char text[64];
    int length = snprintf(text, sizeof(text), "--%s", name);

    offer(start, text, (size_t)length, help);
}

static void offer_options(const char *start, const struct command *command)
{
    const struct command_option *option = command ? command->options : NULL;

    for (; option && option->name; option++)
        offer_option(start, option->name, option->help);
    offer_option(start, "json", command && command->json ? command->json : "for programs");
    offer_option(start, "help", "explain");
    if (!command)
        offer_option(start, "version", "versions of the tool, the library and the contract");
    for (int i = 0; (!command || command->connects) && environment_settings[i].variable; i++)
        if (environment_settings[i].option)
            offer_option(start, environment_settings[i].option, environment_settings[i].help);
}

static void offer_commands(const char *start, const struct command *const *list)
{
    for (; *list; list++) {
        const char *space = strrchr((*list)->name, ' ');
        const char *name = space ? space + 1 : (*list)->name;
        offer(start, name, strlen(name), (*list)->summary);
    }
}

/* The hint for the next argument; the last one of a list serves the rest. */
static void offer_operand(const char *start, const struct line *line)
{
    const char *hint = line->command && line->command->operands ? line->command->operands : "";

    for (size_t i = 0; i < line->operands && strchr(hint, ' '); i++)
        hint = strchr(hint, ' ') + 1;
    offer_hint(start, hint, strcspn(hint, " "));
}

/* What an option's value is; NULL for a switch, and for what is no option. */
static const char *value_of(const struct command *command, const char *word)
{
    const struct command_option *option = command ? command->options : NULL;
    const char *name = word + 2;

    if (word[0] == '-' && word[1] && word[1] != '-' && !word[2]) {
        for (; option && option->name; option++)
            if (option->key == word[1])
                return option->value;
        return NULL;
    }
    if (strncmp(word, "--", 2) != 0)
        return NULL;
    for (; option && option->name; option++)
        if (strcmp(option->name, name) == 0)
            return option->value;
    for (int i = 0; (!command || command->connects) && environment_settings[i].variable; i++)
        if (environment_settings[i].option && strcmp(environment_settings[i].option, name) == 0)
            return environment_settings[i].value;
    return NULL;
}

static void take_word(struct line *line, const char *word)
{
    const struct command *found;

    if (line->value) {
        line->value = NULL;
    } else if (!line->only_operands && word[0] == '-' && word[1]) {
        line->only_operands = strcmp(word, "--") == 0;
        line->value = value_of(line->command, word);
    } else if (line->choices && (found = command_find(line->choices, word))) {
        line->command = found;
        line->choices = found->actions;
    } else {
        line->operands++;
    }
}

void complete_words(int count, char **words)
{
    struct line line = {.choices = commands};
    const char *last = "";
    const char *equals;

    for (int i = 0; i < count; i++) {
        bool is_last = i == count - 1;
        if (strcmp(words[i], "=") == 0)
            continue; /* bash parts "--policy=require" there */
        if (is_last)
            last = words[i];
        else
            take_word(&line, words[i]);
    }
    equals = strchr(last, '=');
    if (line.value)
        offer_hint(last, line.value, strlen(line.value));
    else if (!line.only_operands && last[0] == '-' && !equals)
        offer_options(last, line.command);
    else if (line.choices)
        offer_commands(last, line.choices);
    else
        offer_operand(last, &line);
}
