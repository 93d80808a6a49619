# SPDX-License-Identifier: Apache-2.0
"""A small service: it reminds customers of their bookings. test_reminders.py tests it without a
server. NEXUS_URL says where the server is."""

import logging
import os
import sys
from typing import Optional

from nexus_sdk import Client, Delivery, Reject, Retry, Verdict
from nexus_sdk.events import BookingCreated, TelegramMessage


class Reminders:
    """Sends a message for each booking, and rejects bookings that name no chat."""

    def __init__(self, client: Client, open_hours: bool = True) -> None:
        self.client = client
        self.open_hours = open_hours
        client.subscribe(BookingCreated, self.booked, max_deliver=5)

    def booked(self, event: BookingCreated, delivery: Delivery) -> Optional[Verdict]:
        chat = event.extra.get("chat_id")
        if not isinstance(chat, int):
            return Reject("a booking without a chat to write to")
        if not self.open_hours:
            return Retry(delay=8 * 3600, reason="nobody wants a message at night")
        text = f"Your booking {event.extra['booking_id']} is confirmed"
        message = TelegramMessage(direction="outbound", chat_id=chat, text=text)
        # The id makes a second delivery of the booking harmless.
        self.client.publish(message, delivery.tenant,
                            message_id=f"reminder-{event.extra['booking_id']}")
        return None


def main() -> int:
    logging.basicConfig(level=logging.INFO)
    with Client(url=os.environ.get("NEXUS_URL"), service="reminders") as client:
        client.provision()
        Reminders(client)
        try:
            client.run()
        except KeyboardInterrupt:
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
