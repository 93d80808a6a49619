/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing by a channel's name, with the payload as JSON text: read into the channel's struct,
 * and on as any other event, so that there is one codec and one set of rules. */
#include <string.h>

#include "codec.h"
#include "publish_options.h"
#include "publisher.h"
#include "subject.h"

/* The tenant, and what the options give for the other parameters. */
static int collect_arguments(const struct nexus_channel *channel, const char *tenant,
                             const struct nexus_publish_options *options, const char **arguments,
                             struct nexus_error *err)
{
    size_t count = 0;

    if (!channel->has_tenant && tenant)
        return nx_fail(err, NEXUS_E_INVALID, "tenant",
                       "%s is a system channel: its address has no tenant", channel->name);
    for (uint32_t i = 0; i < channel->parameter_count; i++) {
        const struct nx_parameter *parameter = &channel->parameters[i];
        if (parameter->member >= 0)
            continue;
        arguments[count++] =
            i == 0 && channel->has_tenant ? tenant : nx_publish_argument(options, parameter->name);
    }
    return NEXUS_OK;
}

int nexus_publish_json(struct nexus_client *client, const char *channel, const char *tenant,
                       const char *payload, const struct nexus_publish_options *options,
                       struct nexus_receipt *receipt, struct nexus_error *err)
{
    const struct nexus_channel *found = channel ? nexus_channel_by_name(channel) : NULL;
    const char *arguments[NX_PARAMETERS_MAX] = {NULL};
    struct nx_json json = NX_JSON_INIT;
    struct nx_arena arena = NX_ARENA_INIT;
    void *event = NULL;
    int code = nx_client_usable(client, err);

    if (code != NEXUS_OK)
        return code;
    if (!channel || !payload)
        return nx_fail(err, NEXUS_E_INVALID, channel ? "payload" : "channel", "is NULL");
    if (!found)
        return nx_fail(err, NEXUS_E_CHANNEL, "channel", "the contract has no channel \"%s\"",
                       channel);
    code =
        collect_arguments(found, tenant, options ? options : &nx_publish_defaults, arguments, err);
    if (code == NEXUS_OK)
        code = nx_payload_read(&json, "payload", payload, strlen(payload), err);
    if (code == NEXUS_OK)
        code = nx_codec_decode(found, &json, 0, NX_CODEC_STRICT, &arena, &event, err);
    if (code == NEXUS_OK)
        code = nx_publish_event(client, found, arguments, event, options, receipt, err);
    nx_arena_free(&arena);
    nx_json_free(&json);
    return code;
}
