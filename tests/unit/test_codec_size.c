/* SPDX-License-Identifier: Apache-2.0 */
/* Structs of callers that are older or newer than the library. */
#include <stdio.h>

#include "codec.h"
#include "fixture.h"
#include "unit.h"

/* Encodes an event from memory of exactly `size` bytes, so that a sanitizer sees a byte too many.
 */
static int encode_sized(const struct fixture *event, size_t size, struct nx_buf *out,
                        struct nexus_error *err)
{
    char *copy = calloc(1, size);
    int code;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, event, size < sizeof(*event) ? size : sizeof(*event));
    memcpy(copy, &size, size < sizeof(size) ? size : sizeof(size));
    nx_buf_reset(out);
    code = nx_codec_encode(&fixture_channel, copy, out, err);
    free(copy);
    return code;
}

START_TEST(refuses_sizes_that_cannot_be)
{
    static const size_t sizes[] = {0, 1, sizeof(size_t), 2 * sizeof(size_t) - 1, 65537, SIZE_MAX};
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf out = NX_BUF_INIT;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct fixture event = fixture_full();
        char message[120];
        snprintf(message, sizeof(message),
                 "%zu is not the size of a struct nexus_fixture; set it with its INIT macro",
                 sizes[i]);
        event.size = sizes[i];
        unit_expect(nx_codec_encode(&fixture_channel, &event, &out, &err), &err, NEXUS_E_INVALID,
                    "size", message);
    }
    unit_expect(nx_codec_encode(&fixture_channel, NULL, &out, &err), &err, NEXUS_E_INVALID, "event",
                "the event is NULL");
    nx_buf_free(&out);
}
END_TEST

/* A struct cut anywhere: what is missing reads as absent, and required members are missed. */
START_TEST(reads_missing_bytes_as_absent)
{
    struct fixture event = fixture_full();
    size_t needed = offsetof(struct fixture, numbers_count) + sizeof(size_t);
    struct nx_buf out = NX_BUF_INIT;

    for (size_t size = 2 * sizeof(size_t); size <= sizeof(event); size++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        int code = encode_sized(&event, size, &out, &err);
        if (size < needed) {
            unit_expect(code, &err, NEXUS_E_VALIDATION, NULL, "required member is missing");
            continue;
        }
        unit_ok(code, &err);
        ck_assert_int_eq(strstr(nx_buf_text(&out), "\"note\"") != NULL,
                         size >= offsetof(struct fixture, note) + sizeof(char *));
        ck_assert_int_eq(strstr(out.data, "\"weight\"") != NULL,
                         size >= offsetof(struct fixture, weight) + sizeof(int64_t));
        ck_assert_int_eq(strstr(out.data, "\"mood\"") != NULL,
                         size >= offsetof(struct fixture, mood_text) + sizeof(char *));
        ck_assert_int_eq(strstr(out.data, "\"ids\"") != NULL,
                         size >= offsetof(struct fixture, ids_count) + sizeof(size_t));
        ck_assert_int_eq(strstr(out.data, "\"level\"") != NULL,
                         size >= offsetof(struct fixture, level) + sizeof(int64_t));
    }
    nx_buf_free(&out);
}
END_TEST

START_TEST(takes_a_missing_member_from_json)
{
    struct fixture event = fixture_full();
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf out = NX_BUF_INIT;

    event.json = "{\"level\":4,\"nick\":\"a\"}";
    unit_ok(encode_sized(&event, offsetof(struct fixture, nick), &out, &err), &err);
    ck_assert_ptr_nonnull(strstr(nx_buf_text(&out), ",\"level\":4,\"nick\":\"a\"}"));
    event.json = "{\"level\":4.5}";
    unit_expect(encode_sized(&event, offsetof(struct fixture, nick), &out, &err), &err,
                NEXUS_E_VALIDATION, "payload.level", "expected an integer, got 4.5");
    nx_buf_free(&out);
}
END_TEST

START_TEST(accepts_a_newer_caller_who_sets_nothing_new)
{
    struct fixture event = fixture_full();
    struct nx_buf out = NX_BUF_INIT;

    for (size_t more = 1; more <= 64; more++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        unit_ok(encode_sized(&event, sizeof(event) + more, &out, &err), &err);
        ck_assert_str_eq(nx_buf_text(&out), fixture_full_json);
    }
    nx_buf_free(&out);
}
END_TEST

START_TEST(refuses_a_newer_caller_who_does)
{
    struct {
        struct fixture event;
        char more[40];
    } newer;
    struct nx_buf out = NX_BUF_INIT;
    char message[80];

    snprintf(message, sizeof(message),
             "a member beyond the %zu bytes that this version knows is set",
             sizeof(struct fixture));
    for (size_t i = 0; i < sizeof(newer.more); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        memset(&newer, 0, sizeof(newer));
        newer.event = fixture_full();
        newer.event.size = sizeof(newer);
        newer.more[i] = 1;
        unit_expect(nx_codec_encode(&fixture_channel, &newer, &out, &err), &err, NEXUS_E_INVALID,
                    "size", message);
    }
    nx_buf_free(&out);
}
END_TEST

UNIT_MAIN("codec_size", refuses_sizes_that_cannot_be, reads_missing_bytes_as_absent,
          takes_a_missing_member_from_json, accepts_a_newer_caller_who_sets_nothing_new,
          refuses_a_newer_caller_who_does)
