/* SPDX-License-Identifier: Apache-2.0 */
/* Durable pull consumers at the server: found, or created, and looked at before use. */
#ifndef NX_CONSUMER_H
#define NX_CONSUMER_H

#include <cjson/cJSON.h>

#include "buf.h"
#include "client.h"
#include "subscribe_options.h"

/* What a subscription needs. Borrowed texts. */
struct nx_consumer_spec {
    const char *stream;
    const char *durable;
    const char *filter;
    const struct nx_subscribe_options *options;
};

/* What the server has. */
struct nx_consumer_terms {
    int64_t ack_wait_ns;
    int64_t max_deliver;
    int64_t max_ack_pending;
    int64_t created;    /* nanoseconds since 1970; 0: it did not say */
    uint64_t floor;     /* all events up to this sequence have been settled */
    uint64_t unsettled; /* deliveries that have not */
    uint64_t waiting;   /* events that are there for it, not delivered yet */
};

/* Finds the consumer, or creates it. One that is there is used as it is, where its filter and
 * policies are what is asked; other values are adopted and logged. Blocks until `deadline`.
 * NEXUS_E_NOT_FOUND (the stream), NEXUS_E_CONFLICT, NEXUS_E_TIMEOUT, NEXUS_E_PERMISSION,
 * NEXUS_E_UNSUPPORTED, NEXUS_E_STREAM, NEXUS_E_MEMORY, NEXUS_E_CLOSED. */
int nx_consumer_open(struct nexus_client *client, const struct nx_consumer_spec *spec,
                     int64_t deadline, struct nx_consumer_terms *terms, struct nexus_error *err);

/* The pieces of it, for those who must not block. Subjects and bodies of the API calls. */
void nx_consumer_info_subject(const struct nx_consumer_spec *spec, struct nx_buf *out);
void nx_consumer_create_subject(const struct nx_consumer_spec *spec, struct nx_buf *out);
void nx_consumer_create_body(const struct nx_consumer_spec *spec, struct nx_buf *out);
/* Whether an answer to either describes what is asked. NEXUS_E_CONFLICT names the member and both
 * values; old servers ignore what they do not know, so what they made must be looked at, too. */
int nx_consumer_check(const struct nx_consumer_spec *spec, const cJSON *answer,
                      struct nx_consumer_terms *terms, struct nexus_error *err);
/* How many events wait for it, by such an answer. */
uint64_t nx_consumer_waiting(const cJSON *answer);
/* What an `error` member of an answer means for this consumer. */
int nx_consumer_fail(const struct nx_consumer_spec *spec, const cJSON *answer,
                     struct nexus_error *err);

#endif
