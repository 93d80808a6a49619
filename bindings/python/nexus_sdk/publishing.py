# SPDX-License-Identifier: Apache-2.0
"""Publishing: arguments to C, and what comes back."""

import contextlib
import ctypes
import itertools
import json
import logging
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, Mapping, Optional

from . import _native, errors
from .delivery import Delivery

if TYPE_CHECKING:
    from ._loop import Loop

_log = logging.getLogger("nexus_sdk")


@dataclass(frozen=True)
class Receipt:
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


OnDone = Callable[[Receipt, Optional[errors.NexusError]], None]
"""Told the end of an asynchronous publish: the error is None when the event is stored."""


def receipt_of(receipt: _native.Receipt) -> Receipt:
    """A receipt of C as one of Python."""
    return Receipt(receipt.message_id.decode("utf-8", "replace"),
                   receipt.causal_id.decode("utf-8", "replace"), receipt.sequence,
                   receipt.stream.decode("utf-8", "replace"), receipt.duplicate)


def to_json(payload: Mapping[str, Any]) -> bytes:
    """A payload as JSON text. ValidationError for what JSON cannot say."""
    try:
        return json.dumps(payload, ensure_ascii=False, allow_nan=False,
                          separators=(",", ":")).encode("utf-8")
    except RecursionError:
        raise errors.ValidationError("is nested too deeply, or contains itself",
                                     "payload") from None
    except ValueError as error:  # not finite, circular, half a surrogate pair
        raise errors.ValidationError(str(error), "payload") from None


_numbers = itertools.count(1)
_live: "weakref.WeakValueDictionary[int, Completion]" = weakref.WeakValueDictionary()


class Completion:
    """Somebody who waits for the end of one publish. The client keeps it until then."""

    def __init__(self, client: "Loop", on_done: Optional[OnDone]) -> None:
        self.number = next(_numbers)
        self._client = weakref.ref(client)
        self._waiting = client._completions
        self._on_done = on_done
        self.keep()

    def keep(self) -> None:
        """Makes it known to the callback."""
        _live[self.number] = self
        self._waiting[self.number] = self

    def drop(self) -> None:
        """The end came, or the event was not accepted."""
        self._waiting.pop(self.number, None)
        _live.pop(self.number, None)

    def done(self, receipt: Receipt, error: Optional[errors.NexusError]) -> None:
        """Tells it. An exception is logged."""
        self.drop()
        client = self._client()
        try:
            if client is not None:
                client._in_handler(True)
            if self._on_done is not None:
                self._on_done(receipt, error)
            elif error is not None:
                _log.error("event %s was not stored: %s", receipt.message_id, error)
            if client is not None:
                client._in_handler(False)
        except BaseException as failure:
            if client is not None:
                client._in_handler(False)
                if not isinstance(failure, Exception):
                    client._interrupt(failure)
                    return
            _log.error("on_done of event %s failed", receipt.message_id, exc_info=failure)


@_native.COMPLETION
def complete(_: Any, receipt: Any, error: Any, data: Optional[int]) -> None:
    """What C calls at the end of every asynchronous publish."""
    try:
        completion = _live.get(data or 0)
        if completion is not None:
            failure = _native.exception(error.contents) if error else None
            completion.done(receipt_of(receipt.contents), failure)
    except BaseException:
        _log.exception("the end of a publish")


@contextlib.contextmanager
def options_of(values: Dict[str, Any], completion: Optional[Completion]) -> Iterator[Any]:
    """The options object of one publish; NULL when all is as usual."""
    values = {name: value for name, value in values.items() if value is not None}
    if not values and completion is None:
        yield None
        return
    with _native.Options("publish") as options:
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
        if completion is not None:
            options.set("callback", complete, ctypes.c_void_p(completion.number))
        yield options.pointer
