/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    struct request *next;
    uint64_t number;
    uint64_t epoch; /* the connection that it was last sent on; 0: none */
    int64_t deadline;
    nx_answer answer;
    void *data;
    char *subject;
    char *body;
};

struct nx_requests {
    struct request *first;
    uint64_t last_number;
    bool ended;
};

int nx_requests_new(struct nexus_client *client, struct nexus_error *err)
{
    client->requests = calloc(1, sizeof(*client->requests));
    return client->requests ? NEXUS_OK : nx_no_memory(err);
}

static void request_free(struct request *request)
{
    if (!request)
        return;
    free(request->subject);
    free(request->body);
    free(request);
}

/* Tells the end and frees. Whoever took the request out of the table calls this, so it happens
 * once. */
static void finish(struct nexus_client *client, struct request *request, int code, cJSON *answer)
{
    request->answer(client, code, answer, request->data);
    request_free(request);
}

/* Takes the first request out of the table that `fits` says so of; NULL: none. */
static struct request *take(struct nexus_client *client,
                            bool (*fits)(const struct request *request, const void *what),
                            const void *what)
{
    struct request **at, *found = NULL;

    pthread_mutex_lock(&client->lock);
    for (at = &client->requests->first; *at; at = &(*at)->next)
        if (fits(*at, what)) {
            found = *at;
            *at = found->next;
            break;
        }
    pthread_mutex_unlock(&client->lock);
    return found;
}

static bool any_request(const struct request *request, const void *what)
{
    (void)request;
    (void)what;
    return true;
}

void nx_requests_abandon(struct nexus_client *client)
{
    struct request *request;

    if (!client->requests)
        return;
    pthread_mutex_lock(&client->lock);
    client->requests->ended = true;
    pthread_mutex_unlock(&client->lock);
    while ((request = take(client, any_request, NULL)))
        finish(client, request, NEXUS_E_CLOSED, NULL);
}

void nx_requests_free(struct nexus_client *client)
{
    nx_requests_abandon(client);
    free(client->requests);
    client->requests = NULL;
}

/* ---- sending */

static int send_request(struct nexus_client *client, uint64_t number, const char *subject,
                        const char *body)
{
    char reply[sizeof(client->inbox) + 32];

    snprintf(reply, sizeof(reply), "%s.r%llu", client->inbox, (unsigned long long)number);
    return client->wire->ops->send_bytes(client->wire, subject, reply, body, strlen(body), true);
}

const char *nx_api_prefix(const struct nexus_client *client)
{
    return client->options->api_prefix ? client->options->api_prefix : NX_API_PREFIX;
}

/* The subject where this client's account has the API. */
static char *api_subject(const struct nexus_client *client, const char *subject)
{
    const char *prefix = nx_api_prefix(client);
    size_t usual = strlen(NX_API_PREFIX), length = strlen(prefix);
    char *text;

    if (strncmp(subject, NX_API_PREFIX ".", usual + 1) != 0)
        return strdup(subject);
    text = malloc(length + strlen(subject + usual) + 1);
    if (text) {
        memcpy(text, prefix, length);
        memcpy(text + length, subject + usual, strlen(subject + usual) + 1);
    }
    return text;
}

static struct request *request_new(const char *subject, const char *body)
{
    struct request *request = calloc(1, sizeof(*request));

    if (!request)
        return NULL;
    request->subject = strdup(subject);
    request->body = strdup(body);
    if (request->subject && request->body)
        return request;
    request_free(request);
    return NULL;
}

/* Takes the request, which any moment then may free. False when the client has been closed. */
static bool enter(struct nexus_client *client, struct request *request, uint64_t *number, bool *up)
{
    struct nx_requests *requests = client->requests;
    bool open;

    pthread_mutex_lock(&client->lock);
    open = !requests->ended;
    if (open) {
        *number = request->number = ++requests->last_number;
        *up = client->up;
        request->epoch = *up ? client->epoch : 0;
        request->next = requests->first;
        requests->first = request;
    }
    pthread_mutex_unlock(&client->lock);
    return open;
}

int nx_request_start(struct nexus_client *client, const char *subject, const char *body,
                     int64_t deadline, nx_answer answer, void *data, struct nexus_error *err)
{
    char *sent = api_subject(client, subject);
    struct request *request = sent ? request_new(sent, body) : NULL;
    uint64_t number;
    bool up;

    if (!request) {
        free(sent);
        return nx_no_memory(err);
    }
    request->deadline = deadline;
    request->answer = answer;
    request->data = data;
    if (!enter(client, request, &number, &up)) {
        request_free(request);
        free(sent);
        return nx_fail(err, NEXUS_E_CLOSED, "client", "the client has been closed");
    }
    /* While the wire is down, the tick sends. */
    if (up)
        (void)send_request(client, number, sent, body);
    free(sent);
    client->wire->ops->wake(client->wire);
    return NEXUS_OK;
}

/* A request that the present connection has not seen. Only the I/O thread, which runs this, and
 * abandon, which runs when the I/O thread has ended, take requests out. */
static struct request *unsent(struct nexus_client *client)
{
    struct request *request;

    pthread_mutex_lock(&client->lock);
    request = client->up ? client->requests->first : NULL;
    while (request && request->epoch == client->epoch)
        request = request->next;
    if (request)
        request->epoch = client->epoch;
    pthread_mutex_unlock(&client->lock);
    return request;
}

static bool expired(const struct request *request, const void *what)
{
    return request->deadline <= *(const int64_t *)what;
}

int64_t nx_requests_tick(struct nexus_client *client, int64_t now)
{
    struct request *request;
    int64_t next = INT64_MAX;

    while ((request = take(client, expired, &now))) {
        nx_io_doubt(client);
        finish(client, request, NEXUS_E_TIMEOUT, NULL);
    }
    while ((request = unsent(client)))
        (void)send_request(client, request->number, request->subject, request->body);
    pthread_mutex_lock(&client->lock);
    for (request = client->requests->first; request; request = request->next)
        next = request->deadline < next ? request->deadline : next;
    pthread_mutex_unlock(&client->lock);
    return next;
}

/* ---- answers */

static bool has_number(const struct request *request, const void *what)
{
    return request->number == *(const uint64_t *)what;
}

void nx_requests_answer(struct nexus_client *client, uint64_t number, const struct nx_view *view)
{
    struct request *request = take(client, has_number, &number);
    cJSON *answer = NULL;
    int code = NEXUS_E_UNSUPPORTED;

    if (!request)
        return; /* late, or not ours */
    if (!view->status) {
        if (view->length <= NX_ANSWER_MAX)
            answer = cJSON_ParseWithLength(view->body, view->length);
        if (answer && !cJSON_IsObject(answer)) {
            cJSON_Delete(answer);
            answer = NULL;
        }
        code = answer ? NEXUS_OK : NEXUS_E_JSON;
    }
    finish(client, request, code, answer);
}

void nx_requests_unanswered(struct nexus_client *client)
{
    struct request *request;

    while ((request = take(client, any_request, NULL)))
        finish(client, request, NEXUS_E_UNSUPPORTED, NULL);
}

struct refusal {
    const char *subject;
    const char *inbox;
    size_t inbox_length;
};

/* A forbidden inbox leaves every request without an answer. */
static bool is_forbidden(const struct request *request, const void *what)
{
    const struct refusal *refusal = what;

    return strcmp(request->subject, refusal->subject) == 0 ||
           strncmp(refusal->subject, refusal->inbox, refusal->inbox_length) == 0;
}

void nx_requests_forbidden(struct nexus_client *client, const char *subject)
{
    char inbox[sizeof(client->inbox) + 3];
    struct refusal refusal = {subject, inbox, 0};
    struct request *request;

    /* Pull inboxes are longer: "<inbox>.p2.*" concerns one subscription only. */
    snprintf(inbox, sizeof(inbox), "%s.*", client->inbox);
    refusal.inbox_length = strlen(inbox);
    while ((request = take(client, is_forbidden, &refusal)))
        finish(client, request, NEXUS_E_PERMISSION, NULL);
}
