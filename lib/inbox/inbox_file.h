/* SPDX-License-Identifier: Apache-2.0 */
/* An inbox in a file of its own. Every function locks by itself. */
#ifndef NX_INBOX_FILE_H
#define NX_INBOX_FILE_H

#include "inbox_state.h"

/* Frees it; NULL is allowed. */
void nx_inbox_file_close(struct nx_inbox_file *file);

/* Claims an event, unless it was handled. `*uncertain`: it had been claimed before, and nothing is
 * known of that. Errors as nexus_inbox_claim(). */
int nx_inbox_file_claim(struct nx_inbox_file *file, const struct nx_inbox_name *name, bool *handled,
                        bool *uncertain, struct nexus_error *err);

/* Ends a claim. Once it returns, what was handled is on the disk. */
int nx_inbox_file_conclude(struct nx_inbox_file *file, const struct nx_inbox_name *name,
                           bool handled, struct nexus_error *err);

#endif
