/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing a stored event again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../environment.h"
#include "../json_text.h"
#include "command.h"
#include "replay.h"
#include "report.h"

static struct nexus_client *connect_to(const char *url, int *status)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client_options *options = environment_options("nexusctl", &err);
    struct nexus_client *client = NULL;

    if (!options || nexus_client_options_set_url(options, url, &err) ||
        nexus_client_new(options, &client, &err))
        *status = report(&err);
    nexus_client_options_destroy(options);
    return client;
}

int replay_open_target(struct replay *replay)
{
    int status = CTL_OK;

    if (!replay->publish && !replay->to && !replay->to_tenant)
        return CTL_OK;
    replay->options = nexus_publish_options_new();
    if (!replay->options)
        return report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    replay->target = replay->to ? connect_to(replay->to, &status) : replay->scan.client;
    return status;
}

void replay_close_target(struct replay *replay)
{
    if (replay->target != replay->scan.client)
        nexus_client_destroy(replay->target);
    nexus_publish_options_destroy(replay->options);
}

/* The same for the same event each time, so that repeating a replay stores nothing twice. A message
 * id has 63 bytes at most: of a long stream name the end counts. */
static void make_id(const struct nexus_delivery *delivery, char *out, size_t size)
{
    const char *stream = nexus_delivery_stream(delivery);
    size_t length = strlen(stream);

    snprintf(out, size, "replay-%s-%" PRIu64, length > 34 ? stream + length - 34 : stream,
             nexus_delivery_sequence(delivery));
}

static int set_options(struct nexus_publish_options *options, const struct nexus_delivery *delivery,
                       bool system, struct nexus_error *err)
{
    const char *chain = nexus_delivery_causal_id(delivery);
    char id[64];
    int code;

    make_id(delivery, id, sizeof(id));
    code = nexus_publish_options_set_message_id(options, id, err);
    if (!code)
        code = nexus_publish_options_set_causal_id(options, *chain ? chain : NULL, err);
    if (!code)
        code = nexus_publish_options_set_tenant(
            options, system ? nexus_delivery_tenant(delivery) : NULL, err);
    return code;
}

static void put_receipt(const struct nexus_delivery *delivery, const struct nexus_receipt *receipt)
{
    printf("{\"replayed\":%" PRIu64 ",\"channel\":", nexus_delivery_sequence(delivery));
    json_put_string(stdout, nexus_delivery_channel(delivery));
    fputs(",\"stream\":", stdout);
    json_put_string(stdout, receipt->stream);
    printf(",\"sequence\":%" PRIu64 ",\"duplicate\":%s,\"message_id\":", receipt->sequence,
           receipt->duplicate ? "true" : "false");
    json_put_string(stdout, receipt->message_id);
    fputs("}\n", stdout);
}

/* What ends a replay: everything else is about one event. */
static bool is_fatal(int code)
{
    return code == NEXUS_E_CLOSED || code == NEXUS_E_NO_STREAM || code == NEXUS_E_PERMISSION ||
           code == NEXUS_E_TIMEOUT || code == NEXUS_E_MEMORY;
}

bool replay_publish(struct replay *replay, const struct nexus_delivery *delivery)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    const char *channel = nexus_delivery_channel(delivery);
    bool system = !nexus_channel_has_tenant(nexus_channel_by_name(channel));
    const char *tenant = replay->to_tenant ? replay->to_tenant : nexus_delivery_tenant(delivery);
    int code = set_options(replay->options, delivery, system, &err);

    if (!code)
        code =
            nexus_publish_json(replay->target, channel, system ? NULL : tenant,
                               nexus_delivery_payload(delivery), replay->options, &receipt, &err);
    if (!code) {
        replay->duplicates += receipt.duplicate;
        if (command_json())
            put_receipt(delivery, &receipt);
        return true;
    }
    replay->failed++;
    report_text("number %" PRIu64 " of %s:", nexus_delivery_sequence(delivery),
                nexus_delivery_stream(delivery));
    code = report(&err) ? err.code : 0;
    if (is_fatal(code))
        replay->scan.status = CTL_FAILED;
    return !is_fatal(code);
}
