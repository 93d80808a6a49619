# SPDX-License-Identifier: Apache-2.0
"""Every generated class, all of its members filled, goes to the bus and comes back the same."""

import random
import unittest

from support import Bus

from nexus_sdk import Client, ValidationError
from nexus_sdk.events import CHANNELS, BookingCreated, IotSensorData

EXTRA = {"added": {"text": "größer ☃ \u0001", "list": [1, 2.5, None, True, -2**53 + 1, {"a": []}]}}
NAMED = {"moduleUpdated": {"signature": "A" * 86 + "=="}}


def value_of(member, seed):
    """A value that the contract allows for the member."""
    some = random.Random(f"{member.name} {seed}")
    if member.values is not None:
        return some.choice(list(member.values))
    if member.kind == "integer":
        return some.randrange(0, 100)
    if member.kind == "number":
        return some.choice([0.5, 0.25, 1.0, 0.1])
    if member.kind.endswith("-array"):
        inner = member._replace(kind=member.kind[:-len("-array")])
        return tuple(value_of(inner, f"{seed} {i}") for i in range(some.randrange(4)))
    return f"{member.name}-{some.randrange(10**6)}".replace("_", "-")


def filled(kind, seed=0):
    values = {member.attribute: value_of(member, seed) for member in kind._MEMBERS}
    for name, text in NAMED.get(kind.CHANNEL, {}).items():
        values[name] = text
    for member in kind._MEMBERS:
        if "url" in member.name or "uri" in member.name:
            values[member.attribute] = "https://example.org/a"
    return kind(extra=EXTRA, **values)


class RoundTrip(Bus):

    def test_all_classes(self):
        self.assertEqual(27, len(CHANNELS))
        seen = {}
        self.client.subscribe(None, lambda event, d: seen.setdefault(d.sequence, (event, d.tenant)))
        sent = {}
        for seed in range(20):
            for kind in CHANNELS.values():
                event = filled(kind, seed)
                tenant = "salon-001" if "tenant_id" in kind.PARAMETERS else None
                sent[self.client.publish(event, tenant).sequence] = (event, tenant)
        self.until(lambda: len(seen) == len(sent))
        for sequence, (event, tenant) in sent.items():
            self.assertEqual(event, seen[sequence][0])
            self.assertIs(type(event), type(seen[sequence][0]))
            self.assertEqual(tenant, seen[sequence][1])

    def test_each_class_has_its_method(self):
        methods = {name for name in dir(Client) if name.startswith("publish_")} - {"publish_json"}
        self.assertEqual(27, len(methods))
        receipt = self.client.publish_booking_created(BookingCreated(), "salon-001")
        self.assertEqual(1, receipt.sequence)
        with self.assertRaises(TypeError):
            self.client.publish_booking_cancelled(BookingCreated(), "salon-001")

    def test_what_json_cannot_say(self):
        looped = {}
        looped["self"] = looped
        for value in (float("nan"), float("inf"), "\ud800", looped):
            with self.assertRaises(ValidationError):
                self.client.publish(BookingCreated(extra={"value": value}), "salon-001")
        self.assertEqual(0, self.client.stats()["published"])

    def test_the_contract_is_checked(self):
        bad = IotSensorData(sensor_id="s", metric="m", value="warm")
        with self.assertRaises(ValidationError) as caught:
            self.client.publish(bad, "salon-001")
        self.assertEqual("payload.value", caught.exception.where)
        self.assertEqual("NEXUS_E_VALIDATION", caught.exception.status_name)
        self.assertFalse(caught.exception.retriable)


if __name__ == "__main__":
    unittest.main()
