# SPDX-License-Identifier: Apache-2.0
"""The C library: where it is, what its functions take, and how their errors become exceptions."""

import ctypes
import os
from ctypes import (CFUNCTYPE, POINTER, Structure, byref, c_bool, c_char, c_char_p, c_int, c_int32,
                    c_int64, c_size_t, c_uint, c_uint32, c_uint64, c_void_p)
from typing import Any, Dict, Optional, Sequence, Tuple

from . import errors

SONAME = "libnexus-sdk.so.1"
OLDEST = (1, 0, 0)
"""The first version of the library that has every function of the table below."""


class Error(Structure):
    """struct nexus_error; its layout is frozen."""

    _fields_ = [("code", c_int32), ("flags", c_uint32), ("where", c_char * 120),
                ("message", c_char * 384)]


class Receipt(Structure):
    """struct nexus_receipt; `size` tells the library how much of it is known here."""

    _fields_ = [("size", c_size_t), ("sequence", c_uint64), ("duplicate", c_bool),
                ("stream", c_char * 256), ("message_id", c_char * 128),
                ("causal_id", c_char * 264)]


STATS_NAMES = (
    "published", "acked", "duplicates", "resent", "failed", "in_flight", "received", "handled",
    "retried", "rejected", "deferred", "queued", "in_hand", "poison", "poison_size", "poison_json",
    "poison_envelope", "poison_tenant", "poison_payload", "poison_channel", "redelivered",
    "schema_drift", "clock_dropped", "connects", "disconnects", "poison_unsigned",
    "poison_malformed", "poison_algorithm", "poison_subject", "poison_message_id",
    "poison_unknown_key", "poison_revoked", "poison_time", "poison_not_allowed",
    "poison_capability", "poison_signature", "poison_replay", "signed_events", "signatures",
    "verified", "verifications", "inbox_duplicates", "inbox_busy", "inbox_uncertain",
    "inbox_errors", "exhausted", "dead_lettered", "dead_letters_failed")


class Stats(Structure):
    """struct nexus_client_stats."""

    _fields_ = [("size", c_size_t)] + [(name, c_uint64) for name in STATS_NAMES]  # type: ignore


class JsonEvent(Structure):
    """The head of struct nexus_json_event; the library only ever adds members behind it."""

    _fields_ = [("size", c_size_t), ("channel", c_char_p), ("payload", c_char_p)]


LOG = CFUNCTYPE(None, c_int, c_char_p, c_void_p)
STATE = CFUNCTYPE(None, c_void_p, c_int, c_char_p, c_void_p)
COMPLETION = CFUNCTYPE(None, c_void_p, POINTER(Receipt), POINTER(Error), c_void_p)
HANDLER = CFUNCTYPE(c_int, POINTER(JsonEvent), c_void_p, c_void_p)
SUBSCRIPTION_ERROR = CFUNCTYPE(None, c_void_p, POINTER(Error), c_void_p)

_P, _S, _E, _OUT = c_void_p, c_char_p, POINTER(Error), POINTER(c_void_p)
_TEXT_SETTERS = ("url", "service", "node", "stream", "credentials_file", "nkey_file", "token", "tls",
                 "inbox_prefix", "state_directory", "capability")
_TIME_SETTERS = ("connect_timeout", "publish_deadline", "ack_timeout")

PROTOTYPES: Dict[str, Tuple[Any, Sequence[Any]]] = {
    "nexus_version": (_S, ()),
    "nexus_version_number": (c_int, ()),
    "nexus_free": (None, (_P,)),
    "nexus_status_name": (_S, (c_int,)),
    "nexus_validate_json": (c_int, (_S, _S, _E)),
    # client
    "nexus_client_options_new": (_P, ()),
    "nexus_client_options_destroy": (None, (_P,)),
    "nexus_client_options_set_user": (c_int, (_P, _S, _S, _E)),
    "nexus_client_options_set_tls_certificate": (c_int, (_P, _S, _S, _E)),
    "nexus_client_options_set_window": (c_int, (_P, c_uint32, c_size_t, _E)),
    "nexus_client_options_set_max_body": (c_int, (_P, c_size_t, _E)),
    "nexus_client_options_set_causal_id_width": (c_int, (_P, c_uint, _E)),
    "nexus_client_options_set_clock_limit": (c_int, (_P, c_uint, _E)),
    "nexus_client_options_set_wait_for_connection": (c_int, (_P, c_bool, _E)),
    "nexus_client_options_set_log": (c_int, (_P, c_int, LOG, _P, _E)),
    "nexus_client_options_set_state_callback": (c_int, (_P, STATE, _P, _E)),
    "nexus_client_options_set_signer": (c_int, (_P, _P, c_int, _E)),
    "nexus_client_options_set_trust": (c_int, (_P, _P, c_int, _E)),
    "nexus_client_new": (c_int, (_P, _OUT, _E)),
    "nexus_client_close": (c_int, (_P, c_int, _E)),
    "nexus_client_destroy": (None, (_P,)),
    "nexus_client_dispatch": (c_int, (_P, c_int, _E)),
    "nexus_client_flush": (c_int, (_P, c_int, _E)),
    "nexus_client_stop": (None, (_P,)),
    "nexus_client_fd": (c_int, (_P,)),
    "nexus_client_state": (c_int, (_P,)),
    "nexus_client_state_name": (_S, (c_int,)),
    "nexus_client_vector_clock": (c_int, (_P, _OUT, _E)),
    "nexus_client_stats": (c_int, (_P, POINTER(Stats), _E)),
    # keys
    "nexus_signer_from_file": (c_int, (_S, _S, _OUT, _E)),
    "nexus_signer_destroy": (None, (_P,)),
    "nexus_trust_load": (c_int, (_S, _OUT, _E)),
    "nexus_trust_destroy": (None, (_P,)),
    # publish
    "nexus_publish_options_new": (_P, ()),
    "nexus_publish_options_destroy": (None, (_P,)),
    "nexus_publish_options_set_callback": (c_int, (_P, COMPLETION, _P, _E)),
    "nexus_publish_options_set_deadline": (c_int, (_P, c_int64, _E)),
    "nexus_publish_options_set_wait_when_full": (c_int, (_P, c_bool, _E)),
    "nexus_publish_options_set_causal_id": (c_int, (_P, _S, _E)),
    "nexus_publish_options_set_cause": (c_int, (_P, _P, _E)),
    "nexus_publish_options_set_message_id": (c_int, (_P, _S, _E)),
    "nexus_publish_options_set_tenant": (c_int, (_P, _S, _E)),
    "nexus_publish_options_set_parameter": (c_int, (_P, _S, _S, _E)),
    "nexus_publish_json": (c_int, (_P, _S, _S, _S, _P, POINTER(Receipt), _E)),
    # provision
    "nexus_provision_options_new": (_P, ()),
    "nexus_provision_options_destroy": (None, (_P,)),
    "nexus_provision_options_set_stream": (c_int, (_P, _S, _E)),
    "nexus_provision_options_set_memory": (c_int, (_P, c_bool, _E)),
    "nexus_provision_options_set_replicas": (c_int, (_P, c_uint, _E)),
    "nexus_provision_options_set_limits": (c_int, (_P, c_int64, c_int64, c_int64, _E)),
    "nexus_provision_options_set_duplicate_window": (c_int, (_P, c_int64, _E)),
    "nexus_provision_options_set_dry_run": (c_int, (_P, c_bool, _E)),
    "nexus_provision": (c_int, (_P, _P, POINTER(c_int), _E)),
    # subscribe
    "nexus_subscribe_options_new": (_P, ()),
    "nexus_subscribe_options_destroy": (None, (_P,)),
    "nexus_subscribe_options_set_durable": (c_int, (_P, _S, _E)),
    "nexus_subscribe_options_set_stream": (c_int, (_P, _S, _E)),
    "nexus_subscribe_options_set_start": (c_int, (_P, c_int, c_int64, _E)),
    "nexus_subscribe_options_set_ack_wait": (c_int, (_P, c_int64, _E)),
    "nexus_subscribe_options_set_max_deliver": (c_int, (_P, c_int64, _E)),
    "nexus_subscribe_options_set_retry_delay": (c_int, (_P, c_int64, _E)),
    "nexus_subscribe_options_set_queue": (c_int, (_P, c_uint32, c_size_t, _E)),
    "nexus_subscribe_options_set_error_callback": (c_int, (_P, SUBSCRIPTION_ERROR, _P, _E)),
    "nexus_subscribe_json": (c_int, (_P, _S, _S, HANDLER, _P, _P, _OUT, _E)),
    "nexus_subscription_durable": (_S, (_P,)),
    "nexus_subscription_filter": (_S, (_P,)),
    "nexus_subscription_destroy": (None, (_P,)),
    "nexus_delete_durable": (c_int, (_P, _S, _S, _E)),
    # delivery
    **{f"nexus_delivery_{name}": (_S, (_P,)) for name in (
        "subject", "channel", "tenant", "causal_id", "traceparent", "message_id", "vector_clock",
        "payload", "envelope_extra", "stream", "consumer", "key_id")},
    **{f"nexus_delivery_{name}": (c_uint64, (_P,)) for name in ("sequence", "count", "pending")},
    "nexus_delivery_time": (c_int64, (_P,)),
    "nexus_delivery_trust": (c_int, (_P,)),
    "nexus_delivery_body": (c_void_p, (_P, POINTER(c_size_t))),
    "nexus_delivery_header": (_S, (_P, _S)),
    "nexus_delivery_set_retry_delay": (c_int, (_P, c_int64, _E)),
    "nexus_delivery_set_reason": (c_int, (_P, _S, _E)),
    "nexus_delivery_in_progress": (c_int, (_P, _E)),
    "nexus_delivery_settle": (c_int, (_P, c_int, _E)),
    # tests
    "nexus_memory_of": (c_int, (_P, _OUT, _E)),
    "nexus_memory_close": (None, (_P,)),
    "nexus_memory_advance": (c_int, (_P, c_int64, _E)),
    **{f"nexus_client_options_set_{name}": (c_int, (_P, _S, _E)) for name in _TEXT_SETTERS},
    **{f"nexus_client_options_set_{name}": (c_int, (_P, c_int64, _E)) for name in _TIME_SETTERS},
}
"""Every function that is used: what it returns and takes. One whose last argument is a struct
nexus_error returns a status and goes through call(), which raises."""


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
    if not isinstance(value, str):
        raise TypeError(f"{where}: expected str, not {type(value).__name__}")
    try:
        encoded = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise errors.InvalidError(f"is not Unicode text: {error.reason}", where) from None
    if b"\0" in encoded:
        raise errors.InvalidError("contains a NUL", where)
    return encoded


def take_text(pointer: c_void_p) -> str:
    """Text that the library gave away."""
    try:
        return ctypes.string_at(pointer.value or 0).decode("utf-8")
    finally:
        lib.nexus_free(pointer)


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
