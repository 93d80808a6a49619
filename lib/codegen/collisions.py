# SPDX-License-Identifier: Apache-2.0
"""Refuses contracts whose names would meet in C or Python."""

import re

from emit_python import enum_class
import names

# The words that the generated Python module uses itself.
PYTHON_MODULE = {"Any", "CHANNELS", "CONTRACT_VERSION", "ClassVar", "Dict", "Event",
                 "Literal", "Mapping", "NamedTuple", "Optional", "Sequence", "Tuple", "Type", "TypeVar",
                 "Union"}


def check(contract, headers):
    """`headers` is the folder of the public headers; what they name is taken."""
    public = names.Scope("the C headers", _identifiers(headers))
    python = names.Scope("Python", PYTHON_MODULE)
    for channel in contract.channels:
        owner = f"channel '{channel.key}'"
        for name in _public_names(channel):
            public.take(name, owner, channel.line)
        python.take(channel.python_name, owner, channel.line)
        for member in channel.members:
            if member.values:
                _enum(channel, member, public, python)
        _struct(channel)
        _arguments(channel)


def _identifiers(headers):
    found = set()
    for path in sorted(headers.glob("*.h")):
        if path.name != "events.h":
            code = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)
            found.update(re.findall(r"\b(?:nexus|NEXUS)_\w+", code))
    return found


def _public_names(channel):
    return [channel.struct, f"{channel.upper}_INIT", f"{channel.struct}_handler",
            f"nexus_publish_{channel.c_name}", f"nexus_prepare_{channel.c_name}",
            f"nexus_subscribe_{channel.c_name}"]


def _enum(channel, member, public, python):
    owner = f"member '{member.name}' of '{channel.key}'"
    public.take(channel.enum_tag(member), owner, member.line)
    prefix = channel.enum_prefix(member)
    for word in ("UNSET", "UNRECOGNIZED"):
        public.take(f"{prefix}_{word}", f"the SDK's own constant for {owner}", member.line)
    for value in member.values:
        public.take(f"{prefix}_{value.constant}", f"value '{value.text}' of {owner}", value.line)
    python.take(enum_class(channel, member), owner, member.line)


def _struct(channel):
    struct = names.Scope(f"struct {channel.struct}", ("size", "json"))
    attributes = names.Scope(f"the Python class {channel.python_name}", ("extra",))
    for member in channel.members:
        owner = f"member '{member.name}'"
        struct.take(member.c_name, owner, member.line)
        beside = member.kind.beside(member)
        if beside:
            struct.take(beside, f"what stands beside {owner}", member.line)
        attributes.take(names.python_member(member.name), owner, member.line)


def _arguments(channel):
    arguments = names.Scope(f"the arguments of nexus_subscribe_{channel.c_name}")
    for parameter in channel.parameters:
        arguments.take(parameter.c_name, f"parameter '{parameter.name}'", parameter.line)
