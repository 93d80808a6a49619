/* SPDX-License-Identifier: Apache-2.0 */
/* Causal chains: the short name in the envelope and the W3C trace context in the header. */
#include <string.h>

#include "hex.h"
#include "ids.h"
#include "random.h"

#define PREFIX        "evt-"
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)
#define TRACE_DIGITS  32
#define PARENT_DIGITS 16

/* "sampled", and "random" of the specification's second level. Others are to be cleared when a
 * header of version 00 is written. */
#define KNOWN_FLAGS 0x03
#define SAMPLED     0x01

static bool all_zero(const unsigned char *bytes, size_t length)
{
    unsigned char any = 0;

    for (size_t i = 0; i < length; i++)
        any |= bytes[i];
    return any == 0;
}

void nx_chain_name(struct nx_chain *chain, unsigned digits)
{
    char hex[TRACE_DIGITS];
    unsigned width = digits < 8 ? 8 : digits > TRACE_DIGITS ? TRACE_DIGITS : digits;

    nx_hex_write(hex, chain->trace_id, sizeof(chain->trace_id));
    memcpy(chain->causal_id, PREFIX, PREFIX_LENGTH);
    memcpy(chain->causal_id + PREFIX_LENGTH, hex + TRACE_DIGITS - width, width);
    chain->causal_id[PREFIX_LENGTH + width] = 0;
}

void nx_chain_new(struct nx_chain *chain, unsigned digits)
{
    nx_uuid7_bytes(chain->trace_id);
    chain->flags = SAMPLED;
    nx_chain_name(chain, digits);
}

/* Reads the trace id that a causal id names: its hex digits, the last 32 at most, dashes skipped
 * (a whole UUID may stand there). False when anything else is in it, or no digit but zeros. */
static bool trace_from_causal_id(const char *text, size_t length, unsigned char trace_id[16])
{
    unsigned char found[16] = {0};
    size_t digits = 0, skip = 0;

    if (length >= PREFIX_LENGTH && memcmp(text, PREFIX, PREFIX_LENGTH) == 0)
        skip = PREFIX_LENGTH;
    for (size_t i = length; i > skip; i--) {
        int value = nx_hex_digit(text[i - 1]);
        if (value < 0 && text[i - 1] != '-')
            return false;
        if (value < 0 || digits == TRACE_DIGITS)
            continue;
        found[15 - digits / 2] |= (unsigned char)(digits % 2 ? value << 4 : value);
        digits++;
    }
    if (all_zero(found, sizeof(found)))
        return false;
    memcpy(trace_id, found, sizeof(found));
    return true;
}

bool nx_chain_receive(struct nx_chain *chain, const char *causal_id, size_t length,
                      const char *traceparent)
{
    if (length > NX_CAUSAL_ID_MAX)
        return false;
    memcpy(chain->causal_id, causal_id, length);
    chain->causal_id[length] = 0;
    if (traceparent && nx_traceparent_parse(traceparent, chain->trace_id, &chain->flags))
        return true;
    chain->flags = SAMPLED;
    if (!trace_from_causal_id(causal_id, length, chain->trace_id))
        nx_uuid7_bytes(chain->trace_id);
    return true;
}

void nx_chain_traceparent(const struct nx_chain *chain, char out[NX_TRACEPARENT_SIZE])
{
    unsigned char parent[PARENT_DIGITS / 2];
    unsigned char flags = chain->flags & KNOWN_FLAGS;
    char *at = out;

    nx_random(parent, sizeof(parent));
    parent[0] |= 0x01; /* all zeros would mean "none" */
    *at++ = '0';
    *at++ = '0';
    *at++ = '-';
    at = nx_hex_write(at, chain->trace_id, sizeof(chain->trace_id));
    *at++ = '-';
    at = nx_hex_write(at, parent, sizeof(parent));
    *at++ = '-';
    at = nx_hex_write(at, &flags, 1);
    *at = 0;
}

/* Reads `length` bytes as lower-case hex, the only case the header allows. */
static bool read_hex(const char *text, unsigned char *out, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        int high = nx_hex_digit(text[2 * i]);
        int low = high < 0 ? -1 : nx_hex_digit(text[2 * i + 1]);
        if (low < 0 || (text[2 * i] & 0x60) == 0x40 || (text[2 * i + 1] & 0x60) == 0x40)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

bool nx_traceparent_parse(const char *text, unsigned char trace_id[16], unsigned char *flags)
{
    unsigned char version, trace[16], parent[8], bits;
    size_t length = strnlen(text, NX_TRACEPARENT_SIZE);

    if (length < NX_TRACEPARENT_SIZE - 1 || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return false;
    if (!read_hex(text, &version, 1) || !read_hex(text + 3, trace, sizeof(trace)) ||
        !read_hex(text + 36, parent, sizeof(parent)) || !read_hex(text + 53, &bits, 1))
        return false;
    if (version == 0xff || all_zero(trace, sizeof(trace)) || all_zero(parent, sizeof(parent)))
        return false;
    /* A later version may have more behind these four, set off by another dash. */
    if (text[55] != 0 && (version == 0 || text[55] != '-'))
        return false;
    if (trace_id)
        memcpy(trace_id, trace, sizeof(trace));
    if (flags)
        *flags = bits;
    return true;
}
