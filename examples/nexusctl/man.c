/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page, from the table of commands. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../environment.h"
#include "../json_text.h"
#include "command.h"
#include "report.h"

static const char about[] =
    "Prints the manual page nexusctl(1) in troff's language, made from the same table as the help\n"
    "texts. Installed packages have it in place.\n";

static const char examples[] = "  nexusctl man | man -l -\n"
                               "  nexusctl man > nexusctl.1\n";

/* A character beyond ASCII by its number: troff's input is not UTF-8. Returns its bytes. */
static size_t put_character(FILE *out, const char *text)
{
    unsigned char first = (unsigned char)text[0];
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    unsigned code = first & (0xffu >> (length + 1));

    for (size_t i = 1; i < length && text[i]; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3f);
    fprintf(out, "\\[u%04X]", code);
    return length;
}

/* One line of text, with what troff would take for its own made harmless. */
static void put_line(FILE *out, const char *text, size_t length)
{
    if (length && (text[0] == '.' || text[0] == '\''))
        fputs("\\&", out);
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\\')
            fputs("\\e", out);
        else if (text[i] == '-')
            fputs("\\-", out);
        else if (text[i] == '\'')
            fputs("\\(aq", out);
        else if (text[i] == '"')
            fputs("\\(dq", out);
        else if (text[i] == '`')
            fputs("\\(ga", out);
        else if ((unsigned char)text[i] >= 0x80)
            i += put_character(out, text + i) - 1;
        else
            fputc(text[i], out);
}

static void put_text(FILE *out, const char *text)
{
    put_line(out, text, strlen(text));
}

/* Lines of a help text: paragraphs, and in between indented lines, which stay as they are. */
static void put_paragraphs(FILE *out, const char *text)
{
    bool literal = false;

    while (text && *text) {
        size_t length = strcspn(text, "\n");
        bool indented = text[0] == ' ';
        if (indented != literal)
            fputs(indented ? ".PP\n.nf\n" : ".fi\n", out);
        literal = indented;
        if (length == 0) {
            fputs(".PP\n", out);
        } else {
            put_line(out, text, length);
            fputc('\n', out);
        }
        text += length + (text[length] == '\n');
    }
    if (literal)
        fputs(".fi\n", out);
}

static void put_tag(FILE *out, int key, const char *name, const char *value, const char *help)
{
    fputs(".TP\n\\fB", out);
    if (key < 256)
        fprintf(out, "\\-%c\\fR, \\fB", key);
    fputs("\\-\\-", out);
    put_text(out, name);
    fputs("\\fR", out);
    if (value) {
        fputs(" \\fI", out);
        put_text(out, value);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    put_text(out, help);
    fputc('\n', out);
}

static void put_command(FILE *out, const struct command *command)
{
    const struct command_option *option = command->options;

    fputs(".SS \"nexusctl ", out);
    put_text(out, command->name);
    fputc(' ', out);
    put_text(out, command->arguments);
    fputs("\"\n", out);
    put_paragraphs(out, command->about);
    for (; option && option->name; option++)
        put_tag(out, option->key, option->name, option->value, option->help);
    if (command->json)
        put_tag(out, 'j', "json", NULL, command->json);
    if (command->notes) {
        fputs(".PP\n", out);
        put_paragraphs(out, command->notes);
    }
    if (command->examples) {
        fputs(".PP\nExamples:\n", out);
        put_paragraphs(out, command->examples);
    }
    for (const struct command *const *action = command->actions; action && *action; action++)
        put_command(out, *action);
}

static void put_settings(FILE *out)
{
    fputs(".SH ENVIRONMENT\n"
          "Every command that connects reads these variables, and takes the options that say the\n"
          "same. An empty variable counts as one that is not set.\n",
          out);
    for (const struct environment_setting *at = environment_settings; at->variable; at++) {
        fprintf(out, ".TP\n\\fB%s\\fR", at->variable);
        if (at->option) {
            fputs(" (\\fB\\-\\-", out);
            put_text(out, at->option);
            fputs("\\fR \\fI", out);
            put_text(out, at->value);
            fputs("\\fR)", out);
        }
        fputc('\n', out);
        put_text(out, at->help);
        fputc('\n', out);
    }
}

static const char opening[] =
    ".SH NAME\n"
    "nexusctl \\- publish, watch and look after the events of the Nexus platform\n"
    ".SH SYNOPSIS\n"
    "\\fBnexusctl\\fR [\\fIOPTION\\fR...] \\fICOMMAND\\fR [\\fIARGUMENT\\fR...]\n"
    ".SH DESCRIPTION\n"
    "nexusctl is the operator\\(aqs hand on the bus of the Nexus platform, NATS JetStream: it\n"
    "publishes and shows events, checks them against the contract, and looks after the stream\n"
    "and the keys. \\fBnexusctl help\\fR \\fICOMMAND\\fR says the same as this page.\n"
    ".PP\n"
    "With \\fB\\-\\-json\\fR every command prints JSON to standard output, one value or one per\n"
    "line. Errors, summaries and progress go to standard error; progress and colours are for\n"
    "terminals only. \\fBNO_COLOR\\fR turns colours off.\n"
    ".SH COMMANDS\n";

static const char ending[] =
    ".SH EXIT STATUS\n"
    ".TP\n0\ndone\n"
    ".TP\n1\nsomething failed: an event was refused, a stream differs, ...\n"
    ".TP\n2\nthe command line or a variable is unusable; nothing was done\n"
    ".TP\n3\nno connection: no server, or it refused the credentials\n"
    ".TP\n4\nthe time is up: nothing was received, or no ack came\n"
    ".TP\n130\nended by Ctrl\\-C before it was done\n"
    ".SH SEE ALSO\n"
    "\\fBnats\\-server\\fR(8), \\fBopenssl\\-genpkey\\fR(1ssl)\n";

static void put_page(FILE *out)
{
    fprintf(out, ".TH NEXUSCTL 1 \"\" \"Nexus SDK %s\" \"Nexus SDK\"\n", NEXUS_VERSION_STRING);
    fputs(opening, out);
    for (size_t i = 0; commands[i]; i++)
        put_command(out, commands[i]);
    put_settings(out);
    fputs(ending, out);
}

static int put_page_as_json(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    put_page(out);
    if (fclose(out) != 0)
        return report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    fputs("{\"page\":", stdout);
    json_put_string(stdout, text);
    puts("}");
    free(text);
    return CTL_OK;
}

static int run(int argc, char **argv)
{
    if (command_next(&man_command, argc, argv) != -1)
        return CTL_USAGE;
    if (optind < argc)
        return report_usage(&man_command, "takes no arguments");
    if (command_json())
        return put_page_as_json();
    put_page(stdout);
    return CTL_OK;
}

const struct command man_command = {
    .name = "man",
    .arguments = "",
    .summary = "print the manual page",
    .about = about,
    .json = "print {\"page\":…}",
    .examples = examples,
    .run = run,
};
