/* SPDX-License-Identifier: Apache-2.0 */
/* The rule of subject tokens. Hostile ones are in ../vectors/tokens.txt. */
#include "token.h"

#include <nexus/channel.h>

#include "unit.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define SIXTY   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

START_TEST(accepts_what_the_rule_allows)
{
    const char *const tokens[] = {"a",  "Z",  "0",     "salon-001", "sto_002",
                                  "a-", "a_", "7--_-", LETTERS,     SIXTY "bbb"};

    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        unit_ok(nexus_check_token("tenant", tokens[i], &err), &err);
        ck_assert(nx_token_sound(tokens[i], strlen(tokens[i])));
    }
}
END_TEST

START_TEST(knows_every_byte_in_either_place)
{
    for (int byte = 1; byte < 256; byte++) {
        char alone[] = {(char)byte, 0};
        char behind[] = {'a', (char)byte, 0};
        bool letter = strchr(LETTERS, byte) != NULL;
        bool inner = letter || byte == '-' || byte == '_';

        ck_assert_int_eq(nx_token_sound(alone, 1), letter);
        ck_assert_int_eq(nx_token_sound(behind, 2), inner);
        ck_assert_int_eq(nexus_check_token("x", alone, NULL) == NEXUS_OK, letter);
        ck_assert_int_eq(nexus_check_token("x", behind, NULL) == NEXUS_OK, inner);
    }
    ck_assert(!nx_token_sound("a\0b", 3));
}
END_TEST

START_TEST(says_what_is_wrong_and_where)
{
    static const struct {
        const char *token, *message;
    } cases[] = {
        {NULL, "no value is given"},
        {"", "the value is empty; expected [A-Za-z0-9][A-Za-z0-9_-]{0,62}"},
        {"_core", "\"_core\" names the platform itself"},
        {"_x", "'_' cannot come first; expected [A-Za-z0-9][A-Za-z0-9_-]{0,62}"},
        {"a.b", "'.' at byte 1 is not allowed; expected [A-Za-z0-9][A-Za-z0-9_-]{0,62}"},
        {"a b", "0x20 at byte 1 is not allowed; expected [A-Za-z0-9][A-Za-z0-9_-]{0,62}"},
        {SIXTY "bbbb", "64 bytes exceed the limit of 63"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        int code = nexus_check_token("tenant", cases[i].token, &err);
        unit_expect(code, &err, NEXUS_E_SUBJECT, "tenant", cases[i].message);
    }
}
END_TEST

START_TEST(measures_the_length_of_a_piece)
{
    ck_assert(!nx_token_sound("", 0));
    ck_assert(nx_token_sound("ab.cd", 2));
    ck_assert(!nx_token_sound("ab.cd", 3));
    ck_assert(nx_token_sound(SIXTY "bbbb", 63));
    ck_assert(!nx_token_sound(SIXTY "bbbb", 64));
}
END_TEST

UNIT_MAIN("token", accepts_what_the_rule_allows, knows_every_byte_in_either_place,
          says_what_is_wrong_and_where, measures_the_length_of_a_piece)
