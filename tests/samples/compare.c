/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "member.h"
#include "sample.h"

static bool same_text(const char *left, const char *right)
{
    return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

static bool same_strings(const struct test_member *member, const void *left, const void *right)
{
    const char *const *texts = test_member_pointer(member, left);
    const char *const *others = test_member_pointer(member, right);
    for (size_t i = 0; i < test_member_count(member, left); i++) {
        if (!same_text(texts[i], others[i])) {
            return false;
        }
    }
    return true;
}

static bool same_integers(const struct test_member *member, const void *left, const void *right)
{
    size_t count = test_member_count(member, left);
    return count == 0 || memcmp(test_member_pointer(member, left),
                                test_member_pointer(member, right), count * sizeof(int64_t)) == 0;
}

static bool same_value(const struct test_member *member, const void *left, const void *right)
{
    switch (member->kind) {
    case NEXUS_KIND_STRING:
        return same_text(test_member_pointer(member, left), test_member_pointer(member, right));
    case NEXUS_KIND_INTEGER:
    case NEXUS_KIND_NUMBER:
        /* To the bit: -0.0 is not 0.0. */
        return memcmp((const char *)left + member->offset, (const char *)right + member->offset,
                      8) == 0;
    case NEXUS_KIND_ENUM:
        return test_member_enum(member, left) == test_member_enum(member, right);
    case NEXUS_KIND_STRING_ARRAY:
        return test_member_count(member, left) == test_member_count(member, right) &&
               same_strings(member, left, right);
    case NEXUS_KIND_INTEGER_ARRAY:
        return test_member_count(member, left) == test_member_count(member, right) &&
               same_integers(member, left, right);
    }
    return false;
}

const char *test_sample_difference(const struct test_channel *channel, const void *left,
                                   const void *right)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        const struct test_member *member = &channel->members[i];
        bool present = test_member_present(member, left);
        if (present != test_member_present(member, right) ||
            (present && !same_value(member, left, right))) {
            return member->name;
        }
    }
    const char *json;
    const char *other;
    memcpy(&json, (const char *)left + channel->json_offset, sizeof json);
    memcpy(&other, (const char *)right + channel->json_offset, sizeof other);
    return same_text(json, other) ? NULL : "json";
}
