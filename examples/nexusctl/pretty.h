/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRETTY_H
#define PRETTY_H

#include <nexus/nexus.h>

#include "row.h"

/* One event in one line, for the eye: time, subject, verified key, causal id, payload. */
void pretty_print(const struct nexus_delivery *delivery);

/* Who signed an event, in a few columns. */
void pretty_put_key(struct row *row, enum nexus_trust_verdict verdict, const char *key_id,
                    bool is_signed);

#endif
