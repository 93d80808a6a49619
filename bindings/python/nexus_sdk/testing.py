# SPDX-License-Identifier: Apache-2.0
"""For tests: a bus in memory whose time and faults the test decides. docs/memory-bus.md has the
whole of it; the fixtures of the pytest plugin (`nexus_bus`, `nexus_client`, `published`) are made of
this.

    with Bus() as bus, Client(bus.url, service="crm") as client:
        client.provision()
        bus.fault("drop", "ack", count=2)
        client.publish(BookingCreated(), "salon-001")
        bus.expect_published(BookingCreated, "salon-001", times=1)

Times are in seconds, unless a name says otherwise.
"""

import ctypes
import json
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Type, Union

from . import _native, _structs, errors
from ._base import Connection
from .events import CHANNELS, Event
from .keys import Signer
from .publishing import to_json

CLOCKS = {"stepped": 1, "held": 2, "real": 3}
STATES = {"up": 1, "down": 2, "stalled": 3}
KINDS = {"drop": 1, "delay": 2, "duplicate": 3, "reorder": 4, "corrupt": 5, "disconnect": 6,
         "no_responders": 7, "full_stream": 8}
POINTS = {"publish": 1, "ack": 2, "delivery": 3, "verdict": 4}


class Message(NamedTuple):
    """A message as it passes the point of a fault."""

    subject: str
    """Of the event; of an ack or a verdict, its own."""
    body: bytes
    """Its body."""
    header: Callable[[str], Optional[str]]
    """A header's value by exact name; only inside of the predicate."""


class Published(NamedTuple):
    """One event that clients published, however often they tried."""

    subject: str
    """Where it went."""
    channel: Optional[str]
    """The contract's name, or None when the subject is of none."""
    message_id: Optional[str]
    """Its `Nats-Msg-Id`."""
    body: bytes
    """As sent."""
    sequence: int
    """Its number in the stream; 0: it was not stored."""
    attempts: int
    """How often it was sent."""
    headers: Dict[str, str]
    """The headers that the library writes, by name."""

    @property
    def envelope(self) -> Dict[str, Any]:
        """The envelope: causal_id, vector_clock, payload, tenant."""
        envelope: Dict[str, Any] = json.loads(self.body)
        return envelope

    @property
    def event(self) -> Event:
        """The typed event."""
        return CHANNELS[self.channel or ""].from_payload(self.envelope["payload"])


HEADERS = ("Nats-Msg-Id", "traceparent", "Nexus-Schema", "Nexus-Signature", "Nexus-Capability")


class Fault:
    """A fault on a bus. Also a context manager, at whose end it is healed."""

    def __init__(self, bus: "Bus", number: int, keep: Any) -> None:
        self._bus = bus
        self._number = number
        self._keep = keep  # the predicate's callback, as long as C may call it

    @property
    def struck(self) -> int:
        """How often it has struck; 0 once it was healed."""
        return int(_native.lib.nexus_memory_struck(self._bus._open(), self._number))

    def heal(self) -> None:
        """Takes it away. Messages that it holds back still come."""
        _native.lib.nexus_memory_heal(self._bus._open(), self._number)

    def __enter__(self) -> "Fault":
        return self

    def __exit__(self, *_: Any) -> None:
        self.heal()


def _predicate(accepts: Callable[[Message], bool]) -> Any:
    @_structs.callback(_structs.PREDICATE)
    def asked(message: Any, _: Any) -> bool:
        def header(name: str) -> Optional[str]:
            return _native.optional(_native.lib.nexus_test_header(message,
                                                                  _native.text(name, "name")))
        try:
            at = message.contents
            return bool(accepts(Message(at.subject.decode("utf-8", "replace"),
                                        ctypes.string_at(at.body, at.length), header)))
        except BaseException:
            _native.log.exception("the predicate of a fault")
            return False
    return asked


class Bus:
    """A bus in memory. It lives until its last client and its last handle are gone.

    Args:
        name: Clients of the URL "memory:NAME" are on it, too. None: a new private one, which
            clients reach by `url`.
    """

    def __init__(self, name: Optional[str] = None) -> None:
        out = ctypes.c_void_p()
        _native.call("nexus_memory_open", _native.text(name, "name"), ctypes.byref(out))
        self._take(out)

    @classmethod
    def of(cls, client: Connection) -> "Bus":
        """The bus that a client is on. UnsupportedError when it is on a server."""
        out = ctypes.c_void_p()
        with client._use() as pointer:
            _native.call("nexus_memory_of", pointer, ctypes.byref(out))
        bus = cls.__new__(cls)
        bus._take(out)
        return bus

    def _take(self, pointer: ctypes.c_void_p) -> None:
        self._pointer: Optional[ctypes.c_void_p] = pointer
        self._predicates: List[Any] = []  # until close(): C may be inside of one that was healed
        self._lib = _native.lib

    def _open(self) -> ctypes.c_void_p:
        if self._pointer is None:
            raise errors.ClosedError("the handle of the bus is closed", "bus")
        return self._pointer

    def close(self) -> None:
        """Gives the handle back; faults with predicates of Python are healed. Twice is allowed."""
        pointer, self._pointer = getattr(self, "_pointer", None), None
        if pointer is None:
            return
        if self._predicates:
            self._lib.nexus_memory_heal(pointer, 0)
        self._lib.nexus_memory_close(pointer)

    def __enter__(self) -> "Bus":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    @property
    def url(self) -> str:
        """What clients of this bus take as their URL."""
        return _native.optional(_native.lib.nexus_memory_url(self._open())) or ""

    # -------- time --------

    def advance(self, seconds: float) -> None:
        """Moves the bus's time, stopping wherever something is due: retries are sent, delayed
        events come. Handlers still wait for a dispatch. 0 only waits for what is under way."""
        _native.call("nexus_memory_advance", self._open(),
                     _native.milliseconds(seconds, "seconds"))

    @property
    def time(self) -> int:
        """The bus's time: nanoseconds since 1970-01-01 UTC."""
        return int(_native.lib.nexus_memory_time(self._open()))

    def set_clock(self, clock: str) -> None:
        """How time passes: "stepped" (the default: it stands still until somebody waits for it),
        "held" (only advance() moves it) or "real"."""
        _native.call("nexus_memory_set_clock", self._open(), _choice(CLOCKS, clock, "clock"))

    def set_state(self, state: str) -> None:
        """"up", "down" (connections are cut and refused) or "stalled" (nothing is answered)."""
        _native.call("nexus_memory_set_state", self._open(), _choice(STATES, state, "state"))

    # -------- faults --------

    def fault(self, kind: str, point: str = "publish", *, subject: Optional[str] = None,
              predicate: Optional[Callable[[Message], bool]] = None, skip: int = 0, count: int = 0,
              probability: float = 0.0, seed: int = 0, delay: float = 1.0, byte: int = 0) -> Fault:
        """Has something go wrong.

        Args:
            kind: "drop", "delay", "duplicate", "reorder", "corrupt", "disconnect",
                "no_responders" or "full_stream" (the last two at "publish" only).
            point: "publish", "ack", "delivery" or "verdict".
            subject: Only events of this subject (wildcards allowed).
            predicate: Only messages of which it is true; called from any thread, and may call
                nothing of the package.
            skip: So many that it is meant for pass unharmed first.
            count: How often it strikes; 0: without end.
            probability, seed: Of striking, above 0 to 1, decided by the seed; 0: always.
            delay: Seconds, for "delay" and "reorder".
            byte: Which byte "corrupt" changes a bit of, modulo the length.
        """
        asked = _predicate(predicate) if predicate is not None else _structs.PREDICATE(0)
        fault = _structs.sized(
            _structs.Fault, kind=_choice(KINDS, kind, "kind"),
            point=_choice(POINTS, point, "point"), subject=_native.text(subject, "subject"),
            predicate=asked, skip=skip, count=count, probability=probability, seed=seed,
            delay_ms=_native.milliseconds(delay, "delay"), byte=byte)
        number = ctypes.c_uint64()
        if predicate is not None:
            self._predicates.append(asked)
        _native.call("nexus_memory_fault", self._open(), ctypes.byref(fault), ctypes.byref(number))
        return Fault(self, number.value, asked)

    def heal(self) -> None:
        """Takes all faults away."""
        _native.lib.nexus_memory_heal(self._open(), 0)

    # -------- what was published --------

    def published(self, subject: Optional[str] = None) -> List[Published]:
        """The events that clients published, in order of their first attempt, to all subjects that
        match (wildcards allowed)."""
        pattern = _native.text(subject, "subject")
        return [self._published(pattern, index) for index in range(
            _native.lib.nexus_memory_published_count(self._open(), pattern))]

    def _published(self, pattern: Optional[bytes], index: int) -> Published:
        out = _structs.sized(_structs.Published)
        _native.call("nexus_memory_published", self._open(), pattern, index, ctypes.byref(out))
        found = {name: _native.lib.nexus_published_header(ctypes.byref(out), name.encode())
                 for name in HEADERS}
        return Published(out.subject.decode("utf-8", "replace"), _native.optional(out.channel),
                         _native.optional(out.message_id),
                         ctypes.string_at(out.body, out.body_length), out.sequence, out.attempts,
                         {name: value.decode("utf-8", "replace")
                          for name, value in found.items() if value is not None})

    def forget_published(self) -> None:
        """Forgets what was published, for the next part of a test. Streams keep it."""
        _native.lib.nexus_memory_forget_published(self._open())

    def expect_published(self, event: Union[str, Type[Event], Event], tenant: Optional[str] = None,
                         payload: Optional[Mapping[str, Any]] = None,
                         times: Optional[int] = None) -> None:
        """AssertionError, with what was published instead and which members differ, unless such an
        event was published.

        Args:
            event: A class of nexus_sdk.events or a channel's name; or an event, whose members must
                all be there.
            tenant: Published to this tenant's subjects; None: of any or none.
            payload: Members that it has; of objects a part is enough.
            times: Exactly so often; None: at least once.
        """
        __tracebackhide__ = True
        if isinstance(event, Event):
            payload = {**event.to_payload(), **(payload or {})}
        channel = event if isinstance(event, str) else event.CHANNEL
        why = ctypes.c_void_p()
        try:
            _native.call("nexus_test_expect_published", self._open(),
                         _native.text(channel, "event"), _native.text(tenant, "tenant"),
                         None if payload is None else to_json(payload),
                         -1 if times is None else times, ctypes.byref(why))
        except errors.NotFoundError as error:
            raise AssertionError(_native.take_text(why) if why else str(error)) from None

    # -------- making events --------

    def put(self, event: "TestEvent") -> int:
        """Puts an event into the stream that covers its subject, past faults and message ids, any
        number of times. Returns its number there. NoStreamError without a stream."""
        sequence = ctypes.c_uint64()
        _native.call("nexus_test_event_put", self._open(), event._pointer, ctypes.byref(sequence))
        return sequence.value


def _choice(table: Dict[str, int], value: str, where: str) -> int:
    if value not in table:
        raise errors.InvalidError(f"is one of {', '.join(table)}, not {value!r}", where)
    return table[value]


class TestEvent:
    """An event in any state, also in one that no publish lets pass: as a foreign publisher would
    send it, unsigned, without the library's headers. The setters return it, to be chained:

        bus.put(TestEvent(BookingCreated(), "salon-001").signed(key).subject("nexus.b.booking.created"))

    Args:
        event: A typed event, or a channel's name (then `payload` has the rest, unchecked).
    """

    __test__ = False  # pytest, it is no test

    def __init__(self, event: Union[Event, str], tenant: Optional[str] = None,
                 payload: Optional[Mapping[str, Any]] = None) -> None:
        channel = event if isinstance(event, str) else event.CHANNEL
        given = dict(event.to_payload() if isinstance(event, Event) else {}, **(payload or {}))
        self._pointer = ctypes.c_void_p()
        self._destroy = _native.lib.nexus_test_event_destroy
        _native.call("nexus_test_event_new", _native.text(channel, "event"),
                     _native.text(tenant, "tenant"), to_json(given), ctypes.byref(self._pointer))

    def __del__(self) -> None:
        if hasattr(self, "_destroy"):
            self._destroy(self._pointer)

    def _set(self, name: str, *arguments: Any) -> "TestEvent":
        _native.call(f"nexus_test_event_{name}", self._pointer, *arguments)
        return self

    def subject(self, subject: str) -> "TestEvent":
        """Sends it to another subject than its channel's."""
        return self._set("set_subject", _native.text(subject, "subject"))

    def tenant(self, tenant: Optional[str]) -> "TestEvent":
        """The tenant that the envelope claims, whatever the subject says; None: no such member."""
        return self._set("set_tenant", _native.text(tenant, "tenant"))

    def causal_id(self, causal_id: Optional[str]) -> "TestEvent":
        """The envelope's causal id; None: no such member."""
        return self._set("set_causal_id", _native.text(causal_id, "causal_id"))

    def vector_clock(self, clock: Optional[Mapping[str, Any]]) -> "TestEvent":
        """The envelope's vector clock, unchecked; None: no such member."""
        return self._set("set_vector_clock", None if clock is None else to_json(clock))

    def header(self, name: str, value: Optional[str]) -> "TestEvent":
        """Adds a header; None takes all of the name away."""
        return self._set("set_header", _native.text(name, "name"), _native.text(value, "value"))

    def schema(self, version: str) -> "TestEvent":
        """As if it were of another version of the contract: "1.0.0"."""
        return self.header("Nexus-Schema", None).header("Nexus-Schema", version)

    def body(self, body: Optional[bytes]) -> "TestEvent":
        """Any bytes in place of the envelope; None: the envelope again."""
        return self._set("set_body", body, 0 if body is None else len(body))

    def delivered(self, times: int) -> "TestEvent":
        """As if it had been delivered so often before."""
        return self._set("set_delivered", times)

    def stored(self, nanoseconds: int) -> "TestEvent":
        """When it was stored, in nanoseconds since 1970; 0: when it is put."""
        return self._set("set_time", nanoseconds)

    def signed(self, signer: Signer) -> "TestEvent":
        """Signs it as it is now: what is changed afterwards makes it a forgery."""
        return self._set("sign", signer._pointer)
