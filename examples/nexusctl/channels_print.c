/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../json_text.h"
#include "channels.h"
#include "example.h"

static void put_text(const char *name, const char *text)
{
    printf("\"%s\":", name);
    json_put_string(stdout, text);
    putchar(',');
}

static void put_values(const char *const *values)
{
    if (!values) {
        fputs("null", stdout);
        return;
    }
    putchar('[');
    for (size_t i = 0; values[i]; i++) {
        fputs(i ? "," : "", stdout);
        json_put_string(stdout, values[i]);
    }
    putchar(']');
}

static void put_member_json(const struct nexus_member *member)
{
    putchar('{');
    put_text("name", member->name);
    put_text("kind", kind_name(member->kind));
    printf("\"required\":%s,", member->required ? "true" : "false");
    if (member->max_length)
        printf("\"max_length\":%u,", (unsigned)member->max_length);
    else
        fputs("\"max_length\":null,", stdout);
    put_text("format", member->format);
    fputs("\"values\":", stdout);
    put_values(member->values);
    putchar(',');
    put_text("description", member->description);
    printf("\"example\":%s}", member->example ? member->example : "null");
}

void channel_put_json(const struct nexus_channel *channel)
{
    putchar('{');
    put_text("name", nexus_channel_name(channel));
    put_text("c_name", nexus_channel_c_name(channel));
    put_text("address", nexus_channel_address(channel));
    put_text("summary", nexus_channel_summary(channel));
    put_text("fingerprint", nexus_channel_fingerprint(channel));
    printf("\"tenant\":%s,", nexus_channel_has_tenant(channel) ? "true" : "false");
    printf("\"open\":%s,\"parameters\":[", nexus_channel_is_open(channel) ? "true" : "false");
    for (size_t i = 0; i < nexus_channel_parameter_count(channel); i++) {
        fputs(i ? "," : "", stdout);
        json_put_string(stdout, nexus_channel_parameter(channel, i));
    }
    fputs("],\"members\":[", stdout);
    for (size_t i = 0; i < nexus_channel_member_count(channel); i++) {
        struct nexus_member member = member_at(channel, i);
        fputs(i ? "," : "", stdout);
        put_member_json(&member);
    }
    fputs("]}", stdout);
}

static void put_limits(const struct nexus_member *member)
{
    for (size_t i = 0; member->values && member->values[i]; i++)
        printf("%s%s", i ? ", " : "one of ", member->values[i]);
    if (member->max_length)
        printf("up to %u characters", (unsigned)member->max_length);
    if (member->format && member->kind == NEXUS_KIND_STRING)
        printf("%s%s", member->max_length ? ", " : "", member->format);
}

/* Two lines: what it is, and what it says. */
static void put_member_row(const struct nexus_member *member)
{
    printf("  %-20s %-14s %-9s ", member->name, kind_name(member->kind),
           member->required ? "required" : "optional");
    put_limits(member);
    putchar('\n');
    if (member->description && *member->description)
        printf("  %20s %s\n", "", member->description);
}

/* Text inside single quotes of a shell. */
static void put_quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    putchar('\'');
}

void channel_put_members(const struct nexus_channel *channel)
{
    printf("%s\n%s\n%s\n\n", nexus_channel_name(channel), nexus_channel_address(channel),
           nexus_channel_summary(channel));
    if (nexus_channel_is_open(channel))
        puts("  The payload is any JSON object: the contract leaves it open.");
    for (size_t i = 0; i < nexus_channel_member_count(channel); i++) {
        struct nexus_member member = member_at(channel, i);
        put_member_row(&member);
    }
}

void channel_put_page(const struct nexus_channel *channel)
{
    char *payload = example_payload(channel, false);

    channel_put_members(channel);
    printf("\nin C     nexus_publish_%s(), nexus_subscribe_%s()\nin shell nexusctl pub %s ",
           nexus_channel_c_name(channel), nexus_channel_c_name(channel),
           nexus_channel_name(channel));
    fputs(nexus_channel_has_tenant(channel) ? "--tenant salon-001 " : "", stdout);
    put_quoted(payload ? payload : "{}");
    putchar('\n');
    free(payload);
}
