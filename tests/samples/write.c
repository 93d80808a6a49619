/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"
#include "sample.h"

static void write_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == '"' || byte == '\\') {
            fprintf(out, "\\u%04x", byte);
        } else {
            fputc(byte, out);
        }
    }
    fputc('"', out);
}

static void write_array(FILE *out, const struct test_member *member, const void *event)
{
    const void *array = test_member_pointer(member, event);
    fputc('[', out);
    for (size_t i = 0; i < test_member_count(member, event); i++) {
        fputs(i > 0 ? "," : "", out);
        if (member->kind == NEXUS_KIND_STRING_ARRAY) {
            write_string(out, ((const char *const *)array)[i]);
        } else {
            fprintf(out, "%" PRId64, ((const int64_t *)array)[i]);
        }
    }
    fputc(']', out);
}

static void write_value(FILE *out, const struct test_member *member, const void *event)
{
    int value;
    switch (member->kind) {
    case NEXUS_KIND_STRING:
        write_string(out, test_member_pointer(member, event));
        break;
    case NEXUS_KIND_INTEGER:
        fprintf(out, "%" PRId64, test_member_integer(member, event));
        break;
    case NEXUS_KIND_NUMBER:
        fprintf(out, "%.17g", test_member_number(member, event));
        break;
    case NEXUS_KIND_ENUM:
        value = test_member_enum(member, event);
        write_string(out,
                     value >= 1 && value <= TEST_ENUM_LIMIT && member->values[value - 1] != NULL
                         ? member->values[value - 1]
                         : test_member_enum_text(member, event));
        break;
    case NEXUS_KIND_STRING_ARRAY:
    case NEXUS_KIND_INTEGER_ARRAY:
        write_array(out, member, event);
        break;
    }
}

char *test_sample_json(const struct test_channel *channel, const void *event)
{
    char *text = NULL;
    size_t length = 0;
    const char *json;
    const char *separator = "";
    FILE *out = open_memstream(&text, &length);
    memcpy(&json, (const char *)event + channel->json_offset, sizeof json);
    fputc('{', out);
    for (size_t i = 0; i < channel->member_count; i++) {
        const struct test_member *member = &channel->members[i];
        if (test_member_present(member, event)) {
            fprintf(out, "%s\"%s\":", separator, member->name);
            write_value(out, member, event);
            separator = ",";
        }
    }
    if (json != NULL && strcmp(json, "{}") != 0) {
        fprintf(out, "%s%.*s", separator, (int)strlen(json) - 2, json + 1);
    }
    fputc('}', out);
    fclose(out);
    return text;
}
