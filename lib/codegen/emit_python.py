# SPDX-License-Identifier: Apache-2.0
"""bindings/python/nexus_sdk/events.py: one frozen class with slots per channel.

The initialisers are written out rather than left to dataclass(): they take keywords only, so that
a later member never shifts an argument, and Python 3.9 has no dataclass(slots=True) or kw_only."""

import pathlib
import re

import layout
import names
import text
from emit_header import beyond

WIDTH = 96
HEAD = f'''\
# SPDX-License-Identifier: Apache-2.0
# {layout.MARK[0].upper()}{layout.MARK[1:]}.
"""The typed events of the Nexus platform: one class per channel.

An event is made with keyword arguments and does not change afterwards. Its attributes are the
members of the payload; an optional member that is absent is None. `extra` holds the payload's
members beyond the typed ones, and on a channel whose payload the contract leaves open all of them.
A name that Python keeps for itself has a trailing underscore: `from_`.

An enum compares equal to its text. A received text that the contract does not list stays a str.
"""

'''


def emit(contract):
    prelude = pathlib.Path(__file__).with_name("python_prelude.py").read_text(encoding="utf-8")
    lines = [HEAD + re.split(r"^# -+\n", prelude, maxsplit=1, flags=re.M)[1].rstrip()]
    for channel in contract.channels:
        for member in channel.members:
            if member.values:
                lines += ["", ""] + _enum(channel, member)
        lines += ["", ""] + _class(channel)
    lines += ["", "", "CHANNELS: Dict[str, Type[Event]] = {"]
    lines += [f"    {text.python_string(channel.key)}: {channel.python_name},"
              for channel in contract.channels]
    lines += ["}", '"""The classes by the contract\'s names of their channels."""', "",
              f"CONTRACT_VERSION = {text.python_string(contract.version)}",
              '"""The version of the contract that the classes were made from."""']
    return "\n".join(line.rstrip() for line in "\n".join(lines).split("\n")) + "\n"


def enum_class(channel, member):
    """AgentSelfEvolutionResult: the class of an enum."""
    return channel.python_name.rstrip("_") + names.pascal(member.name.replace("-", "_")).rstrip("_")


def _enum(channel, member):
    lines = [f"class {enum_class(channel, member)}(str, enum.Enum):",
             f'    """The values of `{member.name}` in {channel.key}."""', "",
             "    __str__ = str.__str__", ""]
    for value in member.values_by_number:
        name = value.constant
        lines.append(f"    {'_' + name if name[0].isdigit() else name} = "
                     f"{text.python_string(value.text)}")
    return lines + ["", ""] + _alias(channel, member)


def _alias(channel, member):
    """What an initialiser takes for an enum: its class, or one of its texts."""
    name = enum_class(channel, member)
    texts = [text.python_string(value.text) for value in member.values_by_number]
    lines = layout.call(f"_{name} = Union[{name}, Literal", texts, "")
    lines[0] = lines[0].replace("Literal(", "Literal[", 1)
    return lines[:-1] + [lines[-1][:-1] + "]]"]


def _class(channel):
    attributes = [names.python_member(member.name) for member in channel.members] + ["extra"]
    lines = ["@dataclass(frozen=True, init=False)", f"class {channel.python_name}(Event):"]
    lines += _docstring(channel) + [""]
    lines += _tuple("__slots__", attributes) + [""]
    passed = [parameter.name for parameter in channel.publish_parameters]
    lines += [f"    CHANNEL: ClassVar[str] = {text.python_string(channel.key)}",
              f"    ADDRESS: ClassVar[str] = {text.python_string(channel.address)}"]
    lines += _tuple("PARAMETERS: ClassVar[Tuple[str, ...]]", passed)
    lines += [f"    FINGERPRINT: ClassVar[str] = {text.python_string(channel.fingerprint)}"]
    if channel.members:
        lines += ["    _MEMBERS: ClassVar[Tuple[_Member, ...]] = ("]
        lines += [f"        {_row(channel, member)}," for member in channel.members] + ["    )"]
    lines.append("")
    for member in channel.members:
        lines.append(f"    {names.python_member(member.name)}: "
                     f"{_annotation(channel, member, member.kind.python)}")
    lines += ["    extra: Mapping[str, Any]", ""]
    return lines + _init(channel) + ["", "    __hash__ = Event.__hash__"]


def _tuple(name, words):
    inner = ", ".join(text.python_string(word) for word in words)
    line = f"    {name} = ({inner}{',' if len(words) == 1 else ''})"
    if len(line) <= WIDTH:
        return [line]
    return [f"    {name} = ("] + text.wrap(inner + ",", WIDTH, " " * 8, " " * 8) + ["    )"]


def _row(channel, member):
    parts = [text.python_string(member.name), text.python_string(names.python_member(member.name)),
             text.python_string(member.kind.word), str(member.required)]
    if member.values:
        parts.append(enum_class(channel, member))
    return f"_Member({', '.join(parts)})"


def _annotation(channel, member, plain):
    kind = f"Union[{enum_class(channel, member)}, str]" if member.values else plain
    return kind if member.required else f"Optional[{kind}]"


def _accepted(channel, member):
    """What the initialiser takes: of an enum only what the contract lists."""
    if member.values:
        kind = "_" + enum_class(channel, member)
        return kind if member.required else f"Optional[{kind}]"
    return _annotation(channel, member, member.kind.python.replace(
        "Tuple[", "Sequence[").replace(", ...]", "]"))


def _init(channel):
    ordered = sorted(channel.members, key=lambda member: not member.required)
    arguments = []
    for member in ordered:
        annotation = _accepted(channel, member)
        default = "" if member.required else " = None"
        arguments.append(f"{names.python_member(member.name)}: {annotation}{default}")
    arguments.append("extra: Optional[Mapping[str, Any]] = None")
    passed = [f"{name}={name}" for name in (names.python_member(m.name) for m in channel.members)]
    return (layout.call("def __init__", ["self", "*"] + arguments, " -> None:", " " * 4)
            + layout.call("self._set", ["extra"] + passed, "", " " * 8))


def _docstring(channel):
    lines = ['    """' + text.python_doc(text.full_stop(channel.summary)), ""]
    description = text.full_stop(beyond(channel.summary, channel.description))
    if description:
        lines += text.wrap(text.python_doc(description), WIDTH, " " * 4, " " * 4) + [""]
    lines += [f"    Subject: {channel.address}", "", "    Attributes:"]
    for member in channel.members:
        lines += text.wrap(text.python_doc(_described(channel, member)), WIDTH, " " * 8, " " * 12)
    lines.append("        extra: " + ("Members beyond these." if channel.members
                                      else "The payload's members."))
    return lines + ['    """']


def _described(channel, member):
    """One member in the docstring: `title (str, optional): Its title. Example: "x".`"""
    kind = member.kind.python + ("" if member.required else ", optional")
    facts = [text.full_stop(member.description)]
    facts += [limit[0].upper() + limit[1:] + "." for limit in member.kind.limits(member)]
    if member.examples:
        facts.append(f"Example: {text.json_text(member.examples[0])}.")
    if member.since != channel.since:
        facts.append(f"Since {member.since}.")
    return f"{names.python_member(member.name)} ({kind}): " + " ".join(filter(None, facts))
