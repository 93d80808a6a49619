/* SPDX-License-Identifier: Apache-2.0 */
/* A received message against the client's trust store, before anything reads its body. */
#include <string.h>

#include "checker.h"
#include "delivery.h"
#include "refusals.h"
#include "replay.h"

static void count(struct nexus_client *client, enum nx_counter counter, uint64_t by)
{
    atomic_fetch_add_explicit(&client->counters[counter], by, memory_order_relaxed);
}

static int refuse(struct nexus_delivery *delivery, enum nexus_refusal refusal,
                  enum nx_counter *kind, int code)
{
    delivery->refusal = refusal;
    *kind = nx_refusal_counter(refusal);
    return code;
}

/* With receive_lock. */
static int make_replay(struct nexus_subscription *subscription, struct nexus_trust *trust,
                       struct nexus_error *err)
{
    uint32_t events = 0;
    int64_t seconds;

    if (subscription->replay)
        return NEXUS_OK;
    nx_trust_replay(trust, &events, &seconds);
    if (!events)
        return NEXUS_OK;
    subscription->replay = nx_replay_new(events, seconds);
    return subscription->replay ? NEXUS_OK : nx_no_memory(err);
}

/* A redelivery has the sequence that it had before; a copy that was stored again has another. */
static int check_replay(struct nexus_delivery *delivery, const struct nx_checked *checked,
                        enum nx_counter *kind, struct nexus_error *err)
{
    struct nexus_subscription *subscription = delivery->subscription;
    struct nexus_trust *trust = delivery->checker->trust;
    struct nx_transport *wire = subscription->client->wire;
    bool seen = false;
    int code;

    pthread_mutex_lock(&subscription->receive_lock);
    code = make_replay(subscription, trust, err);
    if (subscription->replay)
        seen = nx_replay_seen(subscription->replay, checked->message_id,
                              delivery->ack.stream_sequence, wire->ops->now(wire));
    pthread_mutex_unlock(&subscription->receive_lock);
    if (!seen)
        return code;
    return refuse(delivery, NEXUS_REFUSED_REPLAY, kind,
                  nx_fail(err, NEXUS_E_REPLAY, "Nats-Msg-Id",
                          "%s was handled before, from another place of the stream",
                          checked->message_id));
}

void nx_receive_forgive(struct nexus_delivery *delivery)
{
    struct nexus_subscription *subscription = delivery->subscription;
    const char *message_id = nexus_delivery_message_id(delivery);

    if (delivery->trust < NEXUS_TRUST_VERIFIED || !message_id)
        return;
    pthread_mutex_lock(&subscription->receive_lock);
    if (subscription->replay)
        nx_replay_forgive(subscription->replay, message_id, delivery->ack.stream_sequence);
    pthread_mutex_unlock(&subscription->receive_lock);
}

/* A header that may be there once. False when there are several. */
static bool one_header(const struct nexus_delivery *delivery, const char *name, const char **value)
{
    size_t found = 0;
    struct nx_transport *wire = delivery->subscription->client->wire;

    *value = wire->ops->header(delivery->received->incoming, name, &found);
    return found <= 1;
}

int nx_receive_trust(struct nexus_delivery *delivery, enum nx_counter *kind,
                     struct nexus_error *err)
{
    struct nexus_client *client = delivery->subscription->client;
    struct nx_checker *checker = delivery->checker;
    struct nx_signed_event event = {.subject = delivery->view.subject,
                                    .body = delivery->view.body,
                                    .length = delivery->view.length,
                                    .stored = delivery->ack.time / 1000000000};
    struct nx_checked checked;
    uint64_t before;
    int code;

    if (!checker)
        return NEXUS_OK;
    if (!one_header(delivery, NX_SIGNATURE_HEADER, &event.signature) ||
        !one_header(delivery, NX_CAPABILITY_HEADER, &event.capability))
        return refuse(delivery, NEXUS_REFUSED_MALFORMED, kind,
                      nx_fail(err, NEXUS_E_SIGNATURE, NX_SIGNATURE_HEADER,
                              "there are several of these headers"));
    event.message_id = client->wire->ops->header(delivery->received->incoming, "Nats-Msg-Id", NULL);
    before = checker->verifications;
    code = nx_checker_check(checker, &event, &checked, err);
    count(client, NX_VERIFICATIONS, checker->verifications - before);
    if (checked.key_id[0])
        memcpy(delivery->key_id, checked.key_id, strlen(checked.key_id) + 1);
    if (code == NEXUS_E_MEMORY)
        return code;
    if (code != NEXUS_OK)
        return refuse(delivery, checked.refusal, kind, code);
    delivery->trust = checked.verdict;
    if (checked.verdict < NEXUS_TRUST_VERIFIED)
        return NEXUS_OK;
    count(client, NX_VERIFIED, 1);
    return check_replay(delivery, &checked, kind, err);
}

enum nexus_trust_verdict nexus_delivery_trust(const struct nexus_delivery *delivery)
{
    return delivery->trust;
}

const char *nexus_delivery_key_id(const struct nexus_delivery *delivery)
{
    return delivery->key_id[0] ? delivery->key_id : NULL;
}
