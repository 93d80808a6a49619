/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of messages, and the memory of their entries, which is used again and again. */
#include <stdlib.h>
#include <string.h>

#include "subscription_state.h"

void nx_received_push(struct nx_received_list *list, struct nx_received *received)
{
    received->next = NULL;
    received->previous = list->last;
    if (list->last)
        list->last->next = received;
    else
        list->first = received;
    list->last = received;
    list->count++;
}

void nx_received_push_front(struct nx_received_list *list, struct nx_received *received)
{
    received->previous = NULL;
    received->next = list->first;
    if (list->first)
        list->first->previous = received;
    else
        list->last = received;
    list->first = received;
    list->count++;
}

void nx_received_remove(struct nx_received_list *list, struct nx_received *received)
{
    if (received->previous)
        received->previous->next = received->next;
    else
        list->first = received->next;
    if (received->next)
        received->next->previous = received->previous;
    else
        list->last = received->previous;
    received->next = received->previous = NULL;
    list->count--;
}

struct nx_received *nx_received_new(struct nexus_subscription *subscription)
{
    struct nx_received *received = subscription->spare_received;

    if (received)
        subscription->spare_received = received->next;
    else
        received = malloc(sizeof(*received));
    if (received)
        memset(received, 0, sizeof(*received));
    return received;
}

void nx_received_recycle(struct nexus_subscription *subscription, struct nx_received *received)
{
    struct nx_done *done = &subscription->done;

    done->messages[done->count++] = received->incoming;
    done->bytes += received->size;
    received->next = subscription->spare_received;
    subscription->spare_received = received;
}

bool nx_done_take(struct nexus_subscription *subscription, uint32_t least, struct nx_done *out)
{
    struct nx_done *done = &subscription->done;

    if (!done->count || (done->count < least && done->bytes < NX_DONE_BYTES))
        return false;
    memcpy(out->messages, done->messages, done->count * sizeof(done->messages[0]));
    out->count = done->count;
    out->bytes = done->bytes;
    done->count = 0;
    done->bytes = 0;
    return true;
}

void nx_done_release(const struct nx_transport_ops *ops, const struct nx_done *done)
{
    for (uint32_t i = 0; i < done->count; i++)
        ops->release(done->messages[i]);
}
