/* SPDX-License-Identifier: Apache-2.0 */
/* The JetStream API: which part of it a call is for, and the form of the answers. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bus_stream.h"

void nx_api_error(struct nx_buf *out, const char *type, int code, int number, const char *text)
{
    nx_buf_printf(out,
                  "{\"type\":\"io.nats.jetstream.api.v1.%s_response\",\"error\":{\"code\":%d,"
                  "\"err_code\":%d,\"description\":\"%s\"}}",
                  type, code, number, text);
}

void nx_api_time(struct nx_buf *out, int64_t nanoseconds)
{
    time_t seconds = (time_t)(nanoseconds / 1000000000);
    struct tm utc;
    char text[40];

    gmtime_r(&seconds, &utc);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    nx_buf_printf(out, "\"%s.%09dZ\"", text, (int)(nanoseconds % 1000000000));
}

/* What stands behind a prefix, or NULL. */
static const char *behind(const char *subject, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(subject, prefix, length) == 0 ? subject + length : NULL;
}

void nx_bus_api(struct nexus_memory *bus, struct nx_bus_message *message)
{
    struct nx_buf out = NX_BUF_INIT;
    const char *verb;
    bool known = false;

    if ((verb = behind(message->subject, "$JS.API.STREAM.")))
        known = nx_stream_api(bus, verb, message, &out);
    else if ((verb = behind(message->subject, "$JS.API.CONSUMER.")))
        known = nx_durable_api(bus, verb, message, &out);
    if (!known && message->reply)
        nx_bus_unanswered(bus, message->reply);
    else if (out.length && nx_buf_text(&out))
        nx_bus_answer(bus, message->reply, out.data);
    nx_buf_free(&out);
}
