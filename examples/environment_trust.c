/* SPDX-License-Identifier: Apache-2.0 */
#include "environment_trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "environment.h"

int environment_fail(struct nexus_error *err, const char *message)
{
    if (err) {
        *err = (struct nexus_error){NEXUS_E_INVALID, 0, "", ""};
        snprintf(err->message, sizeof(err->message), "%s", message);
    }
    return NEXUS_E_INVALID;
}

/* What is wrong inside a file: the variable takes the place of `where`, so it goes into the text.
 */
static int inside(int status, struct nexus_error *err)
{
    char message[sizeof(err->message)];

    if (status && err && *err->where) {
        snprintf(message, sizeof(message), "%s: %.200s", err->where, err->message);
        snprintf(err->message, sizeof(err->message), "%s", message);
    }
    return status;
}

/* The place of a word in a list that ends with NULL, from 1; 0: none. */
static int word_index(const char *word, const char *const *list)
{
    for (int i = 0; list[i]; i++)
        if (strcmp(word, list[i]) == 0)
            return i + 1;
    return 0;
}

static int signing_kind(enum nexus_signing *out, struct nexus_error *err)
{
    static const char *const kinds[] = {"auto", "single", "tree", NULL};
    const char *value = environment_value("NEXUS_SIGNING");
    int index = value ? word_index(value, kinds) : NEXUS_SIGNING_AUTO;

    *out = (enum nexus_signing)index;
    return index ? NEXUS_OK : environment_fail(err, "NEXUS_SIGNING is not auto, single or tree");
}

int environment_set_signer(struct nexus_client_options *options, const char *path,
                           struct nexus_error *err)
{
    struct nexus_signer *signer = NULL;
    enum nexus_signing signing;
    int status = signing_kind(&signing, err);

    if (!status)
        status = inside(
            nexus_signer_from_file(path, environment_value("NEXUS_SIGNING_KEY_ID"), &signer, err),
            err);
    if (!status)
        status = nexus_client_options_set_signer(options, signer, signing, err);
    nexus_signer_destroy(signer); /* the options have their own hold on it */
    return status;
}

int environment_need_key(struct nexus_client_options *options, const char *value,
                         struct nexus_error *err)
{
    (void)options, (void)value;
    return environment_value("NEXUS_SIGNING_KEY")
               ? NEXUS_OK
               : environment_fail(err, "needs NEXUS_SIGNING_KEY");
}

/* The token in a file, without the line end behind it. */
static int read_token(const char *path, char *out, size_t size, struct nexus_error *err)
{
    FILE *file = fopen(path, "r");
    char message[NEXUS_ERROR_MESSAGE_SIZE];
    size_t length;

    if (!file) {
        snprintf(message, sizeof(message), "%.100s: %s", path, strerror(errno));
        return environment_fail(err, message);
    }
    length = fread(out, 1, size - 1, file);
    fclose(file);
    out[length] = 0;
    out[strcspn(out, "\r\n")] = 0;
    return NEXUS_OK;
}

int environment_set_capability(struct nexus_client_options *options, const char *path,
                               struct nexus_error *err)
{
    char token[NEXUS_CAPABILITY_MAX + 3]; /* and a line end */
    int status = environment_need_key(options, path, err);

    if (!status)
        status = read_token(path, token, sizeof(token), err);
    return status ? status : nexus_client_options_set_capability(options, token, err);
}

int environment_set_trust(struct nexus_client_options *options, const char *path,
                          struct nexus_error *err)
{
    static const char *const policies[] = {"require", "permit", NULL};
    const char *value = environment_value("NEXUS_TRUST_POLICY");
    int policy = value ? word_index(value, policies) : NEXUS_TRUST_REQUIRE;
    struct nexus_trust *trust = NULL;
    int status = policy ? inside(nexus_trust_load(path, &trust, err), err)
                        : environment_fail(err, "NEXUS_TRUST_POLICY is not require or permit");

    if (!status)
        status =
            nexus_client_options_set_trust(options, trust, (enum nexus_trust_policy)policy, err);
    nexus_trust_destroy(trust); /* the options have their own hold on it */
    return status;
}

int environment_need_trust(struct nexus_client_options *options, const char *value,
                           struct nexus_error *err)
{
    (void)options, (void)value;
    return environment_value("NEXUS_TRUST") ? NEXUS_OK : environment_fail(err, "needs NEXUS_TRUST");
}
