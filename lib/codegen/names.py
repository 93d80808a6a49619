# SPDX-License-Identifier: Apache-2.0
"""How names of the contract become names in C and Python.

channel key   iotSensorData  ->  iot_sensor_data (C functions, structs), IotSensorData (Python)
member        from, class    ->  from, class_ (C, C++);  from_, class_ (Python)
enum value    in-progress    ->  NEXUS_<CHANNEL>_<MEMBER>_IN_PROGRESS

A word that a language keeps for itself gets a trailing underscore. What still collides is refused,
never renamed silently: a name in a public header is a promise.
"""

import builtins
import keyword
import re

from errors import ContractError

CHANNEL_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*\Z")
MEMBER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*\Z")
PARAMETER_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")

_C_WORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while alignas alignof bool constexpr false nullptr static_assert
    thread_local true typeof typeof_unqual asm fortran
"""
_CPP_WORDS = """
    and and_eq atomic_cancel atomic_commit atomic_noexcept bitand bitor catch char8_t char16_t
    char32_t class co_await co_return co_yield compl concept consteval constinit const_cast
    decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not not_eq
    operator or or_eq private protected public reflexpr reinterpret_cast requires static_cast
    synchronized template this throw try typeid typename using virtual wchar_t xor xor_eq
"""
# Macros that headers or compilers define under plain names.
_MACROS = "NULL EOF errno stdin stdout stderr assert unix linux i386 offsetof major minor makedev"

C_RESERVED = frozenset((_C_WORDS + _CPP_WORDS + _MACROS).split())
STRUCT_RESERVED = C_RESERVED | {"size", "json"}
ARGUMENT_RESERVED = C_RESERVED | {"client", "tenant", "event", "options", "receipt", "err",
                                  "handler", "data", "out"}
PYTHON_RESERVED = frozenset(keyword.kwlist) | {"match", "case", "type", "self", "extra"}
PYTHON_METHODS = frozenset({"to_payload", "from_payload"})


def snake(key):
    """iotSensorData -> iot_sensor_data, POSReceipt -> pos_receipt."""
    key = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", key)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key).lower()


def pascal(key):
    """iotSensorData -> IotSensorData; a name of Python's own gets an underscore."""
    name = "".join(word.capitalize() for word in snake(key).split("_"))
    return name + "_" if hasattr(builtins, name) else name


def _flat(name):
    return name.replace("-", "_")


def c_member(name):
    """A struct member's name."""
    name = _flat(name)
    return name + "_" if name in STRUCT_RESERVED else name


def c_argument(name):
    """A function argument's name."""
    return name + "_" if name in ARGUMENT_RESERVED else name


def c_beside(prefix, name, suffix):
    """The member beside a member: has_x, x_text, x_count. Built from the plain name."""
    return prefix + _flat(name) + suffix


def python_member(name):
    """An attribute's name."""
    name = _flat(name)
    if name in PYTHON_RESERVED or name in PYTHON_METHODS or hasattr(object, name):
        return name + "_"
    return name + "_" if name.isupper() else name  # class attributes are in capitals


def constant(text, line):
    """The last part of an enum constant."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").upper()
    if not name:
        raise ContractError(line, f"enum value {text!r} has no ASCII letter or digit to name it by")
    return name


def check_name(name, pattern, line, what):
    if not pattern.match(name):
        raise ContractError(line, f"{what} '{name}' must be ASCII letters, digits and single '_', "
                                  "beginning with a letter")


class Scope:
    """Names that live side by side. Taking one twice is refused."""

    def __init__(self, what, taken=()):
        self.what = what
        self.taken = {name: None for name in taken}

    def take(self, name, owner, line):
        if name in self.taken:
            other = self.taken[name] or "the library itself"
            raise ContractError(line, f"{owner} would be named '{name}' in {self.what}, "
                                      f"and so is {other}; rename one of them")
        self.taken[name] = owner
