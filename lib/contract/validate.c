/* SPDX-License-Identifier: Apache-2.0 */
/* Checking a payload without publishing it. */
#include <string.h>

#include "codec.h"
#include "status.h"

int nexus_validate_json(const char *channel, const char *payload, struct nexus_error *err)
{
    const struct nexus_channel *found;
    struct nx_json json = NX_JSON_INIT;
    struct nx_arena arena = NX_ARENA_INIT;
    void *event;
    int code;

    if (!channel || !payload)
        return nx_fail(err, NEXUS_E_INVALID, channel ? "payload" : "channel", "must not be NULL");
    found = nexus_channel_by_name(channel);
    if (!found)
        return nx_fail(err, NEXUS_E_CHANNEL, channel, "the contract has no such channel");
    code = nx_payload_read(&json, "payload", payload, strlen(payload), err);
    if (!code)
        code = nx_codec_decode(found, &json, 0, NX_CODEC_STRICT, &arena, &event, err);
    nx_arena_free(&arena);
    nx_json_free(&json);
    return code;
}
