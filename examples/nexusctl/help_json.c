/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands as JSON, for whoever builds tools around this one. */
#include <stdio.h>

#include "../environment.h"
#include "../json_text.h"
#include "command.h"

static void put_text(const char *before, const char *text)
{
    fputs(before, stdout);
    json_put_string(stdout, text);
}

static void put_option(const struct command_option *option)
{
    char letter[2] = {(char)option->key, 0};

    put_text("{\"name\":", option->name);
    put_text(",\"letter\":", option->key < 256 ? letter : NULL);
    put_text(",\"value\":", option->value);
    put_text(",\"help\":", option->help);
    putchar('}');
}

static void put_options(const struct command *command)
{
    const struct command_option *option = command->options;

    fputs(",\"options\":[", stdout);
    for (; option && option->name; option++) {
        put_option(option);
        fputs(option[1].name || command->json ? "," : "", stdout);
    }
    if (command->json)
        put_option(&(struct command_option){'j', "json", NULL, command->json});
    putchar(']');
}

void command_put_json(const struct command *command)
{
    put_text("{\"name\":", command->name);
    put_text(",\"arguments\":", command->arguments);
    put_text(",\"summary\":", command->summary);
    printf(",\"connects\":%s", command->connects ? "true" : "false");
    put_options(command);
    fputs(",\"actions\":[", stdout);
    for (const struct command *const *action = command->actions; action && *action; action++) {
        fputs(action == command->actions ? "" : ",", stdout);
        command_put_json(*action);
    }
    fputs("]}", stdout);
}

void commands_put_json(void)
{
    fputs("{\"commands\":[", stdout);
    for (size_t i = 0; commands[i]; i++) {
        fputs(i ? ",\n" : "", stdout);
        command_put_json(commands[i]);
    }
    fputs("],\n\"environment\":[", stdout);
    for (size_t i = 0; environment_settings[i].variable; i++) {
        put_text(i ? ",\n{\"variable\":" : "{\"variable\":", environment_settings[i].variable);
        put_text(",\"option\":", environment_settings[i].option);
        put_text(",\"value\":", environment_settings[i].value);
        put_text(",\"help\":", environment_settings[i].help);
        putchar('}');
    }
    puts("]}");
}
