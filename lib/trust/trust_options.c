/* SPDX-License-Identifier: Apache-2.0 */
/* What a client's options know of signing and trust. */
#include "captoken.h"
#include "option_value.h"
#include "options.h"
#include "status.h"

int nexus_client_options_set_signer(struct nexus_client_options *options,
                                    struct nexus_signer *signer, enum nexus_signing signing,
                                    struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK && signer)
        code = nx_option_range("signing", signing, NEXUS_SIGNING_AUTO, NEXUS_SIGNING_TREE, err);
    if (code != NEXUS_OK)
        return code;
    nx_signer_retain(signer);
    nexus_signer_destroy(options->values.signer);
    options->values.signer = signer;
    options->values.signing = signer ? signing : NEXUS_SIGNING_AUTO;
    return NEXUS_OK;
}

int nexus_client_options_set_trust(struct nexus_client_options *options, struct nexus_trust *trust,
                                   enum nexus_trust_policy policy, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK && trust)
        code = nx_option_range("policy", policy, NEXUS_TRUST_REQUIRE, NEXUS_TRUST_PERMIT, err);
    if (code != NEXUS_OK)
        return code;
    nx_trust_retain(trust);
    nexus_trust_destroy(options->values.trust);
    options->values.trust = trust;
    options->values.trust_policy = trust ? policy : NEXUS_TRUST_REQUIRE;
    return NEXUS_OK;
}

static int check_capability(const char *what, const char *token, struct nexus_error *err)
{
    struct nx_jwt tokens[NEXUS_CAPABILITY_DEPTH];

    for (const char *at = token; *at; at++)
        if (*at <= ' ' || *at > '~')
            return nx_fail(err, NEXUS_E_INVALID, what, "is no capability token");
    if (!nx_chain_split(token, tokens))
        return nx_fail(err, NEXUS_E_INVALID, what, "is no capability token");
    return NEXUS_OK;
}

int nexus_client_options_set_capability(struct nexus_client_options *options, const char *token,
                                        struct nexus_error *err)
{
    return nx_option_text(NX_SLOT(options, values.capability), "capability", token,
                          check_capability, err);
}
