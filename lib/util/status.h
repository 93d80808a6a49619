/* SPDX-License-Identifier: Apache-2.0 */
/* Filling in the caller's error object. */
#ifndef NX_STATUS_H
#define NX_STATUS_H

#include <nexus/error.h>

/* Writes code, place and message into `err` (NULL allowed) and returns `code`. The flags follow
 * from the code (status.c). `where` may be NULL. Over-long texts are cut between characters, and
 * bytes that are not UTF-8 or are control characters are replaced by '?'. */
int nx_fail(struct nexus_error *err, int code, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* nx_fail(err, NEXUS_E_MEMORY, …) */
int nx_no_memory(struct nexus_error *err);

/* Puts `prefix` before the place: "files[2]" becomes "payload.files[2]". Does nothing to NULL. */
void nx_error_prefix(struct nexus_error *err, const char *prefix);

#endif
