/* SPDX-License-Identifier: Apache-2.0 */
/* From a channel's address to a subject or filter, and back. */
#include "subject.h"

#include <stdio.h>
#include <string.h>

#include "status.h"
#include "subject_index.h"

/* A subject under construction. Bytes beyond the limit are counted, not kept. */
struct draft {
    char text[NEXUS_SUBJECT_MAX + 1];
    size_t length;
};

static void add(struct draft *draft, const char *text, size_t length)
{
    if (draft->length + length <= NEXUS_SUBJECT_MAX)
        memcpy(draft->text + draft->length, text, length);
    draft->length += length;
}

static int finish(struct draft *draft, const char *where, char *out, struct nexus_error *err)
{
    if (draft->length > NEXUS_SUBJECT_MAX)
        return nx_fail(err, NEXUS_E_SUBJECT, where,
                       "the subject's %zu bytes exceed the limit of %d", draft->length,
                       NEXUS_SUBJECT_MAX);
    memcpy(out, draft->text, draft->length);
    out[draft->length] = 0;
    return NEXUS_OK;
}

/* Puts values in the place of the address's parameters. With `wildcards` a NULL value is "*". */
static int fill_in(const struct nexus_channel *channel, const char *const *values, bool wildcards,
                   char *out, struct nexus_error *err)
{
    struct draft draft = {"", 0};
    const char *at = channel->address;

    for (uint32_t i = 0; i < channel->parameter_count; i++) {
        const char *value = values ? values[i] : NULL;
        size_t literal = strcspn(at, "{");
        int code = NEXUS_OK;

        if (value || !wildcards)
            code = nexus_check_token(channel->parameters[i].name, value, err);
        if (code != NEXUS_OK)
            return code;
        add(&draft, at, literal);
        add(&draft, value ? value : "*", value ? strlen(value) : 1);
        at += literal + strcspn(at + literal, "}");
        at += *at == '}';
    }
    add(&draft, at, strlen(at));
    return finish(&draft, channel->name, out, err);
}

int nx_subject_render(const struct nexus_channel *channel, const char *const *values, char *out,
                      struct nexus_error *err)
{
    return fill_in(channel, values, false, out, err);
}

int nx_subject_filter(const struct nexus_channel *channel, const char *const *values, char *out,
                      struct nexus_error *err)
{
    const char *tenant = values ? values[0] : NULL;
    int code;

    if (channel)
        return fill_in(channel, values, true, out, err);
    if (!tenant) {
        memcpy(out, "nexus.>", sizeof("nexus.>"));
        return NEXUS_OK;
    }
    code = nexus_check_token("tenant_id", tenant, err);
    if (code == NEXUS_OK)
        snprintf(out, NEXUS_SUBJECT_MAX + 1, "nexus.%s.>", tenant);
    return code;
}

bool nx_subject_parse(const char *subject, struct nx_subject *out)
{
    struct nx_cut cut;
    const struct nexus_channel *channel;
    uint32_t parameters, value = 0;

    if (!nx_cut_make(&cut, subject, NEXUS_SUBJECT_MAX))
        return false;
    channel = nx_subject_lookup(&cut, &parameters);
    if (!channel || channel->parameter_count > NX_PARAMETERS_MAX)
        return false;
    out->channel = channel;
    for (uint32_t i = 0; i < cut.count; i++) {
        if (!(parameters >> i & 1))
            continue;
        memcpy(out->values[value], cut.at[i], cut.length[i]);
        out->values[value++][cut.length[i]] = 0;
    }
    return true;
}

const struct nexus_channel *nexus_channel_by_subject(const char *subject)
{
    struct nx_subject found;

    return subject && nx_subject_parse(subject, &found) ? found.channel : NULL;
}
