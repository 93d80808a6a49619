/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up events of any channel: with few members, with all, with values at their limits, with
 * members the contract does not know; how they compare, and how their payload reads as JSON. */
#ifndef TEST_SAMPLE_H
#define TEST_SAMPLE_H

#include "channels.h"

enum test_variant {
    TEST_MINIMAL, /* required members only */
    TEST_FULL,    /* all members, ordinary values */
    TEST_EDGE,    /* all members, values at their limits */
    TEST_EXTRA,   /* all members, and unknown ones in `json` */
    TEST_VARIANT_COUNT
};

const char *test_variant_name(enum test_variant variant);

/* A new event; test_sample_destroy() it. `number` makes its values differ from other samples'. */
void *test_sample_new(const struct test_channel *channel, enum test_variant variant, int number);
void test_sample_destroy(const struct test_channel *channel, void *event);

/* NULL when all members are equal, to the bit; else the name of one that is not. */
const char *test_sample_difference(const struct test_channel *channel, const void *left,
                                   const void *right);

/* The payload as JSON text, written by the test's own hand; free() it. */
char *test_sample_json(const struct test_channel *channel, const void *event);

/* The node of an edgeHealth sample. */
#define TEST_NODE "edge-msk-01"

#endif
