# SPDX-License-Identifier: Apache-2.0
"""lib/generated/channels.c: the contract as the tables that the runtime walks (lib/schema.h)."""

import layout
import text


def emit(contract):
    lines = layout.c_head("The channels, their members and their handlers' types.")
    lines += ["#include <nexus/events.h>", "", '#include "../schema.h"', "",
              f"const char nx_contract_version[] = {text.c_string(contract.version)};", ""]
    for channel in contract.channels:
        lines += _channel(channel)
    lines += ["const struct nexus_channel nx_channels[] = {"]
    for channel in contract.channels:
        lines += _row(channel)
    lines += ["};", "", "const size_t nx_channel_count = sizeof nx_channels / "
                        "sizeof nx_channels[0];"]
    return "\n".join(lines) + "\n"


def _channel(channel):
    lines = [f"/* {channel.key} */", ""]
    for member in channel.members:
        if member.values:
            lines += _enum(channel, member)
    if channel.members:
        lines += _fields(channel)
    if channel.parameters:
        lines += _parameters(channel)
    return lines + _thunk(channel)


def _enum(channel, member):
    name = channel.enum_tag(member)[len("nexus_"):]
    lines = [f"static const char *const {name}_values[] = {{"]
    lines += [f"    {text.c_string(value.text)}," for value in member.values_by_number]
    count = len(member.values)
    return lines + ["    NULL,", "};",
                    f"static const struct nx_enum {name}_enum = {{", f"    {name}_values,",
                    f"    {count},", "};", ""]


def _fields(channel):
    lines = [f"static const struct nx_field {channel.c_name}_fields[] = {{"]
    for member in channel.members:
        lines += _field(channel, member)
    return lines + ["};", ""]


def _field(channel, member):
    flags = member.kind.flags(member) + (["NX_FIELD_LATER"] if member.later else [])
    beside = member.kind.beside(member)
    offset = f"offsetof(struct {channel.struct}, {{}})"
    enumeration = f"&{channel.enum_tag(member)[len('nexus_'):]}_enum" if member.values else "NULL"
    example = text.json_text(member.examples[0]) if member.examples else None
    return ["    {",
            f"        .name = {text.c_string(member.name)},",
            f"        .kind = {member.kind.constant},",
            f"        .flags = {' | '.join(flags) or '0'},",
            f"        .offset = {offset.format(member.c_name)},",
            f"        .beside = {offset.format(beside) if beside else 'NX_NO_OFFSET'},",
            f"        .max_length = {member.max_length},",
            f"        .enumeration = {enumeration},",
            f"        .format = {text.c_string_or_null(member.format)},",
            f"        .description = {text.c_string(text.sentence(member.description))},",
            f"        .example = {text.c_string_or_null(example)},",
            "    },"]


def _parameters(channel):
    lines = [f"static const struct nx_parameter {channel.c_name}_parameters[] = {{"]
    for parameter in channel.parameters:
        index = channel.member_index(parameter.name) if parameter.source == "member" else -1
        lines.append(f"    {{{text.c_string(parameter.name)}, {index}}},")
    return lines + ["};", ""]


def _thunk(channel):
    lines = layout.call(f"static enum nexus_verdict {channel.c_name}_thunk",
                        ["nx_any_function handler", "const void *event",
                         "struct nexus_delivery *delivery", "void *data"], "")
    return lines + ["{", f"    return (({channel.struct}_handler)handler)(event, delivery, data);",
                    "}", ""]


def _row(channel):
    required = sum(member.required for member in channel.members)
    fields = f"{channel.c_name}_fields" if channel.members else "NULL"
    parameters = f"{channel.c_name}_parameters" if channel.parameters else "NULL"
    return ["    {",
            f"        .name = {text.c_string(channel.key)},",
            f"        .c_name = {text.c_string(channel.c_name)},",
            f"        .address = {text.c_string(channel.address)},",
            f"        .summary = {text.c_string(channel.summary)},",
            f"        .fingerprint = {text.c_string(channel.fingerprint)},",
            f"        .parameters = {parameters},",
            f"        .parameter_count = {len(channel.parameters)},",
            f"        .has_tenant = {'true' if channel.has_tenant else 'false'},",
            f"        .fields = {fields},",
            f"        .field_count = {len(channel.members)},",
            f"        .struct_size = sizeof(struct {channel.struct}),",
            f"        .json_offset = offsetof(struct {channel.struct}, json),",
            f"        .required_count = {required},",
            f"        .thunk = {channel.c_name}_thunk,",
            "    },"]
