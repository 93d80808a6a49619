/* SPDX-License-Identifier: Apache-2.0 */
/* Causal ids and the W3C trace context. */
#include "hex.h"
#include "ids.h"
#include "unit.h"

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static void trace_text(const struct nx_chain *chain, char out[33])
{
    *nx_hex_write(out, chain->trace_id, 16) = 0;
}

START_TEST(names_a_fresh_chain_by_its_tail)
{
    for (unsigned digits = 0; digits <= 40; digits++) {
        unsigned width = digits < 8 ? 8 : digits > 32 ? 32 : digits;
        struct nx_chain chain;
        char trace[33];

        nx_chain_new(&chain, digits);
        trace_text(&chain, trace);
        ck_assert_uint_eq(strlen(chain.causal_id), 4 + width);
        ck_assert_int_eq(memcmp(chain.causal_id, "evt-", 4), 0);
        ck_assert_str_eq(chain.causal_id + 4, trace + 32 - width);
        ck_assert_int_eq(trace[12], '7');
        ck_assert_uint_eq(chain.flags, 1);
    }
}
END_TEST

START_TEST(makes_a_trace_id_of_a_causal_id)
{
    static const struct {
        const char *causal_id, *trace;
    } cases[] = {
        {"evt-9f3ac21d", "0000000000000000000000009f3ac21d"},
        {"9f3ac21d", "0000000000000000000000009f3ac21d"},
        {"evt-9F3AC21D", "0000000000000000000000009f3ac21d"},
        {"evt-1", "00000000000000000000000000000001"},
        {"evt-abc", "00000000000000000000000000000abc"},
        {"evt-" TRACE, TRACE},
        {"evt-ffff" TRACE, TRACE},
        {"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e279b07cc398c4dc0c0c07398f"},
        {"evt-017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e279b07cc398c4dc0c0c07398f"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *id = cases[i].causal_id;
        struct nx_chain chain;
        char trace[33];

        ck_assert(nx_chain_receive(&chain, id, strlen(id), NULL));
        trace_text(&chain, trace);
        ck_assert_str_eq(trace, cases[i].trace);
        ck_assert_str_eq(chain.causal_id, id);
        ck_assert_uint_eq(chain.flags, 1);
    }
}
END_TEST

START_TEST(makes_a_fresh_trace_id_where_the_causal_id_has_none)
{
    static const char *const ids[] = {"",         "evt-",    "-",        "evt--",
                                      "order-42", "evt-0",   "00000000", "evt-9f3ac21g",
                                      "EVT-1f",   "\xd0\xb0"};

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct nx_chain first, second;
        char trace[33];

        ck_assert(nx_chain_receive(&first, ids[i], strlen(ids[i]), NULL));
        ck_assert(nx_chain_receive(&second, ids[i], strlen(ids[i]), NULL));
        trace_text(&first, trace);
        ck_assert_msg(trace[12] == '7', "%s: %s is no UUIDv7", ids[i], trace);
        ck_assert_int_ne(memcmp(first.trace_id, second.trace_id, 16), 0);
        ck_assert_str_eq(first.causal_id, ids[i]);
    }
}
END_TEST

START_TEST(prefers_the_header)
{
    struct nx_chain chain;
    char trace[33];

    ck_assert(nx_chain_receive(&chain, "evt-9f3ac21d", 12, "00-" TRACE "-" PARENT "-00"));
    trace_text(&chain, trace);
    ck_assert_str_eq(trace, TRACE);
    ck_assert_uint_eq(chain.flags, 0);
    ck_assert_str_eq(chain.causal_id, "evt-9f3ac21d");

    ck_assert(nx_chain_receive(&chain, "evt-9f3ac21d", 12, "00-" TRACE "-" PARENT));
    trace_text(&chain, trace);
    ck_assert_str_eq(trace, "0000000000000000000000009f3ac21d");
    ck_assert_uint_eq(chain.flags, 1);
}
END_TEST

START_TEST(limits_the_causal_id)
{
    char id[NX_CAUSAL_ID_MAX + 1];
    struct nx_chain chain;

    memset(id, 'a', sizeof(id));
    ck_assert(nx_chain_receive(&chain, id, NX_CAUSAL_ID_MAX, NULL));
    ck_assert_uint_eq(strlen(chain.causal_id), NX_CAUSAL_ID_MAX);
    ck_assert(!nx_chain_receive(&chain, id, NX_CAUSAL_ID_MAX + 1, NULL));
}
END_TEST

START_TEST(writes_a_header_that_it_reads)
{
    struct nx_chain chain;
    char first[NX_TRACEPARENT_SIZE], second[NX_TRACEPARENT_SIZE];
    unsigned char trace[16], flags;

    nx_chain_new(&chain, 8);
    chain.flags = 0xff;
    nx_chain_traceparent(&chain, first);
    nx_chain_traceparent(&chain, second);
    ck_assert_uint_eq(strlen(first), 55);
    ck_assert(nx_traceparent_parse(first, trace, &flags));
    ck_assert_int_eq(memcmp(trace, chain.trace_id, 16), 0);
    ck_assert_uint_eq(flags, 0x03); /* flags that this version does not know are cleared */
    ck_assert_int_eq(memcmp(first, second, 36), 0);
    ck_assert_int_ne(memcmp(first + 36, second + 36, 16), 0);
}
END_TEST

START_TEST(reads_sound_headers_only)
{
    static const struct {
        const char *text;
        bool sound;
    } cases[] = {
        {"00-" TRACE "-" PARENT "-01", true},
        {"00-" TRACE "-" PARENT "-ff", true},
        {"01-" TRACE "-" PARENT "-01", true},
        {"cc-" TRACE "-" PARENT "-01-what-the-future-brings", true},
        {"cc-" TRACE "-" PARENT "-01.what", false},
        {"00-" TRACE "-" PARENT "-01-more", false},
        {"ff-" TRACE "-" PARENT "-01", false},
        {"00-00000000000000000000000000000000-" PARENT "-01", false},
        {"00-" TRACE "-0000000000000000-01", false},
        {"00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01", false},
        {"00-" TRACE "-00F067AA0BA902B7-01", false},
        {"00-4bF92f3577b34da6a3ce929d0e0e4736-" PARENT "-01", false},
        {"00-4bf92f3577b34dA6a3ce929d0e0e4736-" PARENT "-01", false},
        {"00-4bf92f3577b34da6a3ce929d0e0e473F-" PARENT "-01", false},
        {"00-" TRACE "-" PARENT "-0A", false},
        {"00-" TRACE "-" PARENT "-0", false},
        {"00-" TRACE "-" PARENT "-0g", false},
        {"00_" TRACE "-" PARENT "-01", false},
        {"00-" TRACE "_" PARENT "-01", false},
        {"00-" TRACE "-" PARENT "_01", false},
        {"0-" TRACE "-" PARENT "-01", false},
        {" 00-" TRACE "-" PARENT "-01", false},
        {"00-" TRACE "-" PARENT "-01 ", false},
        {"00-" TRACE, false},
        {"00", false},
        {"", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char trace[16] = {0}, flags = 0x55;
        bool sound = nx_traceparent_parse(cases[i].text, trace, &flags);
        ck_assert_msg(sound == cases[i].sound, "%s", cases[i].text);
        ck_assert_int_eq(trace[0], sound ? 0x4b : 0);
        ck_assert_int_eq(nx_traceparent_parse(cases[i].text, NULL, NULL), sound);
        if (!sound)
            ck_assert_uint_eq(flags, 0x55);
    }
}
END_TEST

UNIT_MAIN("chain", names_a_fresh_chain_by_its_tail, makes_a_trace_id_of_a_causal_id,
          makes_a_fresh_trace_id_where_the_causal_id_has_none, prefers_the_header,
          limits_the_causal_id, writes_a_header_that_it_reads, reads_sound_headers_only)
