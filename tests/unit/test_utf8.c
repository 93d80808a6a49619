/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"
#include "unit.h"

static size_t encode(unsigned point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xe0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

START_TEST(takes_every_code_point_but_surrogates)
{
    for (unsigned point = 0; point <= 0x10ffff; point++) {
        char bytes[4];
        size_t length = encode(point, bytes);
        size_t points = 99;
        bool sound = nx_utf8_check(bytes, length, &points, NULL);

        /* An assertion reports to the runner, which a million times takes a while. */
        if (sound != (point < 0xd800 || point > 0xdfff) || (sound && points != 1))
            ck_abort_msg("U+%04X", point);
    }
}
END_TEST

/* Every sequence of one or two bytes, and of three and four with a lead byte and a choice of
 * others: what is sound is exactly what encode() can produce. */
START_TEST(takes_no_other_sequence)
{
    static const unsigned char others[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90,
                                           0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    size_t count = sizeof(others);
    size_t sound = 0;

    for (unsigned lead = 0x80; lead < 0x100; lead++) {
        char bytes[4] = {(char)lead, 0, 0, 0};
        ck_assert(!nx_utf8_check(bytes, 1, NULL, NULL));
        for (size_t i = 0; i < count * count * count; i++) {
            size_t points;
            bytes[1] = (char)others[i % count];
            bytes[2] = (char)others[i / count % count];
            bytes[3] = (char)others[i / count / count];
            sound += nx_utf8_check(bytes, 4, &points, NULL);
        }
    }
    /* Of four bytes: f0 with 4 of the 6 continuation bytes above, f1 to f3 with all, f4 with 2, and
     * 6 * 6 behind. Of two: 30 leads with 6, and two of the 3 ASCII bytes behind. Of three: e0 with
     * 2, ed with 4, 14 others with 6, then 6, and one ASCII byte behind. */
    ck_assert_uint_eq(sound, (4u + 3 * 6 + 2) * 36 + 30u * 6 * 9 + (2u + 14 * 6 + 4) * 6 * 3);
}
END_TEST

START_TEST(names_the_first_bad_byte)
{
    static const struct {
        const char *text;
        size_t length;
        size_t bad;
    } cases[] = {{"\xff", 1, 0},
                 {"ascii only, then \xc3", 18, 17},
                 {"\xd0\x90\xd0", 3, 2},
                 {"\xc0\x80", 2, 0},
                 {"a\xe0\x80\x80", 4, 1},
                 {"12345678\xed\xa0\x80", 11, 8},
                 {"\xf4\x90\x80\x80", 4, 0},
                 {"\xf0\x9f\x98", 3, 0},
                 {"1234567\x80", 8, 7},
                 {"123456789012345\xfe", 16, 15}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t points = 77;
        size_t bad = 77;
        ck_assert(!nx_utf8_check(cases[i].text, cases[i].length, &points, &bad));
        ck_assert_uint_eq(bad, cases[i].bad);
        ck_assert_uint_eq(points, 77);
    }
}
END_TEST

START_TEST(counts_code_points)
{
    static const struct {
        const char *text;
        size_t points;
    } cases[] = {{"", 0},
                 {"abc", 3},
                 {"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0", 4},
                 {"\xc2\xb0"
                  "C",
                  2},
                 {"\xf0\x9f\x98\x80!", 2},
                 {"12345678\xd0\x90"
                  "12345678\xe2\x82\xac"
                  "12345678",
                  26}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t points = 77;
        ck_assert(nx_utf8_check(cases[i].text, strlen(cases[i].text), &points, NULL));
        ck_assert_uint_eq(points, cases[i].points);
    }
}
END_TEST

/* The eight-byte loop and the loop for the rest must agree at every offset and length. */
START_TEST(finds_a_bad_byte_at_every_place)
{
    char text[40];

    for (size_t length = 1; length <= sizeof(text); length++)
        for (size_t at = 0; at < length; at++) {
            size_t bad = 77;
            memset(text, 'x', sizeof(text));
            text[at] = (char)0xbf;
            ck_assert(!nx_utf8_check(text, length, NULL, &bad));
            ck_assert_uint_eq(bad, at);
        }
}
END_TEST

UNIT_MAIN("utf8", takes_every_code_point_but_surrogates, takes_no_other_sequence,
          names_the_first_bad_byte, counts_code_points, finds_a_bad_byte_at_every_place)
