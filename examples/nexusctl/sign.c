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
    "Signs an event's body, from a file or standard input, and prints the value of the header\n"
    "Nexus-Signature; or a file as moduleUpdated announces it, and prints its signature.\n";

static const char examples[] =
    "  nexusctl sign --key till-1.pem --subject nexus.salon-001.kb.ingested --id m-1 body.json\n"
    "  nexusctl sign --key core.pem --file scheduler.wasm\n";

static const struct command_option options[] = {
    {'k', "key", "FILE", "the private key"},
    {'s', "subject", "TEXT", "the subject that the event is published to"},
    {'i', "id", "TEXT", "its Nats-Msg-Id"},
    {'f', "file", "FILE", "sign this file instead of an event"},
    {0, NULL, NULL, NULL},
};

struct plan {
    const char *key, *subject, *id, *file, *body;
};

static void print_signature(const char *text)
{
    if (!command_json()) {
        puts(text);
        return;
    }
    fputs("{\"signature\":", stdout);
    json_put_string(stdout, text);
    puts("}");
}

static int sign(const struct plan *plan, const char *body, size_t length)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = NULL;
    char *text = NULL;
    int code = nexus_signer_from_file(plan->key, NULL, &signer, &err);

    if (!code)
        code = plan->file
                   ? nexus_signer_sign_file(signer, plan->file, &text, &err)
                   : nexus_signer_sign(signer, plan->subject, plan->id, body, length, &text, &err);
    if (!code)
        print_signature(text);
    nexus_free(text);
    nexus_signer_destroy(signer);
    return code ? report(&err) : CTL_OK;
}

static int run(int argc, char **argv)
{
    struct plan plan = {NULL, NULL, NULL, NULL, NULL};
    char *body = NULL;
    size_t length = 0;
    int status;

    for (int option; (option = command_next(&sign_command, argc, argv)) != -1;) {
        if (option == '?')
            return CTL_USAGE;
        *(option == 'k'   ? &plan.key
          : option == 's' ? &plan.subject
          : option == 'i' ? &plan.id
                          : &plan.file) = optarg;
    }
    plan.body = optind < argc ? argv[optind++] : NULL;
    if (!plan.key || optind < argc || (!plan.file && (!plan.subject || !plan.id)))
        return report_usage(&sign_command,
                            "--key is needed, and --subject with --id, or --file instead");
    if (!plan.file && !(body = input_read(plan.body, BODY_MAX, &length)))
        return CTL_FAILED;
    status = sign(&plan, body, length);
    free(body);
    return status;
}

const struct command sign_command = {
    .name = "sign",
    .arguments = "--key FILE (--subject TEXT --id TEXT [BODY] | --file FILE)",
    .summary = "sign an event's body, or a module's file",
    .operands = "FILE",
    .about = about,
    .options = options,
    .json = "print {\"signature\":…}",
    .examples = examples,
    .run = run,
};
