/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include <stdbool.h>
#include <string.h>

#include "status.h"

/* Neither a quote nor a backslash is allowed anywhere: the NATS client puts names into its own JSON
 * as they are. */
#define STREAM_REFUSED " .*>/\\\""
#define INBOX_REFUSED  " *>\\\""
#define WORD           "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

/* The offset of the first byte that is not printable ASCII or is one of `refused`. */
static size_t printable_span(const char *text, const char *refused)
{
    size_t at = 0;

    while (text[at] >= 0x20 && text[at] < 0x7f && !strchr(refused, text[at]))
        at++;
    return at;
}

static int check(const char *what, const char *text, size_t limit, size_t span,
                 struct nexus_error *err)
{
    size_t length = strlen(text);

    if (length == 0)
        return nx_fail(err, NEXUS_E_INVALID, what, "is empty");
    if (span < length)
        return nx_fail(err, NEXUS_E_INVALID, what, "byte 0x%02x at %zu is not allowed",
                       (unsigned char)text[span], span);
    if (length > limit)
        return nx_fail(err, NEXUS_E_INVALID, what, "%zu bytes exceed the limit of %zu", length,
                       limit);
    return NEXUS_OK;
}

int nx_check_durable(const char *what, const char *name, struct nexus_error *err)
{
    return check(what, name, NX_DURABLE_MAX, strspn(name, WORD), err);
}

int nx_check_stream(const char *what, const char *name, struct nexus_error *err)
{
    return check(what, name, NX_STREAM_MAX, printable_span(name, STREAM_REFUSED), err);
}

int nx_check_inbox_prefix(const char *what, const char *prefix, struct nexus_error *err)
{
    size_t length = strlen(prefix);
    int code = check(what, prefix, NX_INBOX_PREFIX_MAX, printable_span(prefix, INBOX_REFUSED), err);

    if (code != NEXUS_OK)
        return code;
    if (prefix[0] == '.' || prefix[length - 1] == '.' || strstr(prefix, ".."))
        return nx_fail(err, NEXUS_E_INVALID, what, "has an empty token");
    return NEXUS_OK;
}
