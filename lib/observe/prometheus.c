/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics in Prometheus' text format, version 0.0.4. */
#include <nexus/observe.h>
#include <stdio.h>

#include "buf.h"
#include "schema.h"
#include "stats.h"

/* One text under way. */
struct page {
    struct nx_buf text;
    struct nx_buf labels; /* who it is about: service="…",node="…" */
    struct nexus_client *client;
};

static void put_head(struct page *page, const char *prefix, const char *name, const char *suffix,
                     const char *type, const char *help)
{
    nx_buf_printf(&page->text, "# HELP nexus_%s_%s%s %s\n# TYPE nexus_%s_%s%s %s\n", prefix, name,
                  suffix, help, prefix, name, suffix, type);
}

static void put_value(struct page *page, uint64_t value)
{
    nx_buf_printf(&page->text, "} %llu\n", (unsigned long long)value);
}

static void put_counters(struct page *page)
{
    for (size_t i = 0; i < nx_stats_count(); i++) {
        struct nx_stat stat = nx_stats_read(page->client, i);
        const char *suffix = stat.level ? "" : "_total";
        put_head(page, "client", stat.name, suffix, stat.level ? "gauge" : "counter",
                 "As in struct nexus_client_stats.");
        nx_buf_printf(&page->text, "nexus_client_%s%s{%s", stat.name, suffix, page->labels.data);
        put_value(page, stat.value);
    }
}

static void put_state(struct page *page)
{
    bool connected = atomic_load(&page->client->state) == NEXUS_STATE_CONNECTED;

    put_head(page, "client", "connected", "", "gauge", "1 while a server is answering, else 0.");
    nx_buf_printf(&page->text, "nexus_client_connected{%s", page->labels.data);
    put_value(page, connected);
}

/* The channels that have anything to tell. */
static const struct nx_channel_metrics *used(const struct page *page, size_t channel)
{
    const struct nx_channel_metrics *metrics = &page->client->metrics.channels[channel];

    return nx_channel_metrics_used(metrics) ? metrics : NULL;
}

static void put_metric(struct page *page, enum nx_metric metric)
{
    put_head(page, "channel", nx_metric_names[metric], "_total", "counter",
             "Events of one channel, counted as in struct nexus_client_stats.");
    for (size_t i = 0; i < nx_channel_count; i++) {
        const struct nx_channel_metrics *metrics = used(page, i);
        if (!metrics)
            continue;
        nx_buf_printf(&page->text, "nexus_channel_%s_total{%s,channel=\"%s\"",
                      nx_metric_names[metric], page->labels.data, nx_channels[i].name);
        put_value(page, atomic_load_explicit(&metrics->counts[metric], memory_order_relaxed));
    }
}

static void put_bucket(struct page *page, const char *span, const char *channel, const char *bound,
                       uint64_t value)
{
    nx_buf_printf(&page->text, "nexus_channel_%s_seconds_bucket{%s,channel=\"%s\",le=\"%s\"", span,
                  page->labels.data, channel, bound);
    put_value(page, value);
}

static void put_histogram(struct page *page, const char *span, const char *channel,
                          const struct nx_times *times)
{
    uint64_t sum = atomic_load_explicit(&times->sum_ns, memory_order_relaxed);
    uint64_t below = 0;
    char bound[24];

    for (size_t i = 0; i <= NX_TIME_BOUNDS; i++) {
        below += atomic_load_explicit(&times->counts[i], memory_order_relaxed);
        if (i < NX_TIME_BOUNDS)
            snprintf(bound, sizeof(bound), "%u.%06u", nx_time_bounds_us[i] / 1000000,
                     nx_time_bounds_us[i] % 1000000);
        else
            snprintf(bound, sizeof(bound), "+Inf");
        put_bucket(page, span, channel, bound, below);
    }
    nx_buf_printf(&page->text, "nexus_channel_%s_seconds_sum{%s,channel=\"%s\"} %llu.%09llu\n",
                  span, page->labels.data, channel, (unsigned long long)(sum / 1000000000),
                  (unsigned long long)(sum % 1000000000));
    nx_buf_printf(&page->text, "nexus_channel_%s_seconds_count{%s,channel=\"%s\"", span,
                  page->labels.data, channel);
    put_value(page, below);
}

static void put_span(struct page *page, enum nx_span span)
{
    static const char *const helps[NX_SPANS] = {
        [NX_SPAN_PUBLISH] = "From the call that accepted an event to its ack.",
        [NX_SPAN_HANDLE] = "From an event's arrival to its verdict.",
    };

    put_head(page, "channel", nx_span_names[span], "_seconds", "histogram", helps[span]);
    for (size_t i = 0; i < nx_channel_count; i++) {
        const struct nx_channel_metrics *metrics = used(page, i);
        if (metrics)
            put_histogram(page, nx_span_names[span], nx_channels[i].name, &metrics->times[span]);
    }
}

int nexus_client_stats_prometheus(struct nexus_client *client, char **out, struct nexus_error *err)
{
    struct page page = {NX_BUF_INIT, NX_BUF_INIT, client};

    if (!client || !out)
        return nx_fail(err, NEXUS_E_INVALID, client ? "out" : "client", "is NULL");
    /* Both are tokens: nothing in them needs escaping. */
    nx_buf_printf(&page.labels, "service=\"%s\",node=\"%s\"", client->options->service,
                  client->options->node);
    if (!nx_buf_text(&page.labels))
        return nx_no_memory(err);
    put_state(&page);
    put_counters(&page);
    for (enum nx_metric metric = 0; metric < NX_METRICS; metric++)
        put_metric(&page, metric);
    for (enum nx_span span = 0; span < NX_SPANS; span++)
        put_span(&page, span);
    nx_buf_free(&page.labels);
    *out = nx_buf_take(&page.text);
    return *out ? NEXUS_OK : nx_no_memory(err);
}
