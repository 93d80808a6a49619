/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the JetStream API: send, wait for the one answer, by deadline. */
#ifndef NX_REQUESTS_H
#define NX_REQUESTS_H

#include <cjson/cJSON.h>

#include "client.h"

/* How long a public call that asks the server may take. */
#define NX_CALL_TIMEOUT_NS 10000000000LL

/* A stored message of the largest size, in base64, and what stands around it. */
/* Where the API is, unless the client's options say otherwise; the functions below put their prefix
 * in its place. */
#define NX_API_PREFIX "$JS.API"
const char *nx_api_prefix(const struct nexus_client *client);

#define NX_ANSWER_MAX (16 * 1024 * 1024)

/* The server's error numbers that this library tells apart. */
enum {
    NX_API_STREAM_MISSING = 10059,
    NX_API_CONSUMER_MISSING = 10014,
    NX_API_STREAM_DIFFERS = 10058,
    NX_API_SUBJECTS_TAKEN = 10065,
    NX_API_CONSUMER_DIFFERS = 10012,
    NX_API_CONSUMER_EXISTS = 10148
};

/* Tells the end of a request: `code` is NEXUS_OK and `answer` the JSON object (the callee's to
 * delete), or it is NULL and the code NEXUS_E_TIMEOUT, NEXUS_E_UNSUPPORTED (nobody answers:
 * JetStream is off or out of reach), NEXUS_E_PERMISSION, NEXUS_E_CLOSED or NEXUS_E_JSON. Runs on
 * the I/O thread (or, when that has ended, inside close), without the lock; must not block. */
typedef void (*nx_answer)(struct nexus_client *client, int code, cJSON *answer, void *data);

int nx_requests_new(struct nexus_client *client, struct nexus_error *err);
void nx_requests_free(struct nexus_client *client);

/* Sends without waiting, again after each reconnect until the deadline; `answer` is called exactly
 * once unless this fails. Any thread, lock not held. NEXUS_E_MEMORY, NEXUS_E_CLOSED. */
int nx_request_start(struct nexus_client *client, const char *subject, const char *body,
                     int64_t deadline, nx_answer answer, void *data, struct nexus_error *err);

/* Sends and waits until `deadline`. Callers' threads only, never the I/O thread. An answer that
 * carries an `error` member fails as nx_answer_fail() says. */
int nx_request(struct nexus_client *client, const char *subject, const char *body, int64_t deadline,
               cJSON **answer, struct nexus_error *err);
/* The same, but an answer that carries an `error` member is an answer. */
int nx_request_raw(struct nexus_client *client, const char *subject, const char *body,
                   int64_t deadline, cJSON **answer, struct nexus_error *err);

/* The server's error number in an answer (`error.err_code`), 0 when there is none. `*text` (NULL
 * allowed) becomes its words. */
int nx_answer_error(const cJSON *answer, const char **text);

/* The failure that an answer with an `error` member means: NEXUS_E_NOT_FOUND, NEXUS_E_CONFLICT,
 * NEXUS_E_UNSUPPORTED, or NEXUS_E_STREAM, with the server's text and number in the message. */
int nx_answer_fail(const cJSON *answer, const char *subject, struct nexus_error *err);

/* The failure of a request that got no answer, in words. */
int nx_request_fail(int code, const char *subject, struct nexus_error *err);

/* I/O thread: an answer arrived on `<inbox>.r<number>`; the server forbade a subject; time has
 * passed. The tick returns the next deadline. */
void nx_requests_answer(struct nexus_client *client, uint64_t number, const struct nx_view *view);
/* I/O thread: nobody answers requests; all that are under way learn it. */
void nx_requests_unanswered(struct nexus_client *client);
void nx_requests_forbidden(struct nexus_client *client, const char *subject);
int64_t nx_requests_tick(struct nexus_client *client, int64_t now);

/* Ends all with NEXUS_E_CLOSED, and takes no more. The I/O thread has ended. */
void nx_requests_abandon(struct nexus_client *client);

#endif
