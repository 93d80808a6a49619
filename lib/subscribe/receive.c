/* SPDX-License-Identifier: Apache-2.0 */
/* From a message to an event. Whoever may write to the stream may write anything, and a message can
 * reach us past the permissions of subjects: what is checked here is what a handler can rely on. */
#include <string.h>

#include "clock.h"
#include "codec.h"
#include "delivery.h"

static int check_size(const struct nexus_delivery *delivery, struct nexus_error *err)
{
    size_t limit = delivery->subscription->client->options->max_body;

    if (delivery->view.length <= limit)
        return NEXUS_OK;
    return nx_fail(err, NEXUS_E_TOO_LARGE, "body", "%zu bytes exceed the limit of %zu",
                   delivery->view.length, limit);
}

/* The subject is one of the contract's, and one that this subscription asked for. */
static int check_subject(struct nexus_delivery *delivery, struct nexus_error *err)
{
    const struct nexus_subscription *subscription = delivery->subscription;
    const struct nexus_channel *channel;
    const char *subject = delivery->view.subject;

    if (!nx_subject_parse(subject, &delivery->subject))
        return nx_fail(err, NEXUS_E_CHANNEL, subject,
                       "no channel of the contract %s has this subject; its publisher may know a "
                       "newer one",
                       nx_contract_version);
    channel = delivery->subject.channel;
    if (subscription->channel && channel != subscription->channel)
        return nx_fail(err, NEXUS_E_CHANNEL, subject, "belongs to channel %s, not to %s",
                       channel->name, subscription->channel->name);
    return NEXUS_OK;
}

static int check_arguments(const struct nexus_delivery *delivery, struct nexus_error *err)
{
    const struct nexus_subscription *subscription = delivery->subscription;
    const struct nexus_channel *channel = delivery->subject.channel;
    uint32_t count = subscription->channel ? channel->parameter_count : 1;

    if (!subscription->channel && *subscription->arguments[0] && !channel->has_tenant)
        return nx_fail(err, NEXUS_E_TENANT, delivery->view.subject,
                       "belongs to no tenant; \"%s\" was subscribed to",
                       subscription->arguments[0]);
    for (uint32_t i = 0; i < count && i < NX_PARAMETERS_MAX; i++) {
        const char *wanted = subscription->arguments[i];
        if (*wanted && strcmp(delivery->subject.values[i], wanted) != 0)
            return nx_fail(err, NEXUS_E_TENANT, delivery->view.subject,
                           "has \"%s\" where \"%s\" was subscribed to", delivery->subject.values[i],
                           wanted);
    }
    return NEXUS_OK;
}

static int read_envelope(struct nexus_delivery *delivery, struct nexus_error *err)
{
    const struct nexus_channel *channel = delivery->subject.channel;
    int code =
        nx_envelope_read(&delivery->json, channel->has_tenant ? delivery->subject.values[0] : NULL,
                         &delivery->envelope, err);

    return code == NEXUS_OK ? nx_delivery_reserve(delivery, err) : code;
}

/* A node that reports in another one's name: the member that an address parameter is taken from on
 * publishing must say the same. */
static int check_address(const struct nexus_delivery *delivery, struct nexus_error *err)
{
    const struct nexus_channel *channel = delivery->subject.channel;

    for (uint32_t i = 0; i < channel->parameter_count; i++) {
        int32_t member = channel->parameters[i].member;
        const char *text;
        if (member < 0)
            continue;
        text = nx_codec_string(channel, delivery->event, (uint32_t)member);
        if (text && strcmp(text, delivery->subject.values[i]) == 0)
            continue;
        nx_fail(err, NEXUS_E_TENANT, channel->fields[member].name,
                "\"%s\" is not the \"%s\" of the subject", text ? text : "",
                delivery->subject.values[i]);
        nx_error_prefix(err, "payload.");
        return NEXUS_E_TENANT;
    }
    return NEXUS_OK;
}

/* The header is "<version>;<fingerprint>". Foreign publishers have none. */
static void check_schema(struct nexus_delivery *delivery)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_client *client = subscription->client;
    const struct nexus_channel *channel = delivery->subject.channel;
    const char *text =
        client->wire->ops->header(delivery->received->incoming, "Nexus-Schema", NULL);
    size_t version = strlen(nx_contract_version);
    bool *logged = &subscription->drift_logged[channel - nx_channels];
    bool first;

    if (!text || (strncmp(text, nx_contract_version, version) == 0 && text[version] == ';' &&
                  strcmp(text + version + 1, channel->fingerprint) == 0))
        return;
    nx_count(client, NX_SCHEMA_DRIFT);
    nx_metrics_count(&client->metrics, channel, NX_METRIC_SCHEMA_DRIFT);
    pthread_mutex_lock(&subscription->receive_lock);
    first = !*logged;
    *logged = true;
    pthread_mutex_unlock(&subscription->receive_lock);
    if (!first)
        return;
    nx_log(client, NEXUS_LOG_WARNING, "schema_drift", "channel=%s ours=%s;%s theirs=\"%.64s\"",
           channel->name, nx_contract_version, channel->fingerprint, text);
}

static void merge_clock(struct nexus_delivery *delivery)
{
    struct nexus_client *client = delivery->subscription->client;
    unsigned dropped =
        nx_clock_merge(client->clock, &delivery->json, delivery->envelope.vector_clock);

    if (dropped)
        atomic_fetch_add_explicit(&client->counters[NX_CLOCK_DROPPED], dropped,
                                  memory_order_relaxed);
}

static int decode(struct nexus_delivery *delivery, struct nexus_error *err)
{
    return nx_codec_decode(delivery->subject.channel, &delivery->json, delivery->envelope.payload,
                           NX_CODEC_LENIENT, &delivery->arena, &delivery->event, err);
}

static int failed(enum nx_counter *kind, enum nx_counter counter, int code)
{
    *kind = counter;
    return code;
}

int nx_receive(struct nexus_delivery *delivery, enum nx_counter *kind, struct nexus_error *err)
{
    int code;

    if ((code = check_size(delivery, err)) != NEXUS_OK)
        return failed(kind, NX_POISON_SIZE, code);
    if ((code = check_subject(delivery, err)) != NEXUS_OK)
        return failed(kind, NX_POISON_CHANNEL, code);
    if ((code = check_arguments(delivery, err)) != NEXUS_OK)
        return failed(kind, NX_POISON_TENANT, code);
    /* The signature is over the bytes: nothing reads them before. */
    if ((code = nx_receive_trust(delivery, kind, err)) != NEXUS_OK)
        return code;
    code = nx_json_read(&delivery->json, delivery->view.body, delivery->view.length, err);
    if (code != NEXUS_OK)
        return failed(kind, NX_POISON_JSON, code);
    if ((code = read_envelope(delivery, err)) != NEXUS_OK)
        return failed(kind, code == NEXUS_E_TENANT ? NX_POISON_TENANT : NX_POISON_ENVELOPE, code);
    if ((code = decode(delivery, err)) != NEXUS_OK)
        return failed(kind, NX_POISON_PAYLOAD, code);
    if ((code = check_address(delivery, err)) != NEXUS_OK)
        return failed(kind, NX_POISON_TENANT, code);
    check_schema(delivery);
    merge_clock(delivery);
    return NEXUS_OK;
}
