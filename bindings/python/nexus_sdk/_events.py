# SPDX-License-Identifier: Apache-2.0
"""`async for delivery in client.events(...)`: from the handler that C calls to an iterator."""

import asyncio
import collections
import contextvars
import weakref
from typing import TYPE_CHECKING, Any, AsyncIterator, Deque, Dict, Generic, Optional, Type, TypeVar

from . import errors
from ._handle import finalize
from .delivery import ACK, DEFER, RETRY, Retry, Verdict
from .delivery import Delivery as _Delivery
from .events import Event
from .subscription import Subscription

if TYPE_CHECKING:
    from .aio import Client

_E = TypeVar("_E", bound=Event)
_NOW = Retry(delay=0)

current: "contextvars.ContextVar[Optional[_Delivery]]" = contextvars.ContextVar(
    "nexus_sdk.delivery", default=None)
"""The delivery that the present task is working on: what it publishes joins its causal chain."""


class Delivery(_Delivery, Generic[_E]):
    """An event as it arrived, in hand until it is settled: by settle(), at the end of an `async
    with` around it (ACK, or RETRY after an exception), or by the iterator it came from."""

    event: _E

    async def __aenter__(self) -> "Delivery[_E]":
        return self

    async def __aexit__(self, kind: Any, *_: Any) -> None:
        give_verdict(self, ACK if kind is None else RETRY)


def give_verdict(delivery: _Delivery, verdict: Verdict) -> None:
    """Settles it, unless that was done, or nobody can any more: it then comes again by itself."""
    try:
        delivery.settle(verdict)
    except (errors.SettledError, errors.ClosedError, errors.ForkError):
        pass


class Events(AsyncIterator[Delivery[_E]]):
    """The events of one subscription, as an asynchronous iterator of deliveries. Made by
    Client.events(), whose documentation says how it settles them."""

    def __init__(self, client: "Client", kind: Optional[Type[Event]], tenant: Optional[str],
                 options: Dict[str, Any], buffer: int) -> None:
        if buffer < 1:
            raise errors.InvalidError(f"is at least 1, not {buffer}", "buffer")
        self._client = client
        self._tenant = tenant
        self._options = options
        self._limit = buffer
        self._buffer: Deque[Delivery[_E]] = collections.deque()
        self._current: Optional[Delivery[_E]] = None
        self._waiter: Optional["asyncio.Future[None]"] = None
        self._paused = False
        self._started = False
        self._closed = False
        self._subscription = Subscription(client, kind, _to(weakref.ref(self)), "retry",
                                          options["on_poison"], options["on_dead_letter"])
        self._subscription.delivery_class = Delivery

    @property
    def durable(self) -> str:
        """The durable consumer's name; "" before the first event was asked for."""
        return self._subscription.durable

    # -------- C's side: inside of a dispatch --------

    def _arrived(self, delivery: Delivery[_E]) -> Verdict:
        if self._closed:
            return _NOW
        self._buffer.append(delivery)
        self._hold_back()
        self._wake()
        return DEFER

    def _hold_back(self) -> None:
        """Pauses the subscription while much waits here, and lets it go on at half of that."""
        if not self._paused and len(self._buffer) >= self._limit:
            wanted = True
        elif self._paused and len(self._buffer) <= self._limit // 2:
            wanted = False
        else:
            return
        if self._subscription._handle is not None:  # else it is being made: see _start()
            self._subscription.pause(wanted)
            self._paused = wanted

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # -------- the iterator's side --------

    async def start(self) -> "Events[_E]":
        """Makes the subscription, which else happens when the first event is asked for. Raises what
        nexus_sdk.Client.subscribe() does."""
        if not self._started:
            self._started = True
            try:
                await self._client._outside(self._client._subscribe, self._subscription,
                                            self._tenant, self._options)
            except BaseException:
                self._closed = True
                raise
            self._hold_back()
        return self

    async def take(self) -> Delivery[_E]:
        """The next delivery, which the caller settles. StopAsyncIteration after close()."""
        self._client._running_loop()
        await self.start()
        while not self._buffer:
            if self._closed or not self._client._usable():
                raise StopAsyncIteration
            if self._waiter is not None:
                raise errors.StateError("another task waits for the next event", "events")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        delivery = self._buffer.popleft()
        self._hold_back()
        return delivery

    def __aiter__(self) -> "Events[_E]":
        return self

    async def __anext__(self) -> Delivery[_E]:
        self._settle(ACK)
        self._current = await self.take()
        current.set(self._current)
        return self._current

    def _settle(self, verdict: Verdict) -> None:
        delivery, self._current = self._current, None
        if delivery is not None:
            give_verdict(delivery, verdict)

    async def __aenter__(self) -> "Events[_E]":
        return await self.start()

    async def __aexit__(self, kind: Any, *_: Any) -> None:
        self._settle(ACK if kind is None else RETRY)
        self.close()

    def close(self) -> None:
        """Ends it: what waits goes back to the server at once, and what is in the hands of the loop
        comes again, unless it was settled. The durable consumer stays. Twice is allowed."""
        if self._closed:
            return
        self._closed = True
        self._subscription.close()
        self._settle(RETRY)
        while self._buffer:
            give_verdict(self._buffer.popleft(), _NOW)
        self._wake()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            finalize(self.close)


def _to(events: "weakref.ref[Events[Any]]") -> Any:
    """The handler of the subscription: it does not keep the iterator, which ends when dropped."""
    def handler(_: Event, delivery: Any) -> Verdict:
        there = events()
        return _NOW if there is None else there._arrived(delivery)
    return handler
