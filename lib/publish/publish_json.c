/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing by a channel's name, with the payload as JSON text. */
#include "json_event.h"
#include "publisher.h"

int nexus_publish_json(struct nexus_client *client, const char *channel, const char *tenant,
                       const char *payload, const struct nexus_publish_options *options,
                       struct nexus_receipt *receipt, struct nexus_error *err)
{
    struct nx_json_event event = NX_JSON_EVENT_INIT;
    int code = nx_client_usable(client, err);

    if (code == NEXUS_OK)
        code = nx_json_event_read(&event, channel, tenant, payload, options, err);
    if (code == NEXUS_OK)
        code = nx_publish_event(client, event.channel, event.arguments, event.event, options,
                                receipt, err);
    nx_json_event_free(&event);
    return code;
}
