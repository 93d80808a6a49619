# SPDX-License-Identifier: Apache-2.0
"""The contract at run time: its channels and their members, and checking without a client.

The classes of nexus_sdk.events have the same in types; this is for tools and bridges.
"""

import ctypes
import json
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Type

from . import _native, _structs, errors
from .events import CHANNELS, Event
from .publishing import to_json

_KINDS = ("", "string", "integer", "number", "enum", "string-array", "integer-array")


class Member(NamedTuple):
    """One typed member of a payload."""

    name: str
    """Its name in JSON."""
    kind: str
    """"string", "integer", "number", "enum", "string-array" or "integer-array"."""
    required: bool
    """Whether every event has it."""
    max_length: int
    """Most Unicode code points in a string; 0: no limit."""
    format: Optional[str]
    """The contract's format, "uri", or None."""
    values: Tuple[str, ...]
    """An enum's values; else empty."""
    description: str
    """One sentence, or an empty text."""
    example: Any
    """An example, or None."""


class Channel(NamedTuple):
    """One channel of the contract."""

    name: str
    """"bookingCreated"."""
    event: Type[Event]
    """Its class."""
    summary: str
    """One sentence on what it carries."""
    is_open: bool
    """Whether the contract leaves its payload open: any JSON object."""
    fingerprint: str
    """The fingerprint of its schema: 16 hex digits."""
    members: Tuple[Member, ...]
    """The typed members of its payload; none on an open channel."""


def version() -> str:
    """The version of the contract that the C library was built with."""
    return _native.optional(_native.lib.nexus_contract_version()) or ""


def channels() -> Dict[str, Channel]:
    """All channels by name, in the contract's order."""
    found = {}
    for index in range(_native.lib.nexus_channel_count()):
        channel = _read(_native.lib.nexus_channel_at(index))
        found[channel.name] = channel
    return found


def channel(name: str) -> Channel:
    """One channel by name. ChannelError for an unknown one."""
    pointer = _native.lib.nexus_channel_by_name(_native.text(name, "name"))
    if not pointer:
        raise errors.ChannelError(f"the contract has no channel {name!r}", "name")
    return _read(pointer)


def channel_of_subject(subject: str) -> Optional[Channel]:
    """The channel that a concrete subject belongs to, or None."""
    pointer = _native.lib.nexus_channel_by_subject(_native.text(subject, "subject"))
    return _read(pointer) if pointer else None


def _read(pointer: int) -> Channel:
    lib = _native.lib
    name = lib.nexus_channel_name(pointer).decode()
    members = tuple(_member(pointer, index)
                    for index in range(lib.nexus_channel_member_count(pointer)))
    return Channel(name, CHANNELS[name], lib.nexus_channel_summary(pointer).decode(),
                   lib.nexus_channel_is_open(pointer),
                   lib.nexus_channel_fingerprint(pointer).decode(), members)


def _member(pointer: int, index: int) -> Member:
    out = _structs.sized(_structs.Member)
    _native.call("nexus_channel_member", pointer, index, ctypes.byref(out))
    values: List[str] = []
    while out.values and out.values[len(values)] is not None:
        values.append(out.values[len(values)].decode())
    return Member(out.name.decode(), _KINDS[out.kind], out.required, out.max_length,
                  _native.optional(out.format), tuple(values),
                  _native.optional(out.description) or "",
                  None if out.example is None else json.loads(out.example))


def validate(channel: str, payload: Mapping[str, Any]) -> None:
    """Checks a payload as a publish would. Raises ValidationError, whose `where` names the first
    bad member, and ChannelError."""
    _native.call("nexus_validate_json", _native.text(channel, "channel"), to_json(payload))


def violations(channel: str, payload: Mapping[str, Any]) -> List[errors.NexusError]:
    """Everything that is wrong with a payload; an empty list when nothing is."""
    found: List[errors.NexusError] = []

    @_structs.callback(_structs.VIOLATION)
    def told(error: Any, _: Any) -> None:
        found.append(_native.exception(error.contents))

    try:
        _native.call("nexus_validate_json_each", _native.text(channel, "channel"),
                     to_json(payload), told, None)
    except (errors.ValidationError, errors.JsonError) as error:
        return found or [error]
    return []



def compare_clocks(left: Mapping[str, int], right: Mapping[str, int]) -> str:
    """How two vector clocks lie to each other: "before", "after", "concurrent" or "equal"."""
    out = ctypes.c_int()
    _native.call("nexus_vector_clock_compare", to_json(left), to_json(right), ctypes.byref(out))
    return _native.optional(_native.lib.nexus_clock_order_name(out)) or ""


def merge_clocks(left: Mapping[str, int], right: Mapping[str, int]) -> Dict[str, int]:
    """The element-wise maximum of two vector clocks."""
    out = ctypes.c_void_p()
    _native.call("nexus_vector_clock_merge", to_json(left), to_json(right), ctypes.byref(out))
    merged: Dict[str, int] = json.loads(_native.take_text(out))
    return merged


def check_token(token: str, what: str = "token") -> None:
    """Checks a tenant, node or service name. SubjectError when it is none."""
    _native.call("nexus_check_token", _native.text(what, "what"), _native.text(token, what))
