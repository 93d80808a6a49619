# SPDX-License-Identifier: Apache-2.0
"""The C library: where it is, and how its errors become exceptions."""

import ctypes
import logging
import os
import weakref
from ctypes import byref, c_char_p, c_void_p
from typing import Any, Dict, Iterable, Optional, Tuple

from . import errors
from ._prototypes import PROTOTYPES
from ._structs import Error

log = logging.getLogger("nexus_sdk")

SONAME = "libnexus-sdk.so.1"
OLDEST = (1, 0, 0)
"""The first version of the library that has every function of the table."""


def _load() -> ctypes.CDLL:
    name = os.environ.get("NEXUS_SDK_LIBRARY") or SONAME
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise ImportError(
            f"nexus_sdk needs the C library {SONAME}, and it cannot be loaded: {error}. Install "
            f"the package libnexus-sdk1 (or build it and run ldconfig), or set NEXUS_SDK_LIBRARY "
            f"to the path of the library.") from None
    wanted = ".".join(map(str, OLDEST))
    try:
        library.nexus_version.restype = c_char_p
        found = library.nexus_version().decode()
        number = library.nexus_version_number()
    except AttributeError:
        raise ImportError(f"{name} is not the library of the Nexus SDK; install libnexus-sdk1, "
                          f"version {wanted} or newer, below 2.0.0") from None
    if not _number(OLDEST) <= number < 2000000:
        raise ImportError(f"nexus_sdk needs libnexus-sdk1 in version {wanted} or newer, below "
                          f"2.0.0, but {name} is version {found}; install another one")
    for function, (restype, argtypes) in PROTOTYPES.items():
        try:
            entry = getattr(library, function)
        except AttributeError:
            raise ImportError(f"{name}, version {found}, lacks {function}; install a newer "
                              f"libnexus-sdk1") from None
        entry.restype, entry.argtypes = restype, list(argtypes)
    return library


def _number(version: Tuple[int, int, int]) -> int:
    return version[0] * 1000000 + version[1] * 1000 + version[2]


lib = _load()

clients: "weakref.WeakValueDictionary[int, Any]" = weakref.WeakValueDictionary()
"""The clients of Python by the pointers of C, for callbacks."""


def call(name: str, *arguments: Any) -> int:
    """Calls a function that reports errors, and raises what it reports; else its result."""
    error = Error()
    result: int = getattr(lib, name)(*arguments, byref(error))
    if result < 0:
        raise exception(error, result)
    return result


def exception(error: Error, code: Optional[int] = None) -> errors.NexusError:
    """The exception that says what a struct nexus_error says."""
    number = error.code or code or 0
    return errors.from_code(number, error.message.decode("utf-8", "replace"),
                            error.where.decode("utf-8", "replace"), bool(error.flags & 1))


def text(value: Optional[str], where: str) -> Optional[bytes]:
    """Text as C takes it. A NUL or half a surrogate pair would make it another text: refused."""
    if value is None:
        return None
    known = _texts.get(value) if value.__class__ is str else None
    return _encoded(value, where) if known is None else known


_texts: Dict[str, bytes] = {}  # short texts that were encoded before: channels, tenants
_TEXTS_MAX = 4096


def _encoded(value: str, where: str) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{where}: expected str, not {type(value).__name__}")
    try:
        encoded = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise errors.InvalidError(f"is not Unicode text: {error.reason}", where) from None
    if b"\0" in encoded:
        raise errors.InvalidError("contains a NUL", where)
    if len(encoded) <= 64 and len(_texts) < _TEXTS_MAX:
        _texts[str(value)] = encoded
    return encoded


def take_text(pointer: c_void_p) -> str:
    """Text that the library gave away."""
    try:
        return ctypes.string_at(pointer.value or 0).decode("utf-8")
    finally:
        lib.nexus_free(pointer)


def texts(values: Optional[Iterable[str]], where: str) -> Any:
    """Texts as an array of C that ends with NULL; None for none."""
    if values is None:
        return None
    if isinstance(values, str):
        raise TypeError(f"{where}: expected several texts, not one")
    encoded = [text(value, f"{where}[{index}]") for index, value in enumerate(values)]
    return (c_char_p * (len(encoded) + 1))(*encoded)


def optional(value: Optional[bytes]) -> Optional[str]:
    """Text that the library shows, or None."""
    return None if value is None else value.decode("utf-8", "replace")


def milliseconds(seconds: float, where: str) -> int:
    """Seconds of Python as milliseconds of C."""
    try:
        return max(-2**62, min(round(float(seconds) * 1000), 2**62))
    except (OverflowError, ValueError):
        raise errors.InvalidError(f"is no time in seconds: {seconds!r}", where) from None


class Options:
    """An options object of C for the time of a with block; set() takes what its setters take."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.pointer: Any = None

    def __enter__(self) -> "Options":
        self.pointer = getattr(lib, f"nexus_{self._kind}_options_new")()
        if not self.pointer:
            raise MemoryError
        return self

    def __exit__(self, *_: Any) -> None:
        getattr(lib, f"nexus_{self._kind}_options_destroy")(self.pointer)

    def set(self, name: str, *values: Any) -> None:
        """Sets one option; text is encoded."""
        plain = [text(value, name) if isinstance(value, str) else value for value in values]
        function = f"nexus_{self._kind}_options_set_{name}"
        try:
            call(function, self.pointer, *plain)
        except ctypes.ArgumentError:
            raise TypeError(f"{name}: cannot be {', '.join(map(repr, values))}") from None
