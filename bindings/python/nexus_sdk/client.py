# SPDX-License-Identifier: Apache-2.0
"""The client: one connection to the bus, and the place where handlers run."""

import ctypes
import json
from typing import Any, Callable, Dict, Mapping, Optional, Type, TypeVar, Union

from . import _native, errors
from ._connect import choice, connect
from ._loop import Loop, state_changed
from .delivery import Delivery
from .events import CHANNELS, Event
from .publishing import Completion, OnDone, Receipt, options_of, receipt_of, to_json
from .subscription import START, Handler, Subscription, data_of, deliver, report

_H = TypeVar("_H", bound=Handler)
_PROVISIONED = {1: "created", 2: "unchanged", 3: "missing"}

class Client(Loop):
    """One connection to the bus. Any thread may publish; one at a time runs handlers, inside of
    run(), dispatch(), flush() or close().

    Args:
        url: One server or several, separated by commas; "memory:NAME" is a bus inside the process.
        service: The service's name: instances that share it share their work.
        node: The name under which this process counts in vector clocks. Default: the service's.
        stream: The stream that subscriptions read from. Default "NEXUS".
        credentials_file: A NATS credentials file.
        nkey_file: A file that holds a user's NKey seed.
        user, password: User name and password.
        token: An authentication token.
        tls: True, or a PEM file with the authorities to trust.
        tls_certificate, tls_key: A client certificate and its key, PEM files. Imply TLS.
        inbox_prefix: The prefix of the subjects on which answers are heard.
        state_directory: A directory for the vector clock's counter.
        connect_timeout: Seconds for one attempt to connect: 0.1 to 60. Default 2.
        publish_deadline: Seconds for a publish, retries included: 0.1 to 86400. Default 15.
        ack_timeout: Seconds until an event is sent again: 0.05 to 60. Default 3.
        window_events, window_bytes: How much may wait for its ack. Default 2048 and 16 MiB.
        max_body: The largest body in bytes: 1024 to 8 MiB. Default 1 MiB.
        causal_id_width: Hex digits of a fresh causal id: 8 to 32. Default 8.
        clock_limit: Entries kept in the vector clock: 2 to 1024. Default 64.
        wait_for_connection: Whether to wait for the first connection. Default True.
        signer, signer_key_id: A private key file to sign with, and its key id.
        signing: "auto", "single" or "tree".
        trust: A JWK Set file: events that it does not vouch for are refused.
        trust_policy: "require", or "permit" for unsigned events, too.
        capability: The token to attach to every signed event.
        log_level: A level of logging. Default: what the logger "nexus_sdk" lets through now.
        on_state: Called with the state's name and a reason or None, where handlers run.

    Raises InvalidError (`where` names the option), ConnectError, AuthError, NotFoundError,
    FileError, ConflictError, UnsupportedError, ForkError.
    """

    def __init__(self, url: Optional[str] = None, service: Optional[str] = None,
                 node: Optional[str] = None, *, stream: Optional[str] = None,
                 credentials_file: Optional[str] = None, nkey_file: Optional[str] = None,
                 user: Optional[str] = None, password: Optional[str] = None,
                 token: Optional[str] = None, tls: Union[None, bool, str] = None,
                 tls_certificate: Optional[str] = None, tls_key: Optional[str] = None,
                 inbox_prefix: Optional[str] = None, state_directory: Optional[str] = None,
                 connect_timeout: Optional[float] = None, publish_deadline: Optional[float] = None,
                 ack_timeout: Optional[float] = None, window_events: Optional[int] = None,
                 window_bytes: Optional[int] = None, max_body: Optional[int] = None,
                 causal_id_width: Optional[int] = None, clock_limit: Optional[int] = None,
                 wait_for_connection: Optional[bool] = None, signer: Optional[str] = None,
                 signer_key_id: Optional[str] = None, signing: str = "auto",
                 trust: Optional[str] = None, trust_policy: str = "require",
                 capability: Optional[str] = None, log_level: Optional[int] = None,
                 on_state: Optional[Callable[[str, Optional[str]], None]] = None) -> None:
        given = {name: value for name, value in locals().items() if name != "self"}
        super().__init__(steps_time=(url or "").startswith("memory:"))
        self._on_state = on_state
        self._connected(connect(given, state_changed, ctypes.c_void_p(id(self))))

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # -------- publishing --------

    def publish(self, event: Event, tenant: Optional[str] = None, *,
                deadline: Optional[float] = None, causal_id: Optional[str] = None,
                message_id: Optional[str] = None, cause: Optional[Delivery] = None,
                wait_when_full: Optional[bool] = None, wait: bool = True,
                on_done: Optional[OnDone] = None) -> Receipt:
        """Publishes one typed event; see publish_json() for everything else."""
        if not isinstance(event, Event):
            raise TypeError(f"event: expected an event of nexus_sdk.events, not {event!r}")
        try:
            payload = event.to_payload()
        except ValueError as error:
            raise errors.ValidationError(str(error), "payload") from None
        return self.publish_json(event.CHANNEL, payload, tenant, deadline=deadline,
                                 causal_id=causal_id, message_id=message_id, cause=cause,
                                 wait_when_full=wait_when_full, wait=wait, on_done=on_done)

    def publish_json(self, channel: str, payload: Mapping[str, Any], tenant: Optional[str] = None,
                     *, deadline: Optional[float] = None, causal_id: Optional[str] = None,
                     message_id: Optional[str] = None, cause: Optional[Delivery] = None,
                     wait_when_full: Optional[bool] = None,
                     parameters: Optional[Mapping[str, str]] = None, wait: bool = True,
                     on_done: Optional[OnDone] = None) -> Receipt:
        """Publishes one event by its channel's name. Any thread.

        Args:
            channel: The contract's name, "bookingCreated".
            payload: What stands in the envelope's `payload`; checked against the contract.
            tenant: Required on tenant channels. On system channels, the tenant it is about.
            deadline: Seconds until it must be stored: 0.001 to 86400. Default: the client's.
            causal_id: The causal chain to join. Default: that of the handler's event, or a new one.
            message_id: An id of one's own: publishing it twice stores it once.
            cause: The delivery that causes this event, for publishes from other threads.
            wait_when_full: False: FullError at once instead of waiting for room.
            parameters: Values of address parameters that are no members of the payload.
            wait: Wait until the event is stored. False: return once it is accepted.
            on_done: Called with the receipt and an error or None, where handlers run. Implies
                wait=False. Without it, a failure of wait=False is logged.

        Returns the receipt; with wait=False only its ids are filled. Ctrl-C is noticed when the
        call returns, at the latest at the deadline.

        Raises ValidationError, SubjectError, ChannelError, TooLargeError, FullError, ClosedError,
        ForkError; with wait=True also DeadlineError, NoStreamError, ForbiddenError, StreamError.
        """
        known = CHANNELS.get(channel)
        about = None
        if known is not None and "tenant_id" not in known.PARAMETERS:
            tenant, about = None, tenant
        body = to_json(payload)
        values = {"deadline": deadline, "causal_id": causal_id, "message_id": message_id,
                  "cause": cause, "wait_when_full": wait_when_full, "parameters": parameters,
                  "tenant": about}
        completion = None if wait and on_done is None else Completion(self, on_done)
        receipt = _native.Receipt(size=ctypes.sizeof(_native.Receipt))
        try:
            with self._use() as pointer, options_of(values, completion) as options:
                _native.call("nexus_publish_json", pointer, _native.text(channel, "channel"),
                             _native.text(tenant, "tenant"), body, options, ctypes.byref(receipt))
        except BaseException:
            if completion is not None:
                completion.drop()
            raise
        return receipt_of(receipt)

    # -------- subscribing --------

    def subscribe(self, event: Optional[Type[Event]], handler: Handler,
                  tenant: Optional[str] = None, *, durable: Optional[str] = None,
                  stream: Optional[str] = None, start: Optional[str] = None, start_at: int = 0,
                  ack_wait: Optional[float] = None, max_deliver: Optional[int] = None,
                  retry_delay: Optional[float] = None, queue_messages: Optional[int] = None,
                  queue_bytes: Optional[int] = None, on_error: str = "retry") -> Subscription:
        """Has a handler called for every event of a class, or of all classes (None).

        Args:
            event: A class of nexus_sdk.events, or None for all.
            handler: Takes the event and its Delivery; returns None (handled) or a verdict. An
                exception is logged with its traceback and becomes what `on_error` says.
            tenant: Only events of this tenant; None: of all.
            durable: The durable consumer's name. Default: service, channel and tenant.
            stream: The stream to read from. Default: the client's.
            start: Where a new consumer starts: "all" (default), "new", "last_per_subject",
                "sequence" or "time", the latter two at `start_at` (nanoseconds since 1970).
            ack_wait: Seconds until an unsettled event comes again: 1 to 3600. Default 30.
            max_deliver: Deliveries before an event is given up on; -1: no limit, the default.
            retry_delay: Seconds of delay of a RETRY: 0 to 86400. Default 1.
            queue_messages, queue_bytes: What may wait for the handler. Default 1024 and 8 MiB.
            on_error: What an exception in the handler becomes: "retry" or "reject".

        Blocks for at most 10 s. Raises InvalidError, SubjectError, NotFoundError, ConflictError,
        DeadlineError, ForbiddenError, StreamError, ClosedError, ForkError.
        """
        subscription = Subscription(self, event, handler, on_error)
        data, out = data_of(subscription), ctypes.c_void_p()
        times = {"ack_wait": ack_wait, "retry_delay": retry_delay}
        plain = {"durable": durable, "stream": stream, "max_deliver": max_deliver}
        with self._use() as pointer, _native.Options("subscribe") as options:
            for name, value in plain.items():
                if value is not None:
                    options.set(name, value)
            for name, seconds in times.items():
                if seconds is not None:
                    options.set(name, _native.milliseconds(seconds, name))
            if start is not None:
                options.set("start", choice(START, start, "start"), start_at)
            if queue_messages is not None or queue_bytes is not None:
                options.set("queue", queue_messages or 1024, queue_bytes or 8 << 20)
            options.set("error_callback", report, data)
            self._subscriptions.append(subscription)  # C knows it from here on
            try:
                _native.call("nexus_subscribe_json", pointer,
                             None if event is None else event.CHANNEL.encode("ascii"),
                             _native.text(tenant, "tenant"), deliver, data, options.pointer,
                             ctypes.byref(out))
            except BaseException:
                self._forget(subscription)
                raise
            subscription._started(out)
        return subscription

    def on(self, event: Optional[Type[Event]], tenant: Optional[str] = None,
           **options: Any) -> Callable[[_H], _H]:
        """The same as a decorator: `@client.on(BookingCreated, tenant="salon-001")`."""

        def register(handler: _H) -> _H:
            self.subscribe(event, handler, tenant, **options)
            return handler

        return register

    def delete_durable(self, durable: str, stream: Optional[str] = None) -> None:
        """Deletes a durable consumer at the server, and with it its place in the stream."""
        with self._use() as pointer:
            _native.call("nexus_delete_durable", pointer, _native.text(stream, "stream"),
                         _native.text(durable, "durable"))

    # -------- asking --------

    @property
    def state(self) -> str:
        """"connecting", "connected", "reconnecting" or "closed"."""
        try:
            with self._use() as pointer:
                state = _native.lib.nexus_client_state(pointer)
        except errors.ClosedError:
            return "closed"
        return _native.optional(_native.lib.nexus_client_state_name(state)) or ""

    def stats(self) -> Dict[str, int]:
        """The counters by name; nexus/client.h says what each one counts."""
        stats = _native.Stats(size=ctypes.sizeof(_native.Stats))
        with self._use() as pointer:
            _native.call("nexus_client_stats", pointer, ctypes.byref(stats))
        return {name: getattr(stats, name) for name in _native.STATS_NAMES}

    def vector_clock(self) -> Dict[str, int]:
        """This client's vector clock: events counted by node."""
        out = ctypes.c_void_p()
        with self._use() as pointer:
            _native.call("nexus_client_vector_clock", pointer, ctypes.byref(out))
        clock: Dict[str, int] = json.loads(_native.take_text(out))
        return clock

    def provision(self, *, stream: Optional[str] = None, memory: Optional[bool] = None,
                  replicas: Optional[int] = None, max_bytes: int = -1, max_events: int = -1,
                  max_age: Optional[float] = None, duplicate_window: Optional[float] = None,
                  dry_run: bool = False) -> str:
        """Makes sure that the stream exists and is so; never changes one that exists.

        Args:
            stream: Its name. Default: the client's stream.
            memory: Keep events in memory only. Default: on disk.
            replicas: Servers that keep a copy: 1 to 5.
            max_bytes, max_events, max_age: Limits (age in seconds); -1 and None: without.
            duplicate_window: Seconds for which message ids are remembered. Default 120.
            dry_run: Only look.

        Returns "created", "unchanged" or, with dry_run, "missing". Raises ConflictError when it
        differs, ForbiddenError, DeadlineError, StreamError, UnsupportedError, ClosedError.
        """
        age = -1 if max_age is None else _native.milliseconds(max_age, "max_age")
        result = ctypes.c_int()
        with self._use() as pointer, _native.Options("provision") as options:
            for name, value in (("stream", stream), ("memory", memory), ("replicas", replicas)):
                if value is not None:
                    options.set(name, value)
            options.set("limits", max_bytes, max_events, age)
            if duplicate_window is not None:
                options.set("duplicate_window",
                            _native.milliseconds(duplicate_window, "duplicate_window"))
            options.set("dry_run", dry_run)
            _native.call("nexus_provision", pointer, options.pointer, ctypes.byref(result))
        return _PROVISIONED[result.value]


def _add_typed_publishes() -> None:
    """Client.publish_booking_created() and its like, one for each class of events."""
    for kind in CHANNELS.values():
        name = "publish_" + "".join("_" + c.lower() if c.isupper() else c
                                    for c in kind.CHANNEL).lstrip("_")

        def publish(self: Client, event: Event, tenant: Optional[str] = None,
                    _kind: Type[Event] = kind, **options: Any) -> Receipt:
            if not isinstance(event, _kind):
                raise TypeError(f"event: expected {_kind.__name__}, not {event!r}")
            return self.publish(event, tenant, **options)

        publish.__name__, publish.__qualname__ = name, f"Client.{name}"
        publish.__doc__ = f"publish() for {kind.__name__} alone."
        setattr(Client, name, publish)


_add_typed_publishes()
