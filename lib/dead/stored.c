/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a stored message: $JS.API.STREAM.MSG.GET. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "letter_read.h"
#include "requests.h"
#include "rfc3339.h"

#define NO_MESSAGE 10037

void nx_stored_free(struct nx_stored *stored)
{
    nx_header_list_free(&stored->headers);
    free(stored->header_text);
    free(stored->body);
    cJSON_Delete(stored->answer);
    *stored = (struct nx_stored){0};
}

const char *nx_stored_header(const struct nx_stored *stored, const char *name)
{
    for (size_t i = 0; i < stored->headers.count; i++)
        if (strcmp(stored->headers.items[i].name, name) == 0)
            return stored->headers.items[i].value;
    return NULL;
}

/* The bytes of a member in base64, a NUL behind them; NULL when it is not that. */
static char *read_bytes(const cJSON *message, const char *member, size_t *length)
{
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(message, member);
    size_t size = cJSON_IsString(text) ? strlen(text->valuestring) : 0;
    char *bytes = malloc(size + 1);

    if (!bytes)
        return NULL;
    *length = 0;
    if (size && sodium_base642bin((unsigned char *)bytes, size, text->valuestring, size, NULL,
                                  length, NULL, sodium_base64_VARIANT_ORIGINAL) != 0) {
        free(bytes);
        return NULL;
    }
    bytes[*length] = 0;
    return bytes;
}

static char *trimmed(char *text)
{
    size_t length;

    text += strspn(text, " \t");
    for (length = strlen(text); length && strchr(" \t", text[length - 1]); length--)
        ;
    text[length] = 0;
    return text;
}

/* "NATS/1.0\r\nName: value\r\n…\r\n\r\n", cut in place. */
static void read_headers(struct nx_stored *stored)
{
    char *line = strstr(stored->header_text, "\r\n");

    while (line) {
        char *name = line + 2, *colon;
        line = strstr(name, "\r\n");
        if (!line || line == name)
            return;
        *line = 0;
        colon = strchr(name, ':');
        if (!colon)
            continue;
        *colon = 0;
        nx_header_list_add(&stored->headers, name, trimmed(colon + 1));
    }
}

static int read_message(struct nx_stored *out, struct nexus_error *err)
{
    const cJSON *message = cJSON_GetObjectItemCaseSensitive(out->answer, "message");
    const cJSON *subject = cJSON_GetObjectItemCaseSensitive(message, "subject");
    const cJSON *sequence = cJSON_GetObjectItemCaseSensitive(message, "seq");
    const cJSON *time = cJSON_GetObjectItemCaseSensitive(message, "time");
    size_t length;

    if (!cJSON_IsString(subject) || !cJSON_IsNumber(sequence) || sequence->valuedouble < 1)
        return nx_fail(err, NEXUS_E_STREAM, "message", "the server's answer is no message");
    out->subject = subject->valuestring;
    out->sequence = (uint64_t)sequence->valuedouble;
    if (cJSON_IsString(time))
        (void)nx_rfc3339_read(time->valuestring, &out->time);
    out->header_text = read_bytes(message, "hdrs", &length);
    out->body = read_bytes(message, "data", &out->length);
    if (!out->header_text || !out->body)
        return nx_fail(err, NEXUS_E_STREAM, "message", "the server's answer is not base64");
    read_headers(out);
    return out->headers.failed ? nx_no_memory(err) : NEXUS_OK;
}

static int answered(struct nx_stored *out, const char *stream, bool *missing,
                    struct nexus_error *err)
{
    int number = nx_answer_error(out->answer, NULL);

    if (!number)
        return read_message(out, err);
    if (missing)
        *missing = number == NX_API_STREAM_MISSING;
    if (number == NO_MESSAGE)
        return nx_fail(err, NEXUS_E_NOT_FOUND, stream, "stream \"%s\" has no such message", stream);
    if (number == NX_API_STREAM_MISSING)
        return nx_fail(err, NEXUS_E_NOT_FOUND, stream,
                       "stream \"%s\" does not exist: run \"nexusctl provision\" or call "
                       "nexus_provision()",
                       stream);
    return nx_answer_fail(out->answer, stream, err);
}

int nx_stored_get(struct nexus_client *client, const char *stream, uint64_t sequence,
                  const char *filter, struct nx_stored *out, bool *stream_missing,
                  struct nexus_error *err)
{
    struct nx_buf subject = NX_BUF_INIT, body = NX_BUF_INIT;
    struct nx_stored stored = {0};
    int code;

    if (stream_missing)
        *stream_missing = false;
    nx_buf_printf(&subject, "$JS.API.STREAM.MSG.GET.%s", stream);
    nx_buf_printf(&body, "{\"seq\":%llu", (unsigned long long)sequence);
    if (filter)
        nx_buf_printf(&body, ",\"next_by_subj\":\"%s\"", filter);
    nx_buf_putc(&body, '}');
    code = nx_buf_text(&subject) && nx_buf_text(&body)
               ? nx_request_raw(client, subject.data, body.data,
                                client->wire->ops->now(client->wire) + NX_CALL_TIMEOUT_NS,
                                &stored.answer, err)
               : nx_no_memory(err);
    nx_buf_free(&subject);
    nx_buf_free(&body);
    if (code == NEXUS_OK)
        code = answered(&stored, stream, stream_missing, err);
    if (code == NEXUS_OK)
        *out = stored;
    else
        nx_stored_free(&stored);
    return code;
}
