# SPDX-License-Identifier: Apache-2.0
"""The client for asyncio: publishing, iterating, cancelling, pushing back, and loops that close."""

import asyncio
import gc
import itertools
import os
import sys
import threading
import unittest
import warnings

from support import PATIENCE, SOURCE

sys.path.insert(0, str(SOURCE / "tests" / "support"))

from server import Server  # noqa: E402

from nexus_sdk import (DEFER, REJECT, ClosedError, FullError, NoStreamError, Retry,  # noqa: E402
                       StateError, ValidationError, aio)
from nexus_sdk.events import BookingCancelled, BookingCreated  # noqa: E402
from nexus_sdk.testing import Bus  # noqa: E402

TENANT = "salon-001"
_names = itertools.count()


def event(n):
    return BookingCreated(extra={"n": n})


class Loops(unittest.IsolatedAsyncioTestCase):
    """A bus in memory in real time, and a client on it."""

    async def asyncSetUp(self):
        self.bus = Bus(f"aio-{os.getpid()}-{next(_names)}")
        self.bus.set_clock("real")
        self.addCleanup(self.bus.close)
        self.client = await self.connect()
        await self.client.provision()

    async def connect(self, **options):
        client = aio.Client(self.bus.url, service="test", **options)
        await client.connect()
        self.addAsyncCleanup(client.close)
        return client

    async def until(self, condition):
        async def poll():
            while not condition():
                await asyncio.sleep(0.001)
        await asyncio.wait_for(poll(), PATIENCE)


class Publishing(Loops):

    async def test_waits_until_it_is_stored(self):
        receipts = [await self.client.publish(event(n), TENANT) for n in range(3)]
        self.assertEqual([1, 2, 3], [receipt.sequence for receipt in receipts])
        receipt = await self.client.publish_booking_created(event(4), TENANT, causal_id="evt-mine")
        self.assertEqual(("evt-mine", 4, "NEXUS"),
                         (receipt.causal_id, receipt.sequence, receipt.stream))

    async def test_no_thread_is_made(self):
        before = threading.active_count()
        await asyncio.gather(*(self.client.publish(event(n), TENANT) for n in range(100)))
        self.assertEqual(before, threading.active_count())

    async def test_more_at_once_than_the_window_has_room_for(self):
        client = await self.connect(window_events=4)
        receipts = await asyncio.gather(*(client.publish(event(n), TENANT) for n in range(200)))
        self.assertEqual(200, len({receipt.sequence for receipt in receipts}))
        with self.assertRaises(FullError):
            await asyncio.gather(*(client.publish(event(n), TENANT, wait_when_full=False)
                                   for n in range(200)))

    async def test_failures(self):
        with self.assertRaises(ValidationError):
            await self.client.publish_json("iotSensorData", {}, TENANT)
        async with aio.Client("memory:", publish_deadline=0.3) as lonely:
            with self.assertRaises(NoStreamError):
                await lonely.publish(event(1), TENANT)
        with self.assertRaises(ClosedError):
            await lonely.publish(event(1), TENANT)
        with self.assertRaises(TypeError):
            await self.client.publish_booking_cancelled(event(1), TENANT)

    async def test_a_cancelled_one_is_sent_all_the_same(self):
        self.bus.fault("delay", "ack", delay=0.2, count=1)
        task = asyncio.ensure_future(self.client.publish(event(1), TENANT))
        await asyncio.sleep(0)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        await self.client.flush(PATIENCE)
        await self.until(lambda: self.client.stats()["acked"] == 1)


class Events(Loops):

    async def fill(self, count):
        await asyncio.gather(*(self.client.publish(event(n), TENANT) for n in range(count)))

    async def test_each_is_acked_when_the_next_is_asked_for(self):
        await self.fill(100)
        seen = []
        async with self.client.events(BookingCreated, TENANT) as events:
            async for delivery in events:
                seen.append(delivery.event.extra["n"])
                self.assertEqual(len(seen) - 1, self.client.stats()["handled"])
                if len(seen) == 100:
                    break
        self.assertEqual(list(range(100)), sorted(seen))
        await self.until(lambda: self.client.stats()["handled"] == 100)

    async def test_verdicts(self):
        await self.fill(3)
        seen = []
        async for delivery in self.client.events(BookingCreated, TENANT):
            seen.append((delivery.event.extra["n"], delivery.count))
            if delivery.event.extra["n"] == 0 and delivery.count == 1:
                delivery.settle(Retry(delay=0.01))
            if delivery.event.extra["n"] == 1:
                delivery.settle(REJECT)
            if (0, 2) in seen and len(seen) == 4:
                delivery.settle()
                break
        await self.until(lambda: self.client.stats()["handled"] >= 2)
        self.assertEqual((1, 1), (self.client.stats()["retried"], self.client.stats()["rejected"]))

    async def test_what_a_break_leaves_comes_again(self):
        await self.fill(50)
        async for delivery in self.client.events(BookingCreated, TENANT, retry_delay=0.01):
            first = delivery.event.extra["n"]
            break
        del delivery
        gc.collect()
        seen = []
        async with self.client.events(BookingCreated, TENANT, retry_delay=0.01) as events:
            while len(seen) < 50:
                async with await events.take() as delivery:
                    seen.append(delivery.event.extra["n"])
        self.assertEqual(list(range(50)), sorted(seen))
        self.assertIn(first, seen)

    async def test_an_exception_inside_of_a_delivery_makes_it_come_again(self):
        await self.fill(1)
        counts = []
        async with self.client.events(BookingCreated, TENANT, retry_delay=0.01) as events:
            while len(counts) < 2:
                try:
                    async with await events.take() as delivery:
                        counts.append(delivery.count)
                        if len(counts) == 1:
                            raise ZeroDivisionError
                except ZeroDivisionError:
                    pass
        self.assertEqual([1, 2], counts)

    async def test_a_cancelled_reader_loses_nothing(self):
        seen = []

        async def read():
            async for delivery in self.client.events(BookingCreated, TENANT, retry_delay=0.01):
                seen.append((delivery.event.extra["n"], delivery.count))
                if len(seen) == 5:
                    await asyncio.sleep(PATIENCE)

        await self.fill(20)
        task = asyncio.ensure_future(read())
        await self.until(lambda: len(seen) == 5)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        task = asyncio.ensure_future(read())
        done = len(seen)
        await self.until(lambda: len(seen) > done)
        seen.extend([(-1, 0)] * 5)
        await self.until(lambda: {n for n, _ in seen} >= set(range(20)))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def test_waiting_can_be_cancelled_and_taken_up_again(self):
        events = self.client.events(BookingCreated, TENANT)
        await events.start()
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(events.take(), 0.02)
        await self.fill(1)
        delivery = await asyncio.wait_for(events.take(), PATIENCE)
        delivery.settle()
        waiting = asyncio.ensure_future(events.take())
        await asyncio.sleep(0)
        with self.assertRaises(StateError):
            await events.take()
        events.close()
        with self.assertRaises((StopAsyncIteration, RuntimeError)):
            await waiting

    async def test_a_slow_reader_pushes_back(self):
        await self.fill(300)
        events = self.client.events(BookingCreated, TENANT, buffer=8, queue_messages=16)
        await events.start()
        await self.until(lambda: self.client.stats()["in_hand"] == 8
                         and self.client.stats()["queued"] == 16)
        await self.fill(10)  # completions still run
        self.assertEqual(8, self.client.stats()["in_hand"])
        self.assertEqual(24, self.client.stats()["received"])
        seen = 0
        async for delivery in events:
            seen += 1
            self.assertLessEqual(self.client.stats()["in_hand"], 9)
            if seen == 310:
                break
        events.close()

    async def test_what_is_published_meanwhile_joins_the_chain(self):
        receipt = await self.client.publish(event(1), TENANT)
        async for delivery in self.client.events(BookingCreated, TENANT):
            effect = await self.client.publish(BookingCancelled(), TENANT)
            delivery.settle()
            break
        self.assertEqual(receipt.causal_id, effect.causal_id)
        other = await self.client.publish(BookingCancelled(), TENANT)
        self.assertNotEqual(receipt.causal_id, other.causal_id)


class Handlers(Loops):

    async def test_run_calls_them_until_the_stop(self):
        seen, most, running = [], 0, 0

        @self.client.on(BookingCreated, TENANT, concurrency=5, retry_delay=0.01)
        async def booked(event, delivery):
            nonlocal most, running
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001)
            running -= 1
            if event.extra["n"] == 3 and delivery.count == 1:
                raise ValueError("not yet")
            seen.append(event.extra["n"])
            if len(seen) == 30:
                self.client.stop()

        await asyncio.gather(*(self.client.publish(event(n), TENANT) for n in range(30)))
        with self.assertLogs("nexus_sdk", "ERROR") as logs:
            await asyncio.wait_for(self.client.run(), PATIENCE)
        self.assertIn("ValueError: not yet", logs.output[0])
        self.assertEqual(list(range(30)), sorted(seen))
        self.assertEqual(5, most)

    async def test_deferred_rejected_and_cancelled(self):
        kept, entered = [], asyncio.Event()

        @self.client.on(BookingCreated, TENANT, on_error="reject", retry_delay=0.01)
        async def booked(event, delivery):
            if event.extra["n"] == 0:
                kept.append(delivery)
                return DEFER
            if event.extra["n"] == 1:
                raise ValueError("never")
            entered.set()
            await asyncio.sleep(PATIENCE)

        for n in range(3):
            await self.client.publish(event(n), TENANT)
        task = asyncio.ensure_future(self.client.run())
        with self.assertLogs("nexus_sdk", "ERROR"):
            await asyncio.wait_for(entered.wait(), PATIENCE)
        with self.assertRaises(StateError):
            await self.client.run()
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        kept[0].settle()
        stats = self.client.stats()
        self.assertEqual((1, 1, 1), (stats["handled"], stats["rejected"], stats["retried"]))


class Ends(unittest.TestCase):

    def test_under_asyncio_run(self):
        async def main():
            async with aio.Client("memory:", service="test") as client:
                await client.provision()
                await client.publish(event(1), TENANT)
                async for delivery in client.events(BookingCreated):
                    if delivery.count == 1:
                        delivery.settle(Retry(delay=0.05))  # in real time on a private bus
                        continue
                    delivery.settle()
                    return delivery.event.extra["n"]
        self.assertEqual(1, asyncio.run(main()))

    def test_a_loop_that_closes_first(self):
        bus = Bus(f"aio-{os.getpid()}-{next(_names)}")
        bus.set_clock("real")
        kept = []

        async def begin():
            client = aio.Client(bus.url, service="test")
            await client.connect()
            await client.provision()
            await client.publish(event(1), TENANT)
            events = client.events(BookingCreated, TENANT)
            kept.extend([client, events, await events.__anext__()])
            bus.fault("delay", "ack", delay=0.1)
            asyncio.ensure_future(client.publish(event(2), TENANT))
            await asyncio.sleep(0)

        async def go_on():
            for call in (kept[0].publish(event(3), TENANT), kept[1].take()):
                with self.assertRaises(StateError):
                    await call
            kept[2].settle()
            await kept[0].close()
            await kept[0].close()
            self.assertEqual("closed", kept[0].state)

        asyncio.run(begin())
        asyncio.run(go_on())
        bus.close()

    def test_a_client_that_is_dropped_with_its_loop(self):
        async def main():
            client = aio.Client("memory:", service="test")
            await client.connect()
            await client.provision()
            client.events(BookingCreated)
            await client.publish(event(1), TENANT)
        with self.assertWarns(ResourceWarning):
            asyncio.run(main())
            gc.collect()

    def test_over_the_network(self):
        async def main(url):
            async with aio.Client(url, service="test") as client:
                await client.provision()
                await asyncio.gather(*(client.publish(event(n), TENANT) for n in range(500)))
                seen = set()
                async with client.events(BookingCreated, TENANT) as events:
                    async for delivery in events:
                        seen.add(delivery.event.extra["n"])
                        if len(seen) == 500:
                            break
                return seen
        with Server() as server:
            self.assertEqual(set(range(500)), asyncio.run(main(server.url)))


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    unittest.main()
