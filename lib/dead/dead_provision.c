/* SPDX-License-Identifier: Apache-2.0 */
#include "dead_provision.h"

#include "buf.h"
#include "dead_stream.h"
#include "requests.h"

static void create_body(bool memory, unsigned replicas, struct nx_buf *out)
{
    nx_buf_printf(out, "{\"name\":\"" NX_DEAD_STREAM "\",\"storage\":\"%s\",\"num_replicas\":%u",
                  memory ? "memory" : "file", replicas);
    for (size_t i = 0; i < nx_dead_stream_count; i++)
        nx_buf_printf(out, ",\"%s\":%s", nx_dead_stream[i].name, nx_dead_stream[i].value);
    nx_buf_putc(out, '}');
}

static int create(struct nexus_client *client, bool memory, unsigned replicas, int64_t deadline,
                  struct nexus_error *err)
{
    struct nx_buf body = NX_BUF_INIT;
    cJSON *answer = NULL;
    int code;

    create_body(memory, replicas, &body);
    code = nx_buf_text(&body) ? nx_request(client, "$JS.API.STREAM.CREATE." NX_DEAD_STREAM,
                                           body.data, deadline, &answer, err)
                              : nx_no_memory(err);
    nx_buf_free(&body);
    cJSON_Delete(answer);
    return code;
}

int nx_dead_stream_ensure(struct nexus_client *client, bool memory, unsigned replicas,
                          int64_t deadline, struct nexus_error *err)
{
    struct nexus_error first = NEXUS_ERROR_INIT;
    cJSON *answer = NULL;
    int code =
        nx_request(client, "$JS.API.STREAM.INFO." NX_DEAD_STREAM, "", deadline, &answer, &first);

    cJSON_Delete(answer);
    if (code == NEXUS_E_NOT_FOUND)
        code = create(client, memory, replicas, deadline, &first);
    if (code == NEXUS_E_CONFLICT) /* somebody was faster, or another stream takes them */
        return NEXUS_OK;
    if (code != NEXUS_OK && err)
        *err = first;
    return code;
}
