# SPDX-License-Identifier: Apache-2.0
"""Prints the bookings of a salon until Ctrl-C. NEXUS_URL says where the server is."""

import logging
import os
import sys
from typing import Optional

from nexus_sdk import Client, Delivery, NexusError, Reject, Verdict
from nexus_sdk.events import BookingCreated


def booked(event: BookingCreated, delivery: Delivery) -> Optional[Verdict]:
    if "booking_id" not in event.extra:
        return Reject("a booking without a number")
    print(f"{delivery.tenant}: booking {event.extra['booking_id']}", flush=True)
    return None


def main() -> int:
    logging.basicConfig(level=logging.INFO)
    try:
        with Client(url=os.environ.get("NEXUS_URL"), service="reminders") as client:
            client.provision()
            client.subscribe(BookingCreated, booked, tenant="salon-001")
            client.run()
    except KeyboardInterrupt:
        return 0
    except NexusError as error:
        print(f"subscriber: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
