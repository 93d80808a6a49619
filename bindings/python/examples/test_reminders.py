# SPDX-License-Identifier: Apache-2.0
"""How a service is tested: on a bus in memory, with faults, in no time. Run it with pytest; the
fixtures come with the package."""

import pytest
from nexus_sdk.events import BookingCreated, TelegramMessage
from nexus_sdk.testing import TestEvent
from reminders import Reminders

TENANT = "salon-001"
BOOKING = BookingCreated(extra={"booking_id": "b-1", "chat_id": 7})


def dispatch_until(client, condition):
    for _ in range(1000):
        if condition():
            return
        client.dispatch(1)
    pytest.fail("it never came to be")


def handled(client):
    return lambda: client.stats()["handled"] + client.stats()["rejected"] > 0


def test_each_booking_has_its_message(nexus_client, published):
    Reminders(nexus_client)
    nexus_client.publish(BOOKING, TENANT)
    dispatch_until(nexus_client, handled(nexus_client))
    published.expect(TelegramMessage, payload={"direction": "outbound", "chat_id": 7}, times=1)


def test_the_message_is_stored_once_though_the_ack_is_lost(nexus_bus, nexus_client, published):
    Reminders(nexus_client)
    nexus_client.publish(BOOKING, TENANT)
    nexus_bus.fault("drop", "ack", subject="nexus._core.telegram.>", count=2)
    dispatch_until(nexus_client, handled(nexus_client))
    message, = published("nexus._core.telegram.>")
    assert message.attempts == 3
    assert message.envelope["causal_id"] == published()[0].envelope["causal_id"]


def test_at_night_it_waits_for_the_morning(nexus_bus, nexus_client, published):
    service = Reminders(nexus_client, open_hours=False)
    nexus_client.publish(BOOKING, TENANT)
    dispatch_until(nexus_client, lambda: nexus_client.stats()["retried"] == 1)
    published.expect(TelegramMessage, times=0)
    service.open_hours = True
    nexus_bus.advance(8 * 3600 + 1)
    dispatch_until(nexus_client, handled(nexus_client))
    published.expect(TelegramMessage, times=1)


def test_a_booking_without_a_chat_is_rejected(nexus_bus, nexus_client, published):
    Reminders(nexus_client)
    nexus_bus.put(TestEvent("bookingCreated", TENANT, {"booking_id": "b-2"}))
    dispatch_until(nexus_client, handled(nexus_client))
    assert nexus_client.stats()["rejected"] == 1
    published.expect(TelegramMessage, times=0)
    with pytest.raises(AssertionError, match="telegramMessage"):
        published.expect(TelegramMessage)
