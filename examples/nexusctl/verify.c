/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "input.h"
#include "report.h"

#define BODY_MAX (8 * 1048576)

static const char help[] =
    "Checks an event's signature, with the body from a file or standard input, as a receiver "
    "would;\n"
    "or a file's, before a module is loaded. Prints who signed it, or why it is refused.\n\n"
    "  -t, --trust FILE         the trust store (see `nexusctl jwks`)\n"
    "  -S, --signature TEXT     the header Nexus-Signature, or the file's signature\n"
    "  -s, --subject TEXT       the subject that the event came on\n"
    "  -i, --id TEXT            its Nats-Msg-Id\n"
    "  -c, --capability TEXT    the header Nexus-Capability\n"
    "  -f, --file FILE          check this file instead of an event\n\n"
    "example\n"
    "  nexusctl verify --trust trust.json --subject nexus.salon-001.kb.ingested --id m-1 \\\n"
    "      --signature \"$header\" body.json\n";

static const struct option long_options[] = {{"trust", required_argument, NULL, 't'},
                                             {"signature", required_argument, NULL, 'S'},
                                             {"subject", required_argument, NULL, 's'},
                                             {"id", required_argument, NULL, 'i'},
                                             {"capability", required_argument, NULL, 'c'},
                                             {"file", required_argument, NULL, 'f'},
                                             {NULL, 0, NULL, 0}};

struct plan {
    struct nexus_signed_message message;
    const char *trust, *file;
};

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
    if (code) {
        printf("refused: %s\n", nexus_refusal_name(result.refusal));
        fflush(stdout);
        return report(&err);
    }
    printf("verified: %s%s\n", result.key_id,
           result.verdict == NEXUS_TRUST_DELEGATED ? " (by capability)" : "");
    return CTL_OK;
}

static int check_file(struct nexus_trust *trust, const struct plan *plan)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (nexus_trust_check_file(trust, plan->file, plan->message.signature, NULL, &err))
        return report(&err);
    puts("verified");
    return CTL_OK;
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

    for (int option;
         (option = getopt_long(argc, argv, "t:S:s:i:c:f:", long_options, NULL)) != -1;) {
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
    .help = help,
    .run = run,
};
