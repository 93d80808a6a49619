/* SPDX-License-Identifier: Apache-2.0 */
/* Events that are given up on while their letters could not be stored: when one comes again, its
 * handler is not asked a second time. What is forgotten here only means that it is. */
#ifndef NX_CONDEMNED_H
#define NX_CONDEMNED_H

#include <nexus/dead_letter.h>

struct nx_condemned;

/* An event, and why. The time is in it since a stream that was made anew counts from 1 again. */
struct nx_sentence {
    uint64_t sequence;
    int64_t stored;
    enum nexus_dead_reason reason;
    struct nexus_error err;
};

/* Notes it; `*list` is made when it is NULL. Without memory nothing is noted. */
void nx_condemned_add(struct nx_condemned **list, const struct nx_sentence *sentence);
/* Whether one is noted, and why. `list` may be NULL. */
bool nx_condemned_find(const struct nx_condemned *list, uint64_t sequence, int64_t stored,
                       struct nx_sentence *out);
void nx_condemned_remove(struct nx_condemned *list, uint64_t sequence, int64_t stored);
void nx_condemned_free(struct nx_condemned *list);

#endif
