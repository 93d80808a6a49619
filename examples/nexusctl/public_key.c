/* SPDX-License-Identifier: Apache-2.0 */
#include "public_key.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "input.h"
#include "report.h"

#define KEY_MAX 16384

char *public_key_read(const char *path, int *status)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = NULL;
    char *text = NULL, *public_text = NULL;
    size_t length;

    if (nexus_signer_from_file(path, NULL, &signer, &err) != NEXUS_OK) {
        text = input_read(path, KEY_MAX, &length);
        *status = text ? CTL_OK : CTL_FAILED;
        return text;
    }
    if (nexus_signer_public(signer, NEXUS_KEY_JWK, &public_text, &err) == NEXUS_OK)
        text = strdup(public_text);
    if (!text)
        *status = report(&err);
    nexus_free(public_text);
    nexus_signer_destroy(signer);
    return text;
}
