/* SPDX-License-Identifier: Apache-2.0 */
/* The data layer when memory runs out: each allocation fails once, in turn. The linker puts the
 * functions below in front of the C library's. */
#include <stdio.h>
#include <stdlib.h>

#include "codec.h"
#include "fixture.h"
#include "unit.h"

static long allowed = -1; /* allocations before the one that fails; negative: none fails */
static long held;         /* pieces that were not freed */

static bool permit(void)
{
    if (allowed < 0)
        return true;
    return allowed-- > 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *piece, size_t size);
void __real_free(void *piece);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *piece, size_t size);
void __wrap_free(void *piece);

void *__wrap_malloc(size_t size)
{
    void *piece = permit() ? __real_malloc(size) : NULL;

    held += piece != NULL;
    return piece;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *piece = permit() ? __real_calloc(count, size) : NULL;

    held += piece != NULL;
    return piece;
}

void *__wrap_realloc(void *piece, size_t size)
{
    void *grown = permit() ? __real_realloc(piece, size) : NULL;

    held += !piece && grown;
    return grown;
}

void __wrap_free(void *piece)
{
    held -= piece != NULL;
    __real_free(piece);
}

typedef int (*job)(struct nexus_error *err);

/* Runs a job that fails at its first, second, … allocation, until none is left to fail. */
static void starve(job run, long least)
{
    long attempts = 0;
    int code;

    do {
        struct nexus_error err = NEXUS_ERROR_INIT;
        held = 0;
        allowed = attempts;
        code = run(&err);
        allowed = -1;
        /* Before the next assertion, which allocates too. */
        if (held)
            ck_abort_msg("%ld pieces were not freed", held);
        if (code)
            unit_expect(code, &err, NEXUS_E_MEMORY, "", "out of memory");
        attempts++;
    } while (code && attempts < 1000);
    ck_assert_int_eq(code, 0);
    ck_assert_int_gt(attempts, least);
}

/* Large enough for a second block of the arena, for nodes beyond those that are lent, and for the
 * hash table of large objects; with escaped names, which are put together in buffers. */
static const char *large_payload(void)
{
    static char text[64 * 1024];
    size_t length = strlen(fixture_full_json) - 1;

    if (text[0])
        return text;
    memcpy(text, fixture_full_json, length);
    for (int i = 0; i < 400; i++)
        length += (size_t)sprintf(text + length, ",\"\\u0078%d\":\"a value of some length\"", i);
    strcpy(text + length, "}");
    return text;
}

static int encode(const char *extra, struct nexus_error *err)
{
    struct fixture event = fixture_full();
    struct nx_buf out = NX_BUF_INIT;
    int code;

    event.json = extra;
    code = nx_codec_encode(&fixture_channel, &event, &out, err);
    nx_buf_free(&out);
    return code;
}

static int encode_plain(struct nexus_error *err)
{
    return encode(NULL, err);
}

static int encode_with_extra(struct nexus_error *err)
{
    static char extra[64 * 1024];

    if (!extra[0]) {
        extra[0] = '{';
        strcpy(extra + 1, strstr(large_payload(), "\"\\u0078"));
    }
    return encode(extra, err);
}

static int encode_later_member(struct nexus_error *err)
{
    struct fixture event = fixture_minimal();
    struct nx_buf out = NX_BUF_INIT;
    int code;

    event.json = "{\"nick\":\"n\",\"level\":3}";
    code = nx_codec_encode(&fixture_channel, &event, &out, err);
    nx_buf_free(&out);
    return code;
}

static int decode(struct nexus_error *err)
{
    struct nx_json json = NX_JSON_INIT;
    struct nx_arena arena = NX_ARENA_INIT;
    void *event;
    int code = nx_json_read(&json, large_payload(), strlen(large_payload()), err);

    if (!code)
        code = nx_codec_decode(&fixture_channel, &json, 0, NX_CODEC_STRICT, &arena, &event, err);
    nx_json_free(&json);
    nx_arena_free(&arena);
    return code;
}

static int validate(struct nexus_error *err)
{
    return nexus_validate_json(
        "agentHandoff", "{\"from\":\"a\",\"to\":\"b\",\"task\":\"t\",\"files\":[\"f\"]}", err);
}

START_TEST(encoding)
{
    starve(encode_plain, 1);
    starve(encode_with_extra, 5);
    starve(encode_later_member, 2);
}
END_TEST

START_TEST(decoding)
{
    starve(decode, 6);
}
END_TEST

START_TEST(validating)
{
    starve(validate, 2);
}
END_TEST

UNIT_MAIN("codec_memory", encoding, decoding, validating)
