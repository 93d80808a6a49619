/* SPDX-License-Identifier: Apache-2.0 */
/* A client's own copy of its options: defaults filled in, contradictions refused, secrets wiped. */
#include <stdlib.h>
#include <string.h>

#include "option_value.h"
#include "options.h"
#include "status.h"
#include "trust_set.h"

#define DEFAULT_URL     "nats://127.0.0.1:4222"
#define DEFAULT_SERVICE "nexus-client"
#define DEFAULT_STREAM  "NEXUS"

const struct nx_options nx_options_defaults = {
    .connect_timeout_ms = 2000,
    .publish_deadline_ms = 15000,
    .ack_timeout_ms = 3000,
    .window_events = 2048,
    .window_bytes = 16 * 1048576,
    .max_body = 1048576,
    .causal_id_width = 8,
    .clock_limit = 64,
    .signing = NEXUS_SIGNING_AUTO,
    .trust_policy = NEXUS_TRUST_REQUIRE,
    .wait_for_connection = true,
    .spool_events = 10000000,
    .spool_bytes = (uint64_t)4 << 30,
    .spool_age_ms = (int64_t)7 * 86400000,
    .spool_policy = NEXUS_SPOOL_REFUSE,
    .spool_rate = 10000,
    .spool_duplicate_window_ms = 120000,
    .log_level = NEXUS_LOG_ERROR,
};

/* Where the texts are, for all that is done to every one of them. */
static const size_t texts[] = {
    offsetof(struct nx_options, url),
    offsetof(struct nx_options, service),
    offsetof(struct nx_options, node),
    offsetof(struct nx_options, stream),
    offsetof(struct nx_options, credentials_file),
    offsetof(struct nx_options, nkey_file),
    offsetof(struct nx_options, user),
    offsetof(struct nx_options, password),
    offsetof(struct nx_options, token),
    offsetof(struct nx_options, tls_ca_file),
    offsetof(struct nx_options, tls_certificate_file),
    offsetof(struct nx_options, tls_key_file),
    offsetof(struct nx_options, inbox_prefix),
    offsetof(struct nx_options, api_prefix),
    offsetof(struct nx_options, state_directory),
    offsetof(struct nx_options, capability),
    offsetof(struct nx_options, spool_path),
};

#define TEXT_COUNT (sizeof(texts) / sizeof(texts[0]))

static char **text_slot(struct nx_options *options, size_t index)
{
    return (char **)(void *)((char *)options + texts[index]);
}

void nx_options_wipe(struct nx_options *options)
{
    for (size_t i = 0; i < TEXT_COUNT; i++)
        nx_option_wipe(text_slot(options, i));
    nexus_signer_destroy(options->signer);
    nexus_trust_destroy(options->trust);
    options->signer = NULL;
    options->trust = NULL;
}

void nx_options_destroy(struct nx_options *options)
{
    if (!options)
        return;
    nx_options_wipe(options);
    free(options);
}

/* Gives every text of a shallow copy its own memory. On failure those not copied are NULL. */
static bool own_texts(struct nx_options *copy)
{
    bool owned = true;

    for (size_t i = 0; i < TEXT_COUNT; i++) {
        char **slot = text_slot(copy, i);
        const char *text = *slot;
        *slot = text && owned ? strdup(text) : NULL;
        owned = owned && !*slot == !text;
    }
    return owned;
}

static bool fill_in(char **slot, const char *value)
{
    if (!*slot)
        *slot = strdup(value);
    return *slot != NULL;
}

static bool fill_defaults(struct nx_options *copy)
{
    copy->tls = copy->tls || copy->tls_certificate_file;
    return fill_in(&copy->url, DEFAULT_URL) && fill_in(&copy->service, DEFAULT_SERVICE) &&
           fill_in(&copy->node, copy->service) && fill_in(&copy->stream, DEFAULT_STREAM);
}

/* Several ways to say who one is leave open which one counts. */
static int check_identity(const struct nx_options *options, struct nexus_error *err)
{
    const struct {
        const char *name;
        const char *value;
    } ways[] = {{"credentials_file", options->credentials_file},
                {"nkey_file", options->nkey_file},
                {"user", options->user},
                {"token", options->token}};
    const char *first = NULL;

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (ways[i].value && first)
            return nx_fail(err, NEXUS_E_INVALID, ways[i].name, "is set beside %s; choose one",
                           first);
        if (ways[i].value)
            first = ways[i].name;
    }
    return NEXUS_OK;
}

int nx_options_copy(const struct nexus_client_options *from, struct nx_options **out,
                    struct nexus_error *err)
{
    const struct nx_options *values = from ? &from->values : &nx_options_defaults;
    int code = check_identity(values, err);
    struct nx_options *copy;

    if (code != NEXUS_OK)
        return code;
    copy = malloc(sizeof(*copy));
    if (!copy)
        return nx_no_memory(err);
    *copy = *values;
    nx_signer_retain(copy->signer);
    nx_trust_retain(copy->trust);
    if (!own_texts(copy) || !fill_defaults(copy)) {
        nx_options_destroy(copy);
        return nx_no_memory(err);
    }
    *out = copy;
    return NEXUS_OK;
}
