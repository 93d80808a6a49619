# SPDX-License-Identifier: Apache-2.0
"""What outlives a handler: inboxes, prepared events, dead letters; and the contract at run time."""

import pathlib
import sqlite3
import tempfile

from support import Bus

from nexus_sdk import (ChannelError, ClosedError, ConflictError, Inbox, InvalidError, NotFoundError,
                       Reject, StateError, SubjectError, ValidationError, contract, dead_letters,
                       inbox, outbox)
from nexus_sdk.events import BookingCreated, CapTokenIssued
from nexus_sdk.testing import TestEvent

TENANT = "salon-001"
EVENT = BookingCreated(extra={"a": 1})


class Keeping(Bus):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name)
        self.bus = self.client.memory_bus()
        self.addCleanup(self.bus.close)

    def doubled(self, **options):
        """Handles an event and a copy of it with the same id; how often the handler saw them."""
        seen = []
        with self.client.subscribe(BookingCreated, lambda e, d: seen.append(d.uncertain), **options):
            for _ in range(2):
                self.bus.put(TestEvent(EVENT, TENANT).header("Nats-Msg-Id", "salon-001:one"))
            self.bus.put(TestEvent(BookingCreated(extra={"last": True}), TENANT))
            self.until(lambda: self.settled() == 3)
        return len(seen)

    def settled(self):
        stats = self.client.stats()
        return stats["handled"] + stats["inbox_duplicates"]

    def test_the_inbox_in_memory(self):
        self.assertEqual(2, self.doubled())

    def test_without_an_inbox(self):
        self.assertEqual(3, self.doubled(inbox_events=0))

    def test_an_inbox_in_a_file(self):
        with Inbox(self.path / "inbox.db") as kept:
            self.assertEqual(2, self.doubled(inbox=kept, durable="file"))
        self.assertTrue((self.path / "inbox.db").exists())
        with self.assertRaises(ClosedError):
            self.client.subscribe(BookingCreated, print, inbox=kept)
        with self.assertRaises(NotFoundError):
            Inbox(self.path / "none" / "inbox.db")

    def test_claims_in_a_transaction(self):
        database = sqlite3.connect(self.path / "own.db", isolation_level=None)
        self.addCleanup(database.close)
        inbox.create(database)
        inbox.create(database)
        database.execute("CREATE TABLE effects (n)")
        claims = []

        def handler(event, delivery):
            with self.assertRaises(StateError):
                inbox.claim(database, delivery)
            database.execute("BEGIN IMMEDIATE")
            claims.append(inbox.claim(database, delivery))
            if claims[-1]:
                database.execute("INSERT INTO effects VALUES (1)")
            database.execute("COMMIT")

        self.client.subscribe(BookingCreated, handler, inbox_events=0)
        copy = TestEvent(EVENT, TENANT).header("Nats-Msg-Id", "salon-001:one")
        for event in (copy, copy, TestEvent(EVENT, TENANT),
                      TestEvent(EVENT, TENANT).header("Nats-Msg-Id", "m" * 300)):
            self.bus.put(event)
        self.until(lambda: len(claims) == 4)
        self.assertEqual([True, False, True, True], claims)
        rows = database.execute("SELECT consumer, tenant, message_id FROM nexus_inbox_v1 "
                                "ORDER BY message_id").fetchall()
        self.assertEqual({("test-booking_created-all", TENANT)}, {row[:2] for row in rows})
        self.assertEqual(["#", "@", "s"], [row[2][0] for row in rows])
        self.assertEqual(3, database.execute("SELECT count(*) FROM effects").fetchone()[0])
        self.assertEqual(0, inbox.expire(database, 60))
        self.assertEqual(2, inbox.expire(database, -60, limit=2))

    def test_prepared_events(self):
        prepared = outbox.prepare(self.client, EVENT, TENANT, message_id="one")
        again = outbox.Prepared(bytes(prepared))
        for one in (prepared, again):
            self.assertEqual(("nexus.salon-001.booking.created", "bookingCreated", "salon-001:one"),
                             (one.subject, one.channel, one.message_id))
        self.assertEqual((prepared.body, prepared.headers, prepared.causal_id),
                         (again.body, again.headers, again.causal_id))
        self.assertEqual("salon-001:one", again.headers["Nats-Msg-Id"])
        receipts = [outbox.publish(self.client, one) for one in (prepared, again)]
        self.assertEqual([False, True], [receipt.duplicate for receipt in receipts])
        self.assertEqual("nexus._core.audit.cap_token_issued",
                         outbox.prepare(self.client, CapTokenIssued(), TENANT).subject)
        damaged = bytearray(bytes(prepared))
        damaged[len(damaged) // 2] ^= 1
        with self.assertRaises(ValueError):
            outbox.Prepared(bytes(damaged))
        with self.assertRaises(SubjectError):
            outbox.prepare(self.client, EVENT, "no.dots")
        with self.assertRaises(TypeError):
            outbox.publish(self.client, EVENT)

    def test_dead_letters(self):
        told = []
        with self.client.subscribe(BookingCreated, lambda e, d: Reject("why not"),
                                   on_dead_letter=told.append):
            self.client.publish(EVENT, TENANT, message_id="one")
            self.until(lambda: told)
        letter, = dead_letters.list_letters(self.client, reason="rejected",
                                            subject="nexus.salon-001.>")
        self.assertEqual((letter.number, "rejected", 1), (told[0].number, letter.reason,
                                                          letter.deliveries))
        self.assertIn("why not", letter.error)
        self.assertIn(("Nats-Msg-Id", "salon-001:one"), letter.headers)
        self.assertEqual(letter.body, self.bus.published()[0].body)
        self.assertEqual([], dead_letters.list_letters(self.client, reason="poison"))
        self.bus.advance(3600)
        receipt = dead_letters.retry_letter(self.client, letter.number)
        self.assertEqual((2, "salon-001:one"), (receipt.sequence, letter.message_id))
        self.assertEqual([], dead_letters.list_letters(self.client))
        with self.assertRaises(NotFoundError):
            dead_letters.delete_letter(self.client, letter.number)
        with self.assertRaises(InvalidError):
            dead_letters.list_letters(self.client, reason="boredom")

    def test_what_is_only_reported(self):
        told = []
        self.client.subscribe(BookingCreated, lambda e, d: 1 // 0, on_dead_letter=told.append,
                              dead_letters="report", max_deliver=2, backoff=[0.01, 0.02], jitter=10)
        with self.assertLogs("nexus_sdk", "ERROR"):
            self.client.publish(EVENT, TENANT)
            self.until(lambda: told)
        self.assertEqual(("exhausted", 0, 2),
                         (told[0].reason, told[0].number, told[0].deliveries))

    def test_differences(self):
        with self.assertRaises(ConflictError) as caught:
            self.client.provision(max_events=7, replicas=1)
        self.assertEqual([("max_msgs", -1, 7)], list(caught.exception.differences))
        self.assertEqual("different", self.client.provision(max_events=7, change=True, dry_run=True))
        self.assertEqual("changed", self.client.provision(max_events=7, change=True))
        self.assertEqual("unchanged", self.client.provision(max_events=7))

    def test_statistics(self):
        self.client.publish(EVENT, TENANT)
        found = self.client.statistics()
        self.assertEqual(("test", 1), (found["service"], found["published"]))
        self.assertIn("bookingCreated", found["channels"])
        self.assertIn("nexus_client_published_total", self.client.prometheus())

    def test_the_contract(self):
        handoff = contract.channel("agentHandoff")
        self.assertEqual(["from", "to", "task", "files", "context_summary"],
                         [member.name for member in handoff.members])
        self.assertEqual((2000, "string-array"),
                         (handoff.members[4].max_length, handoff.members[3].kind))
        status = {m.name: m for m in contract.channel("edgeHealth").members}["status"]
        self.assertEqual(("enum", ("healthy", "degraded", "offline")), (status.kind, status.values))
        self.assertTrue(contract.channel("bookingCreated").is_open)
        self.assertIs(BookingCreated,
                      contract.channel_of_subject("nexus.a.booking.created").event)
        self.assertIsNone(contract.channel_of_subject("nexus.a.nothing"))
        with self.assertRaises(ChannelError):
            contract.channel("nothing")
        contract.validate("bookingCreated", {"a": 1})
        with self.assertRaises(ValidationError) as caught:
            contract.validate("agentHandoff", {"from": 1})
        self.assertEqual("payload.from", caught.exception.where)
        self.assertEqual(4, len(contract.violations("agentHandoff", {"from": 1})))
        self.assertEqual([], contract.violations("bookingCreated", {}))
        self.assertEqual("before", contract.compare_clocks({"a": 1}, {"a": 1, "b": 2}))
        self.assertEqual({"a": 3, "b": 2}, contract.merge_clocks({"a": 3}, {"a": 1, "b": 2}))
        contract.check_token("salon-001")
        with self.assertRaises(SubjectError):
            contract.check_token("a.b", "tenant")


if __name__ == "__main__":
    import unittest
    unittest.main()
