/* SPDX-License-Identifier: Apache-2.0 */
/* Calling the application's hooks. No lock is held. */
#include <string.h>

#include "struct_size.h"
#include "trace.h"

int nexus_client_options_set_hooks(struct nexus_client_options *options,
                                   const struct nexus_hooks *hooks, struct nexus_error *err)
{
    struct nexus_hooks ours = NEXUS_HOOKS_INIT;
    int code = NEXUS_OK;

    if (!options)
        return nx_fail(err, NEXUS_E_INVALID, "options", "is NULL");
    if (hooks)
        code = nx_struct_take(&ours, sizeof(ours), hooks, "hooks", err);
    if (code == NEXUS_OK)
        options->values.hooks = ours;
    return code;
}

/* Keeps a text that the hook has set, or says that it cannot be sent. */
static const char *keep_text(struct nexus_client *client, const char *name, const char *text,
                             const char *(*check)(const char *text), struct nx_buf *keep)
{
    if (text && !check(text)) {
        nx_log(client, NEXUS_LOG_WARNING, "trace_unsound", "header=%s", name);
        return NULL;
    }
    if (text)
        nx_buf_append(keep, text, strlen(text) + 1);
    return text;
}

static void take_changes(struct nexus_client *client, const struct nexus_trace *asked,
                         char traceparent[NX_TRACEPARENT_SIZE], struct nx_trace *trace,
                         struct nx_buf *keep)
{
    const char *state = asked->tracestate, *baggage = asked->baggage;

    if (memchr(asked->traceparent, 0, sizeof(asked->traceparent)) &&
        nx_traceparent_parse(asked->traceparent, NULL, NULL))
        memcpy(traceparent, asked->traceparent, NX_TRACEPARENT_SIZE);
    else
        nx_log(client, NEXUS_LOG_WARNING, "trace_unsound", "header=%s", "traceparent");
    state = keep_text(client, "tracestate", state, nx_tracestate_sound, keep);
    baggage = keep_text(client, "baggage", baggage, nx_baggage_sound, keep);
    /* Without memory the event goes without them. */
    if (keep->failed)
        state = baggage = NULL;
    trace->tracestate = state ? keep->data : NULL;
    trace->baggage = baggage ? keep->data + (state ? strlen(state) + 1 : 0) : NULL;
}

void *nx_hook_publish_begin(struct nexus_client *client, const struct nexus_publishing *what,
                            char traceparent[NX_TRACEPARENT_SIZE], struct nx_trace *trace,
                            struct nx_buf *keep)
{
    const struct nexus_hooks *hooks = &client->options->hooks;
    struct nexus_trace asked = NEXUS_TRACE_INIT;
    void *span;

    if (!hooks->publish_begin)
        return NULL;
    memcpy(asked.traceparent, traceparent, NX_TRACEPARENT_SIZE);
    asked.tracestate = trace->tracestate;
    asked.baggage = trace->baggage;
    span = hooks->publish_begin(client, what, &asked, hooks->data);
    take_changes(client, &asked, traceparent, trace, keep);
    return span;
}

void nx_hook_publish_end(struct nexus_client *client, void *span,
                         const struct nexus_receipt *receipt, const struct nexus_error *error)
{
    const struct nexus_hooks *hooks = &client->options->hooks;

    if (hooks->publish_end)
        hooks->publish_end(client, span, receipt, error, hooks->data);
}

void *nx_hook_handle_begin(struct nexus_client *client, const struct nexus_delivery *delivery)
{
    const struct nexus_hooks *hooks = &client->options->hooks;

    return hooks->handle_begin ? hooks->handle_begin(client, delivery, hooks->data) : NULL;
}

void nx_hook_handle_end(struct nexus_client *client, void *span,
                        const struct nexus_delivery *delivery, enum nexus_verdict verdict)
{
    const struct nexus_hooks *hooks = &client->options->hooks;

    if (hooks->handle_end)
        hooks->handle_end(client, span, delivery, verdict, hooks->data);
}
