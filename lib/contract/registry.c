/* SPDX-License-Identifier: Apache-2.0 */
/* The contract at run time, as <nexus/channel.h> shows it. */
#include <string.h>

#include "schema.h"
#include "status.h"
#include "struct_size.h"

size_t nexus_channel_count(void)
{
    return nx_channel_count;
}

const struct nexus_channel *nexus_channel_at(size_t index)
{
    return index < nx_channel_count ? &nx_channels[index] : NULL;
}

/* A few dozen names that mostly differ in their first bytes: looking at all of them takes less
 * than hashing one would. */
const struct nexus_channel *nexus_channel_by_name(const char *name)
{
    for (size_t i = 0; name && i < nx_channel_count; i++)
        if (nx_channels[i].name[0] == name[0] && strcmp(nx_channels[i].name, name) == 0)
            return &nx_channels[i];
    return NULL;
}

const char *nexus_channel_name(const struct nexus_channel *channel)
{
    return channel->name;
}

const char *nexus_channel_c_name(const struct nexus_channel *channel)
{
    return channel->c_name;
}

const char *nexus_channel_address(const struct nexus_channel *channel)
{
    return channel->address;
}

const char *nexus_channel_summary(const struct nexus_channel *channel)
{
    return channel->summary;
}

bool nexus_channel_has_tenant(const struct nexus_channel *channel)
{
    return channel->has_tenant;
}

bool nexus_channel_is_open(const struct nexus_channel *channel)
{
    return channel->field_count == 0;
}

const char *nexus_channel_fingerprint(const struct nexus_channel *channel)
{
    return channel->fingerprint;
}

const char *nexus_contract_version(void)
{
    return nx_contract_version;
}

size_t nexus_channel_parameter_count(const struct nexus_channel *channel)
{
    return channel->parameter_count;
}

const char *nexus_channel_parameter(const struct nexus_channel *channel, size_t index)
{
    return index < channel->parameter_count ? channel->parameters[index].name : NULL;
}

size_t nexus_channel_member_count(const struct nexus_channel *channel)
{
    return channel->field_count;
}

int nexus_channel_member(const struct nexus_channel *channel, size_t index,
                         struct nexus_member *out, struct nexus_error *err)
{
    const struct nx_field *field;
    struct nexus_member member;

    if (!channel || !out)
        return nx_fail(err, NEXUS_E_INVALID, channel ? "out" : "channel", "must not be NULL");
    if (index >= channel->field_count)
        return nx_fail(err, NEXUS_E_NOT_FOUND, "index", "%s has %u members, from 0", channel->name,
                       channel->field_count);
    field = &channel->fields[index];
    memset(&member, 0, sizeof(member)); /* what lies between the members, too */
    member.name = field->name;
    member.kind = (enum nexus_kind)field->kind;
    member.required = (field->flags & NX_FIELD_REQUIRED) != 0;
    member.max_length = field->max_length;
    member.format = field->format;
    member.values = field->enumeration ? field->enumeration->values : NULL;
    member.description = field->description;
    member.example = field->example;
    return nx_struct_give(out, out->size, &member, sizeof(member), err);
}
