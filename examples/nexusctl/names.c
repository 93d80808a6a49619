/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LONGEST 48

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

/* How many letters must be changed, put in or taken out to make one name of the other. */
static size_t distance(const char *left, const char *right)
{
    size_t row[LONGEST + 1];
    size_t width = strlen(right);

    if (width > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; left[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < width; j++) {
            size_t same = tolower((unsigned char)left[i]) == tolower((unsigned char)right[j]);
            size_t best = smaller(diagonal + !same, smaller(row[j], row[j + 1]) + 1);
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    return row[width];
}

static bool is_called(const struct nexus_channel *channel, const char *text)
{
    return strcmp(nexus_channel_name(channel), text) == 0 ||
           strcmp(nexus_channel_c_name(channel), text) == 0 ||
           strcmp(nexus_channel_address(channel), text) == 0;
}

const struct nexus_channel *find_channel(const char *text, struct nexus_error *err)
{
    const struct nexus_channel *near = NULL;
    size_t nearest = 5;

    for (size_t i = 0; i < nexus_channel_count(); i++) {
        const struct nexus_channel *channel = nexus_channel_at(i);
        size_t away = distance(text, nexus_channel_name(channel));
        if (is_called(channel, text))
            return channel;
        if (away < nearest) {
            near = channel;
            nearest = away;
        }
    }
    if (nexus_channel_by_subject(text))
        return nexus_channel_by_subject(text);
    *err = (struct nexus_error){NEXUS_E_CHANNEL, 0, "", "the contract has no such channel"};
    snprintf(err->where, sizeof(err->where), "%s", *text ? text : "\"\"");
    if (near)
        snprintf(err->message, sizeof(err->message),
                 "the contract has no such channel; did you mean %s?", nexus_channel_name(near));
    return NULL;
}
