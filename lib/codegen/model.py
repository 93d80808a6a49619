# SPDX-License-Identifier: Apache-2.0
"""The contract as the emitters see it."""

from dataclasses import dataclass, field
from typing import Any, List, Optional

import names


@dataclass
class EnumValue:
    """One value of an enum. `number` is its C constant and comes from the lock."""

    text: str
    line: int
    number: int = 0
    since: str = ""

    @property
    def constant(self):
        return names.constant(self.text, self.line)


@dataclass
class Member:
    """One typed member of a payload. `layout_optional`, `slot`, `batch` and `since` come from the
    lock: presence when the member was born, place in the struct, and the extension of the struct
    that brought it (1: the struct as first made)."""

    name: str
    line: int
    kind: Any
    required: bool
    description: str = ""
    examples: List[Any] = field(default_factory=list)
    values: List[EnumValue] = field(default_factory=list)
    max_length: int = 0
    format: Optional[str] = None
    order: int = 0  # in the contract
    slot: int = 0
    batch: int = 1
    layout_optional: bool = False
    since: str = ""

    @property
    def c_name(self):
        return names.c_member(self.name)

    @property
    def later(self):
        """Whether programs exist whose struct lacks it."""
        return self.batch > 1

    @property
    def values_by_number(self):
        return sorted(self.values, key=lambda value: value.number)


@dataclass
class Parameter:
    """One parameter of an address. `source` says where publishing takes it from: "tenant" (the
    tenant argument), "member" (the payload's required string of the same name) or "argument"."""

    name: str
    line: int
    description: str = ""
    source: str = "argument"

    @property
    def c_name(self):
        return "tenant" if self.source == "tenant" else names.c_argument(self.name)


@dataclass
class Channel:
    """One channel with its payload."""

    key: str
    line: int
    address: str
    summary: str
    description: str
    parameters: List[Parameter]
    members: List[Member]
    fingerprint: str
    example: Optional[dict] = None
    slot: int = 0
    since: str = ""

    @property
    def c_name(self):
        return names.snake(self.key)

    @property
    def python_name(self):
        return names.pascal(self.key)

    @property
    def struct(self):
        return f"nexus_{self.c_name}"

    @property
    def upper(self):
        return f"NEXUS_{self.c_name.upper()}"

    @property
    def has_tenant(self):
        return any(parameter.source == "tenant" for parameter in self.parameters)

    @property
    def publish_parameters(self):
        """The parameters that are arguments of the publish function."""
        return [parameter for parameter in self.parameters if parameter.source != "member"]

    def enum_tag(self, member):
        return f"{self.struct}_{member.name.replace('-', '_').lower()}"

    def enum_prefix(self, member):
        return self.enum_tag(member).upper()

    def member_index(self, name):
        for index, member in enumerate(self.members):
            if member.name == name:
                return index
        return -1


@dataclass
class Contract:
    """The whole document. Channels and members stand in the order of the lock."""

    version: str
    channels: List[Channel]
