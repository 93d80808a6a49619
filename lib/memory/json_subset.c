/* SPDX-License-Identifier: Apache-2.0 */
#include "json_subset.h"

#define DEPTH_MAX 64

struct walk {
    const char *indent;
    struct nx_buf *out;
};

static void differ(const struct walk *walk, const char *place, const cJSON *expected,
                   const cJSON *found)
{
    char *wanted = cJSON_PrintUnformatted(expected);
    char *actual = found ? cJSON_PrintUnformatted(found) : NULL;

    if (walk->out)
        nx_buf_printf(walk->out, "%s%s: %s expected, %s found\n", walk->indent, place,
                      wanted ? wanted : "?", found ? (actual ? actual : "?") : "nothing");
    cJSON_free(wanted);
    cJSON_free(actual);
}

static int compare(const struct walk *walk, const cJSON *expected, const cJSON *found,
                   const char *place, int depth)
{
    const cJSON *member;
    int differences = 0;

    if (!cJSON_IsObject(expected) || !cJSON_IsObject(found) || depth == DEPTH_MAX) {
        if (found && cJSON_Compare(expected, found, true))
            return 0;
        differ(walk, place, expected, found);
        return 1;
    }
    cJSON_ArrayForEach(member, expected)
    {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(found, member->string);
        struct nx_buf inner = NX_BUF_INIT;
        nx_buf_printf(&inner, "%s.%s", place, member->string);
        differences +=
            compare(walk, member, other, nx_buf_text(&inner) ? inner.data : place, depth + 1);
        nx_buf_free(&inner);
    }
    return differences;
}

int nx_json_subset(const cJSON *expected, const cJSON *found, const char *place, const char *indent,
                   struct nx_buf *out)
{
    const struct walk walk = {indent, out};

    return compare(&walk, expected, found, place, 0);
}
