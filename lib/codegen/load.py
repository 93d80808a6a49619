# SPDX-License-Identifier: Apache-2.0
"""Reads YAML into a tree that knows its lines.

The tree is built from PyYAML's events rather than by its constructors. Every node then keeps its
line, a duplicate key is seen, and plain scalars follow YAML 1.2 (the version that AsyncAPI names),
in which `no` and `on` are words and not booleans.
"""

import re
import unicodedata

import yaml

from errors import ContractError

MAX_DEPTH = 64

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None,
          "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}

# Characters that make a text read differently from what it is.
_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Scalar:
    """A string, integer, float, boolean or null."""

    kind = "scalar"

    def __init__(self, line, value):
        self.line = line
        self.value = value

    def plain(self):
        return self.value


class Sequence:
    """A list of nodes."""

    kind = "list"

    def __init__(self, line):
        self.line = line
        self.items = []

    def plain(self):
        return [item.plain() for item in self.items]


class Mapping:
    """Nodes by key, in the order of the file; `key_lines` says where each key stands."""

    kind = "mapping"

    def __init__(self, line):
        self.line = line
        self.items = {}
        self.key_lines = {}

    def get(self, key):
        return self.items.get(key)

    def __contains__(self, key):
        return key in self.items

    def plain(self):
        return {key: value.plain() for key, value in self.items.items()}


def load(data):
    """The tree of a YAML document given as bytes."""
    builder = _Builder()
    try:
        for event in yaml.parse(_decode(data), Loader=yaml.SafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = (error.problem or error.context or "malformed").replace("\t", "\\t")
        raise ContractError(mark.line + 1 if mark else 1, f"not YAML: {problem}") from None
    if not isinstance(builder.root, Mapping):
        raise ContractError(1, "not an AsyncAPI document: the top level must be a mapping")
    return builder.root


def _decode(data):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ContractError(line, "not UTF-8") from None
    for number, line in enumerate(text.split("\n"), 1):
        _check_characters(line, number)
    return text


def _check_characters(text, line):
    """Refuses what would hide in a comment or string of the output."""
    for character in text:
        if character in _BIDI or (character not in "\t\r\n"
                                  and unicodedata.category(character) in ("Cc", "Cs")):
            raise ContractError(line, f"character U+{ord(character):04X} is not allowed")


def _scalar(event):
    if event.style is not None:
        return event.value
    if event.value in _WORDS:
        return _WORDS[event.value]
    if _INTEGER.match(event.value):
        return int(event.value)
    if _FLOAT.match(event.value):
        return float(event.value)
    return event.value


class _Builder:
    """Turns events into nodes, with an explicit stack so that depth is bounded."""

    def __init__(self):
        self.root = None
        self.documents = 0
        self.stack = []
        self.keys = []

    def take(self, event):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise ContractError(line, "more than one YAML document in the file")
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ContractError(line, "YAML anchors and aliases are not supported; use $ref")
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._refuse_tag(event, line)
            self._open(Mapping(line) if isinstance(event, yaml.MappingStartEvent)
                       else Sequence(line))
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event, line)
            _check_characters(event.value, line)  # once more: "\\u202e" is an escape until here
            self._scalar(event, line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self.stack.pop()
            self.keys.pop()

    @staticmethod
    def _refuse_tag(event, line):
        if event.tag not in (None, "!"):
            raise ContractError(line, f"the YAML tag {event.tag} is not supported")

    def _open(self, node):
        if self.stack and isinstance(self.stack[-1], Mapping) and self.keys[-1] is None:
            raise ContractError(node.line, "a key must be a string")
        self._place(node)
        if len(self.stack) >= MAX_DEPTH:
            raise ContractError(node.line, f"nested deeper than {MAX_DEPTH} levels")
        self.stack.append(node)
        self.keys.append(None)

    def _scalar(self, event, line):
        top = self.stack[-1] if self.stack else None
        if isinstance(top, Mapping) and self.keys[-1] is None:
            self._key(top, event, line)
        else:
            self._place(Scalar(line, _scalar(event)))

    def _key(self, mapping, event, line):
        if event.style is None and event.value == "<<":
            raise ContractError(line, "YAML merge keys are not supported; use allOf")
        key = event.value
        if key in mapping.key_lines:
            raise ContractError(
                line, f"duplicate key '{key}'; it stands on line {mapping.key_lines[key]} already")
        mapping.key_lines[key] = line
        self.keys[-1] = key

    def _place(self, node):
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top, Mapping):
            top.items[self.keys[-1]] = node
            self.keys[-1] = None
        else:
            top.items.append(node)
