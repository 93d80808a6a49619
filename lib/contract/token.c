/* SPDX-License-Identifier: Apache-2.0 */
/* The rule of subject tokens.
 *
 * Neither the client library nor the server checks a subject: a line break in one becomes protocol,
 * a dot moves an event to another channel, a wildcard to all tenants. This rule is what stands
 * between a tenant's name and the wire. It leaves "_core" to the platform by refusing a leading
 * underscore. */
#include "token.h"

#include <nexus/channel.h>
#include <string.h>

#include "status.h"

#define RULE "expected [A-Za-z0-9][A-Za-z0-9_-]{0,62}"

static bool is_alphanumeric(unsigned char byte)
{
    return (unsigned)((byte | 0x20) - 'a') < 26 || (unsigned)(byte - '0') < 10;
}

/* How many bytes from the start of `text` on can stand in a token. */
static size_t sound_span(const char *text, size_t length)
{
    size_t at = 0;

    if (length == 0 || !is_alphanumeric((unsigned char)text[0]))
        return 0;
    while (at < length &&
           (is_alphanumeric((unsigned char)text[at]) || text[at] == '_' || text[at] == '-'))
        at++;
    return at;
}

bool nx_token_sound(const char *text, size_t length)
{
    return length > 0 && length <= NEXUS_TOKEN_MAX && sound_span(text, length) == length;
}

static int refuse_byte(const char *what, const char *token, size_t at, struct nexus_error *err)
{
    unsigned byte = (unsigned char)token[at];

    if (strcmp(token, "_core") == 0)
        return nx_fail(err, NEXUS_E_SUBJECT, what, "\"_core\" names the platform itself");
    if (at == 0 && (byte == '_' || byte == '-'))
        return nx_fail(err, NEXUS_E_SUBJECT, what, "'%c' cannot come first; " RULE, (int)byte);
    if (byte > 0x20 && byte < 0x7f)
        return nx_fail(err, NEXUS_E_SUBJECT, what, "'%c' at byte %zu is not allowed; " RULE,
                       (int)byte, at);
    return nx_fail(err, NEXUS_E_SUBJECT, what, "0x%02x at byte %zu is not allowed; " RULE, byte,
                   at);
}

int nexus_check_token(const char *what, const char *token, struct nexus_error *err)
{
    size_t length = token ? strlen(token) : 0;
    size_t span = token ? sound_span(token, length) : 0;

    if (!token)
        return nx_fail(err, NEXUS_E_SUBJECT, what, "no value is given");
    if (length == 0)
        return nx_fail(err, NEXUS_E_SUBJECT, what, "the value is empty; " RULE);
    if (span < length)
        return refuse_byte(what, token, span, err);
    if (length > NEXUS_TOKEN_MAX)
        return nx_fail(err, NEXUS_E_SUBJECT, what, "%zu bytes exceed the limit of %d", length,
                       NEXUS_TOKEN_MAX);
    return NEXUS_OK;
}
