/* SPDX-License-Identifier: Apache-2.0 */
#include "provision_options.h"

#include <stdlib.h>
#include <string.h>

#include "option_value.h"
#include "status.h"

/* JetStream counts an age in nanoseconds. */
#define AGE_MAX_MS    (INT64_MAX / 1000000)
#define WINDOW_MAX_MS 604800000

const struct nexus_provision_options nx_provision_defaults = {
    .replicas = 1,
    .max_bytes = -1,
    .max_events = -1,
    .max_age_ms = -1,
};

struct nexus_provision_options *nexus_provision_options_new(void)
{
    struct nexus_provision_options *options = malloc(sizeof(*options));

    if (options)
        *options = nx_provision_defaults;
    return options;
}

void nexus_provision_options_destroy(struct nexus_provision_options *options)
{
    free(options);
}

int nexus_provision_options_set_stream(struct nexus_provision_options *options, const char *stream,
                                       struct nexus_error *err)
{
    return nx_option_fixed(options ? options->stream : NULL, "stream", stream, nx_check_stream,
                           err);
}

int nexus_provision_options_set_memory(struct nexus_provision_options *options, bool memory,
                                       struct nexus_error *err)
{
    return nx_option_bool(NX_SLOT(options, memory), memory, err);
}

int nexus_provision_options_set_replicas(struct nexus_provision_options *options, unsigned replicas,
                                         struct nexus_error *err)
{
    return nx_option_unsigned(NX_SLOT(options, replicas), "replicas", replicas, 1, 5, err);
}

/* -1 is "none"; 0 would be too, to JetStream, and is refused because it looks like the opposite. */
static int check_limit(const char *what, int64_t value, int64_t most, struct nexus_error *err)
{
    return value == -1 ? NEXUS_OK : nx_option_range(what, value, 1, most, err);
}

int nexus_provision_options_set_limits(struct nexus_provision_options *options, int64_t bytes,
                                       int64_t events, int64_t age_milliseconds,
                                       struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        code = check_limit("bytes", bytes, INT64_MAX, err);
    if (code == NEXUS_OK)
        code = check_limit("events", events, INT64_MAX, err);
    if (code == NEXUS_OK)
        code = check_limit("age", age_milliseconds, AGE_MAX_MS, err);
    if (code != NEXUS_OK)
        return code;
    options->max_bytes = bytes;
    options->max_events = events;
    options->max_age_ms = age_milliseconds;
    return NEXUS_OK;
}

int nexus_provision_options_set_duplicate_window(struct nexus_provision_options *options,
                                                 int64_t milliseconds, struct nexus_error *err)
{
    return nx_option_int64(NX_SLOT(options, duplicate_window_ms), "duplicate_window", milliseconds,
                           1000, WINDOW_MAX_MS, err);
}

int nexus_provision_options_set_horizon(struct nexus_provision_options *options,
                                        int64_t milliseconds, struct nexus_error *err)
{
    return nx_option_int64(NX_SLOT(options, horizon_ms), "horizon", milliseconds, 0, WINDOW_MAX_MS,
                           err);
}

/* The platform's own events count as those of a tenant "_core". */
static int check_owner(const char *what, const char *tenant, struct nexus_error *err)
{
    return strcmp(tenant, "_core") == 0 ? NEXUS_OK : nexus_check_token(what, tenant, err);
}

int nexus_provision_options_set_tenant(struct nexus_provision_options *options, const char *tenant,
                                       struct nexus_error *err)
{
    return nx_option_fixed(options ? options->tenant : NULL, "tenant", tenant, check_owner, err);
}

/* The word behind the tenant in "nexus.{tenant_id}.booking.created". */
static const char *domain_of(const struct nexus_channel *channel, size_t *length)
{
    const char *at = strchr(nexus_channel_address(channel), '.');

    at = at ? strchr(at + 1, '.') : NULL;
    at = at ? at + 1 : "";
    *length = strcspn(at, ".");
    return at;
}

static int check_domain(const char *what, const char *domain, struct nexus_error *err)
{
    for (size_t i = 0; i < nexus_channel_count(); i++) {
        size_t length;
        const char *own = domain_of(nexus_channel_at(i), &length);
        if (strlen(domain) == length && strncmp(domain, own, length) == 0)
            return NEXUS_OK;
    }
    return nx_fail(err, NEXUS_E_INVALID, what, "the contract has no domain \"%s\"", domain);
}

int nexus_provision_options_set_domain(struct nexus_provision_options *options, const char *domain,
                                       struct nexus_error *err)
{
    return nx_option_fixed(options ? options->domain : NULL, "domain", domain, check_domain, err);
}

int nexus_provision_options_set_dead_letters(struct nexus_provision_options *options,
                                             bool dead_letters, struct nexus_error *err)
{
    return nx_option_bool(NX_SLOT(options, dead_letters), dead_letters, err);
}

int nexus_provision_options_set_alone(struct nexus_provision_options *options, bool alone,
                                      struct nexus_error *err)
{
    return nx_option_bool(NX_SLOT(options, alone), alone, err);
}

int nexus_provision_options_set_change(struct nexus_provision_options *options, bool change,
                                       struct nexus_error *err)
{
    return nx_option_bool(NX_SLOT(options, change), change, err);
}

int nexus_provision_options_set_dry_run(struct nexus_provision_options *options, bool dry_run,
                                        struct nexus_error *err)
{
    return nx_option_bool(NX_SLOT(options, dry_run), dry_run, err);
}

int nexus_provision_options_set_difference_callback(struct nexus_provision_options *options,
                                                    nexus_difference_callback callback, void *data,
                                                    struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    options->difference = callback;
    options->difference_data = data;
    return NEXUS_OK;
}
