/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the JetStream API: send, wait for the one answer, by deadline. */
#ifndef NX_REQUESTS_H
#define NX_REQUESTS_H

#include <cjson/cJSON.h>

#include "client.h"

#define NX_API_TIMEOUT_NS 5000000000LL

/* Tells the answer: `code` is NEXUS_OK and `answer` the JSON object (the callee's to delete), or
 * NEXUS_E_TIMEOUT, NEXUS_E_UNSUPPORTED (nobody answers: JetStream is off or out of reach),
 * NEXUS_E_PERMISSION, NEXUS_E_CLOSED, NEXUS_E_JSON. Runs on the I/O thread (or inside close),
 * without the lock; must not block. */
typedef void (*nx_answer)(struct nexus_client *client, int code, cJSON *answer, void *data);

int nx_requests_new(struct nexus_client *client, struct nexus_error *err);
void nx_requests_free(struct nexus_client *client);

/* Sends without waiting; `answer` is called exactly once unless this fails. Any thread, lock not
 * held. NEXUS_E_MEMORY, NEXUS_E_CLOSED. */
int nx_request_start(struct nexus_client *client, const char *subject, const char *body,
                     int64_t deadline, nx_answer answer, void *data, struct nexus_error *err);

/* Sends and waits. Callers' threads only, never the I/O thread. Repeats while the wire is down,
 * until the deadline. An answer that carries an `error` member becomes NEXUS_E_NOT_FOUND (10059,
 * 10014), NEXUS_E_CONFLICT (10058, 10065, 10012, 10148), NEXUS_E_PERMISSION, or NEXUS_E_STREAM,
 * with the server's text and number in the message. */
int nx_request(struct nexus_client *client, const char *subject, const char *body, int64_t timeout,
               cJSON **answer, struct nexus_error *err);

/* The server's error number in an answer (`error.err_code`), 0 when there is none. */
int nx_answer_error(const cJSON *answer, const char **text);

/* I/O thread: an answer arrived on `<inbox>.r<number>`; the wire went down or forbade a subject;
 * time has passed. The tick returns the next deadline. */
void nx_requests_answer(struct nexus_client *client, uint64_t number, const struct nx_view *view);
void nx_requests_forbidden(struct nexus_client *client, const char *subject);
int64_t nx_requests_tick(struct nexus_client *client, int64_t now);

#endif
