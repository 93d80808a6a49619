/* SPDX-License-Identifier: Apache-2.0 */
/* Channels as people write them. */
#ifndef NAMES_H
#define NAMES_H

#include <nexus/nexus.h>

/* A channel by its name ("bookingCreated"), its name in C ("booking_created"), its address, or a
 * subject of it. On failure NULL, and `err` may have a suggestion. */
const struct nexus_channel *find_channel(const char *text, struct nexus_error *err);

#endif
