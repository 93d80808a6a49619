/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of the reader over random texts: what is sound reads back the same, and what is broken
 * at random never does harm. Each text stands at the end of its own allocation, so that a sanitizer
 * sees a byte too many. */
#include <stdio.h>

#include "codec.h"
#include "envelope.h"
#include "random_source.h"
#include "unit.h"

#define DOCUMENTS 3000
#define MUTATIONS 200000

static uint64_t state;

static void write_space(struct nx_buf *out)
{
    if (random_below(&state, 8) == 0)
        nx_buf_putc(out, " \t\r\n"[random_below(&state, 4)]);
}

static void write_string(struct nx_buf *out, unsigned unique)
{
    static const char *const pieces[] = {"a",
                                         "text of some length",
                                         "\\n",
                                         "\\\"",
                                         "\\u0416",
                                         "\\ud83d\\ude00",
                                         "\xd0\x96",
                                         "\\\\",
                                         "\\/",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80",
                                         "\x7f"};

    nx_buf_putc(out, '"');
    for (uint32_t left = random_below(&state, 5); left; left--)
        nx_buf_puts(out, pieces[random_below(&state, 12)]);
    if (unique)
        nx_buf_printf(out, "#%u", unique);
    nx_buf_putc(out, '"');
}

static void write_scalar(struct nx_buf *out)
{
    static const char *const words[] = {"null", "true", "false"};

    switch (random_below(&state, 4)) {
    case 0:
        nx_buf_puts(out, words[random_below(&state, 3)]);
        break;
    case 1:
        write_string(out, 0);
        break;
    case 2:
        nx_buf_int64(out, (int64_t)random_next(&state));
        break;
    default:
        nx_buf_printf(out, "%s%u.%ue%d", random_below(&state, 2) ? "-" : "",
                      random_below(&state, 1000), random_below(&state, 100000),
                      (int)random_below(&state, 600) - 300);
    }
}

/* The kinds of the open brackets. */
struct nesting {
    char close[NX_JSON_DEPTH];
    uint32_t depth;
};

static bool write_opening(struct nx_buf *out, struct nesting *nesting)
{
    bool object = random_below(&state, 2);

    if (nesting->depth == NX_JSON_DEPTH || random_below(&state, 3))
        return false;
    nx_buf_putc(out, object ? '{' : '[');
    nesting->close[nesting->depth++] = object ? '}' : ']';
    return true;
}

/* A document of about `budget` values. */
static void write_document(struct nx_buf *out, unsigned budget)
{
    struct nesting nesting = {{']'}, 1};
    bool first = true;

    nx_buf_putc(out, '[');
    while (nesting.depth) {
        if (budget == 0 || random_below(&state, 5) == 0) {
            nx_buf_putc(out, nesting.close[--nesting.depth]);
            first = false;
            continue;
        }
        if (!first)
            nx_buf_putc(out, ',');
        write_space(out);
        if (nesting.close[nesting.depth - 1] == '}') {
            write_string(out, budget);
            write_space(out);
            nx_buf_putc(out, ':');
            write_space(out);
        }
        budget--;
        first = write_opening(out, &nesting);
        if (!first)
            write_scalar(out);
        write_space(out);
    }
}

static char *exact_copy(const char *text, size_t length)
{
    char *copy = malloc(length + (length == 0));

    if (!copy)
        ck_abort_msg("no memory");
    memcpy(copy, text, length);
    return copy;
}

/* Writes the scalar, or the opening of the container, at `node` anew. */
static void rewrite_node(const struct nx_json *json, uint32_t node, struct nx_buf *out)
{
    const struct nx_json_node *at = &json->nodes[node];
    struct nx_arena arena = NX_ARENA_INIT;
    size_t length;

    if (at->type == NX_JSON_STRING) {
        const char *text = nx_json_string(json, node, &arena, &length);
        nx_json_put_string(out, text, length);
    } else if (at->type == NX_JSON_ARRAY || at->type == NX_JSON_OBJECT) {
        nx_buf_putc(out, json->text[at->start]);
    } else {
        nx_buf_append(out, json->text + at->start, at->end - at->start);
    }
    nx_arena_free(&arena);
}

/* Compares two tables: the same shape, the same texts and numbers, other spellings. */
static void expect_same_values(const struct nx_json *left, const struct nx_json *right)
{
    struct nx_buf one = NX_BUF_INIT;
    struct nx_buf two = NX_BUF_INIT;

    ck_assert_uint_eq(left->count, right->count);
    for (uint32_t i = 0; i < left->count; i++) {
        const struct nx_json_node *first = &left->nodes[i];
        const struct nx_json_node *second = &right->nodes[i];
        nx_buf_reset(&one);
        nx_buf_reset(&two);
        rewrite_node(left, i, &one);
        rewrite_node(right, i, &two);
        if (first->type != second->type || first->next != second->next ||
            first->count != second->count || strcmp(nx_buf_text(&one), nx_buf_text(&two)) != 0)
            ck_abort_msg("node %u of %.*s", i, (int)left->length, left->text);
    }
    nx_buf_free(&one);
    nx_buf_free(&two);
}

/* Writes the whole document anew, in its plainest spelling. */
static void rewrite(const struct nx_json *json, struct nx_buf *out)
{
    uint32_t open[NX_JSON_DEPTH];
    uint32_t done[NX_JSON_DEPTH];
    uint32_t depth = 0;

    for (uint32_t node = 0; node < json->count || depth;) {
        if (depth && node == json->nodes[open[depth - 1]].next) {
            depth--;
            nx_buf_putc(out, json->text[json->nodes[open[depth]].end - 1]);
            continue;
        }
        if (depth) {
            bool object = json->nodes[open[depth - 1]].type == NX_JSON_OBJECT;
            uint32_t place = done[depth - 1]++;
            if (place)
                nx_buf_putc(out, object && place % 2 ? ':' : ',');
        }
        rewrite_node(json, node, out);
        if (json->nodes[node].type >= NX_JSON_ARRAY) {
            open[depth] = node;
            done[depth++] = 0;
        }
        node++;
    }
}

START_TEST(sound_documents_read_back_the_same)
{
    struct nx_json json = NX_JSON_INIT;
    struct nx_json again = NX_JSON_INIT;
    struct nx_buf text = NX_BUF_INIT;
    struct nx_buf plain = NX_BUF_INIT;

    for (unsigned i = 0; i < DOCUMENTS; i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        char *copy;
        state = 1000 + i;
        nx_buf_reset(&text);
        nx_buf_reset(&plain);
        write_document(&text, random_below(&state, 200));
        copy = exact_copy(text.data, text.length);
        unit_ok(nx_json_read(&json, copy, text.length, &err), &err);
        rewrite(&json, &plain);
        unit_ok(nx_json_read(&again, plain.data, plain.length, &err), &err);
        expect_same_values(&json, &again);
        free(copy);
    }
    nx_json_free(&json);
    nx_json_free(&again);
    nx_buf_free(&text);
    nx_buf_free(&plain);
}
END_TEST

static const char *const bodies[] = {
    ("{\"causal_id\":\"evt-9f3ac21d\",\"vector_clock\":{\"nexus-core\":42,\"archi\":7},\"payload\":"
     "{\"from\":\"archi\",\"to\":\"claw-code\",\"task\":\"\xd0\x9f\xd0\xb5\xd1\x80\\u0435\\n\","
     "\"files\":[\"a.rs\",\"b.rs\"],\"context_summary\":\"\\ud83d\\ude00\",\"x\":{\"y\":[1e2]}},"
     "\"tenant\":\"salon-001\"}"),
    ("{\"causal_id\":\"\",\"vector_clock\":{},\"payload\":{\"sensor_id\":\"t\",\"metric\":"
     "\"temperature\",\"value\":-4.25,\"unit\":\"\xc2\xb0\x43\",\"timestamp_unix\":1764000000},"
     "\"tenant\":\"sto-002\",\"more\":[null,true,false]}"),
    ("{\"causal_id\":\"evt-1\",\"vector_clock\":{\"a\":1},\"payload\":{\"gates_passed\":[1,2,3],"
     "\"gates_failed\":[],\"result\":\"accepted\",\"diff_lines\":1.2e1}}")};
static const char *const channels[] = {"agentHandoff", "iotSensorData", "agentSelfEvolution"};
static const char *const tenants[] = {NULL, "sto-002", NULL};

static size_t mutate_once(char *text, size_t length, size_t room)
{
    static const char likely[] = "\"\\{}[]:,0123456789eE+-.untfalsr \xc3\x80\xed\xa0\xff\x01";
    size_t at = random_below(&state, (uint32_t)length + 1);

    switch (random_below(&state, 4)) {
    case 0: /* another byte */
        if (at < length)
            text[at] = likely[random_below(&state, sizeof(likely))];
        return length;
    case 1: /* a byte less */
        if (at == length)
            return length;
        memmove(text + at, text + at + 1, length - at - 1);
        return length - 1;
    case 2: /* a byte more */
        if (length == room)
            return length;
        memmove(text + at + 1, text + at, length - at);
        text[at] = likely[random_below(&state, sizeof(likely))];
        return length + 1;
    default: /* a flipped bit */
        if (at < length)
            text[at] = (char)(text[at] ^ (1 << random_below(&state, 8)));
        return length;
    }
}

/* The way of a received body; what comes out must be sound enough to publish again. */
static int receive(struct nx_json *json, struct nx_arena *arena, const char *text, size_t length,
                   unsigned which)
{
    const struct nexus_channel *channel = nexus_channel_by_name(channels[which]);
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf out = NX_BUF_INIT;
    struct nx_envelope envelope;
    void *event;
    int code = nx_json_read(json, text, length, &err);

    if (!code)
        code = nx_envelope_read(json, tenants[which], &envelope, &err);
    if (!code)
        code =
            nx_codec_decode(channel, json, envelope.payload, NX_CODEC_LENIENT, arena, &event, &err);
    /* An assertion reports to the runner, which 200,000 times takes a while. */
    if (!code && nx_codec_encode(channel, event, &out, &err))
        ck_abort_msg("cannot be passed on: %s: %s: %.*s", err.where, err.message, (int)length,
                     text);
    if (code && (err.code != code || !memchr(err.where, 0, sizeof(err.where)) ||
                 !memchr(err.message, 0, sizeof(err.message))))
        ck_abort_msg("a bad error for %.*s", (int)length, text);
    nx_buf_free(&out);
    nx_arena_reset(arena);
    return code;
}

START_TEST(broken_bodies_do_no_harm)
{
    struct nx_json json = NX_JSON_INIT;
    struct nx_arena arena = NX_ARENA_INIT;
    unsigned accepted = 0;

    state = 77;
    for (unsigned i = 0; i < MUTATIONS; i++) {
        unsigned which = i % 3;
        char text[512];
        size_t length = strlen(bodies[which]);
        char *copy;
        memcpy(text, bodies[which], length);
        for (uint32_t left = 1 + random_below(&state, 4); left; left--)
            length = mutate_once(text, length, sizeof(text));
        copy = exact_copy(text, length);
        accepted += receive(&json, &arena, copy, length, which) == 0;
        free(copy);
    }
    /* Many mutations change a letter of a text only: both ways must have been taken. */
    ck_assert_uint_gt(accepted, MUTATIONS / 20);
    ck_assert_uint_lt(accepted, MUTATIONS - MUTATIONS / 20);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(receive(&json, &arena, bodies[i], strlen(bodies[i]), i), 0);
    nx_json_free(&json);
    nx_arena_free(&arena);
}
END_TEST

UNIT_MAIN("json_random", sound_documents_read_back_the_same, broken_bodies_do_no_harm)
