/* SPDX-License-Identifier: Apache-2.0 */
/* Looking through a stream of dead letters. */
#include "dead_letters.h"

#include <stdio.h>
#include <string.h>

#include "dead_stream.h"
#include "names.h"
#include "requests.h"
#include "struct_size.h"

#define EVENT_PREFIX "nexus."

/* A look through a stream. */
struct look {
    struct nexus_client *client;
    struct nexus_dead_letter_filter filter;
    const char *stream;
    char subject[NEXUS_SUBJECT_MAX + 32]; /* the letters' filter */
    uint64_t last;                        /* the last one that was there at the start */
};

int nx_dead_stream_name(const char **stream, struct nexus_error *err)
{
    if (!*stream)
        *stream = NX_DEAD_STREAM;
    return nx_check_stream("stream", *stream, err);
}

int nx_dead_call(struct nexus_client *client, const char *verb, const char *stream,
                 struct nx_buf *body, cJSON **answer, struct nexus_error *err)
{
    struct nx_buf subject = NX_BUF_INIT;
    const char *body_text = nx_buf_text(body);
    int code;

    nx_buf_printf(&subject, "$JS.API.STREAM.%s.%s", verb, stream);
    code = nx_buf_text(&subject) && body_text
               ? nx_request(client, subject.data, body_text,
                            client->wire->ops->now(client->wire) + NX_CALL_TIMEOUT_NS, answer, err)
               : nx_no_memory(err);
    nx_buf_free(&subject);
    nx_buf_free(body);
    return code;
}

/* ---- the filter */

/* A filter of events as one of letters. What is written into JSON must need no escapes. */
static int read_subject(struct look *look, struct nexus_error *err)
{
    const char *subject = look->filter.subject;

    snprintf(look->subject, sizeof(look->subject), "%s", NX_DEAD_SUBJECTS);
    if (!subject)
        return NEXUS_OK;
    if (strncmp(subject, EVENT_PREFIX, strlen(EVENT_PREFIX)) != 0 ||
        strlen(subject) > NEXUS_SUBJECT_MAX)
        return nx_fail(err, NEXUS_E_INVALID, "subject",
                       "\"%s\" is no subject of events: they begin with \"nexus.\"", subject);
    for (const char *at = subject; *at; at++)
        if (*at <= ' ' || *at > '~' || *at == '"' || *at == '\\')
            return nx_fail(err, NEXUS_E_INVALID, "subject", "\"%s\" cannot be a subject", subject);
    snprintf(look->subject, sizeof(look->subject), NX_DEAD_PREFIX "%s",
             subject + strlen(EVENT_PREFIX));
    return NEXUS_OK;
}

static int read_filter(struct look *look, const struct nexus_dead_letter_filter *filter,
                       struct nexus_error *err)
{
    int code = NEXUS_OK;

    if (filter && (filter->size < 2 * sizeof(size_t) || filter->size > 65536))
        return nx_fail(err, NEXUS_E_INVALID, "filter.size",
                       "initialize the filter with NEXUS_DEAD_LETTER_FILTER_INIT");
    if (filter)
        memcpy(&look->filter, filter,
               filter->size < sizeof(look->filter) ? filter->size : sizeof(look->filter));
    look->stream = look->filter.stream;
    code = nx_dead_stream_name(&look->stream, err);
    return code == NEXUS_OK ? read_subject(look, err) : code;
}

static bool fits(const struct nexus_dead_letter_filter *filter,
                 const struct nexus_dead_letter *letter)
{
    return (!filter->reason || letter->reason == filter->reason) &&
           (!filter->consumer || strcmp(letter->consumer, filter->consumer) == 0) &&
           (!filter->since || letter->time >= filter->since) &&
           (!filter->until || letter->time < filter->until);
}

/* ---- looking */

/* How far the stream goes now. */
static int find_end(struct look *look, struct nexus_error *err)
{
    struct nx_buf body = NX_BUF_INIT;
    cJSON *answer = NULL;
    const cJSON *last;
    int code = nx_dead_call(look->client, "INFO", look->stream, &body, &answer, err);

    last = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(answer, "state"),
                                            "last_seq");
    if (code == NEXUS_OK && !cJSON_IsNumber(last))
        code =
            nx_fail(err, NEXUS_E_STREAM, "state", "the server did not say how long the stream is");
    if (code == NEXUS_OK)
        look->last = (uint64_t)last->valuedouble;
    cJSON_Delete(answer);
    return code;
}

/* One letter; `*on` becomes false when there is no further one to show. */
static int show(struct look *look, uint64_t *next, nexus_dead_letter_visit visit, void *data,
                uint64_t *shown, bool *on, struct nexus_error *err)
{
    struct nx_stored stored;
    struct nx_letter_view view;
    bool missing;
    int code =
        nx_stored_get(look->client, look->stream, *next, look->subject, &stored, &missing, err);

    *on = false;
    if (code == NEXUS_E_NOT_FOUND && !missing)
        return NEXUS_OK;
    if (code != NEXUS_OK)
        return code;
    code = nx_letter_view(&view, &stored, err);
    if (code == NEXUS_OK && stored.sequence <= look->last) {
        *on = true;
        *next = stored.sequence + 1;
        if (fits(&look->filter, &view.letter)) {
            ++*shown;
            *on = visit(&view.letter, data);
        }
    }
    if (code == NEXUS_OK)
        nx_letter_view_free(&view);
    nx_stored_free(&stored);
    return code;
}

int nexus_dead_letters(struct nexus_client *client, const struct nexus_dead_letter_filter *filter,
                       nexus_dead_letter_visit visit, void *data, uint64_t *shown,
                       struct nexus_error *err)
{
    struct look look = {.client = client};
    struct nexus_error found = NEXUS_ERROR_INIT;
    uint64_t next, count = 0;
    bool on = true;
    int code = nx_client_usable(client, err);

    if (code != NEXUS_OK)
        return code;
    if (!visit)
        return nx_fail(err, NEXUS_E_INVALID, "visit", "is NULL");
    code = read_filter(&look, filter, err);
    if (code == NEXUS_OK)
        code = find_end(&look, err);
    if (code != NEXUS_OK)
        return code;
    next = look.filter.from ? look.filter.from : 1;
    while (code == NEXUS_OK && on && next <= look.last &&
           (!look.filter.limit || count < look.filter.limit))
        code = show(&look, &next, visit, data, &count, &on, &found);
    if (shown)
        *shown = count;
    if (code != NEXUS_OK && err)
        *err = found;
    return code;
}
