/* SPDX-License-Identifier: Apache-2.0 */
/* From a subject to its channel. */
#ifndef NX_SUBJECT_INDEX_H
#define NX_SUBJECT_INDEX_H

#include "schema.h"

#define NX_SUBJECT_TOKENS 32

/* A subject, or a channel's address, cut at its dots. The pieces point into it. */
struct nx_cut {
    uint32_t count;
    uint32_t parameters; /* bit n: token n of an address is a parameter */
    const char *at[NX_SUBJECT_TOKENS];
    uint32_t length[NX_SUBJECT_TOKENS];
    uint32_t hash[NX_SUBJECT_TOKENS];
};

/* False when a token is empty, or there are more than NX_SUBJECT_TOKENS, or the text is longer than
 * `limit` bytes. */
bool nx_cut_make(struct nx_cut *cut, const char *text, size_t limit);

/* The channel whose address fits the subject, literals before parameters where two do; NULL for
 * none. `*parameters` tells which tokens are its parameters. No allocation, any thread. */
const struct nexus_channel *nx_subject_lookup(const struct nx_cut *subject, uint32_t *parameters);

#endif
