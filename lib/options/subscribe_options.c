/* SPDX-License-Identifier: Apache-2.0 */
#include "subscribe_options.h"

#include <stdlib.h>

#include "inbox_state.h"
#include "option_value.h"
#include "status.h"

static const struct nx_subscribe_options defaults = {
    .start = NEXUS_START_ALL,
    .ack_wait_ms = 30000,
    .max_deliver = -1,
    .retry_delay_ms = 1000,
    .dead_letters = NEXUS_DEAD_LETTERS_STORE,
    .queue_messages = 1024,
    .queue_bytes = 8 * 1048576,
    .inbox_events = 65536,
    .inbox_seconds = 3600,
};

struct nexus_subscribe_options *nexus_subscribe_options_new(void)
{
    struct nexus_subscribe_options *options = malloc(sizeof(*options));

    if (options)
        options->values = defaults;
    return options;
}

void nexus_subscribe_options_destroy(struct nexus_subscribe_options *options)
{
    if (!options)
        return;
    nx_inbox_release(options->values.inbox);
    free(options);
}

struct nx_subscribe_options nx_subscribe_options_copy(const struct nexus_subscribe_options *from)
{
    return from ? from->values : defaults;
}

int nexus_subscribe_options_set_durable(struct nexus_subscribe_options *options, const char *name,
                                        struct nexus_error *err)
{
    return nx_option_fixed(options ? options->values.durable : NULL, "durable", name,
                           nx_check_durable, err);
}

int nexus_subscribe_options_set_stream(struct nexus_subscribe_options *options, const char *stream,
                                       struct nexus_error *err)
{
    return nx_option_fixed(options ? options->values.stream : NULL, "stream", stream,
                           nx_check_stream, err);
}

int nexus_subscribe_options_set_start(struct nexus_subscribe_options *options,
                                      enum nexus_start start, int64_t value,
                                      struct nexus_error *err)
{
    bool has_value = start == NEXUS_START_SEQUENCE || start == NEXUS_START_TIME;
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        code = nx_option_range("start", start, NEXUS_START_ALL, NEXUS_START_TIME, err);
    if (code == NEXUS_OK && has_value)
        code = nx_option_range("value", value, start == NEXUS_START_SEQUENCE, INT64_MAX, err);
    if (code != NEXUS_OK)
        return code;
    options->values.start = start;
    options->values.start_value = has_value ? value : 0;
    return NEXUS_OK;
}

int nexus_subscribe_options_set_ack_wait(struct nexus_subscribe_options *options,
                                         int64_t milliseconds, struct nexus_error *err)
{
    return nx_option_int64(NX_SLOT(options, values.ack_wait_ms), "ack_wait", milliseconds, 1000,
                           3600000, err);
}

int nexus_subscribe_options_set_max_deliver(struct nexus_subscribe_options *options,
                                            int64_t deliveries, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK && deliveries != -1)
        code = nx_option_range("max_deliver", deliveries, 1, 1000000, err);
    if (code == NEXUS_OK)
        options->values.max_deliver = deliveries;
    return code;
}

int nexus_subscribe_options_set_retry_delay(struct nexus_subscribe_options *options,
                                            int64_t milliseconds, struct nexus_error *err)
{
    return nx_option_int64(NX_SLOT(options, values.retry_delay_ms), "retry_delay", milliseconds, 0,
                           86400000, err);
}

int nexus_subscribe_options_set_queue(struct nexus_subscribe_options *options, uint32_t messages,
                                      size_t bytes, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        code = nx_option_range("messages", messages, 1, 65536, err);
    if (code == NEXUS_OK)
        code = nx_option_size_range("bytes", bytes, 65536, (size_t)1 << 31, err);
    if (code != NEXUS_OK)
        return code;
    options->values.queue_messages = messages;
    options->values.queue_bytes = bytes;
    return NEXUS_OK;
}

int nexus_subscribe_options_set_workers(struct nexus_subscribe_options *options, uint32_t threads,
                                        struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        code = nx_option_range("workers", threads, 0, 64, err);
    if (code == NEXUS_OK)
        options->values.workers = threads;
    return code;
}

int nexus_subscribe_options_set_key_callback(struct nexus_subscribe_options *options,
                                             nexus_key_callback callback, void *data,
                                             struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    options->values.key = callback;
    options->values.key_data = data;
    return NEXUS_OK;
}

int nexus_subscribe_options_set_hold_key(struct nexus_subscribe_options *options, bool hold,
                                         struct nexus_error *err)
{
    return nx_option_bool(NX_SLOT(options, values.hold_key), hold, err);
}

int nexus_subscribe_options_set_causality_callback(struct nexus_subscribe_options *options,
                                                   nexus_causality_callback callback, void *data,
                                                   struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    options->values.causality = callback;
    options->values.causality_data = data;
    return NEXUS_OK;
}

int nexus_subscribe_options_set_hold_back(struct nexus_subscribe_options *options, uint32_t events,
                                          int64_t milliseconds, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        code = nx_option_range("events", events, 0, 10000, err);
    if (code == NEXUS_OK)
        code = nx_option_range("milliseconds", milliseconds, 1, 60000, err);
    if (code != NEXUS_OK)
        return code;
    options->values.hold_back = events;
    options->values.hold_back_ms = milliseconds;
    return NEXUS_OK;
}

int nexus_subscribe_options_set_ordered(struct nexus_subscribe_options *options, bool ordered,
                                        struct nexus_error *err)
{
    return nx_option_bool(NX_SLOT(options, values.ordered), ordered, err);
}

int nexus_subscribe_options_set_caught_up_callback(struct nexus_subscribe_options *options,
                                                   nexus_caught_up_callback callback, void *data,
                                                   struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    options->values.caught_up = callback;
    options->values.caught_up_data = data;
    return NEXUS_OK;
}

int nexus_subscribe_options_set_inbox_memory(struct nexus_subscribe_options *options,
                                             uint32_t events, int64_t seconds,
                                             struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        code = nx_option_range("events", events, 0, 10000000, err);
    if (code == NEXUS_OK)
        code = nx_option_range("seconds", seconds, 1, 604800, err);
    if (code != NEXUS_OK)
        return code;
    options->values.inbox_events = events;
    options->values.inbox_seconds = seconds;
    return NEXUS_OK;
}

int nexus_subscribe_options_set_inbox(struct nexus_subscribe_options *options,
                                      struct nexus_inbox *inbox, struct nexus_error *err)
{
    struct nexus_inbox *before;
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    before = options->values.inbox;
    options->values.inbox = nx_inbox_retain(inbox);
    nx_inbox_release(before);
    return NEXUS_OK;
}

int nexus_subscribe_options_set_poison_callback(struct nexus_subscribe_options *options,
                                                nexus_poison_callback callback, void *data,
                                                struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    options->values.poison = callback;
    options->values.poison_data = data;
    return NEXUS_OK;
}

int nexus_subscribe_options_set_error_callback(struct nexus_subscribe_options *options,
                                               nexus_subscription_error_callback callback,
                                               void *data, struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    options->values.error = callback;
    options->values.error_data = data;
    return NEXUS_OK;
}
