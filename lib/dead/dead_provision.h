/* SPDX-License-Identifier: Apache-2.0 */
/* Making sure that there is a stream for dead letters. */
#ifndef NX_DEAD_PROVISION_H
#define NX_DEAD_PROVISION_H

#include "client.h"

/* Creates the stream where nothing takes dead letters yet. One that is there is left as it is. */
int nx_dead_stream_ensure(struct nexus_client *client, bool memory, unsigned replicas,
                          int64_t deadline, struct nexus_error *err);

#endif
