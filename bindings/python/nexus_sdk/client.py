# SPDX-License-Identifier: Apache-2.0
"""The client: one connection to the bus, and the place where handlers run."""

from typing import Any, Callable, Mapping, Optional, Sequence, Type, TypeVar, overload

from . import _native
from ._base import Connection, subscribe_options
from ._loop import payload_of
from ._publishers import Publishers
from .delivery import Delivery, Verdict
from .events import Event
from .inbox import Inbox
from .publishing import OnDone, Receipt
from .subscription import Handler, OnDeadLetter, OnPoison, Subscription

_E = TypeVar("_E", bound=Event)
_R = TypeVar("_R", bound=Optional[Verdict])


class Client(Connection, Publishers):
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
        api_prefix: Where JetStream answers, when another account has it.
        state_directory: A directory for the vector clock's counter.
        connect_timeout: Seconds for one attempt to connect: 0.1 to 60. Default 2.
        publish_deadline: Seconds for a publish, retries included: 0.1 to 86400. Default 15.
        ack_timeout: Seconds until an event is sent again: 0.05 to 60. Default 3.
        window_events, window_bytes: How much may wait for its ack. Default 2048 and 16 MiB.
        max_body: The largest body in bytes: 1024 to 8 MiB. Default 1 MiB.
        causal_id_width: Hex digits of a fresh causal id: 8 to 32. Default 8.
        clock_limit: Entries kept in the vector clock: 2 to 1024. Default 64.
        wait_for_connection: Whether to wait for the first connection. Default True.
        signer: A Signer, or the file of a private key, to sign all events with.
        signer_key_id: The key id, where `signer` is a file.
        signing: "auto", "single" or "tree".
        trust: A Trust, or a JWK Set file: events that it does not vouch for are refused.
        trust_policy: "require", or "permit" for unsigned events, too.
        capability: The token to attach to every signed event.
        spool: A Spool: a file that keeps events through outages and the process's end.
        log_level: A level of logging. Default: what the logger "nexus_sdk" lets through now.
        on_state: Called with the state's name and a reason or None, where handlers run.

    Raises InvalidError (`where` names the option), ConnectError, AuthError, NotFoundError,
    FileError, ConflictError, UnsupportedError, ForkError.
    """

    def _ready(self) -> None:
        self._open()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # -------- publishing --------

    def publish(self, event: Event, tenant: Optional[str] = None, *,
                deadline: Optional[float] = None, causal_id: Optional[str] = None,
                message_id: Optional[str] = None, cause: Optional[Delivery] = None,
                wait_when_full: Optional[bool] = None,
                parameters: Optional[Mapping[str, str]] = None, wait: bool = True,
                on_done: Optional[OnDone] = None) -> Receipt:
        """Publishes one typed event; see publish_json() for everything else."""
        if not isinstance(event, Event):
            raise TypeError(f"event: expected an event of nexus_sdk.events, not {event!r}")
        return self._publish(event.CHANNEL, payload_of(event), tenant, wait, on_done, deadline,
                             causal_id, message_id, cause, wait_when_full, parameters)

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
                wait=False. Without it, a failure of wait=False is logged where handlers run.

        Returns the receipt; with wait=False only its ids are filled. Ctrl-C is noticed when the
        call returns, at the latest at the deadline.

        Raises ValidationError, SubjectError, ChannelError, TooLargeError, FullError, ClosedError,
        ForkError; with wait=True also DeadlineError, NoStreamError, ForbiddenError, StreamError.
        """
        return self._publish(channel, payload, tenant, wait, on_done, deadline, causal_id,
                             message_id, cause, wait_when_full, parameters)

    def _publish_one(self, kind: Type[Event], event: Event, tenant: Optional[str],
                     parameters: Optional[Mapping[str, str]], **options: Any) -> Receipt:
        if not isinstance(event, kind):
            raise TypeError(f"event: expected {kind.__name__}, not {event!r}")
        return self.publish(event, tenant, parameters=parameters, **options)

    # -------- subscribing --------

    @overload
    def subscribe(self, event: Type[_E], handler: Callable[[_E, Delivery], Optional[Verdict]],
                  tenant: Optional[str] = None, *, durable: Optional[str] = None,
                  stream: Optional[str] = None, start: Optional[str] = None, start_at: int = 0,
                  ack_wait: Optional[float] = None, max_deliver: Optional[int] = None,
                  retry_delay: Optional[float] = None, queue_messages: Optional[int] = None,
                  queue_bytes: Optional[int] = None, inbox: Optional[Inbox] = None,
                  inbox_events: Optional[int] = None, inbox_seconds: Optional[float] = None,
                  backoff: Optional[Sequence[float]] = None,
                  jitter: int = 0, dead_letters: Optional[str] = None, on_error: str = "retry",
                  on_poison: Optional[OnPoison] = None,
                  on_dead_letter: Optional[OnDeadLetter] = None) -> Subscription: ...

    @overload
    def subscribe(self, event: None, handler: Callable[[Event, Delivery], Optional[Verdict]],
                  tenant: Optional[str] = None, *, durable: Optional[str] = None,
                  stream: Optional[str] = None, start: Optional[str] = None, start_at: int = 0,
                  ack_wait: Optional[float] = None, max_deliver: Optional[int] = None,
                  retry_delay: Optional[float] = None, queue_messages: Optional[int] = None,
                  queue_bytes: Optional[int] = None, inbox: Optional[Inbox] = None,
                  inbox_events: Optional[int] = None, inbox_seconds: Optional[float] = None,
                  backoff: Optional[Sequence[float]] = None,
                  jitter: int = 0, dead_letters: Optional[str] = None, on_error: str = "retry",
                  on_poison: Optional[OnPoison] = None,
                  on_dead_letter: Optional[OnDeadLetter] = None) -> Subscription: ...

    def subscribe(self, event: Optional[Type[Event]], handler: Handler,
                  tenant: Optional[str] = None, **options: Any) -> Subscription:
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
            max_deliver: Deliveries before an event becomes a dead letter; -1: no limit, the
                default.
            retry_delay: Seconds of delay of a RETRY: 0 to 86400. Default 1.
            backoff: Seconds of delay by delivery instead, 1 to 32 of them; the last one goes on.
            jitter: The percentage (0 to 100) that is taken off each delay of `backoff` at random.
            dead_letters: "store" (default), or "report": what is given up on is only reported.
            queue_messages, queue_bytes: What may wait for the handler. Default 1024 and 8 MiB.
            inbox: An Inbox in a file; see nexus_sdk.inbox. Default: only the one in memory.
            inbox_events, inbox_seconds: How many handled events the inbox in memory remembers, and
                for how long. Default 65536 and 3600; 0 events: none.
            on_error: What an exception in the handler becomes: "retry" or "reject".
            on_poison: Told of each message that reached no handler, with a Poison. Without it they
                are counted and logged.
            on_dead_letter: Told of each event that was given up on, with a DeadLetter.

        Blocks for at most 10 s. Raises InvalidError, SubjectError, NotFoundError, ConflictError,
        DeadlineError, ForbiddenError, StreamError, ClosedError, ForkError.
        """
        known = subscribe_options(options)
        subscription = Subscription(self, event, handler, known["on_error"], known["on_poison"],
                                    known["on_dead_letter"])
        return self._subscribe(subscription, tenant, known)

    @overload
    def on(self, event: Type[_E], tenant: Optional[str] = None, *, durable: Optional[str] = None,
           stream: Optional[str] = None, start: Optional[str] = None, start_at: int = 0,
           ack_wait: Optional[float] = None, max_deliver: Optional[int] = None,
           retry_delay: Optional[float] = None, queue_messages: Optional[int] = None,
           queue_bytes: Optional[int] = None, inbox: Optional[Inbox] = None,
           inbox_events: Optional[int] = None, inbox_seconds: Optional[float] = None,
           backoff: Optional[Sequence[float]] = None,
           jitter: int = 0, dead_letters: Optional[str] = None, on_error: str = "retry",
           on_poison: Optional[OnPoison] = None, on_dead_letter: Optional[OnDeadLetter] = None
           ) -> Callable[[Callable[[_E, Delivery], _R]], Callable[[_E, Delivery], _R]]: ...

    @overload
    def on(self, event: None, tenant: Optional[str] = None, *, durable: Optional[str] = None,
           stream: Optional[str] = None, start: Optional[str] = None, start_at: int = 0,
           ack_wait: Optional[float] = None, max_deliver: Optional[int] = None,
           retry_delay: Optional[float] = None, queue_messages: Optional[int] = None,
           queue_bytes: Optional[int] = None, inbox: Optional[Inbox] = None,
           inbox_events: Optional[int] = None, inbox_seconds: Optional[float] = None,
           backoff: Optional[Sequence[float]] = None,
           jitter: int = 0, dead_letters: Optional[str] = None, on_error: str = "retry",
           on_poison: Optional[OnPoison] = None, on_dead_letter: Optional[OnDeadLetter] = None
           ) -> Callable[[Callable[[Event, Delivery], _R]], Callable[[Event, Delivery], _R]]: ...

    def on(self, event: Any, tenant: Optional[str] = None, **options: Any) -> Any:
        """subscribe() as a decorator: `@client.on(BookingCreated, tenant="salon-001")`. The
        function stays as it is."""

        def register(handler: Any) -> Any:
            self.subscribe(event, handler, tenant, **options)
            return handler

        return register

    def delete_durable(self, durable: str, stream: Optional[str] = None) -> None:
        """Deletes a durable consumer at the server, and with it its place in the stream. Blocks
        for at most 10 s. Raises NotFoundError, DeadlineError, ForbiddenError, StreamError."""
        self._delete_durable(durable, stream)

    def provision(self, *, stream: Optional[str] = None, memory: Optional[bool] = None,
                  replicas: Optional[int] = None, max_bytes: int = -1, max_events: int = -1,
                  max_age: Optional[float] = None, duplicate_window: Optional[float] = None,
                  tenant: Optional[str] = None, domain: Optional[str] = None,
                  dead_letters: Optional[bool] = None, horizon: Optional[float] = None,
                  change: Optional[bool] = None, dry_run: bool = False) -> str:
        """Makes sure that the stream exists and is so, and that there is one for dead letters.
        Changes one that exists only where `change` says so.

        Args:
            stream: Its name. Default: the client's stream, with "-" and tenant or domain behind it.
            tenant: Holds the events of one tenant; "_core": the platform's own.
            domain: Holds the events of one domain of all tenants, "booking".
            dead_letters: Is about the stream of dead letters instead.
            memory: Keep events in memory only. Default: on disk.
            replicas: Servers that keep a copy: 1 to 5.
            max_bytes, max_events, max_age: Limits (age in seconds); -1 and None: without.
            duplicate_window: Seconds for which message ids are remembered. Default 120.
            horizon: Seconds for which a spool or an outbox may send an event again.
            change: Change a stream that differs, instead of refusing.
            dry_run: Only look.

        Returns "created", "unchanged", "changed" or, with dry_run, "missing" or "different". Blocks
        for at most 10 s a stream. Raises
        ConflictError when it differs (its `differences` say in what), ForbiddenError,
        DeadlineError, StreamError, UnsupportedError, ClosedError.
        """
        return self._provision({
            "stream": stream, "memory": memory, "replicas": replicas, "max_bytes": max_bytes,
            "max_events": max_events, "max_age": max_age, "duplicate_window": duplicate_window,
            "tenant": tenant, "domain": domain, "dead_letters": dead_letters, "horizon": horizon,
            "change": change, "dry_run": dry_run})

    # -------- running --------

    def run(self) -> None:
        """Runs handlers until stop() is called. Ctrl-C ends it with KeyboardInterrupt: at once, or
        out of the handler that is running, whose event comes again."""
        while not self._dispatch(None):
            pass

    def dispatch(self, timeout: Optional[float] = 0.0) -> int:
        """Runs what is due: handlers, on_done, on_state. Waits up to `timeout` seconds for the
        first one (None: until there is one, or stop() is called). Returns how many ran. Raises
        StateError from inside a handler and while another thread dispatches; ClosedError,
        ForkError; and KeyboardInterrupt or SystemExit when a handler raised it."""
        if timeout is not None and timeout > 0 and self._steps_time:
            wait = min(_native.milliseconds(timeout, "timeout"), 2**31 - 1)
            with self._running("dispatch") as (pointer, _):
                return _native.call("nexus_client_dispatch", pointer, wait)
        return self._dispatch(timeout, once=True)

    def flush(self, timeout: Optional[float] = None) -> None:
        """Waits until every event accepted before has been stored or has failed, and runs on_done
        meanwhile. Raises DeadlineError after `timeout` seconds."""
        wait = -1 if timeout is None else min(_native.milliseconds(timeout, "timeout"), 2**31 - 1)
        with self._running("flush") as (pointer, _):
            _native.call("nexus_client_flush", pointer, wait)

    def spool_drain(self, timeout: Optional[float] = None) -> None:
        """Waits until the spool is empty, and runs what is due meanwhile. DeadlineError after
        `timeout` seconds. At once without a spool."""
        wait = -1 if timeout is None else min(_native.milliseconds(timeout, "timeout"), 2**31 - 1)
        with self._running("spool_drain") as (pointer, _):
            _native.call("nexus_client_spool_drain", pointer, wait)

    def close(self, timeout: float = 10.0) -> None:
        """Ends the client gracefully: waits up to `timeout` seconds for events that are not stored
        yet, settles what is in hand, runs what is due, disconnects. Any thread, but not a handler
        (StateError). Closing twice is allowed. Raises DeadlineError when events were still unacked
        (the client is closed all the same), or when a handler did not end (it is not)."""
        self._end(timeout)
