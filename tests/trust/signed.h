/* SPDX-License-Identifier: Apache-2.0 */
/* What the test of signed events starts from: a signer, a store that trusts it, and clients. */
#ifndef SIGNED_H
#define SIGNED_H

#include "harness.h"
#include "simple.h"

static struct nexus_signer *signer;
static struct nexus_trust *trust;
static struct test_seen seen;

static const enum nexus_signing kinds[] = {NEXUS_SIGNING_AUTO, NEXUS_SIGNING_SINGLE,
                                           NEXUS_SIGNING_TREE};

static struct nexus_signer *make_signer(const char *key_id)
{
    struct nexus_signer *made = NULL;

    OK(nexus_signer_generate(key_id, &made, err));
    return made;
}

static void allow(struct nexus_trust *store, const struct nexus_signer *whom, const char *subject,
                  const char *grant)
{
    const char *subjects[] = {subject, NULL}, *grants[] = {grant, NULL};
    struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
    char *key = NULL;

    OK(nexus_signer_public(whom, NEXUS_KEY_JWK, &key, err));
    rule.subjects = subject ? subjects : NULL;
    rule.grants = grant ? grants : NULL;
    OK(nexus_trust_add(store, key, &rule, err));
    nexus_free(key);
}

static void set_up(void)
{
    memset(&seen, 0, sizeof seen);
    signer = make_signer("till-1");
    OK(nexus_trust_new(&trust, err));
    allow(trust, signer, "nexus.salon-001.>", NULL);
}

static void tear_down(void)
{
    nexus_signer_destroy(signer);
    nexus_trust_destroy(trust);
}

static struct nexus_client *signing_client(enum nexus_signing signing)
{
    struct nexus_client_options *options = test_options("sender");

    OK(nexus_client_options_set_signer(options, signer, signing, err));
    return test_client_of(options);
}

static struct nexus_client *trusting_client(const char *name, enum nexus_trust_policy policy)
{
    struct nexus_client_options *options = test_options(name);

    OK(nexus_client_options_set_trust(options, trust, policy, err));
    return test_client_of(options);
}

#endif
