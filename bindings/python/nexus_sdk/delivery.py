# SPDX-License-Identifier: Apache-2.0
"""One event as it arrived, and the verdicts on it."""

import ctypes
import json
import logging
import threading
import weakref
from dataclasses import dataclass
from typing import Any, Dict, Optional, Union

from . import _native, errors
from ._handle import finalize, forks

_log = logging.getLogger("nexus_sdk")


@dataclass(frozen=True)
class Verdict:
    """What becomes of a delivery. Use ACK, RETRY, REJECT, DEFER, Retry(...) or Reject(...)."""

    code: int
    reason: Optional[str] = None
    delay: Optional[float] = None


ACK = Verdict(1)
"""Handled: it will not come again. A handler that returns None says the same."""
RETRY = Verdict(2)
"""Not now: it comes again after the subscription's retry delay."""
REJECT = Verdict(3)
"""Never: it does not come again."""
DEFER = Verdict(4)
"""Undecided: Delivery.settle() will say, from any thread."""


def Retry(delay: Optional[float] = None, reason: Optional[str] = None) -> Verdict:
    """Deliver it again after `delay` seconds (0 to 86400; None: the subscription's retry delay)."""
    return Verdict(RETRY.code, reason, delay)


def Reject(reason: Optional[str] = None) -> Verdict:
    """Never deliver it again. At most 255 bytes of the reason are kept."""
    return Verdict(REJECT.code, reason)


def as_verdict(value: Any) -> Verdict:
    """What a handler returned, as a verdict; TypeError for what is none."""
    if value is None:
        return ACK
    if isinstance(value, Verdict):
        return value
    if value is Retry or value is Reject:
        return RETRY if value is Retry else REJECT
    raise TypeError(f"a handler returns None or a verdict, not {value!r}")


class Delivery:
    """An event as it arrived.

    It can be read until its handler returns or, when the handler returned DEFER, until settle().
    Afterwards everything but `event` raises SettledError. Any thread may use it during that time.
    """

    def __init__(self, pointer: int, client: "weakref.ref[Any]") -> None:
        self._pointer: Optional[int] = pointer
        self._client = client
        self._forks = forks()
        self._deferred = False
        self._lock = threading.RLock()
        self.event: Any = None
        """The typed event: an object of one of the classes of nexus_sdk.events."""

    @property
    def client(self) -> Any:
        """The client that received it; None when that is gone."""
        return self._client()

    def _get(self, name: str, *arguments: Any) -> Any:
        with self._lock:
            return getattr(_native.lib, f"nexus_delivery_{name}")(self._alive(), *arguments)

    def _alive(self) -> int:
        if self._forks != forks():
            raise errors.ForkError("the delivery belongs to the parent process", "delivery")
        if self._pointer is None:
            raise errors.SettledError("it was settled, or its handler has returned", "delivery")
        return self._pointer

    def _text(self, name: str, *arguments: Any) -> Optional[str]:
        return _native.optional(self._get(name, *arguments))

    @property
    def subject(self) -> str:
        """The subject that it came on."""
        return self._text("subject") or ""

    @property
    def channel(self) -> str:
        """The contract's name of its channel, "bookingCreated"."""
        return self._text("channel") or ""

    @property
    def tenant(self) -> Optional[str]:
        """The tenant, or None on system channels whose envelope names none."""
        return self._text("tenant")

    @property
    def causal_id(self) -> str:
        """The causal chain; may be empty in events of foreign publishers."""
        return self._text("causal_id") or ""

    @property
    def traceparent(self) -> str:
        """The W3C trace context that belongs to the chain."""
        return self._text("traceparent") or ""

    @property
    def tracestate(self) -> Optional[str]:
        """The W3C tracestate that came with the event, up to 512 characters."""
        return self._text("tracestate")

    @property
    def baggage(self) -> Optional[str]:
        """The W3C baggage that came with the event, up to 8192 characters."""
        return self._text("baggage")

    @property
    def message_id(self) -> Optional[str]:
        """The publisher's message id."""
        return self._text("message_id")

    @property
    def vector_clock(self) -> Dict[str, int]:
        """The event's vector clock: events counted by node."""
        clock: Dict[str, int] = json.loads(self._text("vector_clock") or "{}")
        return clock

    @property
    def payload(self) -> Dict[str, Any]:
        """The payload, every member included, as the json module reads it."""
        payload: Dict[str, Any] = json.loads(self.payload_json)
        return payload

    @property
    def payload_json(self) -> str:
        """The payload as JSON text, as it stood in the body."""
        return self._text("payload") or "{}"

    @property
    def envelope_extra(self) -> Dict[str, Any]:
        """The envelope's members beyond the contract's four."""
        extra: Dict[str, Any] = json.loads(self._text("envelope_extra") or "{}")
        return extra

    @property
    def body(self) -> bytes:
        """The body as received."""
        length = ctypes.c_size_t()
        with self._lock:
            pointer = self._get("body", ctypes.byref(length))
            return ctypes.string_at(pointer, length.value)

    def header(self, name: str) -> Optional[str]:
        """A message header's value by exact name, or None."""
        return self._text("header", _native.text(name, "name"))

    @property
    def stream(self) -> str:
        """The stream that it was stored in."""
        return self._text("stream") or ""

    @property
    def sequence(self) -> int:
        """Its number in the stream, from 1."""
        return int(self._get("sequence"))

    @property
    def consumer(self) -> str:
        """The durable consumer that delivered it."""
        return self._text("consumer") or ""

    @property
    def count(self) -> int:
        """How often it has been delivered, from 1."""
        return int(self._get("count"))

    @property
    def pending(self) -> int:
        """How many more the consumer had waiting."""
        return int(self._get("pending"))

    @property
    def time(self) -> int:
        """When the server stored it: nanoseconds since 1970-01-01 UTC."""
        return int(self._get("time"))

    @property
    def key_id(self) -> Optional[str]:
        """The id of the key that signed it. Only to be relied on when `verified`."""
        return self._text("key_id")

    @property
    def verified(self) -> bool:
        """Whether its signature was verified with a trusted or delegated key."""
        return bool(self._get("trust") >= 3)

    @property
    def uncertain(self) -> bool:
        """Whether it may have been handled already, by a process that ended meanwhile. Only with an
        Inbox in a file."""
        return bool(self._get("uncertain"))

    def in_progress(self) -> None:
        """Tells the server that work is going on. The library does so by itself while a delivery is
        in hand. Raises SettledError, ClosedError."""
        with self._lock:
            _native.call("nexus_delivery_in_progress", self._alive())

    def settle(self, verdict: Union[Verdict, None] = ACK) -> None:
        """Settles a delivery whose handler returned (or will return) DEFER, exactly once. Any
        thread, also after the client was closed (ClosedError: the server delivers it again)."""
        decided = as_verdict(verdict)
        if decided.code == DEFER.code:
            raise errors.InvalidError("a delivery is settled with ACK, RETRY or REJECT", "verdict")
        with self._lock:
            self._apply(self._alive(), decided)
            pointer, self._pointer, self._deferred = self._pointer, None, False
        _native.call("nexus_delivery_settle", pointer, decided.code)

    @staticmethod
    def _apply(pointer: int, verdict: Verdict) -> None:
        if verdict.delay is not None:
            delay = _native.milliseconds(verdict.delay, "delay")
            _native.call("nexus_delivery_set_retry_delay", pointer, delay)
        if verdict.reason is not None:
            reason = _native.text(verdict.reason, "reason")
            _native.call("nexus_delivery_set_reason", pointer, reason)

    def _finish(self, verdict: Verdict) -> int:
        """The end of the handler: what C is told. Raises when the verdict cannot be applied."""
        with self._lock:
            if self._pointer is None:  # settled inside of the handler or meanwhile
                return DEFER.code
            if verdict.code == DEFER.code:
                self._deferred = True
                return DEFER.code
            self._apply(self._pointer, verdict)
            self._pointer = None
            return verdict.code

    def __del__(self) -> None:
        if self._deferred and self._forks == forks():
            finalize(self._abandon)

    def _abandon(self) -> None:
        _log.warning("a deferred delivery was dropped without settle(): it will come again")
        try:
            self.settle(RETRY)
        except errors.NexusError:
            pass  # the client is gone: the server delivers it again by itself
