/* SPDX-License-Identifier: Apache-2.0 */
/* From the caller's event to one that is ready to be sent. */
#ifndef NX_COMPOSE_H
#define NX_COMPOSE_H

#include "ids.h"
#include "outgoing.h"
#include "publisher.h"
#include "subject.h"
#include "trace.h"

/* One event being made, on the caller's stack. */
struct nx_composing {
    struct nexus_client *client;
    const struct nexus_channel *channel;
    const struct nexus_publish_options *options; /* never NULL */
    const char *values[NX_PARAMETERS_MAX];
    const char *tenant; /* for the envelope, or NULL */
    const struct nx_chain *chain;
    struct nx_chain fresh;
    struct nx_scratch *scratch;
    char subject[NEXUS_SUBJECT_MAX + 1];
    char message_id[NEXUS_MESSAGE_ID_SIZE];
    char schema[64];
    char traceparent[NX_TRACEPARENT_SIZE];
    struct nx_trace trace;
};

/* Lends the buffers: before anything else. NEXUS_E_MEMORY. */
int nx_composing_begin(struct nx_composing *composing, struct nexus_error *err);
/* Gives them back; what nx_compose() made is gone. */
void nx_composing_end(struct nx_composing *composing);

/* Checks and writes the payload, renders the subject, chooses chain and message id. */
int nx_composing_prepare(struct nx_composing *composing, const char *const *arguments,
                         const void *event, struct nexus_error *err);

/* Shows it to the hook, if there is one, and takes what that says of its trace; the span. */
void *nx_composing_show(struct nx_composing *composing);

/* About how much of the window it will take. */
size_t nx_composing_size(const struct nx_composing *composing);

/* Ticks the clock and makes the event. With the publisher's order held: the stream shall hold this
 * node's events in the order of its counter, and without gaps that no lost event explains. With
 * `leaf`, what is to be signed goes there and no signature is added. */
int nx_compose(struct nx_composing *composing, unsigned char *leaf, struct nx_outgoing *out,
               struct nexus_error *err);

/* Whether a body may be that long: NEXUS_E_TOO_LARGE. */
int nx_check_body(const struct nexus_client *client, size_t length, struct nexus_error *err);

#endif
