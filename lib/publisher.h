/* SPDX-License-Identifier: Apache-2.0 */
/* Events on their way out: the in-flight window, acks, retries, deadlines. */
#ifndef NX_PUBLISHER_H
#define NX_PUBLISHER_H

#include "client.h"

int nx_publisher_new(struct nexus_client *client, struct nexus_error *err);
void nx_publisher_free(struct nexus_client *client);

/* I/O thread, no lock: an ack arrived on `<inbox>.a<number>`. */
void nx_publisher_ack(struct nexus_client *client, uint64_t number, const struct nx_view *view);
/* I/O thread, no lock: the wire is up (everything unacked is sent again, in order), is down, or
 * forbade a subject. */
void nx_publisher_up(struct nexus_client *client);
void nx_publisher_forbidden(struct nexus_client *client, const char *subject);
/* I/O thread, no lock: ack timeouts, retries that are due, deadlines. Returns the next one. */
int64_t nx_publisher_tick(struct nexus_client *client, int64_t now);

/* Any caller's thread: waits until what was accepted before is done. NEXUS_E_TIMEOUT. */
bool nx_publisher_idle(struct nexus_client *client);
/* Fails everything in flight with NEXUS_E_CLOSED. */
void nx_publisher_abandon(struct nexus_client *client);

#endif
