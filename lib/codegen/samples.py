# SPDX-License-Identifier: Apache-2.0
"""A sample payload for every channel, for the reference: the channel's `x-example` where the
contract has one, else the members' own examples, else plain values of the right kind."""

from errors import ContractError
from kinds import misfit
from resolve import expect

TENANT = "salon-001"


def read(node, members):
    """The `x-example` of a channel node, or None. Its members must fit; payload_of() adds required
    ones that it lacks, so that a grown schema needs no new example."""
    if "x-example" not in node:
        return None
    sample = expect(node.get("x-example"), "mapping", "x-example")
    known = {member.name: member for member in members}
    for name, value in sample.items.items():
        if name in known and not known[name].kind.fits(value.plain(), known[name]):
            raise ContractError(sample.key_lines[name], misfit(value.plain(), known[name]))
    return sample.plain()


def _string(member):
    words = "https://example.com/" if member.format == "uri" else member.name.replace("_", " ")
    return words[:member.max_length or len(words)]


_PLAIN = {"string": _string, "integer": lambda member: 12, "number": lambda member: 1.5,
          "enum": lambda member: member.values_by_number[0].text,
          "string-array": lambda member: ["one", "two"], "integer-array": lambda member: [1, 2]}


def payload_of(channel):
    """A whole payload of the channel, typed members first."""
    sample = dict(channel.example or {})
    payload = {}
    for member in channel.members:
        if member.name in sample:
            payload[member.name] = sample.pop(member.name)
        elif channel.example is None or member.required:
            payload[member.name] = (member.examples or [_PLAIN[member.kind.word](member)])[0]
    payload.update(sample)
    return payload or {"note": "any JSON object"}


def value_of(channel, member):
    """A sample of one member."""
    if member.examples:
        return member.examples[0]
    return payload_of(channel).get(member.name, _PLAIN[member.kind.word](member))


def token_of(parameter):
    """A value of an address parameter."""
    return TENANT if parameter.source == "tenant" else parameter.name.replace("_", "-") + "-1"
