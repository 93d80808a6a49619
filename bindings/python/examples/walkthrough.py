# SPDX-License-Identifier: Apache-2.0
"""The package step by step, like a notebook: run it, or paste it cell by cell. It needs no server,
since everything happens on a bus in memory; another URL in the second cell makes it a real one."""

# %% What there is: an event is a frozen dataclass, with types, limits and examples in its help.
import logging

from nexus_sdk import Client, Reject, Retry, Signer, Trust, ValidationError, contract
from nexus_sdk.events import CHANNELS, AgentHandoff, BookingCancelled, BookingCreated
from nexus_sdk.outbox import Prepared, prepare, publish

logging.basicConfig(level=logging.WARNING)
print(f"{len(CHANNELS)} channels of contract {contract.version()}")
handoff = AgentHandoff(from_="archi", to="claw-code", task="review", files=["main.c"])
print(handoff)
print(handoff.to_payload())

# %% A client, and its stream.
key, trust = Signer.generate("walkthrough"), Trust()
trust.add(key.public_key(), ["nexus.>"])
client = Client("memory:", service="walkthrough", signer=key, trust=trust)
print("stream", client.provision())

# %% Publishing returns once the event is stored.
receipt = client.publish(BookingCreated(extra={"booking_id": "b-1"}), tenant="salon-001")
print(f"stored as number {receipt.sequence}, chain {receipt.causal_id}")
again = client.publish(BookingCreated(extra={"booking_id": "b-1"}), "salon-001", message_id="b-1")
again = client.publish(BookingCreated(extra={"booking_id": "b-1"}), "salon-001", message_id="b-1")
print("stored once, though published twice:", again.duplicate)

# %% What breaks the contract is refused before it is sent, and the member is named.
try:
    client.publish_json("iotSensorData", {"sensor_id": "s-1"}, "salon-001")
except ValidationError as error:
    print("refused:", error)
for violation in contract.violations("iotSensorData", {"sensor_id": 7, "value": "warm"}):
    print("  ", violation)


# %% Handling: None is an ack; Retry and Reject are the other verdicts.
@client.on(BookingCreated, tenant="salon-001")
def booked(event, delivery):
    if delivery.count == 1 and delivery.sequence == 1:
        return Retry(delay=1, reason="once more")
    if "booking_id" not in event.extra:
        return Reject("a booking without a number")
    # Published from inside of a handler, it joins the chain of the booking.
    client.publish(BookingCancelled(extra=event.extra), delivery.tenant)
    print(f"booking {event.extra['booking_id']}, delivery {delivery.count}, "
          f"signed by {delivery.key_id}: {delivery.verified}")
    return None


while client.stats()["handled"] < 2:
    client.dispatch(timeout=1)

# %% In a test, the bus tells what was published, and time is ours.
bus = client.memory_bus()
bus.expect_published(BookingCancelled, "salon-001", times=2)
bus.fault("drop", "ack", count=1)
client.publish(BookingCreated(), "salon-002")
print("attempts of the last one:", bus.published()[-1].attempts)

# %% An outbox: the event's bytes can wait in the application's own database.
stored = bytes(prepare(client, BookingCancelled(extra={"booking_id": "b-2"}), "salon-001"))
print(len(stored), "bytes;", publish(client, Prepared(stored)).sequence > 0)

# %% The end.
bus.close()
client.close()
print("done")
