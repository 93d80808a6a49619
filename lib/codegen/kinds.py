# SPDX-License-Identifier: Apache-2.0
"""The six kinds of payload member, one class each: what a schema may say, and how it is written
in C, in Python and in the reference."""

from errors import ContractError
from model import EnumValue
import names
import text

MAX_INTEGER = 2 ** 53 - 1


class Kind:
    """What the kinds share. A kind without state serves any number of members."""

    word = ""  # in the lock
    constant = ""  # enum nexus_kind
    allowed = frozenset({"type"})  # keywords of the schema
    scalar = False  # has a `has_…` flag when optional

    def read(self, schema, member):
        """Takes the keywords of the schema into the member."""
        for key in schema.words:
            if key not in self.allowed:
                raise ContractError(schema.line_of(key),
                                    f"'{key}' is not supported on {self.title} '{member.name}'")

    @property
    def title(self):
        return f"the {self.word}"

    def beside(self, member):
        """The struct member beside the member's own, or None."""
        return None

    def flags(self, member):
        return ["NX_FIELD_REQUIRED"] if member.required else []

    def limits(self, member):
        """What restricts the value, in words."""
        return []

    def fits(self, value, member):
        """Whether an example is of this kind."""
        raise NotImplementedError

    def c_members(self, member, tag):
        """[(declaration, comment)]: the struct members. The member's own has no comment here; its
        documentation is the emitter's."""
        raise NotImplementedError

    def c_init(self, member, prefix):
        raise NotImplementedError


class String(Kind):
    word = "string"
    constant = "NEXUS_KIND_STRING"
    allowed = frozenset({"type", "maxLength", "format"})
    python = "str"

    def read(self, schema, member):
        super().read(schema, member)
        length = schema.word("maxLength")
        if length is not None:
            if not isinstance(length, int) or isinstance(length, bool) or not 0 < length < 2 ** 32:
                raise ContractError(schema.line_of("maxLength"),
                                    "maxLength must be a whole number from 1 to 4294967295")
            member.max_length = length
        member.format = schema.word("format")
        if member.format not in (None, "uri"):
            raise ContractError(schema.line_of("format"),
                                f"format {member.format!r} of a string is not supported; "
                                "'uri' is")

    def flags(self, member):
        return super().flags(member) + (["NX_FIELD_URI"] if member.format == "uri" else [])

    def limits(self, member):
        limits = []
        if member.max_length:
            limits.append(f"at most {member.max_length} characters")
        if member.format == "uri":
            limits.append("a URI")
        return limits

    def fits(self, value, member):
        return isinstance(value, str) and len(value) <= (member.max_length or len(value))

    def c_members(self, member, tag):
        return [(f"const char *{member.c_name}", "")]

    def c_init(self, member, prefix):
        return ["NULL"]


class _Number(Kind):
    scalar = True

    def beside(self, member):
        return names.c_beside("has_", member.name, "") if member.layout_optional else None

    def c_members(self, member, tag):
        own = f"{self.c_type} {member.c_name}"
        if not member.layout_optional:
            return [(own, "")]
        return [(f"bool {self.beside(member)}", f"Whether `{member.c_name}` is given."),
                (own, "")]

    def c_init(self, member, prefix):
        return (["false"] if member.layout_optional else []) + [self.zero]


class Integer(_Number):
    word = "integer"
    constant = "NEXUS_KIND_INTEGER"
    c_type = "int64_t"
    zero = "0"
    python = "int"

    def fits(self, value, member):
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER


class Number(_Number):
    word = "number"
    constant = "NEXUS_KIND_NUMBER"
    allowed = frozenset({"type", "format"})
    c_type = "double"
    zero = "0.0"
    python = "float"

    def read(self, schema, member):
        super().read(schema, member)
        member.format = schema.word("format")
        if member.format not in (None, "float", "double"):
            raise ContractError(schema.line_of("format"),
                                f"format {member.format!r} of a number is not supported; "
                                "'float' and 'double' are")

    def fits(self, value, member):
        return isinstance(value, (int, float)) and not isinstance(value, bool)


class Enum(Kind):
    word = "enum"
    constant = "NEXUS_KIND_ENUM"
    allowed = frozenset({"type", "enum"})
    python = "str"

    def read(self, schema, member):
        super().read(schema, member)
        values, line = schema.words["enum"]
        if not isinstance(values, list) or not values:
            raise ContractError(line, "enum must be a list with at least one value")
        for value in values:
            if not isinstance(value, str):
                raise ContractError(line, f"enum value {value!r} is not a string; quote it")
            if value in (known.text for known in member.values):
                raise ContractError(line, f"enum value {value!r} stands there twice")
            member.values.append(EnumValue(value, line))

    def beside(self, member):
        return names.c_beside("", member.name, "_text")

    def limits(self, member):
        return ["one of " + ", ".join(f'"{value.text}"' for value in member.values)]

    def fits(self, value, member):
        return value in [known.text for known in member.values]

    def c_members(self, member, tag):
        return [(f"enum {tag} {member.c_name}", ""),
                (f"const char *{self.beside(member)}",
                 "Its text as received; published only where the enum is …_UNRECOGNIZED.")]

    def c_init(self, member, prefix):
        return [f"{prefix}_UNSET", "NULL"]


class _Array(Kind):
    allowed = frozenset({"type", "items"})

    def beside(self, member):
        return names.c_beside("", member.name, "_count")

    def fits(self, value, member):
        return isinstance(value, list) and all(self.item.fits(item, member) for item in value)

    def c_members(self, member, tag):
        return [(f"{self.c_type}{member.c_name}", ""),
                (f"size_t {self.beside(member)}", f"How many `{member.c_name}` holds.")]

    def c_init(self, member, prefix):
        return ["NULL", "0"]


class StringArray(_Array):
    word = "string-array"
    constant = "NEXUS_KIND_STRING_ARRAY"
    c_type = "const char *const *"
    python = "Tuple[str, ...]"
    item = String()

    title = "the array of strings"


class IntegerArray(_Array):
    word = "integer-array"
    constant = "NEXUS_KIND_INTEGER_ARRAY"
    c_type = "const int64_t *"
    python = "Tuple[int, ...]"
    item = Integer()

    title = "the array of integers"


STRING, INTEGER, NUMBER, ENUM = String(), Integer(), Number(), Enum()
STRING_ARRAY, INTEGER_ARRAY = StringArray(), IntegerArray()


def kind_of(schema, name):
    """The kind that a member's schema asks for."""
    line = schema.line_of("type")
    word = schema.word("type")
    if word is None:
        raise ContractError(schema.line, f"'{name}' has no type")
    if isinstance(word, list):
        raise ContractError(line, f"'{name}': a list of types is not supported; name one type, and "
                                  "leave an optional member out of required")
    if schema.properties or schema.required or word == "object":
        raise ContractError(line, f"'{name}': an object inside a payload is not supported; make "
                                  "its members members of the payload")
    if word == "array":
        return _array_kind(schema, name, line)
    if schema.word("enum") is not None:
        if word != "string":
            raise ContractError(schema.line_of("enum"), f"'{name}': only strings can have an enum")
        return ENUM
    for kind in (STRING, INTEGER, NUMBER):
        if word == kind.word:
            return kind
    raise ContractError(line, f"'{name}': type {word!r} is not supported")


def _array_kind(schema, name, line):
    if schema.items is None:
        raise ContractError(line, f"the array '{name}' does not say what it holds (items)")
    items = schema.items
    for key in items.words:
        if key != "type":
            raise ContractError(items.line_of(key),
                                f"'{key}' on the items of '{name}' is not supported")
    for kind in (STRING_ARRAY, INTEGER_ARRAY):
        if items.word("type") == kind.item.word and not items.properties:
            return kind
    raise ContractError(items.line_of("type"), f"'{name}': arrays hold strings or integers, not "
                                               f"{items.word('type')!r}")


def misfit(value, member):
    """What is wrong with an example."""
    return f"example {text.json_text(value)} does not fit {member.kind.title} '{member.name}'"


def examples_of(schema, member):
    """The examples of a member, each checked to be one."""
    found = []
    for node in schema.examples.items if schema.examples is not None else []:
        value = node.plain()
        if not member.kind.fits(value, member):
            raise ContractError(node.line, misfit(value, member))
        found.append(value)
    return found
