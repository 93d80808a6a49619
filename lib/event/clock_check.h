/* SPDX-License-Identifier: Apache-2.0 */
/* What a vector clock is, for those who read one. */
#ifndef NX_CLOCK_CHECK_H
#define NX_CLOCK_CHECK_H

#include "clock.h"

/* nx_clock_check() with the caller's words: `name` stands at the front of `err->where`, `code` is
 * returned for what is no vector clock, `size_code` for one with too many entries. */
int nx_clock_check_as(const struct nx_json *json, uint32_t node, const char *name, int code,
                      int size_code, struct nexus_error *err);

/* One entry. */
struct nx_clock_member {
    const char *name; /* not NUL-terminated */
    size_t length;
    int64_t value;
};

/* Reads the entry whose name is node `key` of a clock that was checked. Names with escapes go into
 * the arena; false without memory for one. */
bool nx_clock_member(const struct nx_json *json, uint32_t key, struct nx_arena *arena,
                     struct nx_clock_member *out);

#endif
