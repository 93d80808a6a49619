# SPDX-License-Identifier: Apache-2.0
"""The Nexus SDK for Python: typed, validated, acknowledged events of the Nexus platform.

    from nexus_sdk import Client
    from nexus_sdk.events import BookingCreated

    with Client(url="nats://127.0.0.1:4222", service="crm") as client:
        @client.on(BookingCreated, tenant="salon-001")
        def handle(event, delivery):
            print(event.extra, delivery.causal_id)

        client.publish(BookingCreated(extra={"booking_id": "b-1"}), tenant="salon-001")
        client.run()

The modules:
    events    a frozen dataclass for each of the contract's channels
    aio       the same client for asyncio
    errors    an exception for each status of the library, all below NexusError
    keys      signing, trust stores and capability tokens
    inbox     handling each event once
    dead_letters  events that were given up on
    spool     a file that keeps events through outages and the process's end
    outbox    events that are kept in the application's own database first
    contract  the channels and their members at run time; checking payloads without a client
    testing   a bus in memory, with faults; the pytest plugin's fixtures are made of it

It needs the C library libnexus-sdk.so.1; the environment variable NEXUS_SDK_LIBRARY names another
place of it. Log lines go to the logger "nexus_sdk". All times are in seconds.
"""

from . import errors, events
from ._base import Difference
from ._native import lib as _lib
from .client import Client
from .delivery import ACK, DEFER, REJECT, RETRY, Delivery, Reject, Retry, Verdict
from .errors import (AuthError, ChannelError, ClosedError, ConflictError, ConnectError,
                     DeadlineError, FileError, ForbiddenError, ForkError, FullError, InternalError,
                     InvalidError, JsonError, KeyFault, NexusError, NoStreamError, NotFoundError,
                     OutOfMemoryError, ReplayError, SettledError, SignatureError, StateError,
                     StreamError, SubjectError, TenantError, TooLargeError, UnsupportedError,
                     ValidationError)
from .inbox import Inbox
from .keys import Signer, Trust
from .publishing import Receipt
from .spool import Spool
from .subscription import DeadLetter, Poison, Subscription

__version__ = "1.0.0"

__all__ = ["ACK", "DEFER", "REJECT", "RETRY", "AuthError", "ChannelError", "Client", "ClosedError",
           "ConflictError", "ConnectError", "DeadLetter", "DeadlineError", "Delivery", "Difference", "FileError",
           "ForbiddenError", "ForkError", "FullError", "Inbox", "InternalError", "InvalidError",
           "JsonError", "KeyFault", "NexusError", "NoStreamError", "NotFoundError",
           "OutOfMemoryError", "Poison", "Receipt", "Reject", "ReplayError", "Retry",
           "SettledError", "SignatureError", "Signer", "Spool", "StateError", "StreamError", "SubjectError",
           "Subscription", "TenantError", "TooLargeError", "Trust", "UnsupportedError",
           "ValidationError", "Verdict", "errors", "events", "library_version"]


def library_version() -> str:
    """The version of the C library that is running."""
    version: bytes = _lib.nexus_version()
    return version.decode()
