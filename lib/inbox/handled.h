/* SPDX-License-Identifier: Apache-2.0 */
/* What was handled lately, in memory: bounded by number and age. Does not lock. */
#ifndef NX_HANDLED_H
#define NX_HANDLED_H

#include <stdbool.h>
#include <stdint.h>

/* Events are known by a keyed hash: nobody who does not know the key can make two meet. */
#define NX_HANDLED_KEY 16

struct nx_handled;

/* `events` at least 1. NULL without memory. It starts small and grows. */
struct nx_handled *nx_handled_new(uint32_t events, int64_t nanoseconds);
void nx_handled_free(struct nx_handled *handled);

bool nx_handled_has(struct nx_handled *handled, const unsigned char key[NX_HANDLED_KEY],
                    int64_t now);
/* Remembers one that it does not have. When it is full, or cannot grow, the oldest is forgotten. */
void nx_handled_add(struct nx_handled *handled, const unsigned char key[NX_HANDLED_KEY],
                    int64_t now);

#endif
