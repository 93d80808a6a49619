/* SPDX-License-Identifier: Apache-2.0 */
/* A publish that no stream stores: it expects to go into a stream that cannot be. Whoever refuses
 * it for that reason would have taken it. */
#include <nexus/inspect.h>
#include <stdio.h>
#include <string.h>

#include "ids.h"
#include "outgoing.h"
#include "publish_options.h"
#include "status.h"
#include "subject.h"

#define NOWHERE "NEXUS-PROBE-OF-NO-STREAM"
#define PROBE   "probe" /* in place of a tenant or another parameter */

static int render(const struct nexus_channel *channel, const char *tenant, char *out,
                  struct nexus_error *err)
{
    const char *values[NX_PARAMETERS_MAX];

    for (uint32_t i = 0; i < channel->parameter_count; i++)
        values[i] = i == 0 && channel->has_tenant && tenant ? tenant : PROBE;
    return nx_subject_render(channel, values, out, err);
}

static int stored(struct nexus_error *err)
{
    return nx_fail(err, NEXUS_E_STREAM, "stream",
                   "whatever takes this subject ignores what a publisher expects, and has taken "
                   "the probe for an event");
}

int nexus_probe(struct nexus_client *client, const char *channel, const char *tenant,
                struct nexus_error *err)
{
    const struct nexus_channel *found = channel ? nexus_channel_by_name(channel) : NULL;
    struct nexus_error own = NEXUS_ERROR_INIT;
    unsigned char uuid[16];
    char text[NX_UUID_SIZE], id[NX_UUID_SIZE + 16], subject[NEXUS_SUBJECT_MAX + 1];
    struct nx_outgoing event = {.subject = subject,
                                .message_id = id,
                                .causal_id = PROBE,
                                .headers = {{"Nats-Msg-Id", id}, {"Nats-Expected-Stream", NOWHERE}},
                                .header_count = 2,
                                .body = "{}",
                                .length = 2};
    int code;

    if (!found)
        return nx_fail(err, channel ? NEXUS_E_CHANNEL : NEXUS_E_INVALID, "channel",
                       "the contract has no channel \"%s\"", channel ? channel : "");
    code = render(found, tenant, subject, err);
    if (code != NEXUS_OK)
        return code;
    nx_uuid7_bytes(uuid);
    nx_uuid7_text(uuid, text);
    snprintf(id, sizeof(id), PROBE ":%s", text);
    event.channel = found;
    code = nx_publish_outgoing(client, &event, NULL, NULL, &own);
    if (code == NEXUS_OK)
        return stored(err);
    if (code == NEXUS_E_STREAM && strstr(own.message, "expected stream"))
        return NEXUS_OK;
    if (err)
        *err = own;
    return code;
}
