/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of subjects: tokens, "*" for any one, ">" at the end for one or more. */
#ifndef NX_PATTERN_H
#define NX_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#define NX_PATTERNS_MAX 64

struct nx_patterns {
    const char **items;
    unsigned count;
};

/* 1 to 255 bytes of sound tokens; "_core" is one of them. */
bool nx_pattern_sound(const char *pattern, size_t length);
bool nx_pattern_matches(const char *pattern, const char *subject);
/* Whether every subject that `inner` matches is matched by `outer`. */
bool nx_pattern_covers(const char *outer, const char *inner);

bool nx_patterns_match(const struct nx_patterns *patterns, const char *subject);
/* Whether each of `inner` is covered by one of `outer`. */
bool nx_patterns_cover(const struct nx_patterns *outer, const struct nx_patterns *inner);

#endif
