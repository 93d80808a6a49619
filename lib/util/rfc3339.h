/* SPDX-License-Identifier: Apache-2.0 */
/* The times that a server writes: "2026-11-23T21:30:00.123456789Z". */
#ifndef NX_RFC3339_H
#define NX_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds since 1970. False for anything else. */
bool nx_rfc3339_read(const char *text, int64_t *nanoseconds);

#endif
