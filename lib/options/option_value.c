/* SPDX-License-Identifier: Apache-2.0 */
#include "option_value.h"

#include <nexus/channel.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

#define PATH_LIMIT   4095
#define SECRET_LIMIT 16384

int nx_option_object(const void *options, struct nexus_error *err)
{
    return options ? NEXUS_OK : nx_fail(err, NEXUS_E_INVALID, "options", "is NULL");
}

int nx_option_range(const char *what, int64_t value, int64_t least, int64_t most,
                    struct nexus_error *err)
{
    if (value >= least && value <= most)
        return NEXUS_OK;
    return nx_fail(err, NEXUS_E_INVALID, what, "%lld is not within %lld to %lld", (long long)value,
                   (long long)least, (long long)most);
}

int nx_option_size_range(const char *what, size_t value, size_t least, size_t most,
                         struct nexus_error *err)
{
    if (value >= least && value <= most)
        return NEXUS_OK;
    return nx_fail(err, NEXUS_E_INVALID, what, "%zu is not within %zu to %zu", value, least, most);
}

int nx_option_bool(bool *slot, bool value, struct nexus_error *err)
{
    int code = nx_option_object(slot, err);

    if (code == NEXUS_OK)
        *slot = value;
    return code;
}

int nx_option_int64(int64_t *slot, const char *what, int64_t value, int64_t least, int64_t most,
                    struct nexus_error *err)
{
    int code = nx_option_object(slot, err);

    if (code == NEXUS_OK)
        code = nx_option_range(what, value, least, most, err);
    if (code == NEXUS_OK)
        *slot = value;
    return code;
}

int nx_option_unsigned(unsigned *slot, const char *what, unsigned value, unsigned least,
                       unsigned most, struct nexus_error *err)
{
    int code = nx_option_object(slot, err);

    if (code == NEXUS_OK)
        code = nx_option_range(what, value, least, most, err);
    if (code == NEXUS_OK)
        *slot = value;
    return code;
}

int nx_option_size(size_t *slot, const char *what, size_t value, size_t least, size_t most,
                   struct nexus_error *err)
{
    int code = nx_option_object(slot, err);

    if (code == NEXUS_OK)
        code = nx_option_size_range(what, value, least, most, err);
    if (code == NEXUS_OK)
        *slot = value;
    return code;
}

void nx_option_wipe(char **slot)
{
    if (*slot)
        sodium_memzero(*slot, strlen(*slot));
    free(*slot);
    *slot = NULL;
}

int nx_option_text(char **slot, const char *what, const char *text, nx_text_check check,
                   struct nexus_error *err)
{
    int code = nx_option_object(slot, err);
    char *copy = NULL;

    if (code == NEXUS_OK && text)
        code = check(what, text, err);
    if (code != NEXUS_OK)
        return code;
    if (text && !(copy = strdup(text)))
        return nx_no_memory(err);
    nx_option_wipe(slot);
    *slot = copy;
    return NEXUS_OK;
}

int nx_option_fixed(char *slot, const char *what, const char *text, nx_text_check check,
                    struct nexus_error *err)
{
    int code = nx_option_object(slot, err);

    if (code == NEXUS_OK && text)
        code = check(what, text, err);
    if (code != NEXUS_OK)
        return code;
    if (text)
        memcpy(slot, text, strlen(text) + 1);
    else
        slot[0] = 0;
    return NEXUS_OK;
}

int nx_option_token(const char *what, const char *text, struct nexus_error *err)
{
    if (nexus_check_token(what, text, err) == NEXUS_OK)
        return NEXUS_OK;
    /* The same words: here the token is an option, and no part of a subject yet. */
    return err ? nx_fail(err, NEXUS_E_INVALID, what, "%s", err->message) : NEXUS_E_INVALID;
}

int nx_option_path(const char *what, const char *text, struct nexus_error *err)
{
    size_t length = strlen(text);

    if (length == 0 || length > PATH_LIMIT)
        return nx_fail(err, NEXUS_E_INVALID, what, "a path has 1 to %d bytes, not %zu", PATH_LIMIT,
                       length);
    return NEXUS_OK;
}

int nx_option_secret(const char *what, const char *text, struct nexus_error *err)
{
    size_t length = strlen(text);

    if (length == 0 || length > SECRET_LIMIT)
        return nx_fail(err, NEXUS_E_INVALID, what, "the value has 1 to %d bytes, not %zu",
                       SECRET_LIMIT, length);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return nx_fail(err, NEXUS_E_INVALID, what, "a control byte stands at %zu", i);
    return NEXUS_OK;
}
