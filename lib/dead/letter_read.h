/* SPDX-License-Identifier: Apache-2.0 */
/* Stored messages, read one by one, and the dead letters in them. */
#ifndef NX_LETTER_READ_H
#define NX_LETTER_READ_H

#include <cjson/cJSON.h>

#include "letter.h"

/* A message of a stream, with all that it points into. */
struct nx_stored {
    cJSON *answer;
    const char *subject;
    uint64_t sequence;
    int64_t time;
    char *header_text; /* cut into names and values */
    struct nx_header_list headers;
    char *body; /* NUL-terminated */
    size_t length;
};

/* Fetches message `sequence`, or the first one from there on whose subject fits `filter` (NULL:
 * that one). NEXUS_E_NOT_FOUND: there is none, or no such stream, as `*stream_missing` (NULL
 * allowed) says. Callers' threads only. */
int nx_stored_get(struct nexus_client *client, const char *stream, uint64_t sequence,
                  const char *filter, struct nx_stored *out, bool *stream_missing,
                  struct nexus_error *err);
void nx_stored_free(struct nx_stored *stored);
const char *nx_stored_header(const struct nx_stored *stored, const char *name);

/* What a stored message is as a dead letter; points into it. */
struct nx_letter_view {
    struct nexus_dead_letter letter;
    struct nexus_error err;
    struct nx_header_list originals;
    struct nx_stored event; /* where the letter had no room for it */
};

/* Reads it. What is no dead letter has the reason "other" and no stream. NEXUS_E_MEMORY. */
int nx_letter_view(struct nx_letter_view *view, const struct nx_stored *stored,
                   struct nexus_error *err);
/* Fetches the event of a letter that had no room for it. NEXUS_E_NOT_FOUND, and what else fetching
 * fails with. */
int nx_letter_view_fetch(struct nx_letter_view *view, struct nexus_client *client,
                         struct nexus_error *err);
void nx_letter_view_free(struct nx_letter_view *view);

#endif
