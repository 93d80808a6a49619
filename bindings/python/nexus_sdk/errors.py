# SPDX-License-Identifier: Apache-2.0
"""The exceptions: one class for each status code of the library.

All of them derive from NexusError, so that `except NexusError` catches whatever the bus does.
"""

from typing import Any, Dict, Optional, Tuple, Type


class NexusError(Exception):
    """Something that the library reports.

    Attributes:
        code: The number of the status (enum nexus_status), below 0.
        status_name: Its name, "NEXUS_E_TIMEOUT".
        message: One sentence on what is wrong.
        where: The member, argument or subject that it is about, or "".
        retriable: Whether trying the same call again later may succeed.
    """

    code: int = 0
    status_name: str = "NEXUS_E_UNKNOWN"

    def __init__(self, message: str, where: str = "", retriable: bool = False,
                 code: Optional[int] = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.retriable = retriable
        if code is not None:
            self.code = code

    def __reduce__(self) -> Any:
        return type(self), (self.message, self.where, self.retriable, self.code)

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class InvalidError(NexusError, ValueError):
    """An argument or option is unusable; `where` names it."""


class OutOfMemoryError(NexusError, MemoryError):
    """Memory could not be allocated; nothing was changed."""


class ValidationError(NexusError, ValueError):
    """A payload breaks the contract; `where` names the member."""


class JsonError(NexusError, ValueError):
    """Text is not strict JSON; `where` names the member or byte."""


class SubjectError(NexusError, ValueError):
    """A tenant, node or other subject token is not allowed."""


class ChannelError(NexusError, LookupError):
    """No such channel in the contract."""


class DeadlineError(NexusError, TimeoutError):
    """The deadline passed. A publish may still have been stored. Also a TimeoutError."""


class FullError(NexusError):
    """The in-flight window or another bounded store is full."""


class ClosedError(NexusError):
    """The client, subscription or connection has been closed."""


class ConnectError(NexusError, ConnectionError):
    """No server could be reached."""


class AuthError(NexusError):
    """The server refused the credentials."""


class ForbiddenError(NexusError):
    """The server forbids this subject to these credentials."""


class NoStreamError(NexusError):
    """No stream covers the subject; provision one first."""


class StreamError(NexusError):
    """JetStream refused; `message` carries its own words."""


class ConflictError(NexusError):
    """What exists differs from what is asked; nothing was changed."""

    differences: Tuple[Any, ...] = ()
    """From provision(): in what the stream differs, a Difference for each member."""


class NotFoundError(NexusError, LookupError):
    """No such stream, consumer, key or file."""


class StateError(NexusError):
    """Not allowed here, for example from inside a handler."""


class TooLargeError(NexusError, ValueError):
    """A size is above its limit; `message` gives both."""


class FileError(NexusError, OSError):
    """A file or socket operation failed."""


class ForkError(NexusError):
    """The client was made before fork(); make a new one."""


class TenantError(NexusError):
    """The envelope's tenant is not the tenant of the subject."""


class SignatureError(NexusError):
    """A signature is missing, malformed or wrong."""

    refusal: str = ""
    """From Trust.check() and in a Poison: the reason in one word, "unsigned"."""


class KeyFault(NexusError):
    """A key is unknown, unreadable, expired, revoked or not allowed."""

    refusal: str = ""
    """From Trust.check() and in a Poison: the reason in one word, "unknown_key"."""


class ReplayError(NexusError):
    """An event that was handled before came again as a new one."""


class UnsupportedError(NexusError, NotImplementedError):
    """The server or this build lacks what is asked for."""


class SettledError(NexusError):
    """The delivery was settled before, or is no longer valid."""


class InternalError(NexusError):
    """A defect of the library; please report it."""


_NAMES = (
    ("NEXUS_E_INVALID", InvalidError), ("NEXUS_E_MEMORY", OutOfMemoryError),
    ("NEXUS_E_VALIDATION", ValidationError), ("NEXUS_E_JSON", JsonError),
    ("NEXUS_E_SUBJECT", SubjectError), ("NEXUS_E_CHANNEL", ChannelError),
    ("NEXUS_E_TIMEOUT", DeadlineError), ("NEXUS_E_FULL", FullError),
    ("NEXUS_E_CLOSED", ClosedError), ("NEXUS_E_CONNECT", ConnectError),
    ("NEXUS_E_AUTH", AuthError), ("NEXUS_E_PERMISSION", ForbiddenError),
    ("NEXUS_E_NO_STREAM", NoStreamError), ("NEXUS_E_STREAM", StreamError),
    ("NEXUS_E_CONFLICT", ConflictError), ("NEXUS_E_NOT_FOUND", NotFoundError),
    ("NEXUS_E_STATE", StateError), ("NEXUS_E_TOO_LARGE", TooLargeError),
    ("NEXUS_E_IO", FileError), ("NEXUS_E_FORK", ForkError), ("NEXUS_E_TENANT", TenantError),
    ("NEXUS_E_SIGNATURE", SignatureError), ("NEXUS_E_KEY", KeyFault),
    ("NEXUS_E_REPLAY", ReplayError), ("NEXUS_E_UNSUPPORTED", UnsupportedError),
    ("NEXUS_E_SETTLED", SettledError), ("NEXUS_E_INTERNAL", InternalError))

CODES: Dict[int, Type[NexusError]] = {}
"""The exceptions by status code."""
for _index, (_name, _class) in enumerate(_NAMES):
    _class.code, _class.status_name = -1 - _index, _name
    CODES[_class.code] = _class


def from_code(code: int, message: str, where: str = "", retriable: bool = False) -> NexusError:
    """The exception of a status code; a plain NexusError for one that is not known here."""
    return CODES.get(code, NexusError)(message, where, retriable, code)


__all__ = ["NexusError"] + [kind.__name__ for kind in CODES.values()]
