/* SPDX-License-Identifier: Apache-2.0 */
/* The vector clock of one client. All functions lock; any thread. */
#ifndef NX_CLOCK_H
#define NX_CLOCK_H

#include "buf.h"
#include "json.h"

struct nx_clock;

/* `node` is the own entry's name. With a directory, the counter's reserved ceiling is kept in
 * "<directory>/<node>.clock", locked against a second process, written ahead and synced, so that a
 * counter is never used twice even after kill -9. Without one it starts at the wall clock's
 * microseconds. NEXUS_E_MEMORY, NEXUS_E_NOT_FOUND, NEXUS_E_IO, NEXUS_E_CONFLICT. */
int nx_clock_new(const char *node, unsigned limit, const char *directory, struct nx_clock **out,
                 struct nexus_error *err);
void nx_clock_destroy(struct nx_clock *clock);

/* Ticks the own entry and appends the clock as a JSON object. NEXUS_E_IO when the next block of
 * counters cannot be reserved, NEXUS_E_MEMORY. */
int nx_clock_tick(struct nx_clock *clock, struct nx_buf *out, struct nexus_error *err);

/* Takes the last tick back: what carried it was never sent. Only by the thread that ticked, before
 * any other tick. */
void nx_clock_untick(struct nx_clock *clock);

/* Appends the clock as it stands. */
void nx_clock_write(struct nx_clock *clock, struct nx_buf *out);

/* Takes the element-wise maximum with the vector_clock object `node` of a received envelope, which
 * nx_clock_check() has passed. Entries beyond the limit are dropped, oldest-seen first, never the
 * own one. The own entry is never raised by a peer beyond 2^53 - 2 (see clock.c). Returns how many
 * entries were dropped. */
unsigned nx_clock_merge(struct nx_clock *clock, const struct nx_json *json, uint32_t node);

/* Whether a node of a JSON document is a vector clock: an object of non-negative integers, at most
 * NX_CLOCK_ENTRIES_MAX of them, names 1 to 128 bytes. NEXUS_E_VALIDATION, `where` "vector_clock.x".
 */
#define NX_CLOCK_ENTRIES_MAX 1024
#define NX_CLOCK_NAME_MAX    128
int nx_clock_check(const struct nx_json *json, uint32_t node, struct nexus_error *err);

#endif
