/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>

#include "command.h"
#include "report.h"

static const char help[] =
    "Makes an Ed25519 key for signing events, writes the private key to a new file that only its\n"
    "owner can read, and prints the public key as JSON Web Key. An existing file is left alone.\n\n"
    "  -k, --kid ID    the key's id (default: the thumbprint of the key); implies --jwk\n"
    "  -j, --jwk       write a JSON Web Key instead of a PEM\n\n"
    "`openssl genpkey -algorithm ed25519` makes keys that can be used as well.\n\n"
    "examples\n"
    "  nexusctl keygen till-1.pem\n"
    "  nexusctl keygen --kid till-1 till-1.jwk\n";

static const struct option long_options[] = {
    {"kid", required_argument, NULL, 'k'}, {"jwk", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};

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

    for (int option; (option = getopt_long(argc, argv, "k:j", long_options, NULL)) != -1;) {
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
    .help = help,
    .run = run,
};
