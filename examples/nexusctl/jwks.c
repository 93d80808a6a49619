/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "public_key.h"
#include "report.h"
#include "units.h"

#define PATTERNS_MAX 64

static const char about[] =
    "Prints a trust store, a JWK Set, with the public keys of the files: PEM or JSON Web Key,\n"
    "public or private. Receivers load it with --trust, NEXUS_TRUST or nexus_trust_load().\n";

static const char examples[] =
    "  nexusctl jwks --subject 'nexus.salon-001.>' till-1.pem > trust.json\n"
    "  nexusctl jwks --add trust.json --revoke till-1 > next.json\n";

static const struct command_option options[] = {
    {'s', "subject", "PATTERN",
     "the keys may publish these subjects (nexus.salon-001.>); repeatable"},
    {'g', "grant", "PATTERN", "tokens that the keys issue may grant these; repeatable"},
    {'b', "not-before", "TIME", "… from this time, in seconds since 1970"},
    {'e', "not-after", "TIME", "… until this time"},
    {'a', "add", "FILE", "start with the store in this file"},
    {'r', "revoke", "ID", "revoke a key or token; repeatable"},
    {0, NULL, NULL, NULL},
};

struct plan {
    const char *subjects[PATTERNS_MAX + 1], *grants[PATTERNS_MAX + 1], *revoked[PATTERNS_MAX + 1];
    const char *start;
    int64_t not_before, not_after;
};

static bool append(const char **list, const char *text)
{
    size_t count = 0;

    while (list[count])
        count++;
    if (count == PATTERNS_MAX)
        return false;
    list[count] = text;
    return true;
}

static bool take_option(struct plan *plan, int option)
{
    switch (option) {
    case 's':
        return append(plan->subjects, optarg);
    case 'g':
        return append(plan->grants, optarg);
    case 'r':
        return append(plan->revoked, optarg);
    case 'b':
        return parse_count(optarg, 1, INT64_MAX, &plan->not_before);
    case 'e':
        return parse_count(optarg, 1, INT64_MAX, &plan->not_after);
    default:
        plan->start = optarg;
        return true;
    }
}

static int add_key(struct nexus_trust *trust, const struct plan *plan, const char *path,
                   struct nexus_error *err)
{
    struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
    int status = CTL_OK, code;
    char *key = public_key_read(path, &status);

    if (!key)
        return status;
    rule.subjects = plan->subjects;
    rule.grants = plan->grants;
    rule.not_before = plan->not_before;
    rule.not_after = plan->not_after;
    code = nexus_trust_add(trust, key, &rule, err);
    if (code)
        report_text("%s:", path);
    free(key);
    return code ? report(err) : CTL_OK;
}

static int build(struct plan *plan, int count, char **files)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_trust *trust = NULL;
    char *text = NULL;
    int status = CTL_OK, code = plan->start ? nexus_trust_load(plan->start, &trust, &err)
                                            : nexus_trust_new(&trust, &err);

    for (int i = 0; !code && !status && i < count; i++)
        status = add_key(trust, plan, files[i], &err);
    for (size_t i = 0; !code && plan->revoked[i]; i++)
        code = nexus_trust_revoke(trust, plan->revoked[i], &err);
    if (!code && !status)
        code = nexus_trust_json(trust, &text, &err);
    if (text)
        fputs(text, stdout);
    nexus_free(text);
    nexus_trust_destroy(trust);
    return code ? report(&err) : status;
}

static int run(int argc, char **argv)
{
    struct plan plan = {.start = NULL};

    for (int option; (option = command_next(&jwks_command, argc, argv)) != -1;)
        if (option == '?' || !take_option(&plan, option))
            return option == '?'
                       ? CTL_USAGE
                       : report_usage(&jwks_command, "%s: not usable for -%c", optarg, option);
    if (optind == argc && !plan.start)
        return report_usage(&jwks_command, "at least one file is needed");
    if (optind < argc && !plan.subjects[0] && !plan.grants[0])
        return report_usage(&jwks_command, "say what the keys may do: --subject or --grant");
    return build(&plan, argc - optind, argv + optind);
}

const struct command jwks_command = {
    .name = "jwks",
    .arguments = "--subject PATTERN… [--add FILE] [FILE…]",
    .summary = "make a trust store from keys",
    .operands = "FILE",
    .about = about,
    .options = options,
    .json = "what is printed is JSON in any case",
    .examples = examples,
    .run = run,
};
