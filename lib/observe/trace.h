/* SPDX-License-Identifier: Apache-2.0 */
/* What goes with an event beside its traceparent: W3C tracestate and baggage, passed on as they
 * are. And the hooks that let an application make spans of it all. */
#ifndef NX_TRACE_H
#define NX_TRACE_H

#include <nexus/observe.h>

#include "buf.h"
#include "client.h"
#include "ids.h"

#define NX_TRACESTATE_MAX 512
#define NX_BAGGAGE_MAX    8192

/* Borrowed; NULL: none. */
struct nx_trace {
    const char *tracestate;
    const char *baggage;
};

/* NULL unless it may be sent: of a sound length, printable ASCII, no space at its ends. */
const char *nx_tracestate_sound(const char *text);
const char *nx_baggage_sound(const char *text);

/* Of a delivery; nothing when it is NULL. */
struct nx_trace nx_trace_of(const struct nexus_delivery *delivery);

/* Asks the hook before an event is made. What it changes goes into `traceparent` and `trace`, whose
 * texts are then in `keep`; what cannot be sent is left out and logged. Returns the span. */
void *nx_hook_publish_begin(struct nexus_client *client, const struct nexus_publishing *what,
                            char traceparent[NX_TRACEPARENT_SIZE], struct nx_trace *trace,
                            struct nx_buf *keep);
void nx_hook_publish_end(struct nexus_client *client, void *span,
                         const struct nexus_receipt *receipt, const struct nexus_error *error);
static inline bool nx_hook_publishing(const struct nexus_client *client)
{
    return client->options->hooks.publish_begin || client->options->hooks.publish_end;
}

void *nx_hook_handle_begin(struct nexus_client *client, const struct nexus_delivery *delivery);
void nx_hook_handle_end(struct nexus_client *client, void *span,
                        const struct nexus_delivery *delivery, enum nexus_verdict verdict);

#endif
