/* SPDX-License-Identifier: Apache-2.0 */
/* Capability tokens: issued, narrowed for another key, and looked at. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../json_text.h"
#include "command.h"
#include "input.h"
#include "public_key.h"
#include "report.h"
#include "units.h"

#define PATTERNS_MAX 64

static const char about[] =
    "A capability is a token with which a core key lets a producer's key publish certain\n"
    "subjects for a time. Receivers need to know the core key only (`nexusctl jwks --grant`);\n"
    "the producer attaches the token with --capability or NEXUS_CAPABILITY.\n";

static const char examples[] =
    "  nexusctl capability issue --key core.pem --holder till-1.jwk --subject 'nexus.salon-001.>' "
    "--expires 30d > token\n"
    "  nexusctl capability show token\n"
    "  nexusctl pub kbSearched --tenant salon-001 --key till-1.pem --capability token "
    "'{\"query\":\"hours\",\"results_count\":3}'\n";

static const char issue_about[] =
    "Prints a token that lets the holder's key publish the subjects. With --narrow, the token in\n"
    "a file is narrowed by its own holder, whose key is --key, for another one: fewer subjects,\n"
    "a shorter time, never more.\n";

static const char issue_examples[] =
    "  nexusctl capability issue --key core.pem --holder till-1.jwk --subject 'nexus.salon-001.>' "
    "--expires 30d > token\n"
    "  nexusctl capability issue --key till-1.pem --narrow token --holder printer.jwk \\\n"
    "      --subject nexus.salon-001.order.created > printer.token\n";

static const char show_about[] =
    "Prints what a token says, the first issued first. Nothing is verified, unless --trust names\n"
    "the store to verify it with.\n";

static const char show_examples[] =
    "  nexusctl capability show token\n"
    "  nexusctl capability show --trust trust.json token && echo valid\n";

static const struct command_option issue_options[] = {
    {'k', "key", "FILE", "the private key that issues or narrows"},
    {'H', "holder", "FILE", "the key that gets the right, public or private"},
    {'s', "subject", "PATTERN", "it may publish these subjects (nexus.salon-001.>); repeatable"},
    {'e', "expires", "TIME", "valid for this long: 12h, 30d"},
    {'n', "narrow", "FILE", "narrow the token in this file"},
    {256, "issuer", "NAME", "who grants, for people (default: the key's id)"},
    {257, "name", "NAME", "the holder, for people (default: the key's id)"},
    {'i', "id", "ID", "for revoking it (default: a fresh UUID)"},
    {0, NULL, NULL, NULL},
};

static const struct command_option show_options[] = {
    {'t', "trust", "FILE", "verify it with this trust store"},
    {0, NULL, NULL, NULL},
};

struct issue {
    struct nexus_capability_grant grant;
    const char *subjects[PATTERNS_MAX + 1];
    size_t subject_count;
    const char *key;
    const char *holder;
    const char *narrow;
};

static int set_expiry(struct issue *issue)
{
    int64_t milliseconds;

    if (!parse_duration(optarg, &milliseconds) || milliseconds < 1000)
        return report_usage(&capability_issue_command, "--expires %s: not a time (12h, 30d)",
                            optarg);
    issue->grant.not_after = (int64_t)time(NULL) + milliseconds / 1000;
    return CTL_OK;
}

static int take_option(struct issue *issue, int option)
{
    switch (option) {
    case 'k':
        issue->key = optarg;
        return CTL_OK;
    case 'H':
        issue->holder = optarg;
        return CTL_OK;
    case 'n':
        issue->narrow = optarg;
        return CTL_OK;
    case 'i':
        issue->grant.id = optarg;
        return CTL_OK;
    case 256:
        issue->grant.issuer = optarg;
        return CTL_OK;
    case 257:
        issue->grant.subject = optarg;
        return CTL_OK;
    case 'e':
        return set_expiry(issue);
    case 's':
        if (issue->subject_count == PATTERNS_MAX)
            return report_usage(&capability_issue_command, "at most %d subjects", PATTERNS_MAX);
        issue->subjects[issue->subject_count++] = optarg;
        return CTL_OK;
    default:
        return CTL_USAGE;
    }
}

/* A token's file, without the line end behind it. */
static char *read_token(const char *path)
{
    size_t length;
    char *text = input_read(path, NEXUS_CAPABILITY_MAX + 2, &length);

    if (text)
        text[strcspn(text, "\r\n")] = 0;
    return text;
}

static void print_token(const char *token)
{
    if (command_json()) {
        fputs("{\"token\":", stdout);
        json_put_string(stdout, token);
        puts("}");
    } else {
        puts(token);
    }
}

/* What a JWK calls itself, for the names that were not given; else a word. */
static char *name_of(const char *key)
{
    struct json_piece rest, name, value;

    if (json_value(key, strlen(key), &rest) && rest.text[0] == '{')
        while (json_next_member(&rest, &name, &value))
            if (name.length == 5 && memcmp(name.text, "\"kid\"", 5) == 0)
                return json_string(value);
    return NULL;
}

static int grant(struct issue *issue, const struct nexus_signer *signer, const char *narrowed)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    char *holder_name = name_of(issue->grant.public_key);
    char *token = NULL;
    int code;

    if (!issue->grant.issuer)
        issue->grant.issuer = nexus_signer_key_id(signer);
    if (!issue->grant.subject)
        issue->grant.subject = holder_name ? holder_name : "holder";
    code = narrowed ? nexus_capability_narrow(narrowed, signer, &issue->grant, &token, &err)
                    : nexus_capability_issue(signer, &issue->grant, &token, &err);
    if (!code)
        print_token(token);
    nexus_free(token);
    free(holder_name);
    return code ? report(&err) : CTL_OK;
}

static int issue_token(struct issue *issue)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = NULL;
    int status = CTL_OK;
    char *narrowed = NULL;
    char *holder = public_key_read(issue->holder, &status);

    issue->grant.public_key = holder;
    issue->grant.subjects = issue->subjects;
    if (!status && issue->narrow && !(narrowed = read_token(issue->narrow)))
        status = CTL_FAILED;
    if (!status && nexus_signer_from_file(issue->key, NULL, &signer, &err))
        status = report(&err);
    if (!status)
        status = grant(issue, signer, narrowed);
    nexus_signer_destroy(signer);
    free(narrowed);
    free(holder);
    return status;
}

static int run_issue(int argc, char **argv)
{
    struct issue issue = {.grant = NEXUS_CAPABILITY_GRANT_INIT};
    int status = CTL_OK;

    for (int option;
         !status && (option = command_next(&capability_issue_command, argc, argv)) != -1;)
        status = take_option(&issue, option);
    if (status)
        return status;
    if (optind < argc)
        return report_usage(&capability_issue_command, "%s: takes options only", argv[optind]);
    if (!issue.key || !issue.holder || !issue.subject_count ||
        (!issue.grant.not_after && !issue.narrow))
        return report_usage(&capability_issue_command,
                            "--key, --holder, --subject and --expires are needed");
    return issue_token(&issue);
}

static int show(const char *token, const char *store)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_trust *trust = NULL;
    char *text = NULL;
    int code = nexus_capability_inspect(token, &text, &err);

    if (!code)
        puts(text);
    fflush(stdout);
    if (!code && store)
        code = nexus_trust_load(store, &trust, &err);
    if (!code && store)
        code = nexus_capability_verify(token, trust, 0, &err);
    nexus_trust_destroy(trust);
    nexus_free(text);
    return code ? report(&err) : CTL_OK;
}

static int run_show(int argc, char **argv)
{
    const char *store = NULL;
    char *token;
    int status;

    for (int option; (option = command_next(&capability_show_command, argc, argv)) != -1;) {
        if (option == '?')
            return CTL_USAGE;
        store = optarg;
    }
    if (argc - optind != 1)
        return report_usage(&capability_show_command, "which FILE?");
    token = read_token(argv[optind]);
    status = token ? show(token, store) : CTL_FAILED;
    free(token);
    return status;
}

const struct command capability_issue_command = {
    .name = "capability issue",
    .arguments = "--key FILE --holder FILE --subject PATTERN… --expires TIME",
    .summary = "issue a token, or narrow one",
    .about = issue_about,
    .options = issue_options,
    .json = "print {\"token\":…}",
    .examples = issue_examples,
    .run = run_issue,
};

const struct command capability_show_command = {
    .name = "capability show",
    .arguments = "FILE [--trust FILE]",
    .operands = "FILE",
    .summary = "print what a token says",
    .about = show_about,
    .options = show_options,
    .json = "what is printed is JSON in any case",
    .examples = show_examples,
    .run = run_show,
};

static const struct command *const actions[] = {&capability_issue_command, &capability_show_command,
                                                NULL};

const struct command capability_command = {
    .name = "capability",
    .arguments = "issue OPTION… | show FILE",
    .summary = "let a key publish for a time, by a token",
    .about = about,
    .examples = examples,
    .actions = actions,
};
