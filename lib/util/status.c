/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct status_entry {
    int code;
    uint32_t flags;
    const char *name;
    const char *text;
};

/* The one registry of codes; a test compares it with the header. */
static const struct status_entry registry[] = {
    {NEXUS_OK, 0, "NEXUS_OK", "success"},
    {NEXUS_E_INVALID, 0, "NEXUS_E_INVALID", "an argument or option is unusable"},
    {NEXUS_E_MEMORY, NEXUS_ERROR_RETRIABLE, "NEXUS_E_MEMORY", "out of memory"},
    {NEXUS_E_VALIDATION, 0, "NEXUS_E_VALIDATION", "the payload breaks the contract"},
    {NEXUS_E_JSON, 0, "NEXUS_E_JSON", "the text is not strict JSON"},
    {NEXUS_E_SUBJECT, 0, "NEXUS_E_SUBJECT", "a subject token is not allowed"},
    {NEXUS_E_CHANNEL, 0, "NEXUS_E_CHANNEL", "the contract has no such channel"},
    {NEXUS_E_TIMEOUT, NEXUS_ERROR_RETRIABLE, "NEXUS_E_TIMEOUT", "the deadline passed"},
    {NEXUS_E_FULL, NEXUS_ERROR_RETRIABLE, "NEXUS_E_FULL", "a bounded store is full"},
    {NEXUS_E_CLOSED, NEXUS_ERROR_FATAL, "NEXUS_E_CLOSED", "the object has been closed"},
    {NEXUS_E_CONNECT, NEXUS_ERROR_RETRIABLE, "NEXUS_E_CONNECT", "no server could be reached"},
    {NEXUS_E_AUTH, 0, "NEXUS_E_AUTH", "the server refused the credentials"},
    {NEXUS_E_PERMISSION, 0, "NEXUS_E_PERMISSION", "the server forbids this subject"},
    {NEXUS_E_NO_STREAM, 0, "NEXUS_E_NO_STREAM", "no stream covers the subject"},
    {NEXUS_E_STREAM, 0, "NEXUS_E_STREAM", "JetStream refused the request"},
    {NEXUS_E_CONFLICT, 0, "NEXUS_E_CONFLICT", "what exists differs from what is asked"},
    {NEXUS_E_NOT_FOUND, 0, "NEXUS_E_NOT_FOUND", "it does not exist"},
    {NEXUS_E_STATE, 0, "NEXUS_E_STATE", "the call is not allowed here"},
    {NEXUS_E_TOO_LARGE, 0, "NEXUS_E_TOO_LARGE", "a size is above its limit"},
    {NEXUS_E_IO, 0, "NEXUS_E_IO", "a file or socket operation failed"},
    {NEXUS_E_FORK, NEXUS_ERROR_FATAL, "NEXUS_E_FORK", "the client was made before fork()"},
    {NEXUS_E_TENANT, 0, "NEXUS_E_TENANT", "the tenant is not the subject's"},
    {NEXUS_E_SIGNATURE, 0, "NEXUS_E_SIGNATURE", "a signature is missing or wrong"},
    {NEXUS_E_KEY, 0, "NEXUS_E_KEY", "a key is unknown, unusable or not allowed"},
    {NEXUS_E_REPLAY, 0, "NEXUS_E_REPLAY", "the event was handled before"},
    {NEXUS_E_UNSUPPORTED, 0, "NEXUS_E_UNSUPPORTED", "the server or this build lacks it"},
    {NEXUS_E_SETTLED, 0, "NEXUS_E_SETTLED", "the delivery was settled before"},
    {NEXUS_E_INTERNAL, 0, "NEXUS_E_INTERNAL", "a defect of the library"},
};

static const struct status_entry *find_status(int code)
{
    for (size_t i = 0; i < sizeof(registry) / sizeof(registry[0]); i++)
        if (registry[i].code == code)
            return &registry[i];
    return NULL;
}

const char *nexus_status_name(int status)
{
    const struct status_entry *entry = find_status(status);
    return entry ? entry->name : "NEXUS_E_UNKNOWN";
}

const char *nexus_status_text(int status)
{
    const struct status_entry *entry = find_status(status);
    return entry ? entry->text : "unknown status";
}

const char *nexus_version(void)
{
    return NEXUS_VERSION_STRING;
}

int nexus_version_number(void)
{
    return NEXUS_VERSION_NUMBER;
}

void nexus_free(void *text)
{
    free(text);
}

/* The length of the sound UTF-8 character at `at` (its lead byte and continuation count), or 0. */
static size_t character_length(const unsigned char *at)
{
    size_t length = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;

    if (at[0] >= 0x80 && (at[0] < 0xc2 || at[0] > 0xf4))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* Copies text that may come from a peer: whole characters only, nothing that steers a terminal. */
static void copy_text(char *out, size_t size, const char *text)
{
    const unsigned char *in = (const unsigned char *)text;
    size_t used = 0;

    while (*in) {
        size_t length = character_length(in);
        bool sound = length && *in >= 0x20 && *in != 0x7f;
        if (used + (sound ? length : 1) >= size)
            break;
        if (sound)
            memcpy(out + used, in, length);
        else
            out[used] = '?';
        used += sound ? length : 1;
        in += length ? length : 1;
    }
    out[used] = 0;
}

int nx_fail(struct nexus_error *err, int code, const char *where, const char *format, ...)
{
    char text[NEXUS_ERROR_MESSAGE_SIZE * 2];
    const struct status_entry *entry = find_status(code);
    va_list arguments;

    if (!err)
        return code;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    err->code = code;
    err->flags = entry ? entry->flags : 0;
    copy_text(err->where, sizeof(err->where), where ? where : "");
    copy_text(err->message, sizeof(err->message), text);
    return code;
}

int nx_no_memory(struct nexus_error *err)
{
    return nx_fail(err, NEXUS_E_MEMORY, NULL, "out of memory");
}

void nx_error_prefix(struct nexus_error *err, const char *prefix)
{
    char joined[NEXUS_ERROR_WHERE_SIZE * 2];

    if (!err)
        return;
    snprintf(joined, sizeof(joined), "%s%s", prefix, err->where);
    copy_text(err->where, sizeof(err->where), joined);
}
