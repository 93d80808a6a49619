/* SPDX-License-Identifier: Apache-2.0 */
/* What a subscription has handled lately, so that a copy which was stored again is recognized. */
#ifndef NX_REPLAY_H
#define NX_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

struct nx_replay;

/* Remembers up to `events` for up to `seconds`. NULL without memory. */
struct nx_replay *nx_replay_new(uint32_t events, int64_t seconds);
void nx_replay_free(struct nx_replay *replay);

/* Whether this message id came before with another sequence; else notes that it came with this one.
 * `now` in nanoseconds of a clock that does not run backwards. */
bool nx_replay_seen(struct nx_replay *replay, const char *message_id, uint64_t sequence,
                    int64_t now);
/* What came with this sequence was not handled after all: it may come with another one. */
void nx_replay_forgive(struct nx_replay *replay, const char *message_id, uint64_t sequence);

#endif
