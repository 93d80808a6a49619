/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile bodies, on the way that every received body takes: strict JSON, envelope, payload. The
 * data file is the first argument. */
#include <stdio.h>

#include "../unit/unit.h"
#include "codec.h"
#include "envelope.h"
#include "hex.h"

#define LEAST 45

static const char *data_file;

/* One block of the data file; see there. */
struct vector {
    char name[128];
    char channel[64];
    char tenant[64];
    char error[32];
    char where[256];
    char message[512];
    struct nx_buf body;
};

struct receiver {
    struct nx_json json;
    struct nx_arena arena;
};

static int receive(struct receiver *receiver, const char *channel, const char *tenant,
                   const char *body, size_t length, struct nexus_error *err)
{
    struct nx_envelope envelope;
    void *event;
    int code = nx_json_read(&receiver->json, body, length, err);

    if (!code)
        code = nx_envelope_read(&receiver->json, tenant, &envelope, err);
    if (!code)
        code = nx_codec_decode(nexus_channel_by_name(channel), &receiver->json, envelope.payload,
                               NX_CODEC_LENIENT, &receiver->arena, &event, err);
    nx_arena_reset(&receiver->arena);
    return code;
}

static void release(struct receiver *receiver)
{
    nx_json_free(&receiver->json);
    nx_arena_free(&receiver->arena);
}

/* Appends "<FF 00>" as bytes, and "<3*text@>" as "text0text1text2". Returns what follows. */
static const char *expand_bracket(const char *at, struct nx_buf *out)
{
    const char *end = strchr(at, '>');
    const char *star = strchr(at, '*');
    long times;

    ck_assert_msg(end != NULL, "no > after %s", at);
    if (!star || star > end) {
        for (at++; at < end; at += 3)
            nx_buf_putc(out, (char)(nx_hex_digit(at[0]) << 4 | nx_hex_digit(at[1])));
        return end + 1;
    }
    times = strtol(at + 1, NULL, 10);
    for (long i = 0; i < times; i++)
        for (const char *in = star + 1; in < end; in++) {
            if (*in == '@')
                nx_buf_int64(out, i);
            else
                nx_buf_putc(out, *in);
        }
    return end + 1;
}

static void expand(const char *text, struct nx_buf *out)
{
    while (*text) {
        if (*text == '<')
            text = expand_bracket(text, out);
        else
            nx_buf_putc(out, *text++);
    }
}

/* The body of a vector, from what its line gives of it. */
static void make_body(struct vector *vector, const char *part, const char *text)
{
    static const char start[] = "{\"causal_id\":\"evt-9f3ac21d\",\"vector_clock\":";

    nx_buf_reset(&vector->body);
    if (strcmp(part, "body") == 0) {
        expand(text, &vector->body);
    } else if (strcmp(part, "clock") == 0) {
        nx_buf_puts(&vector->body, start);
        expand(text, &vector->body);
        nx_buf_puts(&vector->body, ",\"payload\":{\"agent\":\"a\"}}");
        strcpy(vector->channel, "agentHandoffAck");
    } else {
        ck_assert_str_eq(part, "payload");
        nx_buf_printf(&vector->body, "%s{\"archi\":7},\"payload\":", start);
        expand(text, &vector->body);
        nx_buf_putc(&vector->body, '}');
    }
}

static void copy(char *to, size_t size, const char *from)
{
    ck_assert_uint_lt(strlen(from), size);
    strcpy(to, from);
}

static void take_line(struct vector *vector, char *line)
{
    char *value = strchr(line, ' ');

    ck_assert_msg(value != NULL, "no value: %s", line);
    *value++ = 0;
    if (strcmp(line, "==") == 0) {
        copy(vector->name, sizeof(vector->name), value);
        strcpy(vector->channel, "agentHandoff");
        vector->tenant[0] = vector->error[0] = vector->where[0] = vector->message[0] = 0;
        nx_buf_reset(&vector->body);
    } else if (strcmp(line, "channel") == 0) {
        copy(vector->channel, sizeof(vector->channel), value);
    } else if (strcmp(line, "tenant") == 0) {
        copy(vector->tenant, sizeof(vector->tenant), value);
    } else if (strcmp(line, "error") == 0) {
        copy(vector->error, sizeof(vector->error), value);
    } else if (strcmp(line, "where") == 0) {
        copy(vector->where, sizeof(vector->where), value);
    } else if (strcmp(line, "message") == 0) {
        copy(vector->message, sizeof(vector->message), value);
    } else {
        make_body(vector, line, value);
    }
}

/* Calls `use` for each vector, and returns how many there are. A blank line ends one. */
static size_t each_vector(void (*use)(const struct vector *vector))
{
    static struct vector vector;
    static char line[16384];
    size_t count = 0;
    bool inside = false;
    FILE *file = fopen(data_file, "r");

    ck_assert_msg(file != NULL, "cannot read %s", data_file);
    for (;;) {
        bool more = fgets(line, sizeof(line), file) != NULL;
        line[strcspn(line, "\n")] = 0;
        if (more && line[0] == '#')
            continue;
        if (more && line[0]) {
            take_line(&vector, line);
            inside = true;
            continue;
        }
        if (inside) {
            use(&vector);
            count++;
        }
        inside = false;
        if (!more)
            break;
    }
    fclose(file);
    nx_buf_free(&vector.body);
    return count;
}

static const char neighbour[] =
    "{\"causal_id\":\"evt-9f3ac21d\",\"vector_clock\":{\"archi\":7},\"payload\":{\"from\":"
    "\"archi\","
    "\"to\":\"claw-code\",\"task\":\"\xd0\xa2\\u0435\\ud83d\\ude00\",\"files\":[\"a\",\"b\"],"
    "\"context_summary\":\"\",\"x\":[1e2,{}]},\"tenant\":\"salon-001\",\"more\":null}";

/* The body stands at the end of its own allocation, so that a sanitizer sees a byte too many. */
static void check_vector(struct receiver *receiver, const struct vector *vector)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    size_t length = vector->body.length;
    char *body = malloc(length + (length == 0));
    const char *tenant = vector->tenant[0] ? vector->tenant : NULL;
    int code;

    ck_assert_ptr_nonnull(body);
    if (length)
        memcpy(body, vector->body.data, length);
    code = receive(receiver, vector->channel, tenant, body, length, &err);
    ck_assert_msg(strcmp(nexus_status_name(code), vector->error) == 0, "%s: %s: %s: %s",
                  vector->name, nexus_status_name(code), err.where, err.message);
    ck_assert_msg(strcmp(err.where, vector->where) == 0, "%s: %s: %s", vector->name, err.where,
                  err.message);
    ck_assert_msg(strcmp(err.message, vector->message) == 0, "%s: %s", vector->name, err.message);
    ck_assert_int_eq(receive(receiver, vector->channel, tenant, body, length, NULL), code);
    free(body);
}

static struct receiver shared;

static void check_alone(const struct vector *vector)
{
    struct receiver receiver = {NX_JSON_INIT, NX_ARENA_INIT};

    check_vector(&receiver, vector);
    release(&receiver);
}

/* One receiver takes them all, and after each a sound body. */
static void check_beside_a_sound_one(const struct vector *vector)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    check_vector(&shared, vector);
    unit_ok(receive(&shared, "agentHandoff", NULL, neighbour, sizeof(neighbour) - 1, &err), &err);
}

START_TEST(each_is_refused_or_taken_as_told)
{
    ck_assert_uint_ge(each_vector(check_alone), LEAST);
}
END_TEST

START_TEST(none_drops_its_neighbour)
{
    ck_assert_uint_ge(each_vector(check_beside_a_sound_one), LEAST);
    release(&shared);
}
END_TEST

START_TEST(a_body_cut_anywhere_is_refused)
{
    struct receiver receiver = {NX_JSON_INIT, NX_ARENA_INIT};

    for (size_t length = 0; length < sizeof(neighbour) - 1; length++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        char *body = malloc(length + (length == 0));
        ck_assert_ptr_nonnull(body);
        memcpy(body, neighbour, length);
        unit_expect(receive(&receiver, "agentHandoff", NULL, body, length, &err), &err,
                    NEXUS_E_JSON, NULL, NULL);
        free(body);
    }
    release(&receiver);
}
END_TEST

int main(int argc, char **argv)
{
    const TTest *const tests[] = {each_is_refused_or_taken_as_told, none_drops_its_neighbour,
                                  a_body_cut_anywhere_is_refused};

    if (argc < 2)
        return EXIT_FAILURE;
    data_file = argv[1];
    return unit_run("bodies", tests, sizeof(tests) / sizeof(tests[0]));
}
