# SPDX-License-Identifier: Apache-2.0
"""Events that are kept on disk while the bus is away."""

import pathlib
import tempfile
import time

from support import Bus

from nexus_sdk import ConflictError, DeadlineError, FileError, FullError, InvalidError, Spool
from nexus_sdk.events import BookingCreated

TENANT = "salon-001"


def event(number):
    return BookingCreated(extra={"n": number})


class Spooling(Bus):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / "events.spool"
        self.bus = self.client.memory_bus()
        self.addCleanup(self.bus.close)

    def offline(self, **options):
        return self.connect(wait_for_connection=False, **options)

    def numbers(self):
        return [published.event.extra["n"] for published in self.bus.published()]

    def test_what_is_published_in_an_outage_is_sent_after_it(self):
        till = self.connect(node="till", spool=Spool(self.path, "always"))
        before = time.time()
        self.bus.set_state("down")
        receipts = [till.publish(event(number), TENANT) for number in range(20)]
        self.assertEqual({0}, {receipt.sequence for receipt in receipts})
        for receipt in receipts:
            self.assertAlmostEqual(before, receipt.spooled_at, delta=3600)
        self.assertEqual(20, till.spool_stats()["events"])
        with self.assertRaises(DeadlineError):
            till.spool_drain(0.05)
        self.bus.set_state("up")
        till.spool_drain(30)
        self.assertEqual(list(range(20)), self.numbers())
        self.assertEqual([receipt.message_id for receipt in receipts],
                         [published.message_id for published in self.bus.published()])
        stats = till.spool_stats()
        self.assertEqual((0, 20, 20), (stats["events"], stats["appended"], stats["drained"]))

    def test_a_later_client_sends_what_was_left(self):
        self.bus.set_state("down")
        first = self.offline(node="till", spool=Spool(self.path, "always"))
        first.publish(event(7), TENANT)
        with self.assertRaises(ConflictError):
            self.offline(node="other", spool=Spool(self.path, "always"))
        first.close(0)
        self.bus.set_state("up")
        second = self.connect(node="till", spool=Spool(self.path))
        second.spool_drain(30)
        self.assertEqual([7], self.numbers())

    def test_the_limits(self):
        self.bus.set_state("down")
        reports = []
        strict = self.offline(node="strict", spool=Spool(self.path, "always", events=2))
        for number in range(2):
            strict.publish(event(number), TENANT)
        with self.assertRaises(FullError):
            strict.publish(event(2), TENANT, wait_when_full=False)
        strict.close(0)
        other = Spool(self.path.with_name("other.spool"), "always", events=2, policy="drop-oldest",
                      on_report=reports.append)
        lenient = self.offline(node="lenient", spool=other)
        receipts = [lenient.publish(event(number), TENANT) for number in range(3)]
        self.until(lambda: reports, lenient)
        self.assertEqual(("dropped_full", 1, receipts[0].message_id),
                         (reports[0].reason, reports[0].events, reports[0].message_id))
        self.assertEqual(1, lenient.spool_stats()["dropped_full"])

    def test_what_cannot_be(self):
        for bad in ({"mode": "sometimes"}, {"policy": "shrug"}):
            with self.assertRaises(InvalidError) as caught:
                Spool(self.path, **bad)
            self.assertIn(next(iter(bad)), caught.exception.where)
        with self.assertRaises(InvalidError):
            self.connect(spool=Spool(self.path, events=-1))
        with self.assertRaises(FileError) as caught:
            self.connect(spool=Spool(self.path / "none" / "events.spool"))
        self.assertIn("events.spool", str(caught.exception))

    def test_without_one(self):
        self.client.spool_drain(1)
        self.assertEqual({0}, set(self.client.spool_stats().values()))
