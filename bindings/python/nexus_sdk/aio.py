# SPDX-License-Identifier: Apache-2.0
"""The client for asyncio.

    async with aio.Client(url="nats://127.0.0.1:4222", service="crm") as client:
        await client.publish(BookingCreated(extra={"booking_id": "b-1"}), "salon-001")
        async for delivery in client.events(BookingCreated, tenant="salon-001"):
            print(delivery.event.extra)        # the next turn of the loop acks it

Publishing and events use no threads: the loop watches the library's descriptor, and what is due runs
on the loop. Calls that set something up or end it (connect, provision, events' first step, close)
wait inside the C library; they run on the loop's executor, so that the loop goes on meanwhile.

A client belongs to the loop that it was connected on. When that loop closes before the client does,
its calls raise StateError, its close() still works on another loop, and nothing hangs or crashes.

Under asyncio a private bus in memory ("memory:") runs with real time; on a shared one the test
decides, with Bus.advance() or Bus.set_clock("real").
"""

import asyncio
import collections
import functools
import logging
import weakref
from typing import (Any, Awaitable, Callable, Deque, List, Mapping, NamedTuple, Optional, Sequence,
                    Set, Type, TypeVar, overload)

from . import errors
from ._base import Connection, subscribe_options
from ._events import Delivery, Events, current, give_verdict
from ._loop import payload_of
from ._publishers import AsyncPublishers
from .delivery import DEFER, RETRY, Reject, Verdict, as_verdict
from .delivery import Delivery as _Delivery
from .events import Event
from .inbox import Inbox
from .publishing import Receipt
from .subscription import OnDeadLetter, OnPoison

__all__ = ["Client", "Delivery", "Events"]

_E = TypeVar("_E", bound=Event)
_R = TypeVar("_R", bound=Optional[Verdict])
_T = TypeVar("_T")
_DEADLINE = 15.0  # seconds that a publish waits for room, as in C
_log = logging.getLogger("nexus_sdk")


class _Served(NamedTuple):
    """A handler, and what it handles."""

    events: Events[Any]
    handler: Callable[[Any, Any], Awaitable[Optional[Verdict]]]
    concurrency: int
    on_error: str


def _resolve(client: "weakref.ref[Client]", done: "asyncio.Future[Receipt]", receipt: Receipt,
             error: Optional[errors.NexusError]) -> None:
    """on_done of a publish. On the loop, but while the client is closed, or after the loop was."""
    def resolve() -> None:
        there = client()
        if there is not None:
            there._ended()
        if done.done():
            return  # cancelled
        if error is None:
            done.set_result(receipt)
        else:
            done.set_exception(error)

    loop = done.get_loop()
    if asyncio._get_running_loop() is loop:
        resolve()
    else:
        try:
            loop.call_soon_threadsafe(resolve)
        except RuntimeError:
            pass  # the loop is closed: nobody waits


def _cause_of(client: "Client") -> Optional[_Delivery]:
    delivery = current.get()
    if delivery is None or delivery._pointer is None or delivery.client is not client:
        return None
    return delivery


class Client(Connection, AsyncPublishers):
    """One connection to the bus, for asyncio. It takes the arguments of nexus_sdk.Client, and
    connects in `async with` or connect(). All its methods belong to one loop's thread."""

    def _ready(self) -> None:
        self._asyncio: Optional[asyncio.AbstractEventLoop] = None
        self._waiting: Set["asyncio.Future[Any]"] = set()
        self._for_room: Deque["asyncio.Future[None]"] = collections.deque()
        self._streams: "weakref.WeakSet[Events[Any]]" = weakref.WeakSet()
        self._handlers: List[_Served] = []
        self._stopped: Optional[asyncio.Event] = None
        self._watched = -1

    # -------- the loop --------

    async def connect(self) -> None:
        """Connects. Raises what nexus_sdk.Client() does."""
        loop = asyncio.get_running_loop()
        if self._handle is not None:
            raise errors.StateError("the client is connected already", "client")
        self._asyncio = loop
        await self._outside(self._open)
        if self._private:
            with self.memory_bus() as bus:
                bus.set_clock("real")
        self._watched = self.fileno()
        loop.add_reader(self._watched, self._due)

    async def __aenter__(self) -> "Client":
        await self.connect()
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._asyncio is None:
            raise errors.ClosedError("the client is not connected", "client")
        if loop is not self._asyncio:
            raise errors.StateError("the client belongs to another event loop", "client")
        return loop

    async def _outside(self, work: Callable[..., _T], *arguments: Any) -> _T:
        """Runs what waits inside of C on the executor, to its end even when it is cancelled: the
        client must not be ended meanwhile."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(None, functools.partial(work, *arguments))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise

    def _due(self) -> None:
        """The descriptor is readable."""
        try:
            if self._dispatch(0, once=True):
                return
        except errors.ClosedError:
            self._unwatch()
        except errors.StateError:
            pass  # close() runs the callbacks on the executor

    def _unwatch(self) -> None:
        watched, self._watched = self._watched, -1
        if watched >= 0 and self._asyncio is not None and not self._asyncio.is_closed():
            self._asyncio.remove_reader(watched)

    # -------- publishing --------

    async def publish(self, event: Event, tenant: Optional[str] = None, *,
                      deadline: Optional[float] = None, causal_id: Optional[str] = None,
                      message_id: Optional[str] = None, cause: Optional[_Delivery] = None,
                      wait_when_full: Optional[bool] = None,
                      parameters: Optional[Mapping[str, str]] = None) -> Receipt:
        """Publishes one typed event and waits until it is stored; arguments and exceptions are those
        of nexus_sdk.Client.publish(). While the window is full other tasks run. Cancelling ends the
        waiting and not the event, which is sent all the same."""
        if not isinstance(event, Event):
            raise TypeError(f"event: expected an event of nexus_sdk.events, not {event!r}")
        return await self.publish_json(
            event.CHANNEL, payload_of(event), tenant, deadline=deadline, causal_id=causal_id,
            message_id=message_id, cause=cause, wait_when_full=wait_when_full,
            parameters=parameters)

    async def publish_json(self, channel: str, payload: Mapping[str, Any],
                           tenant: Optional[str] = None, *, deadline: Optional[float] = None,
                           causal_id: Optional[str] = None, message_id: Optional[str] = None,
                           cause: Optional[_Delivery] = None,
                           wait_when_full: Optional[bool] = None,
                           parameters: Optional[Mapping[str, str]] = None) -> Receipt:
        """The same by the channel's name."""
        loop = self._running_loop()
        done: "asyncio.Future[Receipt]" = loop.create_future()
        if cause is None:
            cause = _cause_of(self)
        accept = functools.partial(self._publish, channel, payload, tenant, False,
                                   functools.partial(_resolve, weakref.ref(self), done), deadline,
                                   causal_id, message_id, cause, False, parameters)
        self._waiting.add(done)
        try:
            await self._accepted(accept, wait_when_full is not False, deadline)
            return await done
        finally:
            self._waiting.discard(done)

    async def _accepted(self, accept: Callable[[], Receipt], wait: bool,
                        deadline: Optional[float]) -> None:
        """Publishes as soon as there is room: C's own waiting would stop the loop."""
        loop = asyncio.get_running_loop()
        limit = loop.time() + (_DEADLINE if deadline is None else deadline)
        while True:
            try:
                accept()
                return
            except errors.FullError:
                if not wait or loop.time() >= limit:
                    raise
            room = loop.create_future()
            self._for_room.append(room)
            await asyncio.wait([room], timeout=0.05)

    def _ended(self) -> None:
        """An event has ended, and there is room for another."""
        while self._for_room:
            room = self._for_room.popleft()
            if not room.done():
                room.set_result(None)
                return

    async def _publish_one(self, kind: Type[Event], event: Event, tenant: Optional[str],
                           parameters: Optional[Mapping[str, str]], **options: Any) -> Receipt:
        if not isinstance(event, kind):
            raise TypeError(f"event: expected {kind.__name__}, not {event!r}")
        return await self.publish(event, tenant, parameters=parameters, **options)

    async def flush(self, timeout: Optional[float] = None) -> None:
        """Waits until all publishes that are under way have ended. DeadlineError after `timeout`
        seconds."""
        self._running_loop()
        waiting = [future for future in self._waiting if not future.done()]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=timeout)
            if late:
                raise errors.DeadlineError(f"{len(late)} events are still unacknowledged", "client")

    # -------- events --------

    @overload
    def events(self, event: Type[_E], tenant: Optional[str] = None, *, buffer: int = 64,
               durable: Optional[str] = None, stream: Optional[str] = None,
               start: Optional[str] = None, start_at: int = 0, ack_wait: Optional[float] = None,
               max_deliver: Optional[int] = None, retry_delay: Optional[float] = None,
               queue_messages: Optional[int] = None, queue_bytes: Optional[int] = None,
               inbox: Optional[Inbox] = None, inbox_events: Optional[int] = None,
               inbox_seconds: Optional[float] = None, backoff: Optional[Sequence[float]] = None,
               jitter: int = 0, dead_letters: Optional[str] = None,
               on_poison: Optional[OnPoison] = None,
               on_dead_letter: Optional[OnDeadLetter] = None) -> Events[_E]: ...

    @overload
    def events(self, event: None = None, tenant: Optional[str] = None, *, buffer: int = 64,
               durable: Optional[str] = None, stream: Optional[str] = None,
               start: Optional[str] = None, start_at: int = 0, ack_wait: Optional[float] = None,
               max_deliver: Optional[int] = None, retry_delay: Optional[float] = None,
               queue_messages: Optional[int] = None, queue_bytes: Optional[int] = None,
               inbox: Optional[Inbox] = None, inbox_events: Optional[int] = None,
               inbox_seconds: Optional[float] = None, backoff: Optional[Sequence[float]] = None,
               jitter: int = 0, dead_letters: Optional[str] = None,
               on_poison: Optional[OnPoison] = None,
               on_dead_letter: Optional[OnDeadLetter] = None) -> Events[Event]: ...

    def events(self, event: Optional[Type[Event]] = None, tenant: Optional[str] = None, *,
               buffer: int = 64, **options: Any) -> Events[Any]:
        """The events of a class, or of all (None), as an asynchronous iterator of deliveries.

        A delivery is in hand until it is settled. `delivery.settle(verdict)` does so at any time;
        what is not settled when the next one is asked for is acked then. When the iterator is
        dropped (an exception, a cancelled task, a break), the last one comes again, and so does at
        once what waited behind it. `async with client.events(...) as events:` acks the last one at
        the end of the block, unless an exception ends it.

        What is published while a delivery is in hand joins its causal chain.

        Args:
            event, tenant, and the options: As for nexus_sdk.Client.subscribe().
            buffer: How many deliveries may wait here for the loop. When it is full the subscription
                is paused, its queue fills, and no more is read from the server.
        """
        stream: Events[Any] = Events(self, event, tenant, subscribe_options(options), buffer)
        self._streams.add(stream)
        return stream

    @overload
    def on(self, event: Type[_E], tenant: Optional[str] = None, *, concurrency: int = 1,
           on_error: str = "retry", **options: Any
           ) -> Callable[[Callable[[_E, Delivery[_E]], Awaitable[_R]]],
                         Callable[[_E, Delivery[_E]], Awaitable[_R]]]: ...

    @overload
    def on(self, event: None, tenant: Optional[str] = None, *, concurrency: int = 1,
           on_error: str = "retry", **options: Any
           ) -> Callable[[Callable[[Event, Delivery[Event]], Awaitable[_R]]],
                         Callable[[Event, Delivery[Event]], Awaitable[_R]]]: ...

    def on(self, event: Any, tenant: Optional[str] = None, *, concurrency: int = 1,
           on_error: str = "retry", **options: Any) -> Any:
        """Has run() call an `async def` for every event of a class, or of all (None).

        Args:
            concurrency: How many of them may run at once. With 1, the default, in order.
            on_error: What an exception becomes: "retry" or "reject". It is logged either way.
            options: As for events().
        """
        if on_error not in ("retry", "reject") or concurrency < 1:
            raise errors.InvalidError("on_error is retry or reject, concurrency at least 1", "on")

        def register(handler: Any) -> Any:
            options.setdefault("buffer", max(64, concurrency))
            self._handlers.append(_Served(self.events(event, tenant, **options), handler,
                                          concurrency, on_error))
            return handler

        return register

    async def run(self) -> None:
        """Runs the handlers of on() until stop() is called or the task is cancelled."""
        self._running_loop()
        if self._stopped is not None:
            raise errors.StateError("the client is running already", "client")
        self._stopped = asyncio.Event()
        tasks = [asyncio.ensure_future(self._serve(served)) for served in self._handlers]
        tasks.append(asyncio.ensure_future(_wait(self._stopped)))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._stopped = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Makes run() return. On the loop's thread."""
        if self._stopped is not None:
            self._stopped.set()

    async def _serve(self, served: _Served) -> None:
        running: Set["asyncio.Task[None]"] = set()
        try:
            while True:
                try:
                    delivery = await served.events.take()
                except StopAsyncIteration:
                    return
                one = asyncio.ensure_future(_handle(served, delivery))
                running.add(one)
                one.add_done_callback(running.discard)
                if len(running) >= served.concurrency:
                    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in list(running):
                one.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    # -------- setting up, and the end --------

    async def provision(self, *, stream: Optional[str] = None, memory: Optional[bool] = None,
                        replicas: Optional[int] = None, max_bytes: int = -1, max_events: int = -1,
                        max_age: Optional[float] = None, duplicate_window: Optional[float] = None,
                        tenant: Optional[str] = None, domain: Optional[str] = None,
                        dead_letters: Optional[bool] = None, horizon: Optional[float] = None,
                        change: Optional[bool] = None, dry_run: bool = False) -> str:
        """Makes sure that the stream exists; see nexus_sdk.Client.provision()."""
        return await self._outside(self._provision, {
            "stream": stream, "memory": memory, "replicas": replicas, "max_bytes": max_bytes,
            "max_events": max_events, "max_age": max_age, "duplicate_window": duplicate_window,
            "tenant": tenant, "domain": domain, "dead_letters": dead_letters, "horizon": horizon,
            "change": change, "dry_run": dry_run})

    async def delete_durable(self, durable: str, stream: Optional[str] = None) -> None:
        """Deletes a durable consumer at the server, and with it its place in the stream."""
        await self._outside(self._delete_durable, durable, stream)

    def _usable(self) -> bool:
        return self._handle is not None and self._handle.open and not self._closing

    async def close(self, timeout: float = 10.0) -> None:
        """Ends the client gracefully: gives back what no loop has settled, waits up to `timeout`
        seconds for events that are not stored yet, and disconnects. On any loop. Twice is allowed.
        DeadlineError when events were still unacked; the client is closed all the same."""
        if not self._usable():
            return
        self.stop()
        for stream in list(self._streams):
            stream.close()
        self._unwatch()
        await self._outside(self._end, timeout)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _handle(served: _Served, delivery: Delivery[Any]) -> None:
    """One run of a handler: whatever happens becomes a verdict."""
    current.set(delivery)
    verdict = RETRY
    try:
        verdict = as_verdict(await served.handler(delivery.event, delivery))
        if verdict.code != DEFER.code:
            give_verdict(delivery, verdict)
    except Exception as error:
        _log.error("handler of %s failed, verdict %s", served.events.durable, served.on_error,
                   exc_info=error)
        reason = f"{type(error).__name__}: {error}".replace("\0", "?")[:255]
        give_verdict(delivery, Reject(reason) if served.on_error == "reject" else RETRY)
    except BaseException:  # cancelled
        give_verdict(delivery, RETRY)
        raise
