/* SPDX-License-Identifier: Apache-2.0 */
/* Sending the event of a dead letter back, and removing letters. */
#include <stdio.h>
#include <string.h>

#include "dead_letters.h"
#include "event_signature.h"
#include "ids.h"
#include "requests.h"
#include "struct_size.h"
#include "subject.h"

#define EVENT_PREFIX "nexus."
#define MESSAGE_ID   "Nats-Msg-Id"
#define POST_TIMEOUT 10000000000LL

/* A letter on its way back. */
struct way_back {
    struct nexus_client *client;
    const char *stream;
    unsigned flags;
    struct nx_stored stored;
    struct nx_letter_view view;
    struct nx_header_list headers;
    char message_id[NEXUS_MESSAGE_ID_SIZE]; /* "": the event's own */
};

/* ---- removing */

static int remove_letter(struct nexus_client *client, const char *stream, uint64_t number,
                         struct nexus_error *err)
{
    struct nx_buf body = NX_BUF_INIT;
    struct nexus_error why = NEXUS_ERROR_INIT;
    cJSON *answer = NULL;
    int code;

    nx_buf_printf(&body, "{\"seq\":%llu,\"no_erase\":true}", (unsigned long long)number);
    code = nx_dead_call(client, "MSG.DELETE", stream, &body, &answer, &why);
    cJSON_Delete(answer);
    if (code == NEXUS_E_STREAM &&
        (strstr(why.message, "(10043)") || strstr(why.message, "(10057)")))
        return nx_fail(err, NEXUS_E_NOT_FOUND, stream, "stream \"%s\" has no letter %llu", stream,
                       (unsigned long long)number);
    if (code != NEXUS_OK && err)
        *err = why;
    return code;
}

int nexus_dead_letter_delete(struct nexus_client *client, const char *stream, uint64_t number,
                             struct nexus_error *err)
{
    int code = nx_client_usable(client, err);

    if (code == NEXUS_OK)
        code = nx_dead_stream_name(&stream, err);
    return code == NEXUS_OK ? remove_letter(client, stream, number, err) : code;
}

/* ---- whether it may go back */

/* Whatever stands in a letter, it is written into the protocol as it is: only a subject of events,
 * and nothing that would be more than a subject. */
static bool sound_subject(const char *subject)
{
    char last = '.';

    if (strncmp(subject, EVENT_PREFIX, strlen(EVENT_PREFIX)) != 0 ||
        strlen(subject) > NEXUS_SUBJECT_MAX)
        return false;
    for (const char *at = subject; *at; last = *at++)
        if (*at <= ' ' || *at > '~' || *at == '*' || *at == '>' || (*at == '.' && last == '.'))
            return false;
    return last != '.';
}

static int check_subject(const struct way_back *way, struct nexus_error *err)
{
    const char *subject = way->view.letter.subject;
    struct nx_arena arena = NX_ARENA_INIT;
    const char *wanted;
    int code = NEXUS_OK;

    if (!sound_subject(subject))
        return nx_fail(err, NEXUS_E_SUBJECT, subject, "is no subject of an event");
    wanted = nx_letter_subject(&arena, NULL, subject);
    if (!wanted)
        code = nx_no_memory(err);
    else if (!(way->flags & NEXUS_DEAD_LETTER_ANY_SUBJECT) &&
             strcmp(wanted, way->stored.subject) != 0)
        code = nx_fail(err, NEXUS_E_TENANT, subject,
                       "is not the subject that the letter belongs to (%.200s): who wrote it may "
                       "not publish this event",
                       way->stored.subject);
    nx_arena_free(&arena);
    return code;
}

static int fetch(struct way_back *way, uint64_t number, struct nexus_error *err)
{
    int code = nx_stored_get(way->client, way->stream, number, NULL, &way->stored, NULL, err);

    if (code != NEXUS_OK)
        return code;
    code = nx_letter_view(&way->view, &way->stored, err);
    if (code == NEXUS_OK && (!*way->view.letter.stream || !way->view.letter.sequence))
        code = nx_fail(err, NEXUS_E_JSON, way->stored.subject, "message %llu is no dead letter",
                       (unsigned long long)number);
    if (code == NEXUS_OK)
        code = check_subject(way, err);
    if (code == NEXUS_OK && way->view.letter.body_missing)
        code = nx_letter_view_fetch(&way->view, way->client, err);
    return code;
}

/* ---- the message */

static int name_anew(struct way_back *way, struct nexus_error *err)
{
    const char *old = way->view.letter.message_id;
    const char *colon = old ? strchr(old, ':') : NULL;
    unsigned char uuid[16];
    char text[NX_UUID_SIZE];

    for (size_t i = 0; i < way->view.letter.header_count; i++)
        if (strcmp(way->view.letter.headers[i].name, NX_SIGNATURE_HEADER) == 0)
            return nx_fail(err, NEXUS_E_SIGNATURE, NX_SIGNATURE_HEADER,
                           "the event is signed for its message id, and cannot have another");
    nx_uuid7_bytes(uuid);
    nx_uuid7_text(uuid, text);
    snprintf(way->message_id, sizeof(way->message_id), "%.*s%s",
             colon && colon - old <= NEXUS_TOKEN_MAX ? (int)(colon - old + 1) : 0, old ? old : "",
             text);
    return NEXUS_OK;
}

/* All of the event's headers but those that tell a server what to do: what was expected of the
 * stream then is not so now, and a forged letter must not empty it. */
static int list_headers(struct way_back *way, struct nexus_error *err)
{
    const struct nexus_dead_letter *letter = &way->view.letter;

    for (size_t i = 0; i < letter->header_count; i++) {
        const struct nexus_header *header = &letter->headers[i];
        bool id = strcmp(header->name, MESSAGE_ID) == 0;
        if ((id && *way->message_id) || !*header->value ||
            (!id && strncmp(header->name, "Nats-", 5) == 0))
            continue;
        nx_header_list_add(&way->headers, header->name, header->value);
    }
    if (*way->message_id)
        nx_header_list_add(&way->headers, MESSAGE_ID, way->message_id);
    return way->headers.failed ? nx_no_memory(err) : NEXUS_OK;
}

/* Remembered from its first publication, or from another attempt to send it back? */
static int check_stored(const struct way_back *way, const struct nx_puback *ack,
                        struct nexus_error *err)
{
    const struct nexus_dead_letter *letter = &way->view.letter;

    if (!ack->duplicate ||
        (strcmp(ack->stream, letter->stream) == 0 && ack->sequence > letter->sequence))
        return NEXUS_OK;
    return nx_fail(err, NEXUS_E_REPLAY, MESSAGE_ID,
                   "stream \"%s\" still remembers message id %.127s from its first publication; "
                   "send it back when the stream's duplicate window is over, or under a new id",
                   ack->stream, letter->message_id ? letter->message_id : "");
}

static int post(struct way_back *way, struct nx_puback *ack, struct nexus_error *err)
{
    struct nx_post message = {.subject = way->view.letter.subject,
                              .headers = way->headers.items,
                              .header_count = way->headers.count,
                              .body = way->view.letter.body,
                              .length = way->view.letter.body_length,
                              .patience_ns = POST_TIMEOUT,
                              .strict = true};
    int code = nx_post_wait(way->client, &message, ack, err);

    return code == NEXUS_OK ? check_stored(way, ack, err) : code;
}

static void fill_receipt(const struct way_back *way, const struct nx_puback *ack,
                         struct nexus_receipt *out)
{
    struct nexus_receipt ours = NEXUS_RECEIPT_INIT;
    const char *id = *way->message_id ? way->message_id : way->view.letter.message_id;

    snprintf(ours.stream, sizeof(ours.stream), "%s", ack->stream);
    snprintf(ours.message_id, sizeof(ours.message_id), "%s", id ? id : "");
    ours.sequence = ack->sequence;
    ours.duplicate = ack->duplicate;
    (void)nx_struct_give(out, out->size, &ours, sizeof(ours), NULL);
}

static int send_back(struct way_back *way, uint64_t number, struct nexus_receipt *receipt,
                     struct nexus_error *err)
{
    struct nx_puback ack;
    struct nexus_error why = NEXUS_ERROR_INIT;
    int code = fetch(way, number, err);

    if (code == NEXUS_OK && way->flags & NEXUS_DEAD_LETTER_NEW_ID)
        code = name_anew(way, err);
    if (code == NEXUS_OK)
        code = list_headers(way, err);
    if (code != NEXUS_OK || way->flags & NEXUS_DEAD_LETTER_DRY_RUN)
        return code;
    code = post(way, &ack, err);
    if (code != NEXUS_OK)
        return code;
    if (receipt)
        fill_receipt(way, &ack, receipt);
    if (way->flags & NEXUS_DEAD_LETTER_KEEP)
        return NEXUS_OK;
    code = remove_letter(way->client, way->stream, number, &why);
    if (code == NEXUS_OK || code == NEXUS_E_NOT_FOUND)
        return NEXUS_OK;
    return nx_fail(err, code, way->stream,
                   "the event has been sent back, but its letter cannot be removed: %s",
                   why.message);
}

int nexus_dead_letter_retry(struct nexus_client *client, const char *stream, uint64_t number,
                            unsigned flags, struct nexus_receipt *receipt, struct nexus_error *err)
{
    struct way_back way = {.client = client, .stream = stream, .flags = flags};
    int code = nx_client_usable(client, err);

    if (code == NEXUS_OK)
        code = nx_dead_stream_name(&way.stream, err);
    if (code != NEXUS_OK)
        return code;
    if (flags >= 2 * NEXUS_DEAD_LETTER_ANY_SUBJECT)
        return nx_fail(err, NEXUS_E_INVALID, "flags", "%#x has bits that mean nothing", flags);
    if (receipt && (receipt->size < 2 * sizeof(size_t) || receipt->size > 65536))
        return nx_fail(err, NEXUS_E_INVALID, "receipt.size",
                       "initialize the receipt with NEXUS_RECEIPT_INIT");
    code = send_back(&way, number, receipt, err);
    nx_header_list_free(&way.headers);
    nx_letter_view_free(&way.view);
    nx_stored_free(&way.stored);
    return code;
}
