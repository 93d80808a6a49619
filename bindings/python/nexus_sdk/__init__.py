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

It needs the C library libnexus-sdk.so.1; the environment variable NEXUS_SDK_LIBRARY names another
place of it. Log lines go to the logger "nexus_sdk". All times are in seconds.
"""

from . import events
from ._native import lib as _lib
from .client import Client
from .delivery import ACK, DEFER, REJECT, RETRY, Delivery, Reject, Retry, Verdict
from .errors import *  # noqa: F403
from .errors import __all__ as _errors
from .publishing import Receipt
from .subscription import Subscription

__version__ = "1.0.0"

__all__ = ["ACK", "DEFER", "REJECT", "RETRY", "Client", "Delivery", "Receipt", "Reject", "Retry",
           "Subscription", "Verdict", "events", "library_version"] + _errors


def library_version() -> str:
    """The version of the C library that is running."""
    version: bytes = _lib.nexus_version()
    return version.decode()
