/* SPDX-License-Identifier: Apache-2.0 */
/* A client's options: their setters. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "option_value.h"
#include "servers.h"
#include "status.h"
#include "transport.h"

#define SERVERS_MAX 32
#define DAY_MS      86400000
#define MIB         1048576

struct nexus_client_options *nexus_client_options_new(void)
{
    struct nexus_client_options *options = calloc(1, sizeof(*options));

    if (options)
        options->values = nx_options_defaults;
    return options;
}

void nexus_client_options_destroy(struct nexus_client_options *options)
{
    if (!options)
        return;
    nx_options_wipe(&options->values);
    free(options);
}

static int check_url(const char *what, const char *url, struct nexus_error *err)
{
    struct nx_servers *servers = NULL;
    size_t count = 1;
    int code;

    if (nx_memory_url(url))
        return nx_memory_check_url(what, url, err);
    for (const char *at = url; *at; at++)
        count += *at == ',';
    if (count > SERVERS_MAX)
        return nx_fail(err, NEXUS_E_INVALID, what, "%zu servers exceed the limit of %d", count,
                       SERVERS_MAX);
    code = nx_servers_parse(url, &servers, err);
    if (code == NEXUS_OK)
        nx_servers_free(servers);
    return code;
}

int nexus_client_options_set_url(struct nexus_client_options *options, const char *url,
                                 struct nexus_error *err)
{
    return nx_option_text(NX_SLOT(options, values.url), "url", url, check_url, err);
}

int nexus_client_options_set_service(struct nexus_client_options *options, const char *service,
                                     struct nexus_error *err)
{
    return nx_option_text(NX_SLOT(options, values.service), "service", service, nx_option_token,
                          err);
}

int nexus_client_options_set_node(struct nexus_client_options *options, const char *node,
                                  struct nexus_error *err)
{
    return nx_option_text(NX_SLOT(options, values.node), "node", node, nx_option_token, err);
}

int nexus_client_options_set_stream(struct nexus_client_options *options, const char *stream,
                                    struct nexus_error *err)
{
    return nx_option_text(NX_SLOT(options, values.stream), "stream", stream, nx_check_stream, err);
}

int nexus_client_options_set_credentials_file(struct nexus_client_options *options,
                                              const char *path, struct nexus_error *err)
{
    return nx_option_text(NX_SLOT(options, values.credentials_file), "credentials_file", path,
                          nx_option_path, err);
}

int nexus_client_options_set_nkey_file(struct nexus_client_options *options, const char *path,
                                       struct nexus_error *err)
{
    return nx_option_text(NX_SLOT(options, values.nkey_file), "nkey_file", path, nx_option_path,
                          err);
}

/* Sets two texts that only make sense together: both, or none. */
static int set_pair(char **first, const char *first_name, const char *first_text, char **second,
                    const char *second_name, const char *second_text, nx_text_check check,
                    struct nexus_error *err)
{
    char *kept = NULL;
    int code;

    if (!first_text != !second_text)
        return nx_fail(err, NEXUS_E_INVALID, first_text ? second_name : first_name,
                       "must be given together with the %s", first_text ? first_name : second_name);
    code = nx_option_text(&kept, second_name, second_text, check, err);
    if (code == NEXUS_OK)
        code = nx_option_text(first, first_name, first_text, check, err);
    if (code == NEXUS_OK) {
        nx_option_wipe(second);
        *second = kept;
        kept = NULL;
    }
    nx_option_wipe(&kept);
    return code;
}

int nexus_client_options_set_user(struct nexus_client_options *options, const char *user,
                                  const char *password, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    return code != NEXUS_OK
               ? code
               : set_pair(&options->values.user, "user", user, &options->values.password,
                          "password", password, nx_option_secret, err);
}

int nexus_client_options_set_token(struct nexus_client_options *options, const char *token,
                                   struct nexus_error *err)
{
    return nx_option_text(NX_SLOT(options, values.token), "token", token, nx_option_secret, err);
}

int nexus_client_options_set_tls(struct nexus_client_options *options, const char *ca_file,
                                 struct nexus_error *err)
{
    int code = nx_option_text(NX_SLOT(options, values.tls_ca_file), "ca_file", ca_file,
                              nx_option_path, err);

    if (code == NEXUS_OK)
        options->values.tls = true;
    return code;
}

int nexus_client_options_set_tls_certificate(struct nexus_client_options *options,
                                             const char *certificate_file, const char *key_file,
                                             struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    return code != NEXUS_OK ? code
                            : set_pair(&options->values.tls_certificate_file, "certificate_file",
                                       certificate_file, &options->values.tls_key_file, "key_file",
                                       key_file, nx_option_path, err);
}

int nexus_client_options_set_inbox_prefix(struct nexus_client_options *options, const char *prefix,
                                          struct nexus_error *err)
{
    return nx_option_text(NX_SLOT(options, values.inbox_prefix), "inbox_prefix", prefix,
                          nx_check_inbox_prefix, err);
}

int nexus_client_options_set_api_prefix(struct nexus_client_options *options, const char *prefix,
                                          struct nexus_error *err)
{
    return nx_option_text(NX_SLOT(options, values.api_prefix), "api_prefix", prefix,
                          nx_check_inbox_prefix, err);
}

int nexus_client_options_set_state_directory(struct nexus_client_options *options, const char *path,
                                             struct nexus_error *err)
{
    return nx_option_text(NX_SLOT(options, values.state_directory), "state_directory", path,
                          nx_option_path, err);
}

int nexus_client_options_set_connect_timeout(struct nexus_client_options *options,
                                             int64_t milliseconds, struct nexus_error *err)
{
    return nx_option_int64(NX_SLOT(options, values.connect_timeout_ms), "connect_timeout",
                           milliseconds, 100, 60000, err);
}

int nexus_client_options_set_publish_deadline(struct nexus_client_options *options,
                                              int64_t milliseconds, struct nexus_error *err)
{
    return nx_option_int64(NX_SLOT(options, values.publish_deadline_ms), "publish_deadline",
                           milliseconds, 100, DAY_MS, err);
}

int nexus_client_options_set_ack_timeout(struct nexus_client_options *options, int64_t milliseconds,
                                         struct nexus_error *err)
{
    return nx_option_int64(NX_SLOT(options, values.ack_timeout_ms), "ack_timeout", milliseconds, 50,
                           60000, err);
}

int nexus_client_options_set_window(struct nexus_client_options *options, uint32_t events,
                                    size_t bytes, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        code = nx_option_range("events", events, 1, 65536, err);
    if (code == NEXUS_OK)
        code = nx_option_size_range("bytes", bytes, 65536, (size_t)1 << 31, err);
    if (code != NEXUS_OK)
        return code;
    options->values.window_events = events;
    options->values.window_bytes = bytes;
    return NEXUS_OK;
}

int nexus_client_options_set_max_body(struct nexus_client_options *options, size_t bytes,
                                      struct nexus_error *err)
{
    return nx_option_size(NX_SLOT(options, values.max_body), "max_body", bytes, 1024, 8 * MIB, err);
}

int nexus_client_options_set_causal_id_width(struct nexus_client_options *options, unsigned digits,
                                             struct nexus_error *err)
{
    return nx_option_unsigned(NX_SLOT(options, values.causal_id_width), "causal_id_width", digits,
                              8, 32, err);
}

int nexus_client_options_set_clock_limit(struct nexus_client_options *options, unsigned entries,
                                         struct nexus_error *err)
{
    return nx_option_unsigned(NX_SLOT(options, values.clock_limit), "clock_limit", entries, 2, 1024,
                              err);
}

int nexus_client_options_set_wait_for_connection(struct nexus_client_options *options, bool wait,
                                                 struct nexus_error *err)
{
    return nx_option_bool(NX_SLOT(options, values.wait_for_connection), wait, err);
}

int nexus_client_options_set_log(struct nexus_client_options *options, enum nexus_log_level level,
                                 nexus_log_callback callback, void *data, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK && callback)
        code = nx_option_range("level", level, NEXUS_LOG_ERROR, NEXUS_LOG_DEBUG, err);
    if (code != NEXUS_OK)
        return code;
    options->values.log_level = callback ? level : NEXUS_LOG_ERROR;
    options->values.log = callback;
    options->values.log_data = data;
    return NEXUS_OK;
}

int nexus_client_options_set_state_callback(struct nexus_client_options *options,
                                            nexus_state_callback callback, void *data,
                                            struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    options->values.state_callback = callback;
    options->values.state_data = data;
    return NEXUS_OK;
}
