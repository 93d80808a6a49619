/* SPDX-License-Identifier: Apache-2.0 */
#include "example.h"

#include <stdlib.h>
#include <string.h>

#include "../json_text.h"
#include "channels.h"

void example_put_value(FILE *out, const struct nexus_member *member)
{
    static const char *const fallbacks[] = {
        [NEXUS_KIND_STRING] = "\"text\"",      [NEXUS_KIND_INTEGER] = "1",
        [NEXUS_KIND_NUMBER] = "0.5",           [NEXUS_KIND_ENUM] = "null",
        [NEXUS_KIND_STRING_ARRAY] = "[\"a\"]", [NEXUS_KIND_INTEGER_ARRAY] = "[1]",
    };

    if (member->example)
        fputs(member->example, out);
    else if (member->values)
        json_put_string(out, member->values[0]);
    else if (member->format && strcmp(member->format, "uri") == 0)
        fputs("\"https://example.org/\"", out);
    else
        fputs(fallbacks[member->kind], out);
}

char *example_payload(const struct nexus_channel *channel, bool all)
{
    char *text = NULL;
    size_t size = 0;
    size_t written = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    fputc('{', out);
    for (size_t i = 0; i < nexus_channel_member_count(channel); i++) {
        struct nexus_member member = member_at(channel, i);
        if (!member.required && !all)
            continue;
        fputs(written++ ? "," : "", out);
        json_put_string(out, member.name);
        fputc(':', out);
        example_put_value(out, &member);
    }
    fputc('}', out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
