/* SPDX-License-Identifier: Apache-2.0 */
/* The stream: created when it is missing, compared when it is there, changed only when asked to. */
#include <stdio.h>
#include <string.h>

#include "dead_provision.h"
#include "provision_options.h"
#include "requests.h"
#include "stream_plan.h"

struct call {
    struct nexus_client *client;
    int64_t deadline;
    struct nx_stream_plan plan;
};

/* `verb` is "INFO", …; "NAMES" is asked of all streams. */
static int ask(const struct call *call, const char *verb, struct nx_buf *body, cJSON **answer,
               struct nexus_error *err)
{
    struct nx_buf subject = NX_BUF_INIT;
    const char *body_text = nx_buf_text(body);
    bool one = strcmp(verb, "NAMES") != 0;
    int code;

    nx_buf_printf(&subject, "$JS.API.STREAM.%s%s%s", verb, one ? "." : "",
                  one ? call->plan.stream : "");
    code = nx_buf_text(&subject) && body_text
               ? nx_request(call->client, subject.data, body_text, call->deadline, answer, err)
               : nx_no_memory(err);
    nx_buf_free(&subject);
    nx_buf_free(body);
    return code;
}

/* NEXUS_E_CONFLICT: another stream has (some of) the subjects. */
static int look_for_others(const struct call *call, struct nexus_error *err)
{
    struct nx_buf body = NX_BUF_INIT;
    cJSON *answer = NULL;
    const cJSON *other;
    int code;

    nx_buf_printf(&body, "{\"subject\":\"%s\"}", call->plan.subject);
    code = ask(call, "NAMES", &body, &answer, err);
    other = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(answer, "streams"), 0);
    if (code == NEXUS_OK && cJSON_IsString(other))
        code = nx_fail(err, NEXUS_E_CONFLICT, "subjects",
                       "stream \"%s\" has subjects that overlap with \"%s\"", other->valuestring,
                       call->plan.subject);
    cJSON_Delete(answer);
    return code;
}

/* The server refuses what cannot be changed (the storage); its answer says what was made. */
static int change(const struct call *call, cJSON *info, struct nexus_error *err)
{
    struct nx_buf body = NX_BUF_INIT;
    cJSON *answer = NULL;
    unsigned left;
    int code;

    nx_stream_plan_change(&call->plan, cJSON_GetObjectItemCaseSensitive(info, "config"), &body);
    code = ask(call, "UPDATE", &body, &answer, err);
    if (code == NEXUS_OK)
        code = nx_stream_plan_compare(&call->plan, answer, false, &left, err);
    cJSON_Delete(answer);
    return code;
}

/* NEXUS_E_NOT_FOUND: it is not there. */
static int look(const struct call *call, enum nexus_provision_result *result,
                struct nexus_error *err)
{
    const struct nexus_provision_options *options = call->plan.options;
    struct nx_buf body = NX_BUF_INIT;
    cJSON *answer = NULL;
    unsigned found = 0;
    int code = ask(call, "INFO", &body, &answer, err);

    *result = NEXUS_PROVISION_UNCHANGED;
    if (code == NEXUS_OK)
        code = nx_stream_plan_compare(&call->plan, answer, true, &found, err);
    if (code == NEXUS_E_CONFLICT && found && options->change) {
        *result = options->dry_run ? NEXUS_PROVISION_DIFFERENT : NEXUS_PROVISION_CHANGED;
        code = options->dry_run ? NEXUS_OK : change(call, answer, err);
    }
    cJSON_Delete(answer);
    return code;
}

/* The answer says what was made: an old server leaves out what it does not know. `*taken`: nothing
 * was made, since the name or the subjects are in use. */
static int create(const struct call *call, bool *taken, struct nexus_error *err)
{
    struct nx_buf body = NX_BUF_INIT;
    cJSON *answer = NULL;
    unsigned found;
    int code;

    nx_stream_plan_create(&call->plan, &body);
    code = ask(call, "CREATE", &body, &answer, err);
    *taken = code == NEXUS_E_CONFLICT;
    if (code == NEXUS_OK)
        code = nx_stream_plan_compare(&call->plan, answer, true, &found, err);
    cJSON_Delete(answer);
    return code;
}

/* Looks, creates what is missing, and looks again when another process was faster. */
static int provision(const struct call *call, enum nexus_provision_result *result,
                     struct nexus_error *err)
{
    struct nexus_error second = NEXUS_ERROR_INIT;
    bool taken;
    int code = look(call, result, err);

    if (code != NEXUS_E_NOT_FOUND)
        return code;
    *result = NEXUS_PROVISION_MISSING;
    if (call->plan.options->dry_run)
        return look_for_others(call, err);
    *result = NEXUS_PROVISION_CREATED;
    code = create(call, &taken, err);
    if (!taken)
        return code;
    code = look(call, result, &second);
    if (code == NEXUS_E_NOT_FOUND)
        return NEXUS_E_CONFLICT; /* not this one: another stream has the subjects */
    if (code != NEXUS_OK && err)
        *err = second;
    return code;
}

int nexus_provision(struct nexus_client *client, const struct nexus_provision_options *options,
                    enum nexus_provision_result *result, struct nexus_error *err)
{
    struct call call = {.client = client};
    enum nexus_provision_result found;
    int code = nx_client_usable(client, err);

    if (code != NEXUS_OK)
        return code;
    call.deadline = client->wire->ops->now(client->wire) + NX_CALL_TIMEOUT_NS;
    code = nx_stream_plan_make(&call.plan, client, options ? options : &nx_provision_defaults, err);
    if (code == NEXUS_OK)
        code = provision(&call, &found, err);
    if (code == NEXUS_OK && !call.plan.options->dry_run && !call.plan.options->dead_letters &&
        !call.plan.options->alone)
        code = nx_dead_stream_ensure(client, call.plan.options->memory, call.plan.options->replicas,
                                     call.deadline, err);
    if (code == NEXUS_OK && result)
        *result = found;
    if (code == NEXUS_OK)
        nx_log(client, NEXUS_LOG_INFO, "provisioned", "stream=%s result=%d", call.plan.stream,
               (int)found);
    return code;
}
