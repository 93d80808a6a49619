# SPDX-License-Identifier: Apache-2.0
"""Events that are stored in the application's own database first, and sent afterwards.
docs/outbox.md has the whole story.

    with database:                                    # one transaction
        database.execute("INSERT INTO bookings …")
        event = prepare(client, BookingCreated(extra={"booking_id": "b-1"}), "salon-001")
        database.execute("INSERT INTO outbox (event) VALUES (?)", (bytes(event),))

    for number, data in database.execute("SELECT id, event FROM outbox ORDER BY id").fetchall():
        publish(client, Prepared(data))               # any process, any number of times
        database.execute("DELETE FROM outbox WHERE id = ?", (number,))

Preparing fixes subject, body, message id, clock and signature; the stream stores the event once,
within its duplicate window, however often it is published.
"""

import ctypes
from typing import Any, Dict, Mapping, Optional

from . import _native, _structs
from ._base import Connection
from ._loop import SYSTEM_CHANNELS, payload_of
from .delivery import Delivery
from .events import Event
from .publishing import Receipt, receipt_of, special, to_json

__all__ = ["Prepared", "prepare", "prepare_json", "publish"]


class Prepared:
    """An event ready to be sent. It depends on no client and never changes. Any thread.

    Args:
        data: Its bytes, as bytes(prepared) gave them. They are read strictly: InvalidError,
            TooLargeError, ChannelError, JsonError, ValidationError or TenantError for others.
    """

    def __init__(self, data: bytes) -> None:
        out = ctypes.c_void_p()
        _native.call("nexus_prepared_read", bytes(data), len(data), ctypes.byref(out))
        self._take(out)

    def _take(self, pointer: ctypes.c_void_p) -> "Prepared":
        self._pointer = pointer
        self._destroy = _native.lib.nexus_prepared_destroy
        return self

    def __del__(self) -> None:
        if hasattr(self, "_destroy"):
            self._destroy(self._pointer)

    def _bytes(self, function: str) -> bytes:
        length = ctypes.c_size_t()
        pointer = getattr(_native.lib, function)(self._pointer, ctypes.byref(length))
        return ctypes.string_at(pointer, length.value)

    def _text(self, function: str, *arguments: Any) -> str:
        return _native.optional(getattr(_native.lib, function)(self._pointer, *arguments)) or ""

    def __bytes__(self) -> bytes:
        """All of it, for one column."""
        return self._bytes("nexus_prepared_bytes")

    @property
    def subject(self) -> str:
        """Where it will go."""
        return self._text("nexus_prepared_subject")

    @property
    def channel(self) -> str:
        """The contract's name of its channel."""
        channel = _native.lib.nexus_prepared_channel(self._pointer)
        return _native.optional(_native.lib.nexus_channel_name(channel)) or ""

    @property
    def message_id(self) -> str:
        """Its `Nats-Msg-Id`."""
        return self._text("nexus_prepared_message_id")

    @property
    def causal_id(self) -> str:
        """The causal chain that it belongs to."""
        return self._text("nexus_prepared_causal_id")

    @property
    def body(self) -> bytes:
        """The body: one JSON text."""
        return self._bytes("nexus_prepared_body")

    @property
    def headers(self) -> Dict[str, str]:
        """The headers by name."""
        count = _native.lib.nexus_prepared_header_count(self._pointer)
        return {self._text("nexus_prepared_header_name", index):
                self._text("nexus_prepared_header_value", index) for index in range(count)}


def prepare(client: Connection, event: Event, tenant: Optional[str] = None, *,
            causal_id: Optional[str] = None, message_id: Optional[str] = None,
            cause: Optional[Delivery] = None,
            parameters: Optional[Mapping[str, str]] = None) -> Prepared:
    """Prepares a typed event; arguments as for Client.publish(). Needs no connection. Raises
    ValidationError, SubjectError, TooLargeError, FileError, ClosedError, ForkError."""
    return prepare_json(client, event.CHANNEL, payload_of(event), tenant, causal_id=causal_id,
                        message_id=message_id, cause=cause, parameters=parameters)


def prepare_json(client: Connection, channel: str, payload: Mapping[str, Any],
                 tenant: Optional[str] = None, *, causal_id: Optional[str] = None,
                 message_id: Optional[str] = None, cause: Optional[Delivery] = None,
                 parameters: Optional[Mapping[str, str]] = None) -> Prepared:
    """The same by the channel's name."""
    about = None
    if channel in SYSTEM_CHANNELS:
        tenant, about = None, tenant
    values = {"causal_id": causal_id, "message_id": message_id, "cause": cause,
              "parameters": parameters, "tenant": about}
    out = ctypes.c_void_p()
    with client._use() as pointer, special(values, True, 0) as options:
        _native.call("nexus_prepare_json", pointer, _native.text(channel, "channel"),
                     _native.text(tenant, "tenant"), to_json(payload), options, ctypes.byref(out))
    return Prepared.__new__(Prepared)._take(out)


def publish(client: Connection, prepared: Prepared, *, deadline: Optional[float] = None) -> Receipt:
    """Publishes a prepared event and waits until it is stored; `duplicate` in the receipt when it
    had been before. Any client that may. Exceptions are those of Client.publish()."""
    if not isinstance(prepared, Prepared):
        raise TypeError(f"prepared: expected a Prepared, not {type(prepared).__name__}")
    receipt = _structs.sized(_structs.Receipt)
    with client._use() as pointer, special({"deadline": deadline}, True, 0) as options:
        _native.call("nexus_publish_prepared", pointer, prepared._pointer, options,
                     ctypes.byref(receipt))
    return receipt_of(receipt)
