/* SPDX-License-Identifier: Apache-2.0 */
#include "publish_options.h"

#include <stdlib.h>
#include <string.h>

#include "delivery_chain.h"
#include "option_value.h"
#include "status.h"
#include "text.h"
#include "trace.h"

#define DAY_MS      86400000
#define NAME_DIGITS 8

const struct nexus_publish_options nx_publish_defaults = {.wait_when_full = true};

struct nexus_publish_options *nexus_publish_options_new(void)
{
    struct nexus_publish_options *options = malloc(sizeof(*options));

    if (options)
        *options = nx_publish_defaults;
    return options;
}

static void forget_trace(struct nexus_publish_options *options)
{
    free(options->tracestate);
    free(options->baggage);
    options->tracestate = options->baggage = NULL;
}

void nexus_publish_options_destroy(struct nexus_publish_options *options)
{
    if (options)
        forget_trace(options);
    free(options);
}

int nexus_publish_options_set_callback(struct nexus_publish_options *options,
                                       nexus_publish_callback callback, void *data,
                                       struct nexus_error *err)
{
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    options->callback = callback;
    options->data = data;
    return NEXUS_OK;
}

int nexus_publish_options_set_failures_only(struct nexus_publish_options *options,
                                            bool failures_only, struct nexus_error *err)
{
    return nx_option_bool(NX_SLOT(options, failures_only), failures_only, err);
}

int nexus_publish_options_set_deadline(struct nexus_publish_options *options, int64_t milliseconds,
                                       struct nexus_error *err)
{
    return nx_option_int64(NX_SLOT(options, deadline_ms), "deadline", milliseconds, 1, DAY_MS, err);
}

int nexus_publish_options_set_wait_when_full(struct nexus_publish_options *options, bool wait,
                                             struct nexus_error *err)
{
    return nx_option_bool(NX_SLOT(options, wait_when_full), wait, err);
}

int nexus_publish_options_set_causal_id(struct nexus_publish_options *options,
                                        const char *causal_id, struct nexus_error *err)
{
    size_t length = causal_id ? strlen(causal_id) : 0;
    size_t bad;
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    if (causal_id && (length == 0 || length > NX_CAUSAL_ID_MAX))
        return nx_fail(err, NEXUS_E_INVALID, "causal_id", "a causal id has 1 to %d bytes, not %zu",
                       NX_CAUSAL_ID_MAX, length);
    if (causal_id && !nx_utf8_check(causal_id, length, NULL, &bad))
        return nx_fail(err, NEXUS_E_INVALID, "causal_id", "byte %zu is not UTF-8", bad);
    forget_trace(options);
    options->has_chain = causal_id && nx_chain_receive(&options->chain, causal_id, length, NULL);
    return NEXUS_OK;
}

int nexus_publish_options_set_cause(struct nexus_publish_options *options,
                                    const struct nexus_delivery *delivery, struct nexus_error *err)
{
    struct nx_trace trace = nx_trace_of(delivery);
    char *state, *baggage;
    int code = nx_option_object(options, err);

    if (code != NEXUS_OK)
        return code;
    state = trace.tracestate ? strdup(trace.tracestate) : NULL;
    baggage = trace.baggage ? strdup(trace.baggage) : NULL;
    if ((trace.tracestate && !state) || (trace.baggage && !baggage)) {
        free(state);
        free(baggage);
        return nx_no_memory(err);
    }
    forget_trace(options);
    options->tracestate = state;
    options->baggage = baggage;
    options->has_chain = delivery != NULL;
    if (!delivery)
        return NEXUS_OK;
    options->chain = *nx_delivery_chain(delivery);
    /* A foreign event without a causal id starts no chain, but this caller has named it as the
     * cause: its trace is gone on with, under a name of its own. */
    if (options->chain.causal_id[0] == 0)
        nx_chain_name(&options->chain, NAME_DIGITS);
    return NEXUS_OK;
}

static int check_message_id(const char *what, const char *id, struct nexus_error *err)
{
    size_t length = strlen(id);

    if (length == 0 || length > NX_MESSAGE_ID_MAX)
        return nx_fail(err, NEXUS_E_INVALID, what, "a message id has 1 to %d bytes, not %zu",
                       NX_MESSAGE_ID_MAX, length);
    for (size_t i = 0; i < length; i++)
        if (id[i] <= 0x20 || id[i] >= 0x7f)
            return nx_fail(err, NEXUS_E_INVALID, what, "byte 0x%02x at %zu is not allowed",
                           (unsigned char)id[i], i);
    return NEXUS_OK;
}

int nexus_publish_options_set_message_id(struct nexus_publish_options *options,
                                         const char *message_id, struct nexus_error *err)
{
    return nx_option_fixed(options ? options->message_id : NULL, "message_id", message_id,
                           check_message_id, err);
}

int nexus_publish_options_set_tenant(struct nexus_publish_options *options, const char *tenant,
                                     struct nexus_error *err)
{
    return nx_option_fixed(options ? options->tenant : NULL, "tenant", tenant, nexus_check_token,
                           err);
}

static struct nx_argument *find_argument(struct nexus_publish_options *options, const char *name)
{
    for (uint32_t i = 0; i < options->argument_count; i++)
        if (strcmp(options->arguments[i].name, name) == 0)
            return &options->arguments[i];
    return NULL;
}

static int check_name(const char *name, struct nexus_error *err)
{
    size_t length = name ? strlen(name) : 0;

    if (length == 0 || length > NEXUS_TOKEN_MAX)
        return nx_fail(err, NEXUS_E_INVALID, "name",
                       "a parameter's name has 1 to %d bytes, not %zu", NEXUS_TOKEN_MAX, length);
    return NEXUS_OK;
}

int nexus_publish_options_set_parameter(struct nexus_publish_options *options, const char *name,
                                        const char *value, struct nexus_error *err)
{
    struct nx_argument *argument;
    int code = nx_option_object(options, err);

    if (code == NEXUS_OK)
        code = check_name(name, err);
    if (code == NEXUS_OK && value)
        code = nexus_check_token(name, value, err);
    if (code != NEXUS_OK)
        return code;
    argument = find_argument(options, name);
    if (!value) {
        if (argument)
            *argument = options->arguments[--options->argument_count];
        return NEXUS_OK;
    }
    if (!argument && options->argument_count == NX_PARAMETERS_MAX)
        return nx_fail(err, NEXUS_E_INVALID, name, "more than %d parameters", NX_PARAMETERS_MAX);
    if (!argument)
        argument = &options->arguments[options->argument_count++];
    memcpy(argument->name, name, strlen(name) + 1);
    memcpy(argument->value, value, strlen(value) + 1);
    return NEXUS_OK;
}

const char *nx_publish_argument(const struct nexus_publish_options *options, const char *name)
{
    for (uint32_t i = 0; i < options->argument_count; i++)
        if (strcmp(options->arguments[i].name, name) == 0)
            return options->arguments[i].value;
    return NULL;
}
