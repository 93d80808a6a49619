# SPDX-License-Identifier: Apache-2.0
"""Publishing: arguments to C, and what comes back.

One event costs one call into C. What a call needs beside its arguments (room for the receipt and
the error, options with the callback of asynchronous publishes) is kept for the next one.
"""

import contextlib
import ctypes
import itertools
import json
import logging
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional

from . import _native, _structs, errors
from .delivery import Delivery

if TYPE_CHECKING:
    from ._loop import Loop

_log = logging.getLogger("nexus_sdk")


class Receipt(NamedTuple):
    """Where an event went."""

    message_id: str
    """The value of `Nats-Msg-Id`."""
    causal_id: str
    """The causal chain that it belongs to."""
    sequence: int = 0
    """Its number in the stream, from 1; 0 while it is not stored."""
    stream: str = ""
    """The stream's name; "" while it is not stored."""
    duplicate: bool = False
    """The stream had stored this message id before."""
    spooled_at: Optional[float] = None
    """When the spool made it durable, in seconds since 1970; it is stored later."""


OnDone = Callable[[Receipt, Optional[errors.NexusError]], None]
"""Told the end of an asynchronous publish: the error is None when the event is stored."""


def receipt_of(receipt: _structs.Receipt) -> Receipt:
    """A receipt of C as one of Python."""
    if not receipt.sequence:
        return Receipt(receipt.message_id.decode(), receipt.causal_id.decode(),
                       spooled_at=receipt.spooled_at / 1000 if receipt.spooled_at else None)
    return Receipt(receipt.message_id.decode(), receipt.causal_id.decode(), receipt.sequence,
                   receipt.stream.decode(), receipt.duplicate)


# Cycles are found by the depth that they reach.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False,
                           separators=(",", ":")).encode


def to_json(payload: Mapping[str, Any]) -> bytes:
    """A payload as JSON text. ValidationError for what JSON cannot say."""
    try:
        return _encode(payload).encode("utf-8")
    except RecursionError:
        raise errors.ValidationError("is nested too deeply, or contains itself",
                                     "payload") from None
    except ValueError as error:  # not finite, half a surrogate pair
        raise errors.ValidationError(str(error), "payload") from None


# -------- the end of asynchronous publishes --------

_numbers = itertools.count(1)


def _run_on_done(client: "Loop", on_done: OnDone, receipt: Receipt,
                 error: Optional[errors.NexusError]) -> None:
    """Tells it. An exception is logged."""
    try:
        client._in_handler(True)
        on_done(receipt, error)
        client._in_handler(False)
    except BaseException as failure:
        client._in_handler(False)
        if not isinstance(failure, Exception):
            client._interrupt(failure)
            return
        _log.error("on_done of event %s failed", receipt.message_id, exc_info=failure)


@_structs.callback(_structs.COMPLETION)
def _complete(pointer: Optional[int], receipt: Any, error: Any, number: Optional[int]) -> None:
    """What C calls at the end of an asynchronous publish: each with on_done; else the failures."""
    try:
        client = _native.clients.get(pointer or 0)
        on_done = client._completions.pop(number, None) if client is not None else None
        failure = _native.exception(error.contents) if error else None
        if client is not None and on_done is not None:
            _run_on_done(client, on_done, receipt_of(receipt.contents), failure)
        elif failure is not None:
            _log.error("event %s was not stored: %s", receipt.contents.message_id.decode(), failure)
    except BaseException:
        _log.exception("the end of a publish")


# -------- what calls need --------


class _Room:
    """What one call writes into."""

    __slots__ = ("receipt", "error", "receipt_at", "error_at")

    def __init__(self) -> None:
        self.receipt = _structs.Receipt(size=ctypes.sizeof(_structs.Receipt))
        self.error = _structs.Error()
        self.receipt_at = ctypes.byref(self.receipt)
        self.error_at = ctypes.byref(self.error)


_rooms: List[_Room] = []  # not per thread: a signal handler may publish inside of a publish
_reporting: List[int] = []  # options whose callback is set for one publish at a time
_set_callback = _native.lib.nexus_publish_options_set_callback
_publish_json = _native.lib.nexus_publish_json


def _new_options(failures_only: bool) -> int:
    options: Optional[int] = _native.lib.nexus_publish_options_new()
    if not options:
        raise MemoryError
    _native.call("nexus_publish_options_set_callback", options, _complete, None)
    _native.call("nexus_publish_options_set_failures_only", options, failures_only)
    return options


_failures_only = _new_options(True)
"""For wait=False without anything else; never changed, so that all threads share it."""


def _set(options: _native.Options, values: Dict[str, Any]) -> None:
    deadline = values.pop("deadline", None)
    if deadline is not None:
        options.set("deadline", _native.milliseconds(deadline, "deadline"))
    for name, value in (values.pop("parameters", None) or {}).items():
        options.set("parameter", name, value)
    cause: Optional[Delivery] = values.pop("cause", None)
    if cause is not None:
        with cause._lock:
            options.set("cause", cause._alive())
    for name, value in values.items():
        options.set(name, value)


@contextlib.contextmanager
def special(values: Dict[str, Any], wait: bool, number: int) -> Iterator[Any]:
    """Options for one publish that is not as usual."""
    with _native.Options("publish") as options:
        _set(options, {name: value for name, value in values.items() if value is not None})
        if number or not wait:
            options.set("callback", _complete, ctypes.c_void_p(number))
            options.set("failures_only", not number)
        yield options.pointer


def _send(client: "Loop", channel: Optional[bytes], tenant: Optional[bytes], body: bytes,
          options: Any) -> Receipt:
    try:
        room = _rooms.pop()
    except IndexError:
        room = _Room()
    try:
        with client._use() as pointer:
            code = _publish_json(pointer, channel, tenant, body, options, room.receipt_at,
                                 room.error_at)
        if code < 0:
            raise _native.exception(room.error, code)
        return receipt_of(room.receipt)
    finally:
        room.error.code = 0
        _rooms.append(room)


def _send_reporting(client: "Loop", channel: Optional[bytes], tenant: Optional[bytes],
                    body: bytes, number: int) -> Receipt:
    try:
        options = _reporting.pop()
    except IndexError:
        options = _new_options(False)
    try:
        _set_callback(options, _complete, number, None)
        return _send(client, channel, tenant, body, options)
    finally:
        _reporting.append(options)


def publish(client: "Loop", channel: str, tenant: Optional[str], payload: Mapping[str, Any],
            values: Optional[Dict[str, Any]], wait: bool, on_done: Optional[OnDone]) -> Receipt:
    """One event. `values` are options that are not as usual, or None."""
    c_channel, c_tenant = _native.text(channel, "channel"), _native.text(tenant, "tenant")
    body = to_json(payload)
    if on_done is None:
        if values is None:
            return _send(client, c_channel, c_tenant, body, None if wait else _failures_only)
        with special(values, wait, 0) as options:
            return _send(client, c_channel, c_tenant, body, options)
    number = next(_numbers)
    client._completions[number] = on_done
    try:
        if values is None:
            return _send_reporting(client, c_channel, c_tenant, body, number)
        with special(values, wait, number) as options:
            return _send(client, c_channel, c_tenant, body, options)
    except BaseException:
        client._completions.pop(number, None)
        raise
