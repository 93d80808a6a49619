/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NX_SPOOL_SIGN_H
#define NX_SPOOL_SIGN_H

#include "spool.h"

/* Signs what has no signature yet, many with one: those who share a commit share a signature.
 * NEXUS_E_MEMORY. */
int nx_spool_sign(struct nx_spool *spool, struct nx_kept_queue *batch, struct nexus_error *err);

#endif
