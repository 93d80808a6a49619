/* SPDX-License-Identifier: Apache-2.0 */
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char environment_help[] =
    "  NEXUS_URL           servers, comma-separated (nats://127.0.0.1:4222; tls://… for TLS)\n"
    "  NEXUS_SERVICE       service name: the default prefix of durable consumers\n"
    "  NEXUS_NODE          this process's name in vector clocks (default: the service)\n"
    "  NEXUS_STREAM        the JetStream stream (NEXUS)\n"
    "  NEXUS_CREDS         NATS credentials file\n"
    "  NEXUS_NKEY          file with an NKey seed\n"
    "  NEXUS_USER          user name, with NEXUS_PASSWORD\n"
    "  NEXUS_TOKEN         authentication token\n"
    "  NEXUS_TLS_CA        PEM file of the authorities to trust; turns TLS on\n"
    "  NEXUS_TLS_CERT      client certificate (PEM), with its key in NEXUS_TLS_KEY\n"
    "  NEXUS_INBOX_PREFIX  subject prefix for answers, where the server restricts it\n"
    "  NEXUS_STATE_DIR     directory that keeps the vector clock's counter over restarts\n"
    "  NEXUS_LOG           error, warning, info or debug: the library's log, on stderr\n";

typedef int (*text_setter)(struct nexus_client_options *, const char *, struct nexus_error *);
typedef int (*pair_setter)(struct nexus_client_options *, const char *, const char *,
                           struct nexus_error *);

static const struct {
    const char *variable;
    text_setter set;
} texts[] = {
    {"NEXUS_URL", nexus_client_options_set_url},
    {"NEXUS_SERVICE", nexus_client_options_set_service},
    {"NEXUS_NODE", nexus_client_options_set_node},
    {"NEXUS_STREAM", nexus_client_options_set_stream},
    {"NEXUS_CREDS", nexus_client_options_set_credentials_file},
    {"NEXUS_NKEY", nexus_client_options_set_nkey_file},
    {"NEXUS_TOKEN", nexus_client_options_set_token},
    {"NEXUS_TLS_CA", nexus_client_options_set_tls},
    {"NEXUS_INBOX_PREFIX", nexus_client_options_set_inbox_prefix},
    {"NEXUS_STATE_DIR", nexus_client_options_set_state_directory},
};

static const struct {
    const char *first;
    const char *second;
    pair_setter set;
} pairs[] = {
    {"NEXUS_USER", "NEXUS_PASSWORD", nexus_client_options_set_user},
    {"NEXUS_TLS_CERT", "NEXUS_TLS_KEY", nexus_client_options_set_tls_certificate},
};

static const char *const levels[] = {"", "error", "warning", "info", "debug"};

static void print_log(enum nexus_log_level level, const char *line, void *data)
{
    (void)data;
    fprintf(stderr, "[%s] %s\n", levels[level], line);
}

/* An empty variable counts as one that is not set. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* Names the variable instead of the option that it was for: that is what the user can change. */
static int blame(int status, const char *name, struct nexus_error *err)
{
    if (err)
        snprintf(err->where, sizeof(err->where), "%s", name);
    return status;
}

static int set_texts(struct nexus_client_options *options, struct nexus_error *err)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *value = variable(texts[i].variable);
        int status = value ? texts[i].set(options, value, err) : NEXUS_OK;
        if (status)
            return blame(status, texts[i].variable, err);
    }
    return NEXUS_OK;
}

static int set_pairs(struct nexus_client_options *options, struct nexus_error *err)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const char *first = variable(pairs[i].first);
        const char *second = variable(pairs[i].second);
        int status = first || second ? pairs[i].set(options, first, second, err) : NEXUS_OK;
        if (status)
            return blame(status, pairs[i].first, err);
    }
    return NEXUS_OK;
}

static int set_log(struct nexus_client_options *options, struct nexus_error *err)
{
    const char *value = variable("NEXUS_LOG");

    if (!value)
        return NEXUS_OK;
    for (int level = NEXUS_LOG_ERROR; level <= NEXUS_LOG_DEBUG; level++)
        if (strcmp(value, levels[level]) == 0)
            return nexus_client_options_set_log(options, (enum nexus_log_level)level, print_log,
                                                NULL, err);
    if (err)
        *err = (struct nexus_error){NEXUS_E_INVALID, 0, "NEXUS_LOG",
                                    "is not one of error, warning, info, debug"};
    return NEXUS_E_INVALID;
}

struct nexus_client_options *environment_options(const char *service, struct nexus_error *err)
{
    struct nexus_client_options *options = nexus_client_options_new();

    if (!options) {
        if (err)
            *err = (struct nexus_error){NEXUS_E_MEMORY, 0, "", "out of memory"};
        return NULL;
    }
    if (nexus_client_options_set_service(options, service, err) || set_texts(options, err) ||
        set_pairs(options, err) || set_log(options, err)) {
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
