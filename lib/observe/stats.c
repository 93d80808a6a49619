/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, as a struct and as JSON, from one table. */
#include "stats.h"

#include <string.h>

#include "buf.h"
#include "json.h"
#include "schema.h"
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
    COUNTER(workers, NX_WORKERS),
    COUNTER(workers_busy, NX_WORKERS_BUSY),
    COUNTER(causal_gaps, NX_CAUSAL_GAPS),
    COUNTER(causal_inversions, NX_CAUSAL_INVERSIONS),
    COUNTER(causal_held, NX_CAUSAL_HELD),
    COUNTER(causal_overdue, NX_CAUSAL_OVERDUE),
    COUNTER(ordered_gaps, NX_ORDERED_GAPS),
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

size_t nx_stats_count(void)
{
    return sizeof(counters) / sizeof(counters[0]);
}

struct nx_stat nx_stats_read(struct nexus_client *client, size_t index)
{
    enum nx_counter counter = counters[index].counter;

    return (struct nx_stat){counters[index].name, read_counter(client, counter),
                            counter == NX_IN_FLIGHT || counter == NX_QUEUED ||
                                counter == NX_IN_HAND};
}

static const char *const states[] = {
    [NEXUS_STATE_CONNECTING] = "connecting",
    [NEXUS_STATE_CONNECTED] = "connected",
    [NEXUS_STATE_RECONNECTING] = "reconnecting",
    [NEXUS_STATE_CLOSED] = "closed",
};

const char *nx_stats_state(struct nexus_client *client)
{
    return states[atomic_load(&client->state)];
}

static void put_times(struct nx_buf *out, const char *name, const struct nx_times *times)
{
    uint64_t count = nx_times_count(times);
    uint64_t sum = atomic_load_explicit(&times->sum_ns, memory_order_relaxed);
    static const struct {
        const char *name;
        double share;
    } shares[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}};

    nx_buf_printf(out, ",\"%s\":{\"count\":%llu,\"mean_us\":%.1f", name, (unsigned long long)count,
                  count ? (double)sum / (double)count / 1000 : 0.0);
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        uint32_t bound = nx_times_quantile_us(times, shares[i].share);
        nx_buf_printf(out, ",\"%s_us\":", shares[i].name);
        if (bound == UINT32_MAX)
            nx_buf_puts(out, "null");
        else
            nx_buf_printf(out, "%u", bound);
    }
    nx_buf_putc(out, '}');
}

bool nx_channel_metrics_used(const struct nx_channel_metrics *metrics)
{
    for (size_t i = 0; i < NX_METRICS; i++)
        if (atomic_load_explicit(&metrics->counts[i], memory_order_relaxed))
            return true;
    return false;
}

static void put_channel(struct nx_buf *out, const char *name,
                        const struct nx_channel_metrics *metrics)
{
    nx_buf_printf(out, "\"%s\":{", name);
    for (size_t i = 0; i < NX_METRICS; i++)
        nx_buf_printf(
            out, "%s\"%s\":%llu", i ? "," : "", nx_metric_names[i],
            (unsigned long long)atomic_load_explicit(&metrics->counts[i], memory_order_relaxed));
    for (size_t i = 0; i < NX_SPANS; i++)
        put_times(out, nx_span_names[i], &metrics->times[i]);
    nx_buf_putc(out, '}');
}

static void put_name(struct nx_buf *out, const char *name, const char *value)
{
    nx_buf_printf(out, "\"%s\":", name);
    nx_json_put_string(out, value, strlen(value));
    nx_buf_putc(out, ',');
}

int nexus_client_stats_json(struct nexus_client *client, char **out, struct nexus_error *err)
{
    struct nx_buf text = NX_BUF_INIT;
    const char *separator = "";

    if (!client || !out)
        return nx_fail(err, NEXUS_E_INVALID, client ? "out" : "client", "is NULL");
    nx_buf_putc(&text, '{');
    put_name(&text, "service", client->options->service);
    put_name(&text, "node", client->options->node);
    put_name(&text, "state", nx_stats_state(client));
    for (size_t i = 0; i < nx_stats_count(); i++)
        nx_buf_printf(&text, "\"%s\":%llu,", counters[i].name,
                      (unsigned long long)read_counter(client, counters[i].counter));
    nx_buf_puts(&text, "\"channels\":{");
    for (size_t i = 0; i < nx_channel_count; i++) {
        if (!nx_channel_metrics_used(&client->metrics.channels[i]))
            continue;
        nx_buf_puts(&text, separator);
        put_channel(&text, nx_channels[i].name, &client->metrics.channels[i]);
        separator = ",";
    }
    nx_buf_puts(&text, "}}");
    *out = nx_buf_take(&text);
    return *out ? NEXUS_OK : nx_no_memory(err);
}
