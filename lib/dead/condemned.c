/* SPDX-License-Identifier: Apache-2.0 */
#include "condemned.h"

#include <stdlib.h>

#define CONDEMNED_MAX 256

struct nx_condemned {
    unsigned next; /* the oldest, once it is full */
    unsigned count;
    struct nx_sentence items[CONDEMNED_MAX];
};

static unsigned place_of(const struct nx_condemned *list, uint64_t sequence, int64_t stored)
{
    unsigned at = 0;

    while (at < list->count &&
           (list->items[at].sequence != sequence || list->items[at].stored != stored))
        at++;
    return at;
}

void nx_condemned_add(struct nx_condemned **list, const struct nx_sentence *sentence)
{
    unsigned at;

    if (!*list)
        *list = calloc(1, sizeof(**list));
    if (!*list)
        return;
    at = place_of(*list, sentence->sequence, sentence->stored);
    if (at == CONDEMNED_MAX) {
        at = (*list)->next;
        (*list)->next = (at + 1) % CONDEMNED_MAX;
    } else if (at == (*list)->count) {
        (*list)->count++;
    }
    (*list)->items[at] = *sentence;
}

bool nx_condemned_find(const struct nx_condemned *list, uint64_t sequence, int64_t stored,
                       struct nx_sentence *out)
{
    unsigned at = list ? place_of(list, sequence, stored) : 0;

    if (!list || at == list->count)
        return false;
    *out = list->items[at];
    return true;
}

void nx_condemned_remove(struct nx_condemned *list, uint64_t sequence, int64_t stored)
{
    unsigned at = list ? place_of(list, sequence, stored) : 0;

    if (!list || at == list->count)
        return;
    list->items[at] = list->items[--list->count];
    list->next = 0;
}

void nx_condemned_free(struct nx_condemned *list)
{
    free(list);
}
