/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the spool: their setters. */
#include <nexus/spool.h>

#include "option_value.h"
#include "options.h"
#include "spool.h"
#include "status.h"

#define TEN_YEARS_MS 315360000000

static int check_built(struct nexus_error *err)
{
    if (nx_spool_available())
        return NEXUS_OK;
    return nx_fail(err, NEXUS_E_UNSUPPORTED, "spool",
                   "this library was built without SQLite, and so without a spool");
}

int nexus_client_options_set_spool(struct nexus_client_options *options, enum nexus_spool_mode mode,
                                   const char *path, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        code = nx_option_range("mode", mode, NEXUS_SPOOL_OFF, NEXUS_SPOOL_ALWAYS, err);
    if (code == NEXUS_OK && mode != NEXUS_SPOOL_OFF)
        code = check_built(err);
    if (code == NEXUS_OK)
        code = nx_option_text(&options->values.spool_path, "path", path, nx_option_path, err);
    if (code == NEXUS_OK)
        options->values.spool_mode = mode;
    return code;
}

int nexus_client_options_set_spool_limits(struct nexus_client_options *options, uint64_t events,
                                          uint64_t bytes, int64_t age_milliseconds,
                                          enum nexus_spool_policy policy, struct nexus_error *err)
{
    int code = nx_option_object(options, err);
    bool huge = events > INT64_MAX || bytes > INT64_MAX;

    if (code == NEXUS_OK && events)
        code =
            nx_option_range("events", huge ? INT64_MAX : (int64_t)events, 1, (int64_t)1 << 40, err);
    if (code == NEXUS_OK && bytes)
        code = nx_option_range("bytes", huge ? INT64_MAX : (int64_t)bytes, 65536, (int64_t)1 << 50,
                               err);
    if (code == NEXUS_OK && age_milliseconds)
        code = nx_option_range("age_milliseconds", age_milliseconds, 1000, TEN_YEARS_MS, err);
    if (code == NEXUS_OK)
        code = nx_option_range("policy", policy, NEXUS_SPOOL_REFUSE, NEXUS_SPOOL_DROP_OLDEST, err);
    if (code != NEXUS_OK)
        return code;
    if (events)
        options->values.spool_events = events;
    if (bytes)
        options->values.spool_bytes = bytes;
    if (age_milliseconds)
        options->values.spool_age_ms = age_milliseconds;
    options->values.spool_policy = policy;
    return NEXUS_OK;
}

int nexus_client_options_set_spool_rate(struct nexus_client_options *options,
                                        uint32_t events_per_second, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        options->values.spool_rate = events_per_second;
    return code;
}

int nexus_client_options_set_spool_duplicate_window(struct nexus_client_options *options,
                                                    int64_t milliseconds, struct nexus_error *err)
{
    return nx_option_int64(NX_SLOT(options, values.spool_duplicate_window_ms), "milliseconds",
                           milliseconds, 100, TEN_YEARS_MS, err);
}

int nexus_client_options_set_spool_callback(struct nexus_client_options *options,
                                            nexus_spool_callback callback, void *data,
                                            struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    options->values.spool_callback = callback;
    options->values.spool_data = data;
    return NEXUS_OK;
}
