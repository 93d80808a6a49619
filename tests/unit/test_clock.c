/* SPDX-License-Identifier: Apache-2.0 */
/* The clock in memory. What it keeps on disk is in test_clock_store.c. */
#include "clock.h"

#include <nexus/vector_clock.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "unit.h"
#include "wrapped_clock.h"

#define THREADS 4
#define TICKS   20000
#define HALF    4503599627370496 /* 2^52 */

/* The wall clock that the library sees, in seconds; 0: the real one. */
static time_t wall_seconds;

int __wrap_clock_gettime(clockid_t id, struct timespec *out)
{
    if (id != CLOCK_REALTIME || wall_seconds == 0)
        return __real_clock_gettime(id, out);
    out->tv_sec = wall_seconds;
    out->tv_nsec = 0;
    return 0;
}

static struct nx_clock *make(const char *node, unsigned limit)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_clock *clock = NULL;

    unit_ok(nx_clock_new(node, limit, NULL, &clock, &err), &err);
    return clock;
}

/* Ticks, and compares the text with a format that has the own counter in it. */
static int64_t tick(struct nx_clock *clock, const char *node, char text[1024])
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf out = NX_BUF_INIT;
    int64_t own = -1;

    unit_ok(nx_clock_tick(clock, &out, &err), &err);
    ck_assert_uint_lt(out.length, 1024);
    strcpy(text, nx_buf_text(&out));
    unit_ok(nexus_vector_clock_get(text, node, &own, &err), &err);
    nx_buf_free(&out);
    return own;
}

static unsigned merge(struct nx_clock *clock, const char *text)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_json json = NX_JSON_INIT;
    unsigned dropped;

    unit_ok(nx_json_read(&json, text, strlen(text), &err), &err);
    unit_ok(nx_clock_check(&json, 0, &err), &err);
    dropped = nx_clock_merge(clock, &json, 0);
    nx_json_free(&json);
    return dropped;
}

static int64_t entry(struct nx_clock *clock, const char *node)
{
    struct nx_buf out = NX_BUF_INIT;
    int64_t value = -1;

    nx_clock_write(clock, &out);
    ck_assert_int_eq(nexus_vector_clock_get(nx_buf_text(&out), node, &value, NULL), NEXUS_OK);
    nx_buf_free(&out);
    return value;
}

START_TEST(counts_from_the_wall_clock)
{
    struct nx_clock *clock;
    char text[1024];

    wall_seconds = 1700000000;
    clock = make("till-2", 64);
    ck_assert_int_eq(tick(clock, "till-2", text), 1700000000000001);
    ck_assert_str_eq(text, "{\"till-2\":1700000000000001}");
    ck_assert_int_eq(tick(clock, "till-2", text), 1700000000000002);
    ck_assert_int_eq(entry(clock, "till-2"), 1700000000000002);
    nx_clock_destroy(clock);
}
END_TEST

START_TEST(does_not_believe_an_absurd_wall_clock)
{
    static const time_t seconds[] = {-5, HALF / 1000000 + 1};

    for (size_t i = 0; i < 2; i++) {
        struct nx_clock *clock;
        char text[1024];
        wall_seconds = seconds[i];
        clock = make("till-2", 64);
        ck_assert_int_eq(tick(clock, "till-2", text), 1);
        nx_clock_destroy(clock);
    }
}
END_TEST

START_TEST(merges_the_maximum_own_entry_first)
{
    struct nx_clock *clock;
    char text[1024];

    wall_seconds = 1;
    clock = make("me", 64);
    ck_assert_uint_eq(merge(clock, "{\"b\":5,\"a\":7}"), 0);
    tick(clock, "me", text);
    ck_assert_str_eq(text, "{\"me\":1000001,\"b\":5,\"a\":7}");
    ck_assert_uint_eq(merge(clock, "{\"a\":6,\"b\":9,\"c\":0,\"me\":3}"), 0);
    tick(clock, "me", text);
    ck_assert_str_eq(text, "{\"me\":1000002,\"b\":9,\"a\":7}");
    ck_assert_uint_eq(merge(clock, "{}"), 0);
    tick(clock, "me", text);
    ck_assert_str_eq(text, "{\"me\":1000003,\"b\":9,\"a\":7}");
    nx_clock_destroy(clock);
}
END_TEST

START_TEST(takes_integers_and_names_in_any_spelling)
{
    struct nx_clock *clock = make("me", 64);

    merge(clock, "{\"\\u0061\":1e1,\"b\\\"c\":20.0,\"\xd1\x83\":3}");
    merge(clock, "{\"a\":9,\"b\\u0022c\":21,\"\\u0443\":4}");
    ck_assert_int_eq(entry(clock, "a"), 10);
    ck_assert_int_eq(entry(clock, "b\"c"), 21);
    ck_assert_int_eq(entry(clock, "\xd1\x83"), 4);
    nx_clock_destroy(clock);
}
END_TEST

START_TEST(lets_a_peer_raise_the_own_entry_up_to_half_the_range)
{
    struct nx_clock *clock;
    char text[1024];

    wall_seconds = 1;
    clock = make("me", 64);
    merge(clock, "{\"me\":5000000}");
    ck_assert_int_eq(tick(clock, "me", text), 5000001);
    merge(clock, "{\"m\\u0065\":6000000}");
    ck_assert_int_eq(tick(clock, "me", text), 6000001);
    merge(clock, "{\"me\":4}");
    ck_assert_int_eq(tick(clock, "me", text), 6000002);
    merge(clock, "{\"me\":9007199254740991}");
    ck_assert_int_eq(tick(clock, "me", text), 6000003);
    merge(clock, "{\"me\":4503599627370497}");
    ck_assert_int_eq(tick(clock, "me", text), 6000004);
    merge(clock, "{\"me\":4503599627370496}");
    ck_assert_int_eq(tick(clock, "me", text), HALF + 1);
    merge(clock, "{\"me\":9007199254740991}");
    ck_assert_int_eq(tick(clock, "me", text), HALF + 2);
    nx_clock_destroy(clock);
}
END_TEST

START_TEST(drops_what_was_seen_longest_ago)
{
    struct nx_clock *clock = make("me", 4); /* three others */

    ck_assert_uint_eq(merge(clock, "{\"a\":1}"), 0);
    ck_assert_uint_eq(merge(clock, "{\"b\":1}"), 0);
    ck_assert_uint_eq(merge(clock, "{\"c\":1}"), 0);
    ck_assert_uint_eq(merge(clock, "{\"a\":1}"), 0); /* nothing new, but seen */
    ck_assert_uint_eq(merge(clock, "{\"d\":1}"), 1);
    ck_assert_int_eq(entry(clock, "a"), 1);
    ck_assert_int_eq(entry(clock, "b"), 0);
    ck_assert_int_eq(entry(clock, "d"), 1);
    /* An entry that the clock names itself does not make room for another. */
    ck_assert_uint_eq(merge(clock, "{\"x\":1,\"y\":1,\"c\":2}"), 2);
    ck_assert_int_eq(entry(clock, "c"), 2);
    ck_assert_int_eq(entry(clock, "x"), 1);
    ck_assert_int_eq(entry(clock, "y"), 1);
    /* More than there is room for: the first ones stay. */
    ck_assert_uint_eq(merge(clock, "{\"p\":1,\"q\":1,\"r\":1,\"s\":1,\"t\":1,\"me\":1}"), 5);
    ck_assert_int_eq(entry(clock, "p"), 1);
    ck_assert_int_eq(entry(clock, "r"), 1);
    ck_assert_int_eq(entry(clock, "s"), 0);
    nx_clock_destroy(clock);
}
END_TEST

START_TEST(holds_as_many_as_the_limit_says)
{
    struct nx_clock *clock = make("me", NX_CLOCK_ENTRIES_MAX);
    struct nx_buf text = NX_BUF_INIT;
    unsigned dropped = 0;

    for (int round = 0; round < 3; round++) {
        nx_buf_reset(&text);
        for (int i = 0; i < NX_CLOCK_ENTRIES_MAX; i++)
            nx_buf_printf(&text, "%s\"node-%d-%d\":%d", i ? "," : "{", round, i, i + 1);
        nx_buf_putc(&text, '}');
        dropped += merge(clock, nx_buf_text(&text));
    }
    ck_assert_uint_eq(dropped, 1 + 2 * NX_CLOCK_ENTRIES_MAX);
    ck_assert_int_eq(entry(clock, "node-2-0"), 1);
    ck_assert_int_eq(entry(clock, "node-2-1022"), 1023);
    ck_assert_int_eq(entry(clock, "node-2-1023"), 0);
    ck_assert_int_eq(entry(clock, "node-1-5"), 0);
    nx_buf_free(&text);
    nx_clock_destroy(clock);
}
END_TEST

static void expect_refused(const char *text, const char *where, const char *message)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_json json = NX_JSON_INIT;

    unit_ok(nx_json_read(&json, text, strlen(text), &err), &err);
    unit_expect(nx_clock_check(&json, 0, &err), &err, NEXUS_E_VALIDATION, where, message);
    ck_assert_int_eq(nx_clock_check(&json, 0, NULL), NEXUS_E_VALIDATION);
    nx_json_free(&json);
}

START_TEST(refuses_what_is_no_vector_clock)
{
    struct nx_buf many = NX_BUF_INIT;
    char name[NX_CLOCK_NAME_MAX + 16];

    expect_refused("[]", "vector_clock", "expected an object, got an array");
    expect_refused("7", "vector_clock", "expected an object, got a number");
    expect_refused("{\"a\":-1}", "vector_clock.a", "-1 is negative");
    expect_refused("{\"a\":1,\"b\":1.5}", "vector_clock.b", NULL);
    expect_refused("{\"a\":\"1\"}", "vector_clock.a", NULL);
    expect_refused("{\"a\":null}", "vector_clock.a", NULL);
    expect_refused("{\"a\":{}}", "vector_clock.a", NULL);
    expect_refused("{\"a\":9007199254740992}", "vector_clock.a", "9007199254740992 exceeds 2^53-1");
    expect_refused("{\"\":1}", "vector_clock", "an entry's name has 0 bytes, not 1 to 128");

    memset(name, 'n', sizeof(name));
    memcpy(name, "{\"", 2);
    memcpy(name + 2 + NX_CLOCK_NAME_MAX + 1, "\":1}", 5);
    expect_refused(name, "vector_clock", "an entry's name has 129 bytes, not 1 to 128");

    for (int i = 0; i <= NX_CLOCK_ENTRIES_MAX; i++)
        nx_buf_printf(&many, "%s\"n%d\":1", i ? "," : "{", i);
    nx_buf_putc(&many, '}');
    expect_refused(nx_buf_text(&many), "vector_clock", "1025 entries exceed the limit of 1024");
    nx_buf_free(&many);
}
END_TEST

START_TEST(measures_a_name_without_its_escapes)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_json json = NX_JSON_INIT;
    struct nx_buf text = NX_BUF_INIT;

    nx_buf_puts(&text, "{\"");
    for (int i = 0; i < NX_CLOCK_NAME_MAX; i++)
        nx_buf_puts(&text, "\\u0061");
    nx_buf_puts(&text, "\":1}");
    unit_ok(nx_json_read(&json, text.data, text.length, &err), &err);
    unit_ok(nx_clock_check(&json, 0, &err), &err);
    nx_json_free(&json);
    nx_buf_free(&text);
}
END_TEST

struct worker {
    struct nx_clock *clock;
    int64_t seen[TICKS];
};

static void *tick_many(void *data)
{
    struct worker *worker = data;
    char text[1024];

    for (int i = 0; i < TICKS; i++)
        worker->seen[i] = tick(worker->clock, "me", text);
    return NULL;
}

static void *merge_many(void *data)
{
    char text[64];

    for (int i = 0; i < TICKS; i++) {
        snprintf(text, sizeof(text), "{\"peer-%d\":%d,\"other\":%d}", i % 100, i, i);
        merge(data, text);
    }
    return NULL;
}

static int by_value(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

START_TEST(gives_each_thread_counters_of_its_own)
{
    static struct worker workers[THREADS];
    static int64_t all[THREADS * TICKS];
    pthread_t threads[THREADS], merger;
    struct nx_clock *clock = make("me", 16);

    ck_assert_int_eq(pthread_create(&merger, NULL, merge_many, clock), 0);
    for (int i = 0; i < THREADS; i++) {
        workers[i].clock = clock;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, tick_many, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_join(merger, NULL);
    for (int i = 0; i < THREADS; i++) {
        for (int n = 1; n < TICKS; n++)
            ck_assert_int_gt(workers[i].seen[n], workers[i].seen[n - 1]);
        memcpy(all + i * TICKS, workers[i].seen, sizeof(workers[i].seen));
    }
    qsort(all, THREADS * TICKS, sizeof(all[0]), by_value);
    for (int i = 1; i < THREADS * TICKS; i++)
        ck_assert_int_eq(all[i], all[i - 1] + 1);
    ck_assert_int_eq(entry(clock, "other"), TICKS - 1);
    nx_clock_destroy(clock);
}
END_TEST

UNIT_MAIN("clock", counts_from_the_wall_clock, does_not_believe_an_absurd_wall_clock,
          merges_the_maximum_own_entry_first, takes_integers_and_names_in_any_spelling,
          lets_a_peer_raise_the_own_entry_up_to_half_the_range, drops_what_was_seen_longest_ago,
          holds_as_many_as_the_limit_says, refuses_what_is_no_vector_clock,
          measures_a_name_without_its_escapes, gives_each_thread_counters_of_its_own)
