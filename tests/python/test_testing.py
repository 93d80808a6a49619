# SPDX-License-Identifier: Apache-2.0
"""The bus in memory from Python: time, faults, what was published, and events in any state."""

import unittest

from support import Bus as BusCase

from nexus_sdk import (Client, ClosedError, DeadlineError, InvalidError, NoStreamError, Retry,
                       UnsupportedError)
from nexus_sdk.events import BookingCancelled, BookingCreated, IotSensorData
from nexus_sdk.testing import Bus, TestEvent

TENANT = "salon-001"
EVENT = BookingCreated(extra={"a": {"b": 1, "c": 2}})


class Memory(BusCase):

    def setUp(self):
        super().setUp()
        self.bus = self.client.memory_bus()
        self.addCleanup(self.bus.close)

    def test_time(self):
        counts = []

        def handler(event, delivery):
            counts.append(delivery.count)
            return Retry(delay=3600) if delivery.count == 1 else None

        self.client.subscribe(BookingCreated, handler)
        self.client.publish(EVENT, TENANT)
        before = self.bus.time
        while not counts:
            self.client.dispatch(0)
        self.assertEqual(0, self.client.dispatch(0))
        self.bus.advance(3601)
        self.assertEqual(1, self.client.dispatch(0))
        self.assertEqual([1, 2], counts)
        self.assertGreaterEqual(self.bus.time - before, 3601 * 10**9)
        self.bus.set_clock("held")
        self.bus.set_clock("stepped")
        with self.assertRaises(InvalidError):
            self.bus.set_clock("broken")

    def test_states(self):
        self.bus.set_state("stalled")
        with self.assertRaises(DeadlineError):
            self.client.publish(EVENT, TENANT, deadline=1)
        self.bus.set_state("up")
        self.client.publish(EVENT, TENANT)

    def test_faults(self):
        with self.bus.fault("drop", "ack", count=2) as fault:
            self.client.publish(EVENT, TENANT)
            self.assertEqual(2, fault.struck)
        self.assertEqual([3], [one.attempts for one in self.bus.published()])
        self.bus.fault("no_responders", count=1)
        self.client.publish(EVENT, TENANT)
        self.bus.fault("drop", probability=1.0, seed=1, skip=1)
        self.client.publish(EVENT, TENANT)
        with self.assertRaises(DeadlineError):
            self.client.publish(EVENT, TENANT, deadline=1)
        self.bus.heal()
        self.client.publish(EVENT, TENANT)
        for arguments in ({"kind": "explode"}, {"kind": "drop", "point": "nowhere"},
                          {"kind": "no_responders", "point": "ack"}):
            with self.assertRaises(InvalidError):
                self.bus.fault(**arguments)

    def test_predicates(self):
        asked = []

        def of_two(message):
            asked.append((message.subject, message.header("Nexus-Schema"),
                          message.header("None-such")))
            if b'"two"' in message.body:
                raise ValueError("is logged, and the message passes")
            return b'"three"' in message.body

        fault = self.bus.fault("drop", predicate=of_two)
        self.client.publish(BookingCreated(extra={"n": "one"}), TENANT)
        with self.assertLogs("nexus_sdk", "ERROR"):
            self.client.publish(BookingCreated(extra={"n": "two"}), TENANT)
        with self.assertRaises(DeadlineError):
            self.client.publish(BookingCreated(extra={"n": "three"}), TENANT, deadline=1)
        self.assertGreater(fault.struck, 0)
        self.assertEqual("nexus.salon-001.booking.created", asked[0][0])
        self.assertTrue(asked[0][1])
        self.assertIsNone(asked[0][2])
        self.bus.close()  # with the predicate still set: it is healed
        self.client.publish(BookingCreated(extra={"n": "three"}), TENANT)
        with self.assertRaises(ClosedError):
            fault.heal()

    def test_what_was_published(self):
        receipt = self.client.publish(EVENT, TENANT)
        one, = self.bus.published("nexus.*.booking.>")
        self.assertEqual((receipt.message_id, 1, 1, "bookingCreated"),
                         (one.message_id, one.sequence, one.attempts, one.channel))
        self.assertEqual(EVENT, one.event)
        self.assertEqual(receipt.causal_id, one.envelope["causal_id"])
        self.assertEqual(receipt.message_id, one.headers["Nats-Msg-Id"])
        self.bus.expect_published(BookingCreated, TENANT, {"a": {"b": 1}}, times=1)
        self.bus.expect_published("bookingCreated")
        self.bus.expect_published(EVENT)
        self.bus.expect_published(BookingCancelled, times=0)
        with self.assertRaises(AssertionError) as caught:
            self.bus.expect_published(BookingCreated, TENANT, {"a": {"b": 7}})
        self.assertRegex(str(caught.exception), r"(?s)bookingCreated.*7")
        self.bus.forget_published()
        self.assertEqual([], self.bus.published())

    def test_events_in_any_state(self):
        seen, poison = [], []
        self.client.subscribe(None, lambda e, d: seen.append((e, d.count, d.time, d.header("X"))),
                              on_poison=poison.append)
        self.assertEqual(1, self.bus.put(TestEvent(EVENT, TENANT).delivered(3).stored(10**18)
                                         .header("X", "y").schema("1.0.0")
                                         .vector_clock({"other": 5})))
        self.bus.put(TestEvent(EVENT, TENANT).tenant("salon-666"))
        self.bus.put(TestEvent(EVENT, TENANT).causal_id(None))
        self.bus.put(TestEvent(EVENT, TENANT).body(b"no json"))
        self.bus.put(TestEvent("iotSensorData", TENANT, {"value": "warm"}))
        self.bus.put(TestEvent(EVENT, TENANT).subject("nexus.salon-001.booking.cancelled"))
        self.until(lambda: len(seen) + len(poison) == 6)
        self.assertEqual((EVENT, 4, 10**18, "y"), seen[0])
        self.assertIs(BookingCancelled, type(seen[1][0]))
        self.assertEqual(["NEXUS_E_TENANT", "NEXUS_E_VALIDATION"],
                         sorted({one.error.status_name for one in poison} &
                                {"NEXUS_E_TENANT", "NEXUS_E_VALIDATION"}))
        self.assertIn(b"no json", [one.body for one in poison])
        with self.assertRaises(NoStreamError):
            Bus().put(TestEvent(EVENT, TENANT))
        self.assertEqual(IotSensorData.CHANNEL, "iotSensorData")

    def test_buses_and_handles(self):
        with Bus("named-by-a-test") as bus, Client(bus.url) as client:
            self.assertEqual("memory:named-by-a-test", bus.url)
            with Bus.of(client) as again:
                self.assertEqual(bus.url, again.url)
        bus.close()
        for call in (lambda: bus.url, bus.published, bus.heal):
            self.assertRaises(ClosedError, call)
        self.assertTrue(issubclass(UnsupportedError, NotImplementedError))


if __name__ == "__main__":
    unittest.main()
