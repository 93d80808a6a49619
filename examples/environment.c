/* SPDX-License-Identifier: Apache-2.0 */
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "environment_trust.h"

static int set_user(struct nexus_client_options *options, const char *value,
                    struct nexus_error *err)
{
    return nexus_client_options_set_user(options, value, environment_value("NEXUS_PASSWORD"), err);
}

static int set_certificate(struct nexus_client_options *options, const char *value,
                           struct nexus_error *err)
{
    return nexus_client_options_set_tls_certificate(options, value,
                                                    environment_value("NEXUS_TLS_KEY"), err);
}

static const char *const levels[] = {"", "error", "warning", "info", "debug"};

static void print_log(enum nexus_log_level level, const char *line, void *data)
{
    (void)data;
    fprintf(stderr, "[%s] %s\n", levels[level], line);
}

static int set_log(struct nexus_client_options *options, const char *value, struct nexus_error *err)
{
    for (int level = NEXUS_LOG_ERROR; level <= NEXUS_LOG_DEBUG; level++)
        if (strcmp(value, levels[level]) == 0)
            return nexus_client_options_set_log(options, (enum nexus_log_level)level, print_log,
                                                NULL, err);
    return environment_fail(err, "is not one of error, warning, info, debug");
}

/* With a spool there is work to do without a server. */
static int set_spool(struct nexus_client_options *options, const char *value,
                     struct nexus_error *err)
{
    const char *mode = environment_value("NEXUS_SPOOL_MODE");
    bool outage = mode && strcmp(mode, "on-outage") == 0;
    int status;

    if (mode && !outage && strcmp(mode, "always") != 0)
        return environment_fail(err, "NEXUS_SPOOL_MODE is neither always nor on-outage");
    status = nexus_client_options_set_spool(
        options, outage ? NEXUS_SPOOL_ON_OUTAGE : NEXUS_SPOOL_ALWAYS, value, err);
    return status ? status : nexus_client_options_set_wait_for_connection(options, false, err);
}

static int need_spool(struct nexus_client_options *options, const char *value,
                      struct nexus_error *err)
{
    (void)options, (void)value;
    return environment_value("NEXUS_SPOOL") ? NEXUS_OK : environment_fail(err, "needs NEXUS_SPOOL");
}

/* The second of a pair is read by the first one's setter; alone it is a mistake. */
static int need_user(struct nexus_client_options *options, const char *value,
                     struct nexus_error *err)
{
    (void)options, (void)value;
    return environment_value("NEXUS_USER") ? NEXUS_OK : environment_fail(err, "needs NEXUS_USER");
}

static int need_certificate(struct nexus_client_options *options, const char *value,
                            struct nexus_error *err)
{
    (void)options, (void)value;
    return environment_value("NEXUS_TLS_CERT") ? NEXUS_OK
                                               : environment_fail(err, "needs NEXUS_TLS_CERT");
}

const struct environment_setting environment_settings[] = {
    {"NEXUS_URL", "url", "URL", "servers, comma-separated (nats://127.0.0.1:4222; tls://… for TLS)",
     nexus_client_options_set_url},
    {"NEXUS_SERVICE", "service", "NAME", "service name: the default prefix of durable consumers",
     nexus_client_options_set_service},
    {"NEXUS_NODE", "node", "NAME",
     "this process's name in vector clocks (default: the service's name)",
     nexus_client_options_set_node},
    {"NEXUS_STREAM", "stream", "NAME", "the JetStream stream (NEXUS)",
     nexus_client_options_set_stream},
    {"NEXUS_CREDS", "creds", "FILE", "NATS credentials file",
     nexus_client_options_set_credentials_file},
    {"NEXUS_NKEY", "nkey", "FILE", "file with an NKey seed", nexus_client_options_set_nkey_file},
    {"NEXUS_USER", NULL, "NAME", "user name, with NEXUS_PASSWORD", set_user},
    {"NEXUS_PASSWORD", NULL, "TEXT", "the user's password", need_user},
    {"NEXUS_TOKEN", NULL, "TEXT", "authentication token", nexus_client_options_set_token},
    {"NEXUS_TLS_CA", "tls-ca", "FILE", "authorities to trust (PEM); turns TLS on",
     nexus_client_options_set_tls},
    {"NEXUS_TLS_CERT", "tls-cert", "FILE", "client certificate (PEM), with NEXUS_TLS_KEY",
     set_certificate},
    {"NEXUS_TLS_KEY", "tls-key", "FILE", "the private key of the client certificate (PEM)",
     need_certificate},
    {"NEXUS_INBOX_PREFIX", "inbox-prefix", "SUBJECT",
     "subject prefix for answers, where the server restricts it",
     nexus_client_options_set_inbox_prefix},
    {"NEXUS_API_PREFIX", "api-prefix", "SUBJECT",
     "where JetStream answers, when another account has it (see `nexusctl permissions`)",
     nexus_client_options_set_api_prefix},
    {"NEXUS_STATE_DIR", "state-dir", "DIR",
     "directory that keeps the vector clock's counter over restarts",
     nexus_client_options_set_state_directory},
    {"NEXUS_SPOOL", "spool", "FILE",
     "keeps events that are published in this file until the server has them", set_spool},
    {"NEXUS_SPOOL_MODE", NULL, "always|on-outage", "when they go there (always)", need_spool},
    {"NEXUS_SIGNING_KEY", "key", "FILE",
     "private key (PEM or JWK): every event that is published is signed with it",
     environment_set_signer},
    {"NEXUS_SIGNING_KEY_ID", "key-id", "ID", "id of that key (default: its `kid`, else thumbprint)",
     environment_need_key},
    {"NEXUS_SIGNING", "signing", "auto|single|tree",
     "one signature for each event, one for many, or each where it is best (auto)",
     environment_need_key},
    {"NEXUS_CAPABILITY", "capability", "FILE", "capability token to attach to what is signed",
     environment_set_capability},
    {"NEXUS_TRUST", "trust", "FILE", "trust store (JWK Set): events are verified as they come",
     environment_set_trust},
    {"NEXUS_TRUST_POLICY", "policy", "require|permit",
     "whether unsigned events and those of unknown keys are refused (require) or marked",
     environment_need_trust},
    {"NEXUS_LOG", "log", "error|warning|info|debug", "the library's log, on standard error",
     set_log},
    {NULL, NULL, NULL, NULL, NULL},
};

/* An empty variable counts as one that is not set. */
const char *environment_value(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value ? value : NULL;
}

/* Names the variable instead of the option that it was for: that is what the user can change. */
static void blame(const char *variable, struct nexus_error *err)
{
    if (err)
        snprintf(err->where, sizeof(err->where), "%s", variable);
}

static int apply(struct nexus_client_options *options, struct nexus_error *err)
{
    for (const struct environment_setting *setting = environment_settings; setting->variable;
         setting++) {
        const char *value = environment_value(setting->variable);
        int status = value ? setting->set(options, value, err) : NEXUS_OK;
        if (status) {
            blame(setting->variable, err);
            return status;
        }
    }
    return NEXUS_OK;
}

struct nexus_client_options *environment_options(const char *service, struct nexus_error *err)
{
    struct nexus_client_options *options = nexus_client_options_new();

    if (!options) {
        if (err)
            *err = (struct nexus_error){NEXUS_E_MEMORY, 0, "", "out of memory"};
        return NULL;
    }
    if (nexus_client_options_set_service(options, service, err) || apply(options, err)) {
        nexus_client_options_destroy(options);
        return NULL;
    }
    return options;
}

struct nexus_client *environment_client(const char *service, struct nexus_error *err)
{
    struct nexus_client_options *options = environment_options(service, err);
    struct nexus_client *client = NULL;

    if (options && nexus_client_new(options, &client, err) != NEXUS_OK)
        client = NULL;
    nexus_client_options_destroy(options);
    return client;
}
