/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects: the rules of their tokens, from a channel's address to a subject and back. */
#ifndef NX_SUBJECT_H
#define NX_SUBJECT_H

#include "schema.h"

#define NX_PARAMETERS_MAX 8

/* The values of a channel's address parameters, cut out of a subject. */
struct nx_subject {
    const struct nexus_channel *channel;
    char values[NX_PARAMETERS_MAX][NEXUS_TOKEN_MAX + 1];
};

/* Tokens are checked by nexus_check_token(): [A-Za-z0-9][A-Za-z0-9_-]{0,62}. */

/* The subject for publishing; every value is checked first, `err->where` names the parameter.
 * `out` has NEXUS_SUBJECT_MAX + 1 bytes. NEXUS_E_SUBJECT. */
int nx_subject_render(const struct nexus_channel *channel, const char *const *values, char *out,
                      struct nexus_error *err);

/* The filter for subscribing: as above, NULL values become "*". `channel` NULL: values[0] NULL is
 * "nexus.>", else "nexus.<values[0]>.>". */
int nx_subject_filter(const struct nexus_channel *channel, const char *const *values, char *out,
                      struct nexus_error *err);

/* Finds the channel of a received subject and cuts out its values. False when no channel has such
 * a subject or a token is not allowed. Never matches "_core" as a tenant. */
bool nx_subject_parse(const char *subject, struct nx_subject *out);

#endif
