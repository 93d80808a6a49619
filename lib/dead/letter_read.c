/* SPDX-License-Identifier: Apache-2.0 */
#include "letter_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const struct nx_stored *stored, const char *name)
{
    const char *text = nx_stored_header(stored, name);

    return text ? text : "";
}

static uint64_t number_of(const struct nx_stored *stored, const char *name)
{
    const char *text = text_of(stored, name);

    return *text >= '0' && *text <= '9' ? strtoull(text, NULL, 10) : 0;
}

static enum nexus_dead_reason reason_of(const char *name)
{
    for (int reason = NEXUS_DEAD_REJECTED; reason <= NEXUS_DEAD_POISON; reason++)
        if (strcmp(nexus_dead_reason_name((enum nexus_dead_reason)reason), name) == 0)
            return (enum nexus_dead_reason)reason;
    return NEXUS_DEAD_OTHER;
}

static int code_of(const char *name)
{
    for (int code = -1; code > -100; code--)
        if (strcmp(nexus_status_name(code), name) == 0)
            return code;
    return NEXUS_OK;
}

/* Whoever wrote the letter may have written anything: nx_fail() cleans it for a terminal. */
static void read_error(struct nexus_error *err, const struct nx_stored *stored)
{
    nx_fail(err, code_of(text_of(stored, "Nexus-Dead-Code")), text_of(stored, "Nexus-Dead-Where"),
            "%s", text_of(stored, "Nexus-Dead-Error"));
}

static void read_originals(struct nx_header_list *out, const struct nx_stored *stored)
{
    for (size_t i = 0; i < stored->headers.count; i++) {
        const char *name = nx_letter_original(stored->headers.items[i].name);
        if (name)
            nx_header_list_add(out, name, stored->headers.items[i].value);
    }
}

static const char *id_in(const struct nx_header_list *headers)
{
    for (size_t i = 0; i < headers->count; i++)
        if (strcmp(headers->items[i].name, "Nats-Msg-Id") == 0)
            return headers->items[i].value;
    return NULL;
}

static void show_headers(struct nx_letter_view *view, const struct nx_header_list *headers)
{
    view->letter.header_count = headers->count;
    view->letter.headers = (const struct nexus_header *)(void *)headers->items;
    view->letter.message_id = id_in(headers);
}

int nx_letter_view(struct nx_letter_view *view, const struct nx_stored *stored,
                   struct nexus_error *err)
{
    *view = (struct nx_letter_view){.letter.size = sizeof(view->letter)};
    read_error(&view->err, stored);
    read_originals(&view->originals, stored);
    if (view->originals.failed) {
        nx_letter_view_free(view);
        return nx_no_memory(err);
    }
    view->letter.number = stored->sequence;
    view->letter.time = stored->time;
    view->letter.reason = reason_of(text_of(stored, "Nexus-Dead-Reason"));
    view->letter.err = &view->err;
    view->letter.subject = text_of(stored, "Nexus-Dead-Subject");
    view->letter.stream = text_of(stored, "Nexus-Dead-Stream");
    view->letter.sequence = number_of(stored, "Nexus-Dead-Sequence");
    view->letter.stored = (int64_t)number_of(stored, "Nexus-Dead-Time");
    view->letter.consumer = text_of(stored, "Nexus-Dead-Consumer");
    view->letter.service = text_of(stored, "Nexus-Dead-Service");
    view->letter.deliveries = number_of(stored, "Nexus-Dead-Deliveries");
    view->letter.body_missing = strcmp(text_of(stored, "Nexus-Dead-Body"), "in-stream") == 0;
    view->letter.body = view->letter.body_missing ? NULL : stored->body;
    view->letter.body_length = view->letter.body_missing ? 0 : stored->length;
    show_headers(view, &view->originals);
    return NEXUS_OK;
}

int nx_letter_view_fetch(struct nx_letter_view *view, struct nexus_client *client,
                         struct nexus_error *err)
{
    struct nexus_dead_letter *letter = &view->letter;
    int code =
        nx_stored_get(client, letter->stream, letter->sequence, NULL, &view->event, NULL, err);

    if (code != NEXUS_OK)
        return code;
    if (view->event.time != letter->stored || strcmp(view->event.subject, letter->subject) != 0)
        return nx_fail(err, NEXUS_E_NOT_FOUND, letter->stream,
                       "message %llu of stream \"%s\" is not the event of this letter any more",
                       (unsigned long long)letter->sequence, letter->stream);
    letter->body = view->event.body;
    letter->body_length = view->event.length;
    show_headers(view, &view->event.headers);
    return NEXUS_OK;
}

void nx_letter_view_free(struct nx_letter_view *view)
{
    nx_header_list_free(&view->originals);
    nx_stored_free(&view->event);
}
