# SPDX-License-Identifier: Apache-2.0
"""Subscriptions: from C's callback to a handler in Python, and back with a verdict."""

import ctypes
import json
import logging
import weakref
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional, Tuple, Type

from . import _native, _structs, errors
from ._handle import Handle
from .delivery import RETRY, Delivery, Reject, Verdict, as_verdict
from .events import CHANNELS, Event
from .keys import refusal_name

if TYPE_CHECKING:
    from ._loop import Loop

_log = logging.getLogger("nexus_sdk")

Handler = Callable[[Any, Delivery], Optional[Verdict]]
"""What handles an event: it takes the event and its delivery, and returns None or a verdict."""


class Poison(NamedTuple):
    """A message that reached no handler. It has been counted and will not come again."""

    subject: str
    """The subject that it came on."""
    stream: str
    """Its stream."""
    sequence: int
    """Its number there."""
    error: errors.NexusError
    """What is wrong with it, and where."""
    body: bytes
    """The body as received."""
    refusal: str
    """Why it was not believed, in one word ("unknown_key"); "" when it is about something else."""


OnPoison = Callable[[Poison], None]
"""Told of each message that reached no handler, where handlers run."""

REASONS = ("other", "rejected", "exhausted", "poison")


class DeadLetter(NamedTuple):
    """An event that was given up on. Times are nanoseconds since 1970-01-01 UTC."""

    number: int
    """The letter's number in the stream of dead letters; 0: it is not stored."""
    time: int
    """When it was stored there; 0: it is not."""
    reason: str
    """"rejected", "exhausted", "poison", or "other"."""
    error: str
    """What was wrong: of poison with its place, else the handler's own words."""
    subject: str
    """The event's subject."""
    stream: str
    """The stream that the event is in."""
    sequence: int
    """Its number there."""
    stored: int
    """When it was stored there."""
    consumer: str
    """The durable consumer that gave it up."""
    service: str
    """The service that did."""
    deliveries: int
    """How often it had been delivered."""
    message_id: Optional[str]
    """The publisher's message id."""
    body: Optional[bytes]
    """The body as received; None: the letter had no room for it, it is in `stream` only."""
    headers: Tuple[Tuple[str, str], ...]
    """The event's headers as received, by name and value."""


def letter_of(letter: Any) -> DeadLetter:
    """A dead letter of C as one of Python."""
    body = ctypes.string_at(letter.body, letter.body_length) if letter.body else None
    headers = tuple((letter.headers[i].name.decode("utf-8", "replace"),
                     letter.headers[i].value.decode("utf-8", "replace"))
                    for i in range(letter.header_count))
    reason = _native.optional(_native.lib.nexus_dead_reason_name(letter.reason)) or ""
    return DeadLetter(letter.number, letter.time, reason,
                      str(_native.exception(letter.err.contents)) if letter.err else "",
                      letter.subject.decode("utf-8", "replace"), letter.stream.decode(),
                      letter.sequence, letter.stored, letter.consumer.decode(),
                      letter.service.decode(), letter.deliveries,
                      _native.optional(letter.message_id), body, headers)


OnDeadLetter = Callable[[DeadLetter], None]
"""Told of each event that was given up on, where handlers run."""

START = {"all": 1, "new": 2, "last_per_subject": 3, "sequence": 4, "time": 5}
POLICIES = ("retry", "reject")

_live: "weakref.WeakValueDictionary[int, Subscription]" = weakref.WeakValueDictionary()


class Subscription:
    """A running subscription. It ends with close(), or with its client; its durable consumer stays
    at the server either way. Also a context manager."""

    def __init__(self, client: "Loop", event: Optional[Type[Event]], handler: Handler,
                 on_error: str = "retry", on_poison: Optional[OnPoison] = None,
                 on_dead_letter: Optional[OnDeadLetter] = None) -> None:
        if on_error not in POLICIES:
            raise errors.InvalidError(f"is one of {', '.join(POLICIES)}, not {on_error!r}",
                                      "on_error")
        if not callable(handler):
            raise TypeError("handler: cannot be called")
        self.event = event
        self.delivery_class: Type[Delivery] = Delivery
        self.on_poison = on_poison
        self.on_dead_letter = on_dead_letter
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

    def pause(self, paused: bool = True) -> None:
        """Holds it back, or lets it go on: while it is paused no handler of it starts, what was
        read waits, and once that is much no more is read. Any thread, and from handlers."""
        client, handle = self._client(), self._handle
        if client is None or handle is None:
            raise errors.ClosedError("the subscription is closed", "subscription")
        with client._use(), handle as pointer:
            _native.call("nexus_subscription_pause", pointer, paused)

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _deliver(self, json_event: Any, pointer: int) -> int:
        """Runs the handler. Never raises; whatever happens becomes a verdict."""
        client = self._client()
        if client is None or client._interrupted():
            return RETRY.code  # the round goes on in C; without its delay it would not end
        delivery = self.delivery_class(pointer, self._client)
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


@_structs.callback(_structs.HANDLER)
def deliver(event: Any, delivery: int, data: Optional[int]) -> int:
    """What C calls for every event of every subscription."""
    try:
        subscription = _live.get(data or 0)
        return subscription._deliver(event.contents, delivery) if subscription else RETRY.code
    except BaseException:
        _log.exception("delivering an event")
        return RETRY.code


@_structs.callback(_structs.SUBSCRIPTION_ERROR)
def report(_: Any, error: Any, data: Optional[int]) -> None:
    """What C calls when a subscription can no longer deliver."""
    try:
        subscription = _live.get(data or 0)
        _log.error("subscription %s cannot deliver: %s", subscription and subscription.durable,
                   _native.exception(error.contents))
    except BaseException:
        _log.exception("reporting an error of a subscription")


def _report_poison(subscription: Subscription, poison: Any) -> None:
    error = _native.exception(poison.err.contents)
    refusal = refusal_name(poison.refusal)
    if isinstance(error, (errors.SignatureError, errors.KeyFault)):
        error.refusal = refusal
    told = Poison(poison.subject.decode("utf-8", "replace"), poison.stream.decode(),
                  poison.sequence, error, ctypes.string_at(poison.body, poison.body_length), refusal)
    if subscription.on_poison is not None:
        subscription.on_poison(told)


def _told(data: Optional[int], tell: Callable[["Subscription"], None]) -> None:
    """Runs a callback of the application that gives no verdict. Never raises."""
    try:
        subscription = _live.get(data or 0)
        client = subscription._client() if subscription is not None else None
        if subscription is None or client is None:
            return
        failure: Optional[BaseException] = None
        try:
            client._in_handler(True)
            tell(subscription)
            client._in_handler(False)
        except BaseException as error:
            client._in_handler(False)
            failure = error
        if isinstance(failure, Exception):
            _log.error("a callback of %s failed", subscription.durable, exc_info=failure)
        elif failure is not None:
            client._interrupt(failure)
    except BaseException:
        _log.exception("a callback of a subscription")


@_structs.callback(_structs.POISON)
def poisoned(_: Any, poison: Any, data: Optional[int]) -> None:
    """What C calls with a message that reached no handler."""
    _told(data, lambda subscription: _report_poison(subscription, poison.contents))


@_structs.callback(_structs.DEAD_LETTER)
def died(_: Any, letter: Any, data: Optional[int]) -> None:
    """What C calls with an event that was given up on."""
    def tell(subscription: "Subscription") -> None:
        if subscription.on_dead_letter is not None:
            subscription.on_dead_letter(letter_of(letter.contents))
    _told(data, tell)


def data_of(subscription: Subscription) -> ctypes.c_void_p:
    """What finds the subscription again in the callbacks."""
    return ctypes.c_void_p(id(subscription))
