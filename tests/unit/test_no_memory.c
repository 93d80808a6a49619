/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation fails in turn: the first, then the second, until an operation needs no more.
 * Each time it says so, leaves its outputs alone, and what it had made is freed again (the leak
 * checker of the sanitizer builds looks). */
#include <nexus/base.h>
#include <nexus/vector_clock.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "delivery_chain.h"
#include "envelope.h"
#include "options.h"
#include "publish_options.h"
#include "trace.h"
#include "unit.h"

/* Allocations until one fails; negative: none does. */
static int left = -1;
static bool struck;

static bool strike(void)
{
    if (left < 0 || left-- > 0)
        return false;
    left = -1;
    struck = true;
    return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return strike() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return strike() ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    return strike() ? NULL : __real_realloc(memory, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return strike() ? NULL : __real_strdup(text);
}

/* Publish options can be taken from a delivery; here there are none. */
const struct nx_chain *nx_delivery_chain(const struct nexus_delivery *delivery)
{
    (void)delivery;
    return NULL;
}

struct nx_trace nx_trace_of(const struct nexus_delivery *delivery)
{
    (void)delivery;
    return (struct nx_trace){NULL, NULL};
}

/* Ends the danger, before anything of the test itself allocates. Hands a result through. */
static int calm(int code)
{
    left = -1;
    return code;
}

/* Runs `operation` until no allocation fails, and returns how many did. */
static int starve(int (*operation)(struct nexus_error *err))
{
    for (int allowed = 0;; allowed++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        int code;

        struck = false;
        left = allowed;
        code = operation(&err);
        left = -1;
        if (!struck) {
            unit_ok(code, &err);
            return allowed;
        }
        unit_expect(code, &err, NEXUS_E_MEMORY, NULL, NULL);
        ck_assert_int_lt(allowed, 1000);
    }
}

static struct nexus_client_options *options;

static int copy_options(struct nexus_error *err)
{
    struct nx_options *copy = NULL;
    int code = calm(nx_options_copy(options, &copy, err));

    ck_assert_int_eq(copy != NULL, code == NEXUS_OK);
    nx_options_destroy(copy);
    return code;
}

static int replace_user(struct nexus_error *err)
{
    int code = calm(nexus_client_options_set_user(options, "new", "secret", err));

    ck_assert_str_eq(options->values.user, code == NEXUS_OK ? "new" : "old");
    ck_assert_str_eq(options->values.password, code == NEXUS_OK ? "secret" : "hidden");
    return code;
}

static int replace_url(struct nexus_error *err)
{
    int code = calm(nexus_client_options_set_url(options, "nats://b,tls://c", err));

    ck_assert_str_eq(options->values.url, code == NEXUS_OK ? "nats://b,tls://c" : "nats://a");
    return code;
}

START_TEST(options_are_unchanged)
{
    options = nexus_client_options_new();
    ck_assert_int_eq(nexus_client_options_set_url(options, "nats://a", NULL), NEXUS_OK);
    ck_assert_int_eq(nexus_client_options_set_user(options, "old", "hidden", NULL), NEXUS_OK);
    ck_assert_int_ge(starve(copy_options), 6); /* the struct, four defaults or texts, two more */
    ck_assert_int_eq(starve(replace_user), 2);
    ck_assert_int_ge(starve(replace_url), 2);
    nexus_client_options_destroy(options);
}
END_TEST

static int make_objects(struct nexus_error *err)
{
    struct nexus_client_options *client = nexus_client_options_new();
    struct nexus_publish_options *publish = nexus_publish_options_new();
    int code = client && publish ? NEXUS_OK : NEXUS_E_MEMORY;

    err->code = code;
    nexus_client_options_destroy(client);
    nexus_publish_options_destroy(publish);
    return code;
}

START_TEST(objects_are_null)
{
    ck_assert_int_eq(starve(make_objects), 2);
}
END_TEST

static char directory[] = "/tmp/nexus-memory-XXXXXX";

static int make_clock(struct nexus_error *err)
{
    struct nx_clock *clock = NULL;
    int code = calm(nx_clock_new("till-2", 64, directory, &clock, err));

    ck_assert_int_eq(clock != NULL, code == NEXUS_OK);
    nx_clock_destroy(clock);
    return code;
}

START_TEST(a_clock_is_whole_or_not_there)
{
    char path[64];

    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_ge(starve(make_clock), 7);
    snprintf(path, sizeof(path), "%s/till-2.clock", directory);
    unlink(path);
    strcat(path, ".lock");
    unlink(path);
    ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

static int compare_clocks(struct nexus_error *err)
{
    enum nexus_clock_order order = NEXUS_CLOCK_EQUAL;
    int code = calm(
        nexus_vector_clock_compare("{\"\\u0061\":1,\"b\":2}", "{\"b\":3,\"c\":1}", &order, err));

    ck_assert_int_eq(order, code == NEXUS_OK ? NEXUS_CLOCK_CONCURRENT : NEXUS_CLOCK_EQUAL);
    return code;
}

static int merge_clocks(struct nexus_error *err)
{
    char *merged = NULL;
    int code = calm(nexus_vector_clock_merge("{\"\\u0061\":1}", "{\"b\":3}", &merged, err));

    ck_assert_int_eq(merged != NULL, code == NEXUS_OK);
    nexus_free(merged);
    return code;
}

START_TEST(clocks_as_text)
{
    ck_assert_int_ge(starve(compare_clocks), 5);
    ck_assert_int_ge(starve(merge_clocks), 6);
}
END_TEST

static struct nx_json received;

static int read_envelope(struct nexus_error *err)
{
    struct nx_envelope found = {.payload = 77};
    int code = calm(nx_envelope_read(&received, NULL, &found, err));

    ck_assert_int_eq(found.payload == 77, code != NEXUS_OK);
    return code;
}

START_TEST(an_envelope_with_escapes)
{
    static const char text[] = "{\"causal_id\":\"\\u0061\",\"vector_clock\":{\"\\u0062\":1},"
                               "\"payload\":{},\"tenant\":\"\\u0063\"}";

    ck_assert_int_eq(nx_json_read(&received, text, strlen(text), NULL), NEXUS_OK);
    ck_assert_int_ge(starve(read_envelope), 3);
    nx_json_free(&received);
}
END_TEST

/* A merge cannot fail: what it cannot keep it counts as dropped. The next message brings it. */
START_TEST(a_merge_drops_and_recovers)
{
    static const char text[] = "{\"\\u0061\":4,\"b\":5}";
    struct nx_buf out = NX_BUF_INIT;
    struct nx_clock *clock;
    int64_t value;

    ck_assert_int_eq(nx_json_read(&received, text, strlen(text), NULL), NEXUS_OK);
    ck_assert_int_eq(nx_clock_new("me", 8, NULL, &clock, NULL), NEXUS_OK);
    left = 0;
    ck_assert_uint_le(nx_clock_merge(clock, &received, 0), 1);
    ck_assert(struck);
    ck_assert_uint_eq(nx_clock_merge(clock, &received, 0), 0);

    /* Nor does a tick whose text cannot be written use a counter. */
    struck = false;
    left = 0;
    ck_assert_int_eq(nx_clock_tick(clock, &out, NULL), NEXUS_E_MEMORY);
    ck_assert(struck);
    ck_assert_uint_eq(out.length, 0);
    ck_assert(!out.failed);
    struck = false;
    left = 0;
    nx_clock_write(clock, &out);
    ck_assert(struck && out.failed);
    nx_buf_reset(&out);
    ck_assert_int_eq(nx_clock_tick(clock, &out, NULL), NEXUS_OK);
    ck_assert_int_eq(nexus_vector_clock_get(nx_buf_text(&out), "a", &value, NULL), NEXUS_OK);
    ck_assert_int_eq(value, 4);
    ck_assert_int_eq(nexus_vector_clock_get(nx_buf_text(&out), "b", &value, NULL), NEXUS_OK);
    ck_assert_int_eq(value, 5);
    nx_buf_free(&out);
    nx_clock_destroy(clock);
    nx_json_free(&received);
}
END_TEST

UNIT_MAIN("no memory", options_are_unchanged, objects_are_null, a_clock_is_whole_or_not_there,
          clocks_as_text, an_envelope_with_escapes, a_merge_drops_and_recovers)
