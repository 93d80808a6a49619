/* SPDX-License-Identifier: Apache-2.0 */
/* What the calls about dead letters share. */
#ifndef NX_DEAD_LETTERS_H
#define NX_DEAD_LETTERS_H

#include "letter_read.h"

/* The stream's name; NULL: the usual one. NEXUS_E_INVALID. */
int nx_dead_stream_name(const char **stream, struct nexus_error *err);

/* A call about a stream of dead letters: `verb` as in "MSG.DELETE". */
int nx_dead_call(struct nexus_client *client, const char *verb, const char *stream,
                 struct nx_buf *body, cJSON **answer, struct nexus_error *err);

#endif
