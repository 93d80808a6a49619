/* SPDX-License-Identifier: Apache-2.0 */
#include "puback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define ANSWER_MAX 4096

/* Server error numbers. What is not listed is final. */
static const struct {
    int number;
    enum nx_puback_kind kind;
    int code;
} known[] = {
    {10008, NX_PUBACK_RETRY, NEXUS_E_STREAM},      /* JetStream system temporarily unavailable */
    {10009, NX_PUBACK_RETRY, NEXUS_E_STREAM},      /* peers not ready */
    {10023, NX_PUBACK_RETRY, NEXUS_E_STREAM},      /* insufficient resources */
    {10077, NX_PUBACK_RETRY, NEXUS_E_STREAM},      /* storing failed: a limit or the disk */
    {10158, NX_PUBACK_RETRY, NEXUS_E_STREAM},      /* a batch is in progress */
    {10167, NX_PUBACK_RETRY, NEXUS_E_STREAM},      /* too many requests */
    {10054, NX_PUBACK_REFUSED, NEXUS_E_TOO_LARGE}, /* message size exceeds the stream's limit */
};

/* The ordinary answer, {"stream":"NEXUS", "seq":7}, without reading it as JSON in general. */
static bool read_plain(const char *text, const char *end, struct nx_puback *out)
{
    static const char begin[] = "{\"stream\":\"";
    const char *name = text + sizeof(begin) - 1;
    const char *quote;
    char *rest;

    if ((size_t)(end - text) < sizeof(begin) || memcmp(text, begin, sizeof(begin) - 1) != 0)
        return false;
    quote = memchr(name, '"', (size_t)(end - name));
    if (!quote || quote - name > NX_STREAM_NAME_MAX || memchr(name, '\\', (size_t)(quote - name)))
        return false;
    text = quote + 1;
    text += *text == ',';
    text += *text == ' ';
    if (strncmp(text, "\"seq\":", 6) != 0 || text[6] < '0' || text[6] > '9')
        return false;
    out->sequence = strtoull(text + 6, &rest, 10);
    if (rest != end - 1 || *rest != '}')
        return false;
    memcpy(out->stream, name, (size_t)(quote - name));
    out->stream[quote - name] = 0;
    return true;
}

static void copy_string(const struct nx_json *json, uint32_t node, char *out, size_t size)
{
    struct nx_arena arena = NX_ARENA_INIT;
    const char *text = NULL;

    if (node && json->nodes[node].type == NX_JSON_STRING)
        text = nx_json_string(json, node, &arena, NULL);
    snprintf(out, size, "%s", text ? text : "");
    nx_arena_free(&arena);
}

static void read_error(const struct nx_json *json, uint32_t error, struct nx_puback *out)
{
    int64_t number = 0, code = 0;
    uint32_t node = nx_json_member(json, error, "err_code");

    if (node)
        nx_json_integer(json, node, &number, NULL);
    node = nx_json_member(json, error, "code");
    if (node)
        nx_json_integer(json, node, &code, NULL);
    out->server_code = (int)number;
    out->kind = code == 503 ? NX_PUBACK_RETRY : NX_PUBACK_REFUSED;
    out->code = NEXUS_E_STREAM;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].number == number) {
            out->kind = known[i].kind;
            out->code = known[i].code;
        }
    copy_string(json, nx_json_member(json, error, "description"), out->text, sizeof(out->text));
}

static void read_json(const struct nx_json *json, struct nx_puback *out)
{
    uint32_t error = nx_json_member(json, 0, "error");
    uint32_t duplicate = nx_json_member(json, 0, "duplicate");
    uint32_t sequence = nx_json_member(json, 0, "seq");
    int64_t number = 0;

    copy_string(json, nx_json_member(json, 0, "stream"), out->stream, sizeof(out->stream));
    if (error && json->nodes[error].type == NX_JSON_OBJECT) {
        read_error(json, error, out);
        return;
    }
    if (!*out->stream || !sequence || nx_json_integer(json, sequence, &number, NULL) != NEXUS_OK ||
        number <= 0)
        return;
    out->kind = NX_PUBACK_STORED;
    out->sequence = (uint64_t)number;
    out->duplicate = duplicate && json->nodes[duplicate].type == NX_JSON_TRUE;
}

void nx_puback_read(const struct nx_view *view, struct nx_puback *out)
{
    struct nx_json json = NX_JSON_INIT;

    out->kind = NX_PUBACK_STORED;
    out->code = NEXUS_OK;
    out->server_code = 0;
    out->duplicate = false;
    out->spooled = false;
    out->text[0] = 0;
    if (read_plain(view->body, view->body + view->length, out) && out->sequence > 0)
        return;
    out->kind = NX_PUBACK_RETRY;
    out->code = NEXUS_E_STREAM;
    out->sequence = 0;
    out->stream[0] = 0;
    snprintf(out->text, sizeof(out->text), "the answer is no acknowledgement");
    if (view->length <= ANSWER_MAX &&
        nx_json_read(&json, view->body, view->length, NULL) == NEXUS_OK &&
        json.nodes[0].type == NX_JSON_OBJECT)
        read_json(&json, out);
    nx_json_free(&json);
}
