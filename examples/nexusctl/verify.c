/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "../json_text.h"
#include "command.h"
#include "input.h"
#include "report.h"

#define BODY_MAX (8 * 1048576)

static const char about[] =
    "Checks an event's signature, with the body from a file or standard input, as a receiver\n"
    "would; or a file's, before a module is loaded. Prints who signed it, or why it is refused.\n";

static const char examples[] =
    "  nexusctl verify --trust trust.json --subject nexus.salon-001.kb.ingested --id m-1 \\\n"
    "      --signature \"$header\" body.json\n";

static const struct command_option options[] = {
    {'t', "trust", "FILE", "the trust store (see `nexusctl jwks`)"},
    {'S', "signature", "TEXT", "the header Nexus-Signature, or the file's signature"},
    {'s', "subject", "TEXT", "the subject that the event came on"},
    {'i', "id", "TEXT", "its Nats-Msg-Id"},
    {'c', "capability", "TEXT", "the header Nexus-Capability"},
    {'f', "file", "FILE", "check this file instead of an event"},
    {0, NULL, NULL, NULL},
};

struct plan {
    struct nexus_signed_message message;
    const char *trust, *file;
};

static void print_json(const char *refusal, const char *key_id, bool delegated)
{
    printf("{\"result\":\"%s\",\"reason\":", refusal ? "refused" : "verified");
    json_put_string(stdout, refusal);
    fputs(",\"key_id\":", stdout);
    json_put_string(stdout, key_id && *key_id ? key_id : NULL);
    printf(",\"delegated\":%s}\n", delegated ? "true" : "false");
}

static void print_result(const struct nexus_check_result *result, int code)
{
    bool delegated = result->verdict == NEXUS_TRUST_DELEGATED;

    if (command_json())
        print_json(code ? nexus_refusal_name(result->refusal) : NULL, result->key_id, delegated);
    else if (code)
        printf("refused: %s\n", nexus_refusal_name(result->refusal));
    else
        printf("verified: %s%s\n", result->key_id, delegated ? " (by capability)" : "");
    fflush(stdout);
}

static int check_event(struct nexus_trust *trust, struct plan *plan, const char *path)
{
    struct nexus_check_result result = NEXUS_CHECK_RESULT_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    char *body = input_read(path, BODY_MAX, &plan->message.length);
    int code;

    if (!body)
        return CTL_FAILED;
    plan->message.body = body;
    code = nexus_trust_check(trust, &plan->message, &result, &err);
    free(body);
    print_result(&result, code);
    return code ? report(&err) : CTL_OK;
}

static int check_file(struct nexus_trust *trust, const struct plan *plan)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    int code = nexus_trust_check_file(trust, plan->file, plan->message.signature, NULL, &err);

    if (command_json() && (!code || code == NEXUS_E_SIGNATURE || code == NEXUS_E_KEY))
        print_json(code ? (code == NEXUS_E_KEY ? "key" : "signature") : NULL, NULL, false);
    else if (!code)
        puts("verified");
    fflush(stdout);
    return code ? report(&err) : CTL_OK;
}

static const char **slot(struct plan *plan, int option)
{
    switch (option) {
    case 't':
        return &plan->trust;
    case 'S':
        return &plan->message.signature;
    case 's':
        return &plan->message.subject;
    case 'i':
        return &plan->message.message_id;
    case 'c':
        return &plan->message.capability;
    default:
        return &plan->file;
    }
}

static int run(int argc, char **argv)
{
    struct plan plan = {NEXUS_SIGNED_MESSAGE_INIT, NULL, NULL};
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_trust *trust = NULL;
    const char *path;
    int status;

    for (int option; (option = command_next(&verify_command, argc, argv)) != -1;) {
        if (option == '?')
            return CTL_USAGE;
        *slot(&plan, option) = optarg;
    }
    path = optind < argc ? argv[optind++] : NULL;
    if (!plan.trust || !plan.message.signature || optind < argc ||
        (!plan.file && !plan.message.subject))
        return report_usage(&verify_command,
                            "--trust and --signature are needed, and --subject or --file");
    if (nexus_trust_load(plan.trust, &trust, &err))
        return report(&err);
    status = plan.file ? check_file(trust, &plan) : check_event(trust, &plan, path);
    nexus_trust_destroy(trust);
    return status;
}

const struct command verify_command = {
    .name = "verify",
    .arguments = "--trust FILE --signature TEXT (--subject TEXT [--id TEXT] [BODY] | --file FILE)",
    .summary = "check a signature",
    .operands = "FILE",
    .about = about,
    .options = options,
    .json =
        "print {\"result\":\"verified\" or \"refused\",\"reason\":…,\"key_id\":…,\"delegated\":…}",
    .examples = examples,
    .run = run,
};
