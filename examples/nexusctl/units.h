/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people write them on a command line. Each is false for anything else. */
#ifndef UNITS_H
#define UNITS_H

#include <stdbool.h>
#include <stdint.h>

/* Digits only, from `least` to `most`. */
bool parse_count(const char *text, int64_t least, int64_t most, int64_t *out);

/* A duration in milliseconds: "90" and "1.5" are seconds, "500ms", "10s", "5m", "12h", "30d". */
bool parse_duration(const char *text, int64_t *milliseconds);

/* A size in bytes: "1048576", "512K", "20M", "1.5G", "2T"; a K is 1024. */
bool parse_size(const char *text, int64_t *bytes);

/* A moment in nanoseconds since 1970: "10m", "24h", "7d" before now, "2026-01-31T12:00:00Z" with
 * any fraction, or "2026-01-31 12:00" and "2026-01-31" in local time. */
bool parse_moment(const char *text, int64_t *nanoseconds);

#endif
