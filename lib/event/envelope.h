/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope around a payload: writing it, and reading a body as strictly as it has to be. */
#ifndef NX_ENVELOPE_H
#define NX_ENVELOPE_H

#include "ids.h"
#include "json.h"

/* Appends {"causal_id":…,"vector_clock":…,"payload":…,"tenant":…}. `clock` and `payload` are JSON
 * texts; `tenant` may be NULL. */
void nx_envelope_write(struct nx_buf *out, const char *causal_id, const struct nx_buf *clock,
                       const struct nx_buf *payload, const char *tenant);

/* Where the parts of a received body are. Node 0 means absent. */
struct nx_envelope {
    uint32_t causal_id;
    uint32_t vector_clock;
    uint32_t payload;
    uint32_t tenant;
    bool has_extra; /* members beyond the four */
};

/* Checks a read document: an object with causal_id (string of up to 256 bytes), vector_clock (see
 * nx_clock_check), payload (an object), and, where present, tenant (a string that is a sound
 * token). `subject_tenant`: the subject's token on tenant channels, which the envelope's tenant
 * must equal; NULL on system channels. NEXUS_E_VALIDATION with `where` "causal_id", …;
 * NEXUS_E_TENANT with `where` "tenant". */
int nx_envelope_read(const struct nx_json *json, const char *subject_tenant,
                     struct nx_envelope *out, struct nexus_error *err);

/* The members beyond the four as one JSON object text. */
void nx_envelope_extra(const struct nx_json *json, struct nx_buf *out);

#endif
