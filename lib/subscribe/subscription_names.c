/* SPDX-License-Identifier: Apache-2.0 */
/* What a subscription is called at the server, and the subjects that follow from it. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "ack_subject.h"
#include "buf.h"
#include "ids.h"
#include "requests.h"
#include "status.h"
#include "subscription_state.h"

/* Service, channel, tenant and further parameters, joined by "-". One that is too long for a
 * durable keeps its beginning and gets a hash of the whole. */
static void default_durable(struct nexus_subscription *subscription)
{
    const struct nexus_channel *channel = subscription->channel;
    char name[NX_PARAMETERS_MAX * (NEXUS_TOKEN_MAX + 1) + 512];
    bool tenant = !channel || channel->has_tenant;
    uint32_t count = channel ? channel->parameter_count : 1;
    size_t length;
    unsigned char hash[crypto_generichash_BYTES_MIN];

    length = (size_t)snprintf(
        name, sizeof(name), "%s-%s-%s", subscription->client->options->service,
        channel ? channel->c_name : "all",
        tenant && *subscription->arguments[0] ? subscription->arguments[0] : "all");
    for (uint32_t i = tenant ? 1 : 0; i < count && length < sizeof(name); i++)
        if (*subscription->arguments[i])
            length += (size_t)snprintf(name + length, sizeof(name) - length, "-%s",
                                       subscription->arguments[i]);
    if (length <= NX_DURABLE_MAX) {
        memcpy(subscription->durable, name, length + 1);
        return;
    }
    crypto_generichash(hash, sizeof(hash), (const unsigned char *)name, strlen(name), NULL, 0);
    memcpy(subscription->durable, name, NX_DURABLE_MAX - 17);
    subscription->durable[NX_DURABLE_MAX - 17] = '-';
    sodium_bin2hex(subscription->durable + NX_DURABLE_MAX - 16, 17, hash, 8);
}

/* One of its own for each, and not to be guessed. */
static void ordered_name(struct nexus_subscription *subscription)
{
    unsigned char bytes[16];
    char text[NX_UUID_SIZE];

    nx_uuid7_bytes(bytes);
    nx_uuid7_text(bytes, text);
    snprintf(subscription->durable, sizeof(subscription->durable), "ordered-%s", text);
}

int nx_subscription_names(struct nexus_subscription *subscription, const char *const *arguments,
                          struct nexus_error *err)
{
    struct nexus_client *client = subscription->client;
    const char *stream =
        *subscription->options.stream ? subscription->options.stream : client->options->stream;
    uint32_t count = subscription->channel ? subscription->channel->parameter_count : 1;
    int code = nx_subject_filter(subscription->channel, arguments, subscription->filter, err);

    if (code != NEXUS_OK)
        return code;
    for (uint32_t i = 0; i < count && i < NX_PARAMETERS_MAX; i++)
        if (arguments[i])
            snprintf(subscription->arguments[i], sizeof(subscription->arguments[i]), "%s",
                     arguments[i]);
    snprintf(subscription->stream, sizeof(subscription->stream), "%s", stream);
    if (subscription->options.ordered)
        ordered_name(subscription);
    else if (*subscription->options.durable)
        snprintf(subscription->durable, sizeof(subscription->durable), "%s",
                 subscription->options.durable);
    else
        default_durable(subscription);
    return NEXUS_OK;
}

static char *join(const char *prefix, const char *a, const char *b, const char *suffix)
{
    struct nx_buf text = NX_BUF_INIT;
    char *taken;

    nx_buf_printf(&text, "%s%s.%s%s", prefix, a, b, suffix);
    taken = nx_buf_take(&text);
    nx_buf_free(&text);
    return taken;
}

static char *pull_subject(const struct nexus_client *client, const char *stream,
                          const char *durable)
{
    char prefix[NX_INBOX_PREFIX_MAX + 32];

    snprintf(prefix, sizeof(prefix), "%s.CONSUMER.MSG.NEXT.", nx_api_prefix(client));
    return join(prefix, stream, durable, "");
}

int nx_subscription_subjects(struct nexus_subscription *subscription, struct nexus_error *err)
{
    char token[32];

    snprintf(token, sizeof(token), "p%llu", (unsigned long long)subscription->listener);
    subscription->ack_prefix =
        join(NX_ACK_PREFIX, subscription->stream, subscription->durable, ".");
    subscription->pull_subject =
        pull_subject(subscription->client, subscription->stream, subscription->durable);
    subscription->inbox = join("", subscription->client->inbox, token, ".*");
    if (!subscription->ack_prefix || !subscription->pull_subject || !subscription->inbox)
        return nx_no_memory(err);
    return NEXUS_OK;
}
