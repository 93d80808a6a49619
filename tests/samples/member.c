/* SPDX-License-Identifier: Apache-2.0 */
#include "member.h"

#include <stdlib.h>
#include <string.h>

static const char *at(const void *event, size_t offset)
{
    return (const char *)event + offset;
}

const void *test_member_pointer(const struct test_member *member, const void *event)
{
    const void *value;
    memcpy(&value, at(event, member->offset), sizeof value);
    return value;
}

size_t test_member_count(const struct test_member *member, const void *event)
{
    size_t count;
    memcpy(&count, at(event, member->beside), sizeof count);
    return count;
}

int64_t test_member_integer(const struct test_member *member, const void *event)
{
    int64_t value;
    memcpy(&value, at(event, member->offset), sizeof value);
    return value;
}

double test_member_number(const struct test_member *member, const void *event)
{
    double value;
    memcpy(&value, at(event, member->offset), sizeof value);
    return value;
}

int test_member_enum(const struct test_member *member, const void *event)
{
    int value;
    memcpy(&value, at(event, member->offset), sizeof value);
    return value;
}

const char *test_member_enum_text(const struct test_member *member, const void *event)
{
    const char *text;
    memcpy(&text, at(event, member->beside), sizeof text);
    return text;
}

bool test_member_present(const struct test_member *member, const void *event)
{
    bool has = true;
    switch (member->kind) {
    case NEXUS_KIND_INTEGER:
    case NEXUS_KIND_NUMBER:
        if (member->beside != TEST_NO_OFFSET) {
            memcpy(&has, at(event, member->beside), sizeof has);
        }
        return has;
    case NEXUS_KIND_ENUM:
        return test_member_enum(member, event) != 0;
    case NEXUS_KIND_STRING:
        return test_member_pointer(member, event) != NULL;
    case NEXUS_KIND_STRING_ARRAY:
    case NEXUS_KIND_INTEGER_ARRAY:
        return member->required || test_member_pointer(member, event) != NULL;
    }
    return false;
}

void test_member_set_pointer(const struct test_member *member, void *event, const void *value)
{
    memcpy((char *)event + member->offset, &value, sizeof value);
}

void test_member_set_count(const struct test_member *member, void *event, size_t count)
{
    memcpy((char *)event + member->beside, &count, sizeof count);
}

static void set_has(const struct test_member *member, void *event)
{
    bool has = true;
    if (member->beside != TEST_NO_OFFSET) {
        memcpy((char *)event + member->beside, &has, sizeof has);
    }
}

void test_member_set_integer(const struct test_member *member, void *event, int64_t value)
{
    memcpy((char *)event + member->offset, &value, sizeof value);
    set_has(member, event);
}

void test_member_set_number(const struct test_member *member, void *event, double value)
{
    memcpy((char *)event + member->offset, &value, sizeof value);
    set_has(member, event);
}

void test_member_set_enum(const struct test_member *member, void *event, int value)
{
    memcpy((char *)event + member->offset, &value, sizeof value);
}

void test_member_free(const struct test_member *member, void *event)
{
    bool strings = member->kind == NEXUS_KIND_STRING_ARRAY;
    if (!strings && member->kind != NEXUS_KIND_STRING && member->kind != NEXUS_KIND_INTEGER_ARRAY) {
        return;
    }
    void *value = (void *)(uintptr_t)test_member_pointer(member, event);
    for (size_t i = 0; strings && i < test_member_count(member, event); i++) {
        free(((char **)value)[i]);
    }
    free(value);
}
