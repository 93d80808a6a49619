/* SPDX-License-Identifier: Apache-2.0 */
/* A dead letter as a message: written by whoever gives an event up, read by whoever looks after it.
 *
 *   subject   nexus-dlq.<tenant or _core>.<rest of the event's subject>
 *   headers   those of the event, and
 *     Nats-Msg-Id             dlq:<stream>:<consumer>:<sequence>:<when it was stored>
 *     Nexus-Dead-Reason       rejected, exhausted, poison
 *     Nexus-Dead-Code, -Where, -Error        what was wrong
 *     Nexus-Dead-Subject, -Stream, -Sequence, -Time   the event, and where it is
 *     Nexus-Dead-Consumer, -Service, -Deliveries      who gave it up, and after how many
 *     Nexus-Dead-Body         "in-stream": there was no room for the body
 *     Nexus-Dead-Original-X   the event's header X, where X would mean something to the server here
 *                             (Nats-…) or is one of these names
 *   body      that of the event
 */
#ifndef NX_LETTER_H
#define NX_LETTER_H

#include <nexus/dead_letter.h>

#include "arena.h"
#include "posts.h"

/* A list of headers that grows; texts are borrowed or in the arena. */
struct nx_header_list {
    struct nx_header *items;
    size_t count, capacity;
    size_t bytes; /* about what they take in a message */
    bool failed;
};

void nx_header_list_add(struct nx_header_list *list, const char *name, const char *value);
void nx_header_list_free(struct nx_header_list *list);

/* What a letter says beside the event's own headers and body. Borrowed. */
struct nx_letter_facts {
    enum nexus_dead_reason reason;
    const struct nexus_error *err;
    const char *owner; /* the second token of the letter's subject; NULL: as in the event's */
    const char *subject;
    const char *stream;
    const char *consumer;
    const char *service;
    uint64_t sequence;
    uint64_t deliveries;
    int64_t stored;
};

struct nx_letter {
    struct nx_arena arena;
    struct nx_header_list headers;
    char *subject;  /* in the arena */
    bool in_stream; /* the body does not go along */
};

/* Writes one for a message as it was received. `room`: the largest message that the server takes,
 * 0: unknown. NEXUS_E_MEMORY. */
int nx_letter_write(struct nx_letter *letter, const struct nx_letter_facts *facts,
                    const struct nx_transport_ops *ops, const struct nx_incoming *incoming,
                    size_t body_length, size_t room, struct nexus_error *err);
void nx_letter_free(struct nx_letter *letter);

/* The subject of the letter of an event. NULL without memory. */
char *nx_letter_subject(struct nx_arena *arena, const char *owner, const char *subject);

/* What a header of a letter is for the event: its name there, or NULL when it is the letter's. */
const char *nx_letter_original(const char *name);

#endif
