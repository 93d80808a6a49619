# SPDX-License-Identifier: Apache-2.0
"""The client: options, publishing from several threads, running, and the end."""

import gc
import logging
import select
import threading
import unittest
import warnings
import weakref

from support import PATIENCE, Bus

from nexus_sdk import (ChannelError, Client, ClosedError, ConnectError, InvalidError, NoStreamError,
                       NotFoundError, StateError, SubjectError, library_version)
from nexus_sdk.events import BookingCreated

TENANT = "salon-001"
EVENT = BookingCreated(extra={"a": 1})


class Options(Bus):

    def test_each_is_taken(self):
        client = self.connect(node="till-2", stream="OTHER", connect_timeout=1, publish_deadline=5.5,
                              ack_timeout=0.5, window_events=10, max_body=2048, causal_id_width=16,
                              clock_limit=5, inbox_prefix="_INBOX.me", wait_for_connection=False,
                              user="u", password="p", log_level=logging.ERROR)
        client.provision(stream="NEXUS", dry_run=True)
        receipt = client.publish(EVENT, TENANT)
        self.assertEqual(len("evt-") + 16, len(receipt.causal_id))
        self.assertEqual(["till-2"], list(client.vector_clock()))

    def test_unusable_ones_are_named(self):
        for options, where in (({"connect_timeout": 0.001}, "connect_timeout"),
                               ({"service": "no spaces"}, "service"), ({"node": "a\0b"}, "node"),
                               ({"signing": "often", "signer": "x"}, None),
                               ({"ack_timeout": float("nan")}, "ack_timeout")):
            with self.subTest(options), self.assertRaises(Exception) as caught:
                Client(**{"url": self.url, **options})
            if where:
                self.assertIn(where, caught.exception.where)
        with self.assertRaises(TypeError):
            Client(self.url, max_body="large")
        with self.assertRaises(NotFoundError):
            Client(self.url, trust="/nowhere/trust.json")
        with self.assertRaises(ConnectError) as caught:
            Client("nats://127.0.0.1:1", connect_timeout=0.2)
        self.assertIsInstance(caught.exception, ConnectionError)

    def test_version(self):
        self.assertRegex(library_version(), r"^1\.\d+\.\d+$")

    def test_the_library_logs_here(self):
        with self.assertLogs("nexus_sdk", "DEBUG") as logs:
            client = self.connect(log_level=logging.DEBUG)
            client.close()
        self.assertTrue(logs.output)

    def test_states(self):
        seen = []
        client = self.connect(on_state=lambda state, reason: seen.append(state))
        self.until(lambda: seen, client)
        self.assertEqual(("connected", "connected"), (seen[0], client.state))
        client.close()
        self.assertEqual("closed", client.state)


class Publishing(Bus):

    def test_receipts(self):
        first = self.client.publish(EVENT, TENANT, message_id="one", causal_id="evt-mine", deadline=5)
        again = self.client.publish(EVENT, TENANT, message_id="one")
        self.assertEqual(("salon-001:one", "evt-mine", 1, "NEXUS", False),
                         (first.message_id, first.causal_id, first.sequence, first.stream,
                          first.duplicate))
        self.assertEqual((1, True), (again.sequence, again.duplicate))

    def test_asynchronous(self):
        done = []
        receipt = self.client.publish(EVENT, TENANT, on_done=lambda r, e: done.append((r, e)))
        self.assertEqual(0, receipt.sequence)
        self.client.flush(PATIENCE)
        self.assertEqual([(receipt.message_id, 1, None)],
                         [(r.message_id, r.sequence, e) for r, e in done])
        self.assertEqual({}, self.client._completions)

    def test_asynchronous_failures(self):
        other = Client("memory:", publish_deadline=0.2)
        self.addCleanup(other.close)
        done = []
        other.publish(EVENT, TENANT, on_done=lambda r, e: done.append(e))
        with self.assertLogs("nexus_sdk", "ERROR"):
            other.publish(EVENT, TENANT, wait=False)
            other.flush(PATIENCE)
        self.assertIsInstance(done[0], NoStreamError)
        with self.assertRaises(NoStreamError):
            other.publish(EVENT, TENANT)

    def test_on_done_may_fail(self):
        with self.assertLogs("nexus_sdk", "ERROR") as logs:
            self.client.publish(EVENT, TENANT, on_done=lambda r, e: 1 // 0)
            self.client.flush(PATIENCE)
        self.assertIn("ZeroDivisionError", logs.output[0])

    def test_refused(self):
        for error, arguments in ((ChannelError, ("noSuchChannel", {}, TENANT)),
                                 (SubjectError, ("bookingCreated", {}, "no.dots")),
                                 (SubjectError, ("bookingCreated", {}, None)),
                                 (InvalidError, ("bookingCreated", {}, "a\0b"))):
            for wait in (True, False):
                with self.assertRaises(error):
                    self.client.publish_json(*arguments, wait=wait)
        self.assertRaises(TypeError, self.client.publish, {"a": 1}, TENANT)
        self.assertRaises(TypeError, self.client.publish_json, "bookingCreated", {"a": set()}, TENANT)
        self.assertEqual({}, self.client._completions)

    def test_threads_in_parallel(self):
        def work():
            for _ in range(50):
                self.client.publish(EVENT, TENANT)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(200, self.client.stats()["acked"])


class Running(Bus):

    def test_stop_from_a_handler(self):
        self.client.subscribe(BookingCreated, lambda e, d: self.client.stop())
        self.client.publish(EVENT, TENANT)
        self.client.run()
        self.assertEqual(1, self.client.stats()["handled"])

    def test_stop_from_another_thread(self):
        thread = threading.Thread(target=self.client.run)
        thread.start()
        self.client.stop()
        thread.join(PATIENCE)
        self.assertFalse(thread.is_alive())

    def test_close_ends_a_run(self):
        errors = []

        def run():
            try:
                self.client.run()
            except ClosedError as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        self.client.close()
        thread.join(PATIENCE)
        self.assertFalse(thread.is_alive())

    def test_not_from_a_handler(self):
        caught = []

        def handler(event, delivery):
            for call in (self.client.dispatch, self.client.run, self.client.flush, self.client.close):
                try:
                    call()
                except StateError as error:
                    caught.append(error)

        self.client.subscribe(BookingCreated, handler)
        self.client.publish(EVENT, TENANT)
        self.until(lambda: caught)
        self.assertEqual(4, len(caught))

    def test_descriptor(self):
        self.client.subscribe(BookingCreated, lambda e, d: None)
        self.client.publish(EVENT, TENANT)
        ready, _, _ = select.select([self.client], [], [], PATIENCE)
        self.assertEqual([self.client], ready)


class TheEnd(Bus):

    def test_use_after_close(self):
        self.client.close()
        self.client.close()
        self.client.stop()
        for call in (self.client.run, self.client.dispatch, self.client.flush, self.client.fileno,
                     self.client.stats, self.client.vector_clock, self.client.provision,
                     lambda: self.client.publish(EVENT, TENANT),
                     lambda: self.client.publish(EVENT, TENANT, wait=False),
                     lambda: self.client.subscribe(BookingCreated, print)):
            self.assertRaises(ClosedError, call)

    def test_collected_with_live_callbacks(self):
        done = []

        def dropped():  # the callbacks refer to the client: only the collector can free it
            client = Client(self.url, service="collected")
            client.subscribe(BookingCreated, lambda e, d: client.publish(e, TENANT) and None)
            client.publish(EVENT, TENANT, on_done=lambda r, e: done.append(client.state))
            return weakref.ref(client)

        gone = dropped()
        with self.assertWarns(ResourceWarning):
            gc.collect()
        self.assertIsNone(gone())
        self.assertEqual(["closed"], done)
        self.client.publish(EVENT, TENANT)

    def test_callbacks_that_use_the_client_while_it_ends(self):
        seen = []

        def done(receipt, error):
            for call in (lambda: client.publish(EVENT, TENANT), client.dispatch, client.close):
                try:
                    call()
                except (ClosedError, StateError) as failure:
                    seen.append(failure)

        client = Client(self.url)
        client.publish(EVENT, TENANT, on_done=done)
        client.close()
        self.assertGreaterEqual(len(seen), 2)


if __name__ == "__main__":
    warnings.simplefilter("error", ResourceWarning)
    unittest.main()
