/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer of one run of this tool: durable, so that no event is missed when the connection is
 * lost for a while, and taken away at the end. */
#ifndef DURABLE_H
#define DURABLE_H

#include <nexus/nexus.h>

#define DURABLE_NAME_SIZE 64

/* A name that no other run has. */
void durable_name(char *out);

/* Takes the consumer away, where there is a server to ask; reports a failure. */
void durable_remove(struct nexus_client *client, const char *name);

#endif
