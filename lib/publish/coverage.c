/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody answered a publish: is there no stream for its subject, or is its leader only away? The
 * server knows; asking it turns a wait until the deadline into an error at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publisher.h"
#include "requests.h"

#define ASK_TIMEOUT_NS 2000000000
#define ASKED_IN_VAIN \
    4 /* a server that is starting has no JetStream yet; it gets this many looks */

static void fail_subject(struct nexus_client *client, const char *subject, int code)
{
    struct nx_record *record, *next;

    pthread_mutex_lock(&client->lock);
    for (record = client->publisher->first; record; record = next) {
        next = record->next;
        bool unheard = record->state == NX_RECORD_SENT && record->last_code == NEXUS_OK;
        if (!unheard && record->state != NX_RECORD_SPOOLING &&
            strcmp(record->subject, subject) == 0)
            nx_window_end(client, record, code, NULL, NULL);
    }
    pthread_mutex_unlock(&client->lock);
}

/* {"total":0,"streams":null} says that there is none. Any other answer leaves the retries to it. */
static void on_answer(struct nexus_client *client, int code, cJSON *answer, void *data)
{
    char *subject = data;
    const cJSON *total = cJSON_GetObjectItemCaseSensitive(answer, "total");

    if (code == NEXUS_OK && cJSON_IsNumber(total) && total->valuedouble == 0)
        fail_subject(client, subject, NEXUS_E_NO_STREAM);
    if (code == NEXUS_E_UNSUPPORTED && ++client->publisher->unsupported >= ASKED_IN_VAIN)
        fail_subject(client, subject, NEXUS_E_UNSUPPORTED);
    pthread_mutex_lock(&client->lock);
    if (code != NEXUS_E_UNSUPPORTED)
        client->publisher->unsupported = 0;
    if (code == NEXUS_E_PERMISSION)
        client->publisher->cannot_ask = true;
    client->publisher->asking = false;
    pthread_mutex_unlock(&client->lock);
    cJSON_Delete(answer);
    free(subject);
}

/* One question at a time: a storm of unanswered events must not become a storm of questions. */
static bool may_ask(struct nexus_client *client)
{
    bool may;

    pthread_mutex_lock(&client->lock);
    may = client->up && !client->publisher->asking && !client->publisher->cannot_ask;
    if (may)
        client->publisher->asking = true;
    pthread_mutex_unlock(&client->lock);
    return may;
}

void nx_coverage_ask(struct nexus_client *client, const char *subject)
{
    char body[NEXUS_SUBJECT_MAX + 32];
    char *copy;
    int64_t deadline = client->wire->ops->now(client->wire) + ASK_TIMEOUT_NS;

    if (!may_ask(client))
        return;
    copy = strdup(subject);
    snprintf(body, sizeof(body), "{\"subject\":\"%s\"}", subject); /* tokens need no escapes */
    if (!copy || nx_request_start(client, "$JS.API.STREAM.NAMES", body, deadline, on_answer, copy,
                                  NULL) != NEXUS_OK) {
        free(copy);
        pthread_mutex_lock(&client->lock);
        client->publisher->asking = false;
        pthread_mutex_unlock(&client->lock);
    }
}
