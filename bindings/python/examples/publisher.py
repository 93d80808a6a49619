# SPDX-License-Identifier: Apache-2.0
"""Publishes bookings of a salon. NEXUS_URL says where the server is.

    publisher.py [HOW MANY]
"""

import os
import sys

from nexus_sdk import Client, NexusError
from nexus_sdk.events import BookingCreated


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    try:
        with Client(url=os.environ.get("NEXUS_URL"), service="till") as client:
            client.provision()
            for number in range(1, count + 1):
                event = BookingCreated(extra={"booking_id": f"b-{number}"})
                receipt = client.publish(event, tenant="salon-001")
                print(f"stored as number {receipt.sequence}, chain {receipt.causal_id}")
    except NexusError as error:
        print(f"publisher: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
