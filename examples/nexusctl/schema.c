/* SPDX-License-Identifier: Apache-2.0 */
/* What an event of a channel must be: for people with an event to look at, for programs as JSON
 * Schema. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../json_text.h"
#include "channels.h"
#include "command.h"
#include "example.h"
#include "names.h"
#include "report.h"

static const char about[] =
    "Shows what an event of a channel must be: the members of its payload with their limits, and\n"
    "a filled example of the whole body as it travels. Needs no server.\n";

static const char notes[] =
    "Beyond what JSON Schema can say, integers lie within plus or minus 2^53 - 1, strings are\n"
    "counted in Unicode code points, and members are not repeated.\n";

static const char examples[] =
    "  nexusctl schema telegramMessage\n"
    "  nexusctl schema iotSensorData --json > iotSensorData.schema.json\n";

/* ---- for people */

/* JSON text with a member per line, as deep as `levels`. */
static void put_indented(const char *text, int levels)
{
    int depth = 0;
    bool inside = false; /* a string */

    for (const char *at = text; *at; at++) {
        bool opens = !inside && strchr("{[", *at), closes = !inside && strchr("}]", *at);
        if (*at == '"' && (at == text || at[-1] != '\\'))
            inside = !inside;
        if (closes && depth-- <= levels && at[-1] != '{' && at[-1] != '[')
            printf("\n%*s", 2 + 2 * depth, "");
        putchar(*at);
        depth += opens;
        if (depth <= levels && ((opens && at[1] != '}' && at[1] != ']') || (!inside && *at == ',')))
            printf("\n%*s", 2 + 2 * depth, "");
        else if (!inside && (*at == ',' || *at == ':'))
            putchar(' ');
    }
    putchar('\n');
}

static char *example_body(const struct nexus_channel *channel)
{
    char *payload = example_payload(channel, true);
    char *text = NULL;
    size_t size = 0;
    FILE *out = payload ? open_memstream(&text, &size) : NULL;

    if (out) {
        fprintf(out,
                "{\"causal_id\":\"evt-00c0ffee\",\"vector_clock\":{\"till-1\":1790000000000000},"
                "\"payload\":%s%s}",
                payload, nexus_channel_has_tenant(channel) ? ",\"tenant\":\"salon-001\"" : "");
        fclose(out);
    }
    free(payload);
    return text;
}

static int put_page(const struct nexus_channel *channel)
{
    char *body = example_body(channel);

    if (!body)
        return report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    channel_put_members(channel);
    for (size_t i = 0; i < nexus_channel_parameter_count(channel); i++)
        printf("%s{%s}: 1 to %d of A-Z a-z 0-9 _ -, beginning with a letter or digit\n",
               i ? "" : "\nin the subject\n  ", nexus_channel_parameter(channel, i),
               NEXUS_TOKEN_MAX);
    printf("\nschema %s, contract %s\n\nan event\n  ", nexus_channel_fingerprint(channel),
           nexus_contract_version());
    put_indented(body, 2);
    free(body);
    return CTL_OK;
}

/* ---- as JSON Schema */

static void put_kind(const struct nexus_member *member)
{
    static const char *const types[] = {
        [NEXUS_KIND_STRING] = "\"type\":\"string\"",
        [NEXUS_KIND_INTEGER] = "\"type\":\"integer\",\"minimum\":-9007199254740991,"
                               "\"maximum\":9007199254740991",
        [NEXUS_KIND_NUMBER] = "\"type\":\"number\"",
        [NEXUS_KIND_ENUM] = "\"type\":\"string\"",
        [NEXUS_KIND_STRING_ARRAY] = "\"type\":\"array\",\"items\":{\"type\":\"string\"}",
        [NEXUS_KIND_INTEGER_ARRAY] = "\"type\":\"array\",\"items\":{\"type\":\"integer\"}",
    };

    fputs(types[member->kind], stdout);
    for (size_t i = 0; member->values && member->values[i]; i++) {
        fputs(i ? "," : ",\"enum\":[", stdout);
        json_put_string(stdout, member->values[i]);
        fputs(member->values[i + 1] ? "" : "]", stdout);
    }
    if (member->max_length)
        printf(",\"maxLength\":%u", (unsigned)member->max_length);
    if (member->format) {
        fputs(",\"format\":", stdout);
        json_put_string(stdout, member->format);
    }
}

static void put_property(const struct nexus_member *member)
{
    json_put_string(stdout, member->name);
    fputs(":{", stdout);
    put_kind(member);
    if (member->description && *member->description) {
        fputs(",\"description\":", stdout);
        json_put_string(stdout, member->description);
    }
    fputs(",\"examples\":[", stdout);
    example_put_value(stdout, member);
    fputs("]}", stdout);
}

static int put_schema(const struct nexus_channel *channel)
{
    char *payload = example_payload(channel, true);
    size_t count = nexus_channel_member_count(channel), required = 0;

    if (!payload)
        return report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    printf("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"%s\","
           "\"description\":",
           nexus_channel_name(channel));
    json_put_string(stdout, nexus_channel_summary(channel));
    fputs(",\"type\":\"object\",\"properties\":{", stdout);
    for (size_t i = 0; i < count; i++) {
        struct nexus_member member = member_at(channel, i);
        fputs(i ? "," : "", stdout);
        put_property(&member);
    }
    fputs("},\"required\":[", stdout);
    for (size_t i = 0; i < count; i++) {
        struct nexus_member member = member_at(channel, i);
        if (member.required)
            printf("%s\"%s\"", required++ ? "," : "", member.name);
    }
    printf("],\"examples\":[%s]}\n", payload);
    free(payload);
    return CTL_OK;
}

static int run(int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    const struct nexus_channel *channel;

    if (command_next(&schema_command, argc, argv) != -1)
        return CTL_USAGE;
    if (argc - optind != 1)
        return report_usage(&schema_command, "which CHANNEL?");
    channel = find_channel(argv[optind], &err);
    if (!channel)
        return report(&err);
    return command_json() ? put_schema(channel) : put_page(channel);
}

const struct command schema_command = {
    .name = "schema",
    .arguments = "CHANNEL",
    .operands = "CHANNEL",
    .summary = "show what an event must be, with a filled example",
    .about = about,
    .json = "print the payload's JSON Schema (draft 2020-12)",
    .notes = notes,
    .examples = examples,
    .run = run,
};
