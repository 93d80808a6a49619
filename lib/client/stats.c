/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, as a struct and as JSON, from one table. */
#include <string.h>

#include "buf.h"
#include "client.h"
#include "struct_size.h"

struct counter {
    const char *name;
    enum nx_counter counter;
    size_t offset;
};

#define COUNTER(member, counter)                                      \
    {                                                                 \
#member, counter, offsetof(struct nexus_client_stats, member) \
    }

static const struct counter counters[] = {
    COUNTER(published, NX_PUBLISHED),
    COUNTER(acked, NX_ACKED),
    COUNTER(duplicates, NX_DUPLICATES),
    COUNTER(resent, NX_RESENT),
    COUNTER(failed, NX_FAILED),
    COUNTER(in_flight, NX_IN_FLIGHT),
    COUNTER(received, NX_RECEIVED),
    COUNTER(handled, NX_HANDLED),
    COUNTER(retried, NX_RETRIED),
    COUNTER(rejected, NX_REJECTED),
    COUNTER(deferred, NX_DEFERRED),
    COUNTER(queued, NX_QUEUED),
    COUNTER(in_hand, NX_IN_HAND),
    COUNTER(poison, NX_POISON),
    COUNTER(poison_size, NX_POISON_SIZE),
    COUNTER(poison_json, NX_POISON_JSON),
    COUNTER(poison_envelope, NX_POISON_ENVELOPE),
    COUNTER(poison_tenant, NX_POISON_TENANT),
    COUNTER(poison_payload, NX_POISON_PAYLOAD),
    COUNTER(poison_channel, NX_POISON_CHANNEL),
    COUNTER(redelivered, NX_REDELIVERED),
    COUNTER(schema_drift, NX_SCHEMA_DRIFT),
    COUNTER(clock_dropped, NX_CLOCK_DROPPED),
    COUNTER(connects, NX_CONNECTS),
    COUNTER(disconnects, NX_DISCONNECTS),
    COUNTER(poison_unsigned, NX_POISON_UNSIGNED),
    COUNTER(poison_malformed, NX_POISON_MALFORMED),
    COUNTER(poison_algorithm, NX_POISON_ALGORITHM),
    COUNTER(poison_subject, NX_POISON_SUBJECT),
    COUNTER(poison_message_id, NX_POISON_MESSAGE_ID),
    COUNTER(poison_unknown_key, NX_POISON_UNKNOWN_KEY),
    COUNTER(poison_revoked, NX_POISON_REVOKED),
    COUNTER(poison_time, NX_POISON_TIME),
    COUNTER(poison_not_allowed, NX_POISON_NOT_ALLOWED),
    COUNTER(poison_capability, NX_POISON_CAPABILITY),
    COUNTER(poison_signature, NX_POISON_SIGNATURE),
    COUNTER(poison_replay, NX_POISON_REPLAY),
    COUNTER(signed_events, NX_SIGNED_EVENTS),
    COUNTER(signatures, NX_SIGNATURES),
    COUNTER(verified, NX_VERIFIED),
    COUNTER(verifications, NX_VERIFICATIONS),
    COUNTER(inbox_duplicates, NX_INBOX_DUPLICATES),
    COUNTER(inbox_busy, NX_INBOX_BUSY),
    COUNTER(inbox_uncertain, NX_INBOX_UNCERTAIN),
    COUNTER(inbox_errors, NX_INBOX_ERRORS),
    COUNTER(exhausted, NX_EXHAUSTED),
    COUNTER(dead_lettered, NX_DEAD_LETTERED),
    COUNTER(dead_letters_failed, NX_DEAD_FAILED),
};

_Static_assert(sizeof(counters) / sizeof(counters[0]) == NX_COUNTERS, "a counter is not shown");
_Static_assert(sizeof(struct nexus_client_stats) == sizeof(size_t) + NX_COUNTERS * sizeof(uint64_t),
               "a member is not filled");

static uint64_t read_counter(struct nexus_client *client, enum nx_counter counter)
{
    return atomic_load_explicit(&client->counters[counter], memory_order_relaxed);
}

int nexus_client_stats(struct nexus_client *client, struct nexus_client_stats *out,
                       struct nexus_error *err)
{
    struct nexus_client_stats all = {.size = sizeof(all)};

    if (!client || !out)
        return nx_fail(err, NEXUS_E_INVALID, client ? "out" : "client", "is NULL");
    for (size_t i = 0; i < NX_COUNTERS; i++)
        *(uint64_t *)(void *)((char *)&all + counters[i].offset) =
            read_counter(client, counters[i].counter);
    return nx_struct_give(out, out->size, &all, sizeof(all), err);
}

int nexus_client_stats_json(struct nexus_client *client, char **out, struct nexus_error *err)
{
    struct nx_buf text = NX_BUF_INIT;

    if (!client || !out)
        return nx_fail(err, NEXUS_E_INVALID, client ? "out" : "client", "is NULL");
    for (size_t i = 0; i < NX_COUNTERS; i++)
        nx_buf_printf(&text, "%s\"%s\":%llu", i ? "," : "{", counters[i].name,
                      (unsigned long long)read_counter(client, counters[i].counter));
    nx_buf_putc(&text, '}');
    *out = nx_buf_take(&text);
    return *out ? NEXUS_OK : nx_no_memory(err);
}
