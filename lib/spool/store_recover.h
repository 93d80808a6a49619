/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NX_STORE_RECOVER_H
#define NX_STORE_RECOVER_H

#include "store.h"

/* Sets a damaged file aside, makes a new one, and copies every event that can be read and whose
 * bytes are sound. `note` (NULL: none) says how many there should be. */
int nx_store_recover(struct nx_store *store, const struct nx_store_note *note,
                     struct nx_store_damage *damage, struct nexus_error *err);

#endif
