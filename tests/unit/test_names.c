/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "unit.h"

#define TEN    "aaaaaaaaaa"
#define SIXTY  TEN TEN TEN TEN TEN TEN
#define ALNUM  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define STREAM "!#$%&'()+,-:;<=?@[]^_`{|}~" ALNUM

typedef int (*check_function)(const char *what, const char *text, struct nexus_error *err);

/* Tries every byte, alone and in the middle, against a list of those allowed. */
static void try_bytes(check_function check, const char *allowed)
{
    for (int byte = 1; byte < 256; byte++) {
        char alone[] = {(char)byte, 0}, inside[] = {'a', (char)byte, 'b', 0};
        int wanted = strchr(allowed, byte) ? NEXUS_OK : NEXUS_E_INVALID;
        ck_assert_int_eq(check("x", alone, NULL), wanted);
        ck_assert_int_eq(check("x", inside, NULL), wanted);
    }
}

START_TEST(durables)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    try_bytes(nx_check_durable, ALNUM "_-");
    unit_ok(nx_check_durable("durable", SIXTY SIXTY "bbbbbbbb", &err), &err);
    unit_expect(nx_check_durable("durable", SIXTY SIXTY "bbbbbbbbb", &err), &err, NEXUS_E_INVALID,
                "durable", "129 bytes exceed the limit of 128");
    unit_expect(nx_check_durable("durable", "", &err), &err, NEXUS_E_INVALID, "durable",
                "is empty");
    unit_expect(nx_check_durable("durable", "a.b", &err), &err, NEXUS_E_INVALID, "durable",
                "byte 0x2e at 1 is not allowed");
}
END_TEST

START_TEST(streams)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    try_bytes(nx_check_stream, STREAM);
    unit_ok(nx_check_stream("stream", SIXTY SIXTY SIXTY SIXTY "bbbbbbbbbbbbbbb", &err), &err);
    unit_expect(nx_check_stream("stream", SIXTY SIXTY SIXTY SIXTY "bbbbbbbbbbbbbbbb", &err), &err,
                NEXUS_E_INVALID, "stream", "256 bytes exceed the limit of 255");
}
END_TEST

START_TEST(inbox_prefixes)
{
    static const char *const empty_tokens[] = {".", "a.", ".a", "a..b", ".."};
    struct nexus_error err = NEXUS_ERROR_INIT;

    for (int byte = 1; byte < 256; byte++) {
        char inside[] = {'a', (char)byte, 'b', 0};
        int wanted = strchr("./" STREAM, byte) ? NEXUS_OK : NEXUS_E_INVALID;
        ck_assert_int_eq(nx_check_inbox_prefix("x", inside, NULL), wanted);
    }
    unit_ok(nx_check_inbox_prefix("inbox_prefix", "_INBOX_till-2", &err), &err);
    unit_ok(nx_check_inbox_prefix("inbox_prefix", "_INBOX.shop.till-2", &err), &err);
    unit_ok(nx_check_inbox_prefix("inbox_prefix", SIXTY "bbbb", &err), &err);
    unit_expect(nx_check_inbox_prefix("inbox_prefix", SIXTY "bbbbb", &err), &err, NEXUS_E_INVALID,
                "inbox_prefix", "65 bytes exceed the limit of 64");
    for (size_t i = 0; i < sizeof(empty_tokens) / sizeof(empty_tokens[0]); i++)
        unit_expect(nx_check_inbox_prefix("inbox_prefix", empty_tokens[i], &err), &err,
                    NEXUS_E_INVALID, "inbox_prefix", "has an empty token");
}
END_TEST

UNIT_MAIN("names", durables, streams, inbox_prefixes)
