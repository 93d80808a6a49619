/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of tokens that were verified. They are forgotten as a whole when the trust store changes;
 * their time is looked at for each event. */
#include <stdlib.h>
#include <string.h>

#include "checker.h"
#include "status.h"

static void free_captoken(struct nx_captoken *token)
{
    if (!token)
        return;
    nx_arena_free(&token->arena);
    free(token->chain);
    free(token);
}

static struct nx_captoken *find(struct nx_checker *checker, const char *chain)
{
    struct nx_captoken *last = checker->last_captoken;

    if (last && strcmp(last->chain, chain) == 0)
        return last;
    for (int i = 0; i < NX_CAPTOKENS_MAX && checker->captokens[i]; i++)
        if (strcmp(checker->captokens[i]->chain, chain) == 0)
            return checker->captokens[i];
    return NULL;
}

static struct nx_captoken **oldest(struct nx_checker *checker)
{
    struct nx_captoken **place = &checker->captokens[0];

    for (int i = 0; i < NX_CAPTOKENS_MAX; i++) {
        if (!checker->captokens[i])
            return &checker->captokens[i];
        if (checker->captokens[i]->used < (*place)->used)
            place = &checker->captokens[i];
    }
    return place;
}

static bool has_publish(const struct nx_patterns *actions)
{
    for (unsigned i = 0; i < actions->count; i++)
        if (strcmp(actions->items[i], NX_ACTION_PUBLISH) == 0)
            return true;
    return false;
}

int nx_captokens_get(struct nx_checker *checker, const char *chain, struct nx_captoken **out,
                     enum nexus_refusal *refusal, struct nexus_error *err)
{
    struct nx_captoken *token = find(checker, chain), **place;
    int code;

    if (token) {
        token->used = ++checker->uses;
        *out = checker->last_captoken = token;
        return NEXUS_OK;
    }
    token = calloc(1, sizeof(*token));
    if (!token || !(token->chain = strndup(chain, NEXUS_CAPABILITY_MAX + 1))) {
        free_captoken(token);
        return nx_no_memory(err);
    }
    checker->verifications++;
    code = nx_captoken_check(chain, checker->set, &checker->json, &token->arena, &token->claims,
                             refusal, err);
    if (code != NEXUS_OK) {
        free_captoken(token);
        return code;
    }
    token->publishes = has_publish(&token->claims.actions);
    token->used = ++checker->uses;
    place = oldest(checker);
    free_captoken(*place);
    *out = *place = checker->last_captoken = token;
    return NEXUS_OK;
}

void nx_captokens_forget(struct nx_checker *checker)
{
    for (int i = 0; i < NX_CAPTOKENS_MAX; i++) {
        free_captoken(checker->captokens[i]);
        checker->captokens[i] = NULL;
    }
    checker->last_captoken = NULL;
}
