# SPDX-License-Identifier: Apache-2.0
"""The lock: what the C structs, enums and functions already promise, so that a changed contract
can only add to it.

`fields.lock` lists channels, parameters, members and enum values in the order of the contract, each
with the number that it has in C: a channel's index, a member's place in its struct, a value's
constant. New ones take the next free number wherever they stand in the contract. What is known must
still be there, in the same relative order and of the same kind.

    channel <key> <index> since=<library version>
      parameter <name> tenant|member|argument
      member <name> <place> <kind> <presence> batch=<n> since=<library version>
        value <constant> "<text>" since=<library version>

Presence is `required`, `optional`, or `tightened`: born optional and required since. The layout
stays that of the birth (an optional number has its `has_` flag for ever); what is required is never
loosened again, because handlers rely on it. The batch counts the extensions of a struct.
"""

from dataclasses import dataclass, field
import json
import re
from typing import Dict

from errors import ContractError

HEADER = """\
# SPDX-License-Identifier: Apache-2.0
# What the public structs, enums and functions already promise. Written by lib/codegen, described in
# lib/codegen/lock.py. Commit it with the contract; never edit it to silence the generator.
"""


@dataclass
class LockedMember:
    slot: int
    kind: str
    presence: str
    batch: int
    since: str
    values: Dict[str, tuple] = field(default_factory=dict)  # text -> (number, since)


@dataclass
class LockedChannel:
    slot: int
    since: str
    parameters: Dict[str, str] = field(default_factory=dict)
    members: Dict[str, LockedMember] = field(default_factory=dict)


# ---- the file

_CHANNEL = re.compile(r"channel (\S+) (\d+) since=(\S+)\Z")
_PARAMETER = re.compile(r"  parameter (\S+) (tenant|member|argument)\Z")
_MEMBER = re.compile(r"  member (\S+) (\d+) (\S+) (required|optional|tightened) "
                     r"batch=(\d+) since=(\S+)\Z")
_VALUE = re.compile(r"    value (\d+) (\".*\") since=(\S+)\Z")


def parse(content, file):
    """{channel key: LockedChannel} in file order."""
    lock, channel, member = {}, None, None
    for number, line in enumerate(content.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if match := _CHANNEL.match(line):
            channel, member = LockedChannel(int(match[2]), match[3]), None
            lock[match[1]] = channel
        elif channel and (match := _PARAMETER.match(line)):
            channel.parameters[match[1]] = match[2]
        elif channel and (match := _MEMBER.match(line)):
            member = LockedMember(int(match[2]), match[3], match[4], int(match[5]), match[6])
            channel.members[match[1]] = member
        elif member and (match := _VALUE.match(line)):
            member.values[json.loads(match[2])] = (int(match[1]), match[3])
        else:
            raise ContractError(number, "not a line of a lock file; restore it from version "
                                        "control and run regen", file)
    return lock


def write(contract):
    """The lock file's text for a contract whose numbers are set, in the contract's own order."""
    lines = [HEADER.rstrip()]
    for channel in sorted(contract.channels, key=lambda channel: channel.line):
        lines.append(f"channel {channel.key} {channel.slot} since={channel.since}")
        for parameter in channel.parameters:
            lines.append(f"  parameter {parameter.name} {parameter.source}")
        for member in sorted(channel.members, key=lambda member: member.order):
            lines.append(f"  member {member.name} {member.slot} {member.kind.word} "
                         f"{_presence(member)} batch={member.batch} since={member.since}")
            for value in member.values:
                quoted = json.dumps(value.text, ensure_ascii=False)
                lines.append(f"    value {value.number} {quoted} since={value.since}")
    return "\n".join(lines) + "\n"


def _presence(member):
    if member.required:
        return "tightened" if member.layout_optional else "required"
    return "optional"


# ---- the promise


def apply(contract, lock, since):
    """Gives every part of the contract its number, from the lock or the next free one, and puts
    channels and members into the order of these numbers."""
    keys = [channel.key for channel in contract.channels]
    _same_order("the contract", "channel", lock, keys, contract.channels[0].line)
    for order, channel in enumerate(contract.channels):
        _channel(channel, lock.get(channel.key), _next(lock.values(), contract.channels[:order]),
                 since)
    contract.channels.sort(key=lambda channel: channel.slot)


def _next(locked, given):
    """The number after all that are known or were given out before."""
    return max([item.slot for item in locked] + [item.slot for item in given], default=-1) + 1


def _channel(channel, locked, slot, since):
    if locked is None:
        channel.slot, channel.since = slot, since
        locked = LockedChannel(slot, since, {p.name: p.source for p in channel.parameters})
        batch = 1
    else:
        channel.slot, channel.since = locked.slot, locked.since
        batch = 1 + max([member.batch for member in locked.members.values()], default=1)
    _parameters(channel, locked)
    _same_order(f"'{channel.key}'", "member", locked.members,
                [member.name for member in channel.members], channel.line)
    for order, member in enumerate(channel.members):
        member.order = order
        known = locked.members.get(member.name)
        if known is None:
            member.slot = _next(locked.members.values(), channel.members[:order])
            member.batch, member.since = batch, since
            member.layout_optional = not member.required
        else:
            _known_member(channel, member, known)
        _values(channel, member, known, since)
    channel.members.sort(key=lambda member: member.slot)


def _parameters(channel, locked):
    if [p.name for p in channel.parameters] != list(locked.parameters):
        raise ContractError(channel.line, f"the parameters of '{channel.key}' were "
                            f"{_listed(locked.parameters)}; they are arguments of its functions "
                            "and cannot change. Restore the address, or add a new channel")
    for parameter in channel.parameters:
        was = locked.parameters[parameter.name]
        if was == "member" and parameter.source != "member":
            raise ContractError(channel.line, f"the parameter '{parameter.name}' of "
                                f"'{channel.key}' was taken from the payload's required string of "
                                "that name. Restore the member")
        parameter.source = was


def _known_member(channel, member, known):
    what = f"'{member.name}' of '{channel.key}'"
    if member.kind.word != known.kind:
        raise ContractError(member.line, f"{what} was {_article(known.kind)} and is now "
                            f"{_article(member.kind.word)}; programs are built on its type. "
                            "Restore the type, or add a member under a new name")
    if known.presence != "optional" and not member.required:
        raise ContractError(member.line, f"{what} was required; handlers rely on it. Keep it "
                                         "required, or add an optional member under a new name")
    member.slot, member.batch, member.since = known.slot, known.batch, known.since
    member.layout_optional = known.presence != "required"


def _values(channel, member, known, since):
    locked = known.values if known is not None else {}
    if member.values:
        _same_order(f"'{member.name}' of '{channel.key}'", "enum value", locked,
                    [value.text for value in member.values], member.values[0].line)
    number = max((number for number, _ in locked.values()), default=0)
    for value in member.values:
        if value.text in locked:
            value.number, value.since = locked[value.text]
        else:
            number += 1
            value.number, value.since = number, since


def _same_order(where, what, locked, given, line):
    """Refuses a removal or reorder of what the lock knows."""
    for name in locked:
        if name not in given:
            raise ContractError(line, f"{what} '{name}' was removed from {where}; programs are "
                                      "built on it. Restore it: what is published can only grow")
    known = [name for name in given if name in locked]
    if known != list(locked):
        raise ContractError(line, f"the {what}s of {where} were reordered. Restore the order "
                                  f"{_listed(locked)}; new ones may stand anywhere")


def _listed(words):
    return ", ".join(words) or "none"


def _article(kind):
    return ("an " if kind[0] in "aei" else "a ") + kind.replace("-", " ")
