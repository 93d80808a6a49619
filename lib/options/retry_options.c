/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a subscription that say when an event comes again, and what becomes of it when it
 * does not. */
#include <string.h>

#include "option_value.h"
#include "status.h"
#include "subscribe_options.h"

#define DELAY_MAX_MS 86400000

static int check_delays(const int64_t *milliseconds, size_t count, struct nexus_error *err)
{
    int code = nx_option_size_range("count", count, 0, NX_BACKOFF_MAX, err);

    if (code == NEXUS_OK && count && !milliseconds)
        return nx_fail(err, NEXUS_E_INVALID, "milliseconds", "is NULL");
    for (size_t i = 0; code == NEXUS_OK && i < count; i++)
        code = nx_option_range("milliseconds", milliseconds[i], 0, DELAY_MAX_MS, err);
    return code;
}

int nexus_subscribe_options_set_backoff(struct nexus_subscribe_options *options,
                                        const int64_t *milliseconds, size_t count, unsigned jitter,
                                        struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        code = check_delays(milliseconds, count, err);
    if (code == NEXUS_OK)
        code = nx_option_range("jitter", jitter, 0, 100, err);
    if (code != NEXUS_OK)
        return code;
    if (count)
        memcpy(options->values.backoff_ms, milliseconds, count * sizeof(*milliseconds));
    options->values.backoff_count = count;
    options->values.backoff_jitter = jitter;
    return NEXUS_OK;
}

int nexus_subscribe_options_set_dead_letters(struct nexus_subscribe_options *options,
                                             enum nexus_dead_letters mode, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        code =
            nx_option_range("mode", mode, NEXUS_DEAD_LETTERS_STORE, NEXUS_DEAD_LETTERS_REPORT, err);
    if (code == NEXUS_OK)
        options->values.dead_letters = mode;
    return code;
}

int nexus_subscribe_options_set_dead_letter_callback(struct nexus_subscribe_options *options,
                                                     nexus_dead_letter_callback callback,
                                                     void *data, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    options->values.dead_letter = callback;
    options->values.dead_letter_data = data;
    return NEXUS_OK;
}
