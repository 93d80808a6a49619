# SPDX-License-Identifier: Apache-2.0
"""The outbox examples: a sale and its event stand or fall together, whoever dies when; and the event is in the
stream once. The same with SQLite and with a real PostgreSQL; the argument says which."""

import pathlib
import random
import re
import sqlite3
import sys
import tempfile
import time
import unittest

from driver import EXAMPLES, Online, Running, run, wait_for
from postgres import Postgres
from proxy import Proxy

ACK = re.compile(r"\.a\d+\.\d+\Z")


class Sqlite:
    """A database, for one test after the other."""

    program = EXAMPLES / "outbox_sqlite"

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.connection = str(pathlib.Path(self.directory.name) / "till.db")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def fresh(self):
        for file in pathlib.Path(self.directory.name).iterdir():
            file.unlink()

    def query(self, sql):
        with sqlite3.connect(self.connection, timeout=60) as db:
            rows = [list(map(str, row)) for row in db.execute(sql)]
        db.close()
        return rows

    def garbage(self):
        self.query("INSERT INTO outbox(event) VALUES (x'4e58500100')")


class Postgresql(Postgres):
    program = EXAMPLES / "outbox_postgres"

    def fresh(self):
        self.query("SET client_min_messages = error; DROP TABLE IF EXISTS receipts, outbox")

    def garbage(self):
        self.query("INSERT INTO outbox(event) VALUES ('\\x4e58500100')")


class Outbox(Online):
    database = None

    @classmethod
    def setUpClass(cls):
        cls.db = cls.database()
        cls.db.__enter__()
        cls.addClassCleanup(cls.db.__exit__)

    def setUp(self):
        super().setUp()
        self.db.fresh()

    def outbox(self, *arguments, url=None):
        return run(self.db.connection, *arguments, url=url or self.url, program=self.db.program)

    def sell(self, cents, **more):
        done = self.outbox("sell", "salon-001", cents, **more)
        self.assertEqual(done.returncode, 0, done.stderr)

    def relay(self, **more):
        done = self.outbox("relay", **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def count(self, table):
        return int(self.db.query(f"SELECT count(*) FROM {table}")[0][0])

    def stored(self):
        return self.server.api("STREAM.INFO.NEXUS")["state"]["messages"]

    def test_a_sale_is_sent_by_another_process(self):
        self.sell(1250)
        self.sell(300, url="nats://127.0.0.1:9")  # a till needs no server
        self.assertEqual(self.stored(), 0)
        self.assertRegex(self.relay(), r"\Asalon-001:\S+: number 1 of NEXUS\nsalon-001:\S+: number 2 of NEXUS\n\Z")
        self.assertEqual(self.count("outbox"), 0)
        self.assertEqual(self.relay(), "")
        self.assertEqual([event["payload"] for event in self.events()],
                         [{"receipt": 1, "total_cents": 1250}, {"receipt": 2, "total_cents": 300}])

    def test_killed_between_publishing_and_forgetting_it_is_sent_again_and_stored_once(self):
        self.sell(1250)
        with Proxy(self.url, lambda subject, body: None if ACK.search(subject) else body) as deaf:
            relay = self._enter(Running(self.db.connection, "relay", url=deaf.url, program=self.db.program))
            wait_for(lambda: self.stored() == 1, "the event in the stream")
            self.assertIsNone(relay.process.poll())
            relay.process.kill()
            relay.process.wait()
        self.assertEqual(self.count("outbox"), 1)
        self.assertRegex(self.relay(), r"number 1 of NEXUS, as before\n\Z")
        self.assertEqual((self.count("outbox"), self.stored()), (0, 1))

    def test_killed_at_any_moment_sale_and_event_stand_or_fall_together(self):
        self.sell(1)
        moments = random.Random(7)
        began = time.monotonic()
        self.sell(1)
        usual = time.monotonic() - began
        for _ in range(20):
            with Running(self.db.connection, "sell", "salon-001", "5", url=self.url, program=self.db.program) as till:
                time.sleep(moments.uniform(0, usual))
                till.process.kill()
        receipts = self.count("receipts")
        self.assertEqual(self.count("outbox"), receipts)
        self.relay()
        self.assertEqual((self.count("outbox"), self.stored()), (0, receipts))

    def test_without_a_server_everything_stays(self):
        self.sell(1)
        done = self.outbox("relay", url="nats://127.0.0.1:9")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.count("outbox"), 1)

    def test_without_a_stream_it_is_kept_and_said(self):
        self.sell(1)
        self.server.api("STREAM.DELETE.NEXUS")
        done = self.outbox("relay")
        self.assertEqual(done.returncode, 1)
        self.assertIn("NEXUS_E_NO_STREAM", done.stderr)
        self.assertEqual(self.db.query("SELECT count(*) FROM outbox WHERE error IS NULL"), [["1"]])

    def test_a_row_that_nobody_can_send_is_set_aside(self):
        self.sell(1)
        self.db.garbage()
        self.sell(2)
        done = self.outbox("relay")
        self.assertEqual(done.returncode, 0)
        self.assertIn("NEXUS_E_INVALID", done.stderr)
        self.assertEqual(self.stored(), 2)
        self.assertIn("no prepared event", self.db.query("SELECT error FROM outbox")[0][0])

    def test_a_sale_that_makes_no_event_is_no_sale(self):
        self.sell(1)
        done = self.outbox("sell", "not a tenant", "5")
        self.assertEqual(done.returncode, 1)
        self.assertIn("NEXUS_E_SUBJECT", done.stderr)
        self.assertEqual((self.count("receipts"), self.count("outbox")), (1, 1))
        self.assertEqual(self.outbox("sell", "salon-001", "5x").returncode, 1)
        self.assertEqual(self.outbox("sell").returncode, 2)

    def test_relays_share_the_work(self):
        for cents in range(1, 21):
            self.sell(cents)
        relays = [self.start(self.db.connection, "relay", program=self.db.program) for _ in range(3)]
        for relay in relays:
            self.assertEqual(relay.process.wait(60), 0, relay.stderr)
        self.assertEqual((self.count("outbox"), self.stored()), (0, 20))


class SQLITE(Outbox):
    database = Sqlite


class POSTGRES(Outbox):
    database = Postgresql


del Outbox

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: test_outbox.py SQLITE|POSTGRES")
    unittest.main()
