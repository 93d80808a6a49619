# SPDX-License-Identifier: Apache-2.0
"""Subscriptions: from C's callback to a handler in Python, and back with a verdict."""

import ctypes
import json
import logging
import weakref
from typing import TYPE_CHECKING, Any, Callable, Optional, Type

from . import _native, errors
from ._handle import Handle
from .delivery import RETRY, Delivery, Reject, Verdict, as_verdict
from .events import CHANNELS, Event

if TYPE_CHECKING:
    from ._loop import Loop

_log = logging.getLogger("nexus_sdk")

Handler = Callable[[Any, Delivery], Optional[Verdict]]
"""What handles an event: it takes the event and its delivery, and returns None or a verdict."""

START = {"all": 1, "new": 2, "last_per_subject": 3, "sequence": 4, "time": 5}
POLICIES = ("retry", "reject")

_live: "weakref.WeakValueDictionary[int, Subscription]" = weakref.WeakValueDictionary()


class Subscription:
    """A running subscription. It ends with close(), or with its client; its durable consumer stays
    at the server either way. Also a context manager."""

    def __init__(self, client: "Loop", event: Optional[Type[Event]], handler: Handler,
                 on_error: str) -> None:
        if on_error not in POLICIES:
            raise errors.InvalidError(f"is one of {', '.join(POLICIES)}, not {on_error!r}",
                                      "on_error")
        if not callable(handler):
            raise TypeError("handler: cannot be called")
        self.event = event
        self._client = weakref.ref(client)
        self._handler = handler
        self._on_error = on_error
        self._handle: Optional[Handle] = None
        self.durable = ""
        """The durable consumer's name."""
        self.filter = ""
        """The subject filter that it reads."""
        _live[id(self)] = self

    def _started(self, pointer: Any) -> None:
        self._handle = Handle(pointer, "subscription")
        self.durable = _native.optional(_native.lib.nexus_subscription_durable(pointer)) or ""
        self.filter = _native.optional(_native.lib.nexus_subscription_filter(pointer)) or ""

    def close(self) -> None:
        """Ends it: no handler of it starts any more, and queued events go back to the server. Any
        thread, and from handlers. Closing twice is allowed."""
        client, handle = self._client(), self._handle
        if client is None or handle is None:
            return
        try:
            with client._use():  # which would free it
                pointer = handle.retire(0)
                if pointer is not None:
                    _native.lib.nexus_subscription_destroy(pointer)
        except errors.ClosedError:
            pass  # it ended with its client
        except errors.ForkError:
            pass  # it is the parent's
        client._forget(self)

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _deliver(self, json_event: Any, pointer: int) -> int:
        """Runs the handler. Never raises; whatever happens becomes a verdict."""
        client = self._client()
        if client is None or client._interrupted():
            return RETRY.code  # the round goes on in C; without its delay it would not end
        delivery = Delivery(pointer)
        try:
            client._in_handler(True)
            payload = json.loads(json_event.payload.decode("utf-8"))
            kind = self.event or CHANNELS[json_event.channel.decode("ascii")]
            delivery.event = kind.from_payload(payload)
            code = delivery._finish(as_verdict(self._handler(delivery.event, delivery)))
            client._in_handler(False)
            return code
        except BaseException as error:
            client._in_handler(False)
            return self._failed(client, delivery, error)

    def _failed(self, client: "Loop", delivery: Delivery, error: BaseException) -> int:
        verdict = RETRY
        if not isinstance(error, Exception):  # KeyboardInterrupt, SystemExit: run() raises it
            client._interrupt(error)
        else:
            _log.error("handler of %s failed, verdict %s", self.filter, self._on_error,
                       exc_info=error)
            if self._on_error == "reject":
                verdict = Reject(f"{type(error).__name__}: {error}".replace("\0", "?")[:255])
        try:
            return delivery._finish(verdict)
        except Exception:
            _log.exception("verdict on an event of %s", self.filter)
            return delivery._finish(RETRY)


@_native.HANDLER
def deliver(event: Any, delivery: int, data: Optional[int]) -> int:
    """What C calls for every event of every subscription."""
    try:
        subscription = _live.get(data or 0)
        return subscription._deliver(event.contents, delivery) if subscription else RETRY.code
    except BaseException:
        _log.exception("delivering an event")
        return RETRY.code


@_native.SUBSCRIPTION_ERROR
def report(_: Any, error: Any, data: Optional[int]) -> None:
    """What C calls when a subscription can no longer deliver."""
    try:
        subscription = _live.get(data or 0)
        _log.error("subscription %s cannot deliver: %s", subscription and subscription.durable,
                   _native.exception(error.contents))
    except BaseException:
        _log.exception("reporting an error of a subscription")


def data_of(subscription: Subscription) -> ctypes.c_void_p:
    """What finds the subscription again in the callbacks."""
    return ctypes.c_void_p(id(subscription))
