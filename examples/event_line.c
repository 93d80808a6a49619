/* SPDX-License-Identifier: Apache-2.0 */
#include "event_line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json_text.h"

static const char *const passed_over[] = {
    "subject",    "traceparent", "message_id", "stream",       "sequence", "time",
    "deliveries", "trust",       "key_id",     "vector_clock", "envelope", NULL,
};

static int refuse(struct nexus_error *err, const char *where, const char *message)
{
    if (err) {
        *err = (struct nexus_error){NEXUS_E_JSON, 0, "", ""};
        snprintf(err->where, sizeof(err->where), "%s", where);
        snprintf(err->message, sizeof(err->message), "%s", message);
    }
    return NEXUS_E_JSON;
}

/* Where a member's value goes; NULL for one that has no place. */
static char **place_of(struct event_line *line, const char *name)
{
    if (strcmp(name, "channel") == 0)
        return &line->channel;
    if (strcmp(name, "tenant") == 0)
        return &line->tenant;
    if (strcmp(name, "causal_id") == 0)
        return &line->causal_id;
    return strcmp(name, "payload") == 0 ? &line->payload : NULL;
}

static bool is_passed_over(const char *name)
{
    for (size_t i = 0; passed_over[i]; i++)
        if (strcmp(name, passed_over[i]) == 0)
            return true;
    return false;
}

static int read_member(struct event_line *line, const char *name, struct json_piece value,
                       struct nexus_error *err)
{
    char **place = place_of(line, name);

    if (!place)
        return is_passed_over(name)
                   ? NEXUS_OK
                   : refuse(err, name,
                            "is not a member of an event's line (channel, tenant, causal_id, "
                            "payload)");
    if (*place)
        return refuse(err, name, "stands in the line twice");
    if (place == &line->payload)
        *place = json_copy(value);
    else if (value.text[0] == '"')
        *place = json_string(value);
    else if (value.text[0] == 'n' && place != &line->channel)
        return NEXUS_OK;
    if (!*place)
        return refuse(err, name, "is not usable text");
    return NEXUS_OK;
}

static int read_members(struct event_line *line, struct json_piece object, struct nexus_error *err)
{
    struct json_piece key, value;

    while (json_next_member(&object, &key, &value)) {
        char *name = json_string(key);
        int status =
            name ? read_member(line, name, value, err) : refuse(err, "", "a name is not usable");
        free(name);
        if (status)
            return status;
    }
    if (!line->channel)
        return refuse(err, "channel", "is missing from the line");
    if (!line->payload)
        return refuse(err, "payload", "is missing from the line");
    return NEXUS_OK;
}

int event_line_read(struct event_line *out, const char *text, size_t length,
                    struct nexus_error *err)
{
    struct json_piece object;
    int status;

    *out = (struct event_line){NULL, NULL, NULL, NULL};
    if (!json_value(text, length, &object) || object.text[0] != '{')
        return refuse(err, "", "the line is not one JSON object");
    status = read_members(out, object, err);
    if (status)
        event_line_clear(out);
    return status;
}

void event_line_clear(struct event_line *line)
{
    free(line->channel);
    free(line->tenant);
    free(line->causal_id);
    free(line->payload);
    *line = (struct event_line){NULL, NULL, NULL, NULL};
}

static void put_time(FILE *out, int64_t nanoseconds)
{
    time_t seconds = (time_t)(nanoseconds / 1000000000);
    struct tm utc;
    char text[32] = "";

    if (gmtime_r(&seconds, &utc))
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(out, "\"%s.%09dZ\"", text, (int)(nanoseconds % 1000000000));
}

static void put_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "\"%s\":", name);
    json_put_string(out, text);
    fputc(',', out);
}

static void put_json(FILE *out, const char *name, const char *json)
{
    fprintf(out, ",\"%s\":", name);
    json_put_line(out, json ? json : "null");
}

static const char *trust_name(enum nexus_trust_verdict verdict)
{
    static const char *const names[] = {
        [NEXUS_TRUST_UNCHECKED] = "unchecked",     [NEXUS_TRUST_UNSIGNED] = "unsigned",
        [NEXUS_TRUST_UNKNOWN_KEY] = "unknown_key", [NEXUS_TRUST_VERIFIED] = "verified",
        [NEXUS_TRUST_DELEGATED] = "delegated",
    };
    return (size_t)verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : NULL;
}

void event_line_write(FILE *out, const struct nexus_delivery *delivery)
{
    fputc('{', out);
    put_text(out, "subject", nexus_delivery_subject(delivery));
    put_text(out, "channel", nexus_delivery_channel(delivery));
    put_text(out, "tenant", nexus_delivery_tenant(delivery));
    put_text(out, "causal_id", nexus_delivery_causal_id(delivery));
    put_text(out, "traceparent", nexus_delivery_traceparent(delivery));
    put_text(out, "message_id", nexus_delivery_message_id(delivery));
    put_text(out, "stream", nexus_delivery_stream(delivery));
    fprintf(out, "\"sequence\":%" PRIu64 ",\"time\":", nexus_delivery_sequence(delivery));
    put_time(out, nexus_delivery_time(delivery));
    fprintf(out, ",\"deliveries\":%" PRIu64, nexus_delivery_count(delivery));
    fputc(',', out);
    put_text(out, "trust", trust_name(nexus_delivery_trust(delivery)));
    fputs("\"key_id\":", out);
    json_put_string(out, nexus_delivery_key_id(delivery));
    put_json(out, "vector_clock", nexus_delivery_vector_clock(delivery));
    put_json(out, "payload", nexus_delivery_payload(delivery));
    put_json(out, "envelope", nexus_delivery_envelope_extra(delivery));
    fputs("}\n", out);
}
