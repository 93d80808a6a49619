/* SPDX-License-Identifier: Apache-2.0 */
/* A client's options as the library reads them. */
#ifndef NX_OPTIONS_H
#define NX_OPTIONS_H

#include <nexus/observe.h>
#include <nexus/options.h>
#include <nexus/spool.h>
#include <nexus/trust.h>

/* NULL texts are options that are not set. In a copy made by nx_options_copy(), `url`, `service`,
 * `node` and `stream` are never NULL, and at most one way to authenticate is set. */
struct nx_options {
    char *url; /* checked: 1 to 32 servers, see servers.h */
    char *service;
    char *node;
    char *stream;

    char *credentials_file;
    char *nkey_file;
    char *user;
    char *password; /* with `user` always, without it never */
    char *token;

    bool tls; /* asked for, or implied by a certificate; a URL may ask for it too */
    char *tls_ca_file;
    char *tls_certificate_file;
    char *tls_key_file;

    char *inbox_prefix;
    char *api_prefix; /* NULL: $JS.API */
    char *state_directory;

    struct nexus_signer *signer; /* a reference; NULL: events are not signed */
    enum nexus_signing signing;
    char *capability;          /* goes with what is signed */
    struct nexus_trust *trust; /* a reference; NULL: nothing is checked */
    enum nexus_trust_policy trust_policy;

    int64_t connect_timeout_ms;
    int64_t publish_deadline_ms;
    int64_t ack_timeout_ms;
    uint32_t window_events;
    size_t window_bytes;
    size_t max_body;
    unsigned causal_id_width;
    unsigned clock_limit;
    bool wait_for_connection;

    enum nexus_spool_mode spool_mode;
    char *spool_path; /* NULL: in the state directory */
    uint64_t spool_events;
    uint64_t spool_bytes;
    int64_t spool_age_ms;
    enum nexus_spool_policy spool_policy;
    uint32_t spool_rate; /* events per second; 0: no limit */
    int64_t spool_duplicate_window_ms;
    nexus_spool_callback spool_callback; /* or NULL */
    void *spool_data;

    enum nexus_log_level log_level;
    nexus_log_callback log; /* NULL: no logging */
    void *log_data;
    nexus_state_callback state_callback; /* or NULL */
    void *state_data;
    struct nexus_hooks hooks;
};

struct nexus_client_options {
    struct nx_options values;
};

/* A copy with all defaults filled in; `from` NULL: nothing but defaults. The caller's, for
 * nx_options_destroy(). NEXUS_E_MEMORY; NEXUS_E_INVALID when options contradict each other. */
int nx_options_copy(const struct nexus_client_options *from, struct nx_options **out,
                    struct nexus_error *err);

/* Frees it; every text is wiped first. NULL is allowed. */
void nx_options_destroy(struct nx_options *options);

/* What an object of options starts with: no text is set. */
extern const struct nx_options nx_options_defaults;

/* Wipes and frees the texts, and gives signer and trust store up. */
void nx_options_wipe(struct nx_options *options);

#endif
