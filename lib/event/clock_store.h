/* SPDX-License-Identifier: Apache-2.0 */
/* The file that keeps a node's counter from being used twice. Does not lock between threads. */
#ifndef NX_CLOCK_STORE_H
#define NX_CLOCK_STORE_H

#include <nexus/error.h>

struct nx_clock_store;

/* Opens "<directory>/<node>.clock" and keeps all others out of it until it is closed. `*ceiling`
 * is the highest counter that may have been used; 0 when there is no file yet. NEXUS_E_MEMORY,
 * NEXUS_E_NOT_FOUND (the directory), NEXUS_E_CONFLICT (in use), NEXUS_E_IO (unusable, or damaged:
 * then nothing is changed). */
int nx_clock_store_open(const char *directory, const char *node, struct nx_clock_store **out,
                        int64_t *ceiling, struct nexus_error *err);

/* Makes `ceiling` the highest counter that may be used. Returns once it would survive a power
 * failure; on NEXUS_E_IO the former ceiling holds, and it may be tried again. */
int nx_clock_store_reserve(struct nx_clock_store *store, int64_t ceiling, struct nexus_error *err);

void nx_clock_store_close(struct nx_clock_store *store);

#endif
