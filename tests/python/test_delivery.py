# SPDX-License-Identifier: Apache-2.0
"""Handlers: verdicts, exceptions, and what a delivery can be asked for how long."""

import gc
import threading
import unittest

from support import Bus

from nexus_sdk import (ACK, DEFER, REJECT, RETRY, ConflictError, InvalidError, Reject, Retry,
                       SettledError)
from nexus_sdk.events import BookingCancelled, BookingCreated, EdgeHealth

TENANT = "salon-001"


class Handlers(Bus):

    def publish(self, **extra):
        return self.client.publish(BookingCreated(extra=extra), TENANT)

    def handled(self, *verdicts, **options):
        """Subscribes with a handler that gives these verdicts in turn; the counts it has seen."""
        counts, left = [], list(verdicts)

        def handler(event, delivery):
            counts.append(delivery.count)
            verdict = left.pop(0)
            if isinstance(verdict, BaseException):
                raise verdict
            return verdict

        self.client.subscribe(BookingCreated, handler, TENANT, **options)
        self.publish()
        return counts

    def test_all_that_a_delivery_tells(self):
        seen = {}

        @self.client.on(BookingCreated, tenant=TENANT, durable="seen")
        def handler(event, delivery):
            for name in ("subject", "channel", "tenant", "causal_id", "traceparent", "message_id",
                         "vector_clock", "payload", "payload_json", "envelope_extra", "body",
                         "stream", "sequence", "consumer", "count", "pending", "time", "key_id",
                         "verified"):
                seen[name] = getattr(delivery, name)
            seen["header"] = delivery.header("Nats-Msg-Id"), delivery.header("None-Such")
            delivery.in_progress()

        receipt = self.publish(a=1)
        self.until(lambda: len(seen) == 20)
        self.assertEqual(("nexus.salon-001.booking.created", "bookingCreated", TENANT, "NEXUS",
                          "seen", 1, 0, None, False, {}),
                         tuple(seen[name] for name in ("subject", "channel", "tenant", "stream",
                                                       "consumer", "count", "pending", "key_id",
                                                       "verified", "envelope_extra")))
        self.assertEqual((receipt.causal_id, receipt.message_id, receipt.sequence, {"a": 1}),
                         (seen["causal_id"], seen["message_id"], seen["sequence"], seen["payload"]))
        self.assertEqual(self.client.vector_clock(), seen["vector_clock"])
        self.assertEqual((receipt.message_id, None), seen["header"])
        self.assertIn(b'"payload":{"a":1}', seen["body"])
        self.assertGreater(seen["time"], 10**18)

    def test_verdicts(self):
        counts = self.handled(RETRY, Retry(delay=30, reason="later"), ACK)
        self.until(lambda: self.client.stats()["handled"] == 1)
        self.assertEqual([1, 2, 3], counts)
        self.assertEqual(2, self.client.stats()["retried"])

    def test_rejected_for_good(self):
        counts = self.handled(Reject("never"))
        self.until(lambda: self.client.stats()["rejected"] == 1)
        self.publish()
        self.client.dispatch(0)
        self.assertEqual(1, counts[0])

    def test_an_exception_is_logged_and_retried(self):
        with self.assertLogs("nexus_sdk", "ERROR") as logs:
            counts = self.handled(ZeroDivisionError("by design"), None)
            self.until(lambda: len(counts) == 2)
        self.assertEqual([1, 2], counts)
        self.assertIn("ZeroDivisionError: by design", logs.output[0])
        self.assertIn("Traceback", logs.output[0])

    def test_an_exception_is_rejected_by_policy(self):
        with self.assertLogs("nexus_sdk", "ERROR"):
            counts = self.handled(ZeroDivisionError("nul \0"), on_error="reject")
            self.until(lambda: self.client.stats()["rejected"] == 1)
        self.assertEqual([1], counts)

    def test_what_is_no_verdict_is_an_exception(self):
        with self.assertLogs("nexus_sdk", "ERROR") as logs:
            counts = self.handled("yes", Retry(delay=-1), Reject("\ud800"), None)
            self.until(lambda: len(counts) == 4)
        self.assertEqual(3, len([line for line in logs.output if "failed" in line]))

    def test_deferred_and_settled_by_another_thread(self):
        kept = []
        self.client.subscribe(BookingCreated, lambda e, d: kept.append(d) or DEFER, TENANT)
        receipt = self.publish(a=1)
        self.until(lambda: kept)
        delivery = kept[0]
        self.assertEqual(receipt.sequence, delivery.sequence)
        thread = threading.Thread(target=delivery.settle)
        thread.start()
        thread.join()
        self.assertEqual(1, self.client.stats()["handled"])
        self.assertRaises(SettledError, delivery.settle)
        self.assertRaises(SettledError, lambda: delivery.subject)
        self.assertEqual({"a": 1}, delivery.event.extra)

    def test_settled_inside_of_the_handler(self):
        self.client.subscribe(BookingCreated, lambda e, d: d.settle(REJECT), TENANT)
        self.publish()
        self.until(lambda: self.client.stats()["rejected"] == 1)

    def test_settle_wants_a_decision(self):
        kept = []
        self.client.subscribe(BookingCreated, lambda e, d: kept.append(d) or DEFER, TENANT)
        self.publish()
        self.until(lambda: kept)
        self.assertRaises(InvalidError, kept[0].settle, DEFER)
        kept[0].settle()

    def test_not_readable_after_the_handler(self):
        kept = []
        self.client.subscribe(BookingCreated, lambda e, d: kept.append(d), TENANT)
        self.publish()
        self.until(lambda: kept)
        self.assertRaises(SettledError, lambda: kept[0].payload)
        self.assertRaises(SettledError, kept[0].settle)

    def test_a_forgotten_delivery_comes_again(self):
        counts = []

        def handler(event, delivery):
            counts.append(delivery.count)
            return DEFER if delivery.count == 1 else None

        self.client.subscribe(BookingCreated, handler, TENANT)
        self.publish()
        with self.assertLogs("nexus_sdk", "WARNING"):
            self.until(lambda: counts)
            gc.collect()
        self.until(lambda: len(counts) == 2)

    def test_settled_after_the_client(self):
        kept = []
        self.client.subscribe(BookingCreated, lambda e, d: kept.append(d) or DEFER, TENANT)
        self.publish()
        self.until(lambda: kept)
        self.client.close(0)
        try:
            kept[0].settle()
        except Exception as error:
            self.assertEqual("NEXUS_E_CLOSED", error.status_name)
        self.assertRaises(SettledError, lambda: kept[0].subject)

    def test_what_a_handler_publishes_joins_the_chain(self):
        seen = []
        self.client.subscribe(BookingCreated, lambda e, d: self.client.publish(BookingCancelled(), TENANT)
                              and None, TENANT)
        self.client.subscribe(BookingCancelled, lambda e, d: seen.append(d.causal_id), TENANT)
        receipt = self.publish()
        self.until(lambda: seen)
        self.assertEqual([receipt.causal_id], seen)

    def test_system_channel_about_a_tenant(self):
        seen = []
        self.client.subscribe(EdgeHealth, lambda e, d: seen.append((d.tenant, d.subject)))
        self.client.publish(EdgeHealth(node_id="edge-1", status="healthy"), tenant=TENANT)
        self.until(lambda: seen)
        self.assertEqual([(TENANT, "nexus._core.edge.health.edge-1")], seen)

    def test_close_from_the_handler(self):
        seen = []

        def handler(event, delivery):
            seen.append(delivery.sequence)
            subscription.close()

        subscription = self.client.subscribe(BookingCreated, handler, TENANT)
        self.assertEqual("test-booking_created-salon-001", subscription.durable)
        self.assertEqual("nexus.salon-001.booking.created", subscription.filter)
        self.publish()
        self.until(lambda: seen)
        self.publish()
        self.client.dispatch(5)
        self.assertEqual([1], seen)
        subscription.close()
        self.client.delete_durable(subscription.durable)

    def test_options_are_checked(self):
        with self.assertRaises(InvalidError):
            self.client.subscribe(BookingCreated, print, on_error="ignore")
        with self.assertRaises(InvalidError):
            self.client.subscribe(BookingCreated, print, start="yesterday")
        with self.assertRaises(TypeError):
            self.client.subscribe(BookingCreated, None)
        self.client.subscribe(BookingCreated, print, durable="one", ack_wait=5, max_deliver=3,
                              retry_delay=0.5, queue_messages=5, start="new")
        with self.assertRaises(ConflictError):
            self.client.subscribe(BookingCancelled, print, durable="one")


if __name__ == "__main__":
    unittest.main()
