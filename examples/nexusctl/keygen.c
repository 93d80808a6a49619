/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>

#include "command.h"
#include "report.h"

static const char about[] =
    "Makes an Ed25519 key for signing events, writes the private key to a new file that only\n"
    "its owner can read, and prints the public key as JSON Web Key. An existing file is left\n"
    "alone.\n";

static const char notes[] =
    "`openssl genpkey -algorithm ed25519` makes keys that can be used as well.\n";

static const char examples[] = "  nexusctl keygen till-1.pem\n"
                               "  nexusctl keygen --kid till-1 till-1.jwk\n";

static const struct command_option options[] = {
    {'k', "kid", "ID", "the key's id (default: the thumbprint of the key); implies --jwk"},
    {256, "jwk", NULL, "write a JSON Web Key instead of a PEM"},
    {0, NULL, NULL, NULL},
};

static int make(const char *key_id, enum nexus_key_format format, const char *path)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = NULL;
    char *text = NULL;
    int code = nexus_signer_generate(key_id, &signer, &err);

    if (!code)
        code = nexus_signer_write(signer, format, path, &err);
    if (!code)
        code = nexus_signer_public(signer, NEXUS_KEY_JWK, &text, &err);
    if (!code)
        puts(text);
    nexus_free(text);
    nexus_signer_destroy(signer);
    return code ? report(&err) : CTL_OK;
}

static int run(int argc, char **argv)
{
    enum nexus_key_format format = NEXUS_KEY_PEM;
    const char *key_id = NULL;

    for (int option; (option = command_next(&keygen_command, argc, argv)) != -1;) {
        if (option == '?')
            return CTL_USAGE;
        format = NEXUS_KEY_JWK;
        if (option == 'k')
            key_id = optarg;
    }
    if (optind + 1 != argc)
        return report_usage(&keygen_command, "one file is needed");
    return make(key_id, format, argv[optind]);
}

const struct command keygen_command = {
    .name = "keygen",
    .arguments = "[--kid ID] [--jwk] FILE",
    .summary = "make a key for signing events",
    .operands = "FILE",
    .about = about,
    .options = options,
    .json = "what is printed is JSON in any case",
    .notes = notes,
    .examples = examples,
    .run = run,
};
