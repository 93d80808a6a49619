/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing one member of an event's struct through the table. */
#ifndef TEST_MEMBER_H
#define TEST_MEMBER_H

#include "channels.h"

const void *test_member_pointer(const struct test_member *member, const void *event);
size_t test_member_count(const struct test_member *member, const void *event);
int64_t test_member_integer(const struct test_member *member, const void *event);
double test_member_number(const struct test_member *member, const void *event);
int test_member_enum(const struct test_member *member, const void *event);
const char *test_member_enum_text(const struct test_member *member, const void *event);
/* Whether the event has it; a required one always has. */
bool test_member_present(const struct test_member *member, const void *event);

void test_member_set_pointer(const struct test_member *member, void *event, const void *value);
void test_member_set_count(const struct test_member *member, void *event, size_t count);
void test_member_set_integer(const struct test_member *member, void *event, int64_t value);
void test_member_set_number(const struct test_member *member, void *event, double value);
void test_member_set_enum(const struct test_member *member, void *event, int value);

/* Frees what the member points to, all from malloc(). */
void test_member_free(const struct test_member *member, void *event);

#endif
