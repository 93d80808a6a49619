/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at text eight bytes at a time, for the inner loops of reading and writing. */
#ifndef NX_BYTES_H
#define NX_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NX_EVERY_BYTE(byte) (0x0101010101010101u * (uint64_t)(byte))

/* The byte at the lowest address becomes the lowest byte of the word. */
static inline uint64_t nx_load8(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The number of the lowest byte whose high bit is set. */
static inline size_t nx_first_flag(uint64_t flags)
{
    return (size_t)__builtin_ctzll(flags) / 8;
}

/* How many bytes from `at` on can stand in a JSON string as they are. With `ascii`, bytes from 0x80
 * on stop it too. A subtraction below borrows only out of a byte that is flagged itself, so the
 * lowest flag is always right, and it is the only one looked at. */
static inline size_t nx_plain_span(const char *at, const char *end, bool ascii)
{
    const char *from = at;

    for (; end - at >= 8; at += 8) {
        uint64_t word = nx_load8(at);
        uint64_t stop = ((word ^ NX_EVERY_BYTE('"')) - NX_EVERY_BYTE(1)) |
                        ((word ^ NX_EVERY_BYTE('\\')) - NX_EVERY_BYTE(1)) |
                        (word - NX_EVERY_BYTE(0x20));
        stop = ascii ? stop | word : stop & ~word;
        stop &= NX_EVERY_BYTE(0x80);
        if (stop)
            return (size_t)(at - from) + nx_first_flag(stop);
    }
    for (; at < end; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte == '"' || byte == '\\' || (ascii && byte >= 0x80))
            break;
    }
    return (size_t)(at - from);
}

static inline bool nx_utf8_continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The length of the sound UTF-8 sequence at `at`, which is not ASCII; 0 when it is unsound. */
static inline size_t nx_utf8_sequence(const char *at, const char *end)
{
    unsigned lead = (unsigned char)at[0];
    unsigned second = end - at > 1 ? (unsigned char)at[1] : 0;

    if (lead < 0xc2 || lead > 0xf4 || (second & 0xc0) != 0x80)
        return 0;
    if (lead < 0xe0)
        return 2;
    if (end - at < 3 || !nx_utf8_continues(at[2]))
        return 0;
    if (lead < 0xf0) {
        bool overlong = lead == 0xe0 && second < 0xa0;
        bool surrogate = lead == 0xed && second >= 0xa0;
        return overlong || surrogate ? 0 : 3;
    }
    if (end - at < 4 || !nx_utf8_continues(at[3]))
        return 0;
    return (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second >= 0x90) ? 0 : 4;
}

#endif
