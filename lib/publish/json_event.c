/* SPDX-License-Identifier: Apache-2.0 */
#include "json_event.h"

#include <string.h>

#include "codec.h"
#include "publish_options.h"
#include "status.h"

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

int nx_json_event_read(struct nx_json_event *event, const char *channel, const char *tenant,
                       const char *payload, const struct nexus_publish_options *options,
                       struct nexus_error *err)
{
    int code;

    if (!channel || !payload)
        return nx_fail(err, NEXUS_E_INVALID, channel ? "payload" : "channel", "is NULL");
    event->channel = nexus_channel_by_name(channel);
    if (!event->channel)
        return nx_fail(err, NEXUS_E_CHANNEL, "channel", "the contract has no channel \"%s\"",
                       channel);
    code = collect_arguments(event->channel, tenant, options ? options : &nx_publish_defaults,
                             event->arguments, err);
    if (code == NEXUS_OK)
        code = nx_payload_read(&event->json, "payload", payload, strlen(payload), err);
    if (code == NEXUS_OK)
        code = nx_codec_decode(event->channel, &event->json, 0, NX_CODEC_STRICT, &event->arena,
                               &event->event, err);
    return code;
}

void nx_json_event_free(struct nx_json_event *event)
{
    nx_arena_free(&event->arena);
    nx_json_free(&event->json);
}
