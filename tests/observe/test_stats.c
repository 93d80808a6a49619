/* SPDX-License-Identifier: Apache-2.0 */
/* What a client tells of itself, over the bus in memory, whose time is exact. */
#include "memory.h"

static struct nexus_memory *bus;
static struct nexus_client *client;
static char *text;

static void begin(void)
{
    bus = memory_bus();
    client = memory_client(bus, "observed");
    memory_provision(client);
    text = NULL;
}

static void end(void)
{
    nexus_free(text);
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}

static void expect(const char *piece)
{
    ck_assert_msg(strstr(text, piece) != NULL, "%s is not in %s", piece, text);
}

static void show_json(void)
{
    nexus_free(text);
    OK(nexus_client_stats_json(client, &text, err));
}

START_TEST(who_it_is_and_how_it_stands)
{
    begin();
    show_json();
    expect("{\"service\":\"observed\",\"node\":");
    expect("\"state\":\"connected\"");
    expect("\"channels\":{}}");
    end();
}
END_TEST

START_TEST(each_channel_counts_its_own)
{
    struct memory_seen seen = {0};

    begin();
    for (int i = 0; i < 3; i++)
        OK(memory_publish(client, i, NULL, err));
    OK(nexus_publish_json(client, "bookingCreated", "salon-001", "{\"booking\":7}", NULL, NULL,
                          err));
    memory_subscribe(client, &seen, NULL);
    memory_dispatch(client, 1000);
    ck_assert_int_eq(seen.count, 3);
    show_json();
    expect("\"kbIngested\":{\"published\":3,\"acked\":3,\"duplicates\":0,\"resent\":0,\"failed\":0,"
           "\"received\":3,\"handled\":3,\"retried\":0,\"rejected\":0,\"deferred\":0,\"poison\":0");
    expect("\"bookingCreated\":{\"published\":1,\"acked\":1,");
    end();
}
END_TEST

START_TEST(an_ack_that_was_lost_shows_in_the_time)
{
    struct nexus_client_stats stats = NEXUS_CLIENT_STATS_INIT;

    begin();
    memory_fault(bus, NEXUS_FAULT_DROP, NEXUS_FAULT_ON_ACK, 1);
    OK(memory_publish(client, 1, NULL, err));
    OK(nexus_client_stats(client, &stats, err));
    ck_assert_uint_eq(stats.resent, 1);
    show_json();
    expect("\"acked\":1,\"duplicates\":1,\"resent\":1,");
    ck_assert_ptr_null(strstr(text, "\"publish\":{\"count\":1,\"mean_us\":0.0"));
    expect("\"publish\":{\"count\":1,");
    end();
}
END_TEST

START_TEST(retries_count_each_time)
{
    struct memory_seen seen = {.verdict = NEXUS_RETRY};

    begin();
    OK(memory_publish(client, 1, NULL, err));
    memory_subscribe(client, &seen, NULL);
    while (seen.count < 2)
        memory_dispatch(client, 1000);
    seen.verdict = NEXUS_ACK;
    while (seen.count < 3)
        memory_dispatch(client, 1000);
    show_json();
    expect("\"received\":3,\"handled\":1,\"retried\":2,");
    expect("\"handle\":{\"count\":3,");
    end();
}
END_TEST

START_TEST(prometheus_has_the_same_figures)
{
    begin();
    OK(memory_publish(client, 1, NULL, err));
    OK(nexus_client_stats_prometheus(client, &text, err));
    expect("# TYPE nexus_client_published_total counter\n"
           "nexus_client_published_total{service=\"observed\",node=\"");
    expect("# TYPE nexus_client_in_flight gauge\n");
    expect(",channel=\"kbIngested\"} 1\n");
    expect("channel=\"kbIngested\",le=\"+Inf\"} 1\n");
    FAILS(NEXUS_E_INVALID, nexus_client_stats_prometheus(NULL, &text, err));
    FAILS(NEXUS_E_INVALID, nexus_client_stats_prometheus(client, NULL, err));
    end();
}
END_TEST

MEMORY_MAIN("stats", who_it_is_and_how_it_stands, each_channel_counts_its_own,
            an_ack_that_was_lost_shows_in_the_time, retries_count_each_time,
            prometheus_has_the_same_figures)
