# SPDX-License-Identifier: Apache-2.0
"""Follows `$ref` and folds `allOf`, so that the rest of the generator sees plain schemas."""

from errors import ContractError
from load import Mapping, Scalar, Sequence

# Words about a schema that constrain nothing.
ANNOTATIONS = {"title", "description", "examples", "$comment"}
# The words that constrain, all of which the generator understands somewhere.
CONSTRAINTS = {"type", "enum", "maxLength", "format"}
STRUCTURE = {"properties", "required", "items", "additionalProperties", "allOf", "$ref"}


def expect(node, kind, what):
    """The node, if it is of this kind ("mapping", "list", "scalar")."""
    if node.kind != kind:
        raise ContractError(node.line, f"{what} must be a {kind}")
    return node


def expect_text(node, what):
    """The text of a string scalar."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        raise ContractError(node.line, f"{what} must be a string")
    return node.value


def need(mapping, key, what):
    """A key that must be there."""
    if key not in mapping:
        raise ContractError(mapping.line, f"{what} has no '{key}'")
    return mapping.get(key)


def text_of(mapping, key):
    """The string under a key, or an empty one."""
    return expect_text(mapping.get(key), key) if key in mapping else ""


def known_keys(mapping, allowed, what):
    """Refuses keys that are neither listed nor extensions (`x-…`)."""
    for key in mapping.items:
        if key not in allowed and not key.startswith("x-"):
            raise ContractError(mapping.key_lines[key], f"{what}: '{key}' is not supported")


class Schema:
    """A schema after `$ref` and `allOf`. `words` holds keyword -> (value, line)."""

    def __init__(self, line):
        self.line = line
        self.words = {}
        self.properties = {}
        self.required = {}  # name -> line
        self.items = None
        self.additional = None
        self.description = ""
        self.examples = None

    def word(self, key):
        return self.words[key][0] if key in self.words else None

    def line_of(self, key):
        return self.words[key][1] if key in self.words else self.line


class Resolver:
    """Looks things up in one document."""

    def __init__(self, root):
        self.root = root

    def follow(self, node, trail=()):
        """The node itself, or what its `$ref` names, and the trail of references taken."""
        while isinstance(node, Mapping) and "$ref" in node:
            pointer = expect_text(node.get("$ref"), "$ref")
            line = node.key_lines["$ref"]
            for key in node.items:
                if key != "$ref":
                    raise ContractError(node.key_lines[key],
                                        f"'{key}' beside $ref would be ignored; use allOf")
            if pointer in trail:
                raise ContractError(line, f"$ref '{pointer}' leads back to itself")
            trail += (pointer,)
            node = self._lookup(pointer, line)
        return node, trail

    def _lookup(self, pointer, line):
        if not pointer.startswith("#/"):
            raise ContractError(line, f"$ref '{pointer}' is not local; only '#/…' is supported")
        node = self.root
        for part in pointer[2:].split("/"):
            part = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, Mapping) and part in node:
                node = node.get(part)
            elif isinstance(node, Sequence) and part.isdigit() and int(part) < len(node.items):
                node = node.items[int(part)]
            else:
                raise ContractError(line, f"$ref '{pointer}' names nothing")
        return node

    def schema(self, node, trail=()):
        """The folded schema of a node."""
        node, trail = self.follow(node, trail)
        expect(node, "mapping", "a schema")
        known_keys(node, ANNOTATIONS | CONSTRAINTS | STRUCTURE, "schema")
        own = self._own(node, trail)
        if "allOf" not in node:
            return own
        parts = expect(node.get("allOf"), "list", "allOf").items
        if not parts:
            raise ContractError(node.key_lines["allOf"], "allOf is empty")
        whole = Schema(node.line)
        for part in parts:
            merge(whole, self.schema(part, trail))
        merge(whole, own)
        return whole

    def _own(self, node, trail):
        schema = Schema(node.line)
        for key, line in node.key_lines.items():
            if key in CONSTRAINTS:
                schema.words[key] = (node.get(key).plain(), line)
            elif key in ("properties", "required", "items"):
                schema.words[key] = (True, line)
        if "description" in node:
            schema.description = expect_text(node.get("description"), "description")
        if "examples" in node:
            schema.examples = expect(node.get("examples"), "list", "examples")
        if "properties" in node:
            for name, value in expect(node.get("properties"), "mapping", "properties").items.items():
                schema.properties[name] = self.schema(value, trail)
                schema.properties[name].line = node.get("properties").key_lines[name]
        if "required" in node:
            schema.required = self._required(node.get("required"))
        if "items" in node:
            schema.items = self.schema(node.get("items"), trail)
        if "additionalProperties" in node:
            value = node.get("additionalProperties")
            schema.words["additionalProperties"] = (value.plain(),
                                                    node.key_lines["additionalProperties"])
            if isinstance(value, Mapping):
                schema.additional = self.schema(value, trail)
        return schema

    @staticmethod
    def _required(node):
        names = {}
        for item in expect(node, "list", "required").items:
            name = expect_text(item, "a name in required")
            if name in names:
                raise ContractError(item.line, f"required names '{name}' twice")
            names[name] = item.line
        return names


def merge(into, part):
    """Folds one part of an `allOf` into the whole: both must hold, so a contradiction is refused."""
    for key, (value, line) in part.words.items():
        if key in into.words and into.words[key][0] != value:
            raise ContractError(line, f"{key} {value!r} contradicts {into.words[key][0]!r} "
                                      f"on line {into.words[key][1]}")
        into.words.setdefault(key, (value, line))
    for name, schema in part.properties.items():
        if name in into.properties:
            merge(into.properties[name], schema)
        else:
            into.properties[name] = schema
    for name, line in part.required.items():
        into.required.setdefault(name, line)
    into.items = _merge_optional(into.items, part.items)
    into.additional = _merge_optional(into.additional, part.additional)
    into.description = part.description or into.description
    into.examples = part.examples or into.examples


def _merge_optional(left, right):
    if left is not None and right is not None:
        merge(left, right)
    return left if left is not None else right
