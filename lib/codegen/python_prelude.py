# SPDX-License-Identifier: Apache-2.0
"""The part of nexus_sdk/events.py that is the same for every contract; emit_python.py copies what
follows the first line of dashes."""

# ------------------------------------------------------------------------------------------------
import enum
from dataclasses import dataclass
from typing import (Any, ClassVar, Dict, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple,
                    Type, TypeVar, Union)

_E = TypeVar("_E", bound="Event")

_EXPECTED = {"string": "a string", "enum": "a string", "integer": "an integer",
             "number": "a number"}


class _Member(NamedTuple):
    """How one typed member of a payload is read and written."""

    name: str
    attribute: str
    kind: str
    required: bool
    values: Optional[Type[enum.Enum]] = None


class Event:
    """What the classes of all channels share."""

    __slots__ = ()

    CHANNEL: ClassVar[str]
    """The contract's name of the channel."""
    ADDRESS: ClassVar[str]
    """The subject, with its parameters in braces."""
    PARAMETERS: ClassVar[Tuple[str, ...]]
    """The parameters of the subject that publishing takes beside the event."""
    FINGERPRINT: ClassVar[str]
    """The fingerprint of the channel's schema."""

    _MEMBERS: ClassVar[Tuple[_Member, ...]] = ()

    extra: Mapping[str, Any]

    def to_payload(self) -> Dict[str, Any]:
        """The payload as a dict that the json module can write."""
        if not self._MEMBERS:
            return dict(self.extra)
        payload: Dict[str, Any] = {}
        for member in self._MEMBERS:
            value = getattr(self, member.attribute)
            if value is not None:
                payload[member.name] = _plain(value)
        for name, value in self.extra.items():
            if name in payload:
                raise ValueError(f"payload.{name}: given both as an attribute and in extra")
            payload[name] = value
        return payload

    @classmethod
    def from_payload(cls: Type[_E], payload: Mapping[str, Any]) -> _E:
        """The event with this payload. Raises ValueError, which names the member, when a required
        member is missing or a typed member is of another type."""
        extra = dict(payload)
        values: Dict[str, Any] = {}
        for member in cls._MEMBERS:
            if member.name in extra:
                values[member.attribute] = _read(member.kind, f"payload.{member.name}",
                                                 extra.pop(member.name))
            elif member.required:
                raise ValueError(f"payload.{member.name}: required, but missing")
        return cls(**dict(values, extra=extra))

    def _set(self, extra: Optional[Mapping[str, Any]], **values: Any) -> None:
        for member in self._MEMBERS:
            value = values[member.attribute]
            if member.values is not None and value is not None:
                value = _known(member.values, value)
            elif member.kind.endswith("-array") and value is not None:
                value = tuple(value)
            object.__setattr__(self, member.attribute, value)
        object.__setattr__(self, "extra", dict(extra or {}))

    def __hash__(self) -> int:
        return hash((type(self),) + tuple(getattr(self, m.attribute) for m in self._MEMBERS))

    def __reduce__(self) -> Tuple[Any, ...]:
        values = {m.attribute: getattr(self, m.attribute) for m in self._MEMBERS}
        return _restore, (type(self), dict(values, extra=self.extra))


def _restore(cls: Type[_E], values: Dict[str, Any]) -> _E:
    return cls(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _known(values: Type[enum.Enum], value: Any) -> Any:
    """The enum's member, or the text itself when the contract does not list it."""
    try:
        return values(value)
    except ValueError:
        return value


def _read(kind: str, where: str, value: Any) -> Any:
    if kind.endswith("-array"):
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"{where}: expected an array")
        item = kind[:-len("-array")]
        return tuple(_read(item, f"{where}[{i}]", v) for i, v in enumerate(value))
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)  # 1.0 and 1e3 are integers in JSON Schema
    expected = {"integer": (int,), "number": (int, float)}.get(kind, (str,))
    if isinstance(value, bool) or not isinstance(value, expected):
        raise ValueError(f"{where}: expected {_EXPECTED[kind]}")
    return float(value) if kind == "number" else value
