# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the tests of a service: a bus in memory, a client on it, and what was published.

    def test_a_reminder_is_sent(nexus_bus, nexus_client, published):
        service = Reminders(nexus_client)
        nexus_client.publish(BookingCreated(extra={"booking_id": "b-1"}), "salon-001")
        nexus_client.dispatch(1)
        published.expect(TelegramMessage, "salon-001", times=1)

pytest finds them by itself once the package is installed. Every test has a bus of its own, whose
time stands still until somebody waits or `nexus_bus.advance(seconds)` moves it.
"""

from typing import Any, Iterator, List, Mapping, Optional, Type, Union

import pytest

from .client import Client
from .events import Event
from .testing import Bus, Published

__all__ = ["PublishedEvents", "nexus_bus", "nexus_client", "published"]


class PublishedEvents:
    """What was published on the bus of the test."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def __call__(self, subject: Optional[str] = None) -> List[Published]:
        """All of it, or what went to the subjects that match, in order."""
        return self._bus.published(subject)

    def expect(self, event: Union[str, Type[Event], Event], tenant: Optional[str] = None,
               payload: Optional[Mapping[str, Any]] = None, times: Optional[int] = None) -> None:
        """AssertionError, which explains itself, unless such an event was published; see
        Bus.expect_published()."""
        __tracebackhide__ = True
        self._bus.expect_published(event, tenant, payload, times)

    def forget(self) -> None:
        """Forgets what was published so far."""
        self._bus.forget_published()


@pytest.fixture
def nexus_bus() -> Iterator[Bus]:
    """A fresh bus in memory; clients reach it by `nexus_bus.url`."""
    with Bus() as bus:
        yield bus


@pytest.fixture
def nexus_client(nexus_bus: Bus) -> Iterator[Client]:
    """A client of the service "tested" on `nexus_bus`, whose stream is there."""
    with Client(nexus_bus.url, service="tested") as client:
        client.provision()
        yield client


@pytest.fixture
def published(nexus_bus: Bus) -> PublishedEvents:
    """What was published on `nexus_bus`."""
    return PublishedEvents(nexus_bus)
