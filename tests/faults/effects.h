/* SPDX-License-Identifier: Apache-2.0 */
/* What handling an event does in an application with a database: a row for each, in the same
 * transaction as the inbox's claim. A row too many or too few is an event handled twice or lost. */
#ifndef EFFECTS_H
#define EFFECTS_H

#include "drive.h"

/* Where the process may be killed while it handles an event. */
enum effects_step { BEFORE_COMMIT, AFTER_COMMIT };

void effects_open(const char *path);
/* ACK when the event is in the database, by us or by whoever was first; `step` is called on the
 * way. */
enum nexus_verdict effects_apply(struct nexus_delivery *delivery, const char *id,
                                 void (*step)(enum effects_step));
void effects_close(void);

#endif
