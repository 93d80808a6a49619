/* SPDX-License-Identifier: Apache-2.0 */
#include "letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dead_stream.h"

#define EVENT_PREFIX    "nexus."
#define LETTER_PREFIX   "Nexus-Dead-"
#define ORIGINAL_PREFIX "Nexus-Dead-Original-"
#define SERVER_PREFIX   "Nats-"
#define OWNER_FOREIGN   "_core"
#define MESSAGE_MARGIN  256 /* subject, reply and protocol around headers and body */

/* ---- headers */

void nx_header_list_add(struct nx_header_list *list, const char *name, const char *value)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 32;
        struct nx_header *items = realloc(list->items, capacity * sizeof(*items));
        if (!items) {
            list->failed = true;
            return;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct nx_header){name, value};
    list->bytes += strlen(name) + strlen(value) + 4;
}

void nx_header_list_free(struct nx_header_list *list)
{
    free(list->items);
    *list = (struct nx_header_list){0};
}

static bool begins(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static char *join(struct nx_arena *arena, const char *a, const char *b, const char *c)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = nx_arena_bytes(arena, size);

    if (text)
        snprintf(text, size, "%s%s%s", a, b, c);
    return text;
}

/* cnats loses the header behind an empty one, so an empty one cannot be kept. */
static void add_original(const char *name, const char *value, void *data)
{
    struct nx_letter *letter = data;

    if (!*value || !*name)
        return;
    if (begins(name, SERVER_PREFIX) || begins(name, LETTER_PREFIX))
        name = join(&letter->arena, ORIGINAL_PREFIX, name, "");
    if (name)
        nx_header_list_add(&letter->headers, name, value);
    else
        letter->headers.failed = true;
}

const char *nx_letter_original(const char *name)
{
    if (begins(name, ORIGINAL_PREFIX))
        return name + strlen(ORIGINAL_PREFIX);
    return begins(name, SERVER_PREFIX) || begins(name, LETTER_PREFIX) ? NULL : name;
}

static void add_own(struct nx_letter *letter, const char *name, const char *value)
{
    if (value && *value)
        nx_header_list_add(&letter->headers, name, value);
}

static void add_number(struct nx_letter *letter, const char *name, long long value)
{
    char text[32];
    char *kept;

    snprintf(text, sizeof(text), "%lld", value);
    kept = join(&letter->arena, text, "", "");
    if (kept)
        nx_header_list_add(&letter->headers, name, kept);
    else
        letter->headers.failed = true;
}

/* The store's time is in it: a stream that was made anew counts from 1 again. */
static void add_message_id(struct nx_letter *letter, const struct nx_letter_facts *facts)
{
    char numbers[64];
    char *begin, *id = NULL;

    snprintf(numbers, sizeof(numbers), ":%llu:%lld", (unsigned long long)facts->sequence,
             (long long)facts->stored);
    begin = join(&letter->arena, "dlq:", facts->stream, ":");
    if (begin)
        id = join(&letter->arena, begin, facts->consumer, numbers);
    if (id)
        nx_header_list_add(&letter->headers, "Nats-Msg-Id", id);
    else
        letter->headers.failed = true;
}

static void add_facts(struct nx_letter *letter, const struct nx_letter_facts *facts)
{
    const struct nexus_error *err = facts->err;

    add_message_id(letter, facts);
    add_own(letter, "Nexus-Dead-Reason", nexus_dead_reason_name(facts->reason));
    if (err->code)
        add_own(letter, "Nexus-Dead-Code", nexus_status_name(err->code));
    add_own(letter, "Nexus-Dead-Where", err->where);
    add_own(letter, "Nexus-Dead-Error", err->message);
    add_own(letter, "Nexus-Dead-Subject", facts->subject);
    add_own(letter, "Nexus-Dead-Stream", facts->stream);
    add_number(letter, "Nexus-Dead-Sequence", (long long)facts->sequence);
    add_number(letter, "Nexus-Dead-Time", (long long)facts->stored);
    add_own(letter, "Nexus-Dead-Consumer", facts->consumer);
    add_own(letter, "Nexus-Dead-Service", facts->service);
    add_number(letter, "Nexus-Dead-Deliveries", (long long)facts->deliveries);
}

/* ---- the subject */

/* What is outside of `nexus.` keeps its whole subject behind the owner. */
char *nx_letter_subject(struct nx_arena *arena, const char *owner, const char *subject)
{
    bool event = strncmp(subject, EVENT_PREFIX, strlen(EVENT_PREFIX)) == 0;
    const char *first = event ? subject + strlen(EVENT_PREFIX) : subject;
    const char *dot = event ? strchr(first, '.') : NULL;
    char *begin;

    if (!owner && dot)
        return join(arena, NX_DEAD_PREFIX, first, "");
    begin = join(arena, NX_DEAD_PREFIX, owner ? owner : OWNER_FOREIGN, ".");
    return begin ? join(arena, begin, dot ? dot + 1 : first, "") : NULL;
}

/* ---- the whole */

static void drop_originals(struct nx_letter *letter, size_t own)
{
    size_t first = letter->headers.count - own;

    memmove(letter->headers.items, letter->headers.items + first,
            own * sizeof(*letter->headers.items));
    letter->headers.count = own;
}

/* What is as large as the server allows has no room for the letter's headers: then the letter only
 * says where it is. */
static void fit(struct nx_letter *letter, size_t own, size_t body_length, size_t room)
{
    size_t most = room > MESSAGE_MARGIN ? room - MESSAGE_MARGIN : 0;

    if (!room || letter->headers.bytes + body_length <= most)
        return;
    letter->in_stream = true;
    nx_header_list_add(&letter->headers, "Nexus-Dead-Body", "in-stream");
    if (letter->headers.bytes > most && !letter->headers.failed)
        drop_originals(letter, own + 1);
}

int nx_letter_write(struct nx_letter *letter, const struct nx_letter_facts *facts,
                    const struct nx_transport_ops *ops, const struct nx_incoming *incoming,
                    size_t body_length, size_t room, struct nexus_error *err)
{
    size_t originals;

    *letter = (struct nx_letter){.arena = NX_ARENA_INIT};
    letter->subject = nx_letter_subject(&letter->arena, facts->owner, facts->subject);
    if (!ops->each_header(incoming, add_original, letter))
        letter->headers.failed = true;
    originals = letter->headers.count;
    add_facts(letter, facts);
    fit(letter, letter->headers.count - originals, body_length, room);
    if (letter->subject && !letter->headers.failed)
        return NEXUS_OK;
    nx_letter_free(letter);
    return nx_no_memory(err);
}

void nx_letter_free(struct nx_letter *letter)
{
    nx_header_list_free(&letter->headers);
    nx_arena_free(&letter->arena);
}

/* ---- names */

const char *nexus_dead_reason_name(enum nexus_dead_reason reason)
{
    switch (reason) {
    case NEXUS_DEAD_REJECTED:
        return "rejected";
    case NEXUS_DEAD_EXHAUSTED:
        return "exhausted";
    case NEXUS_DEAD_POISON:
        return "poison";
    default:
        return "other";
    }
}
