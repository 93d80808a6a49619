/* SPDX-License-Identifier: Apache-2.0 */
/* Whether one JSON value has all that another one names, and where not. */
#ifndef NX_JSON_SUBSET_H
#define NX_JSON_SUBSET_H

#include <cjson/cJSON.h>

#include "buf.h"

/* How many differences there are. Each is one line in `out` (NULL allowed), indented by `indent`:
 * "payload.price: 3 expected, 4 found". `place` is what the value is called. */
int nx_json_subset(const cJSON *expected, const cJSON *found, const char *place, const char *indent,
                   struct nx_buf *out);

#endif
