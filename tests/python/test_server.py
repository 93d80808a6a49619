# SPDX-License-Identifier: Apache-2.0
"""The same over a real server."""

import sys
import threading
import unittest

from support import PATIENCE, SOURCE

sys.path.insert(0, str(SOURCE / "tests" / "support"))

from server import Server  # noqa: E402

from nexus_sdk import Client, NotFoundError  # noqa: E402
from nexus_sdk.events import BookingCancelled, BookingCreated  # noqa: E402

TENANT = "salon-001"


class OverTheNetwork(unittest.TestCase):

    def setUp(self):
        server = Server()
        self.url = server.__enter__().url
        self.addCleanup(server.__exit__)

    def connect(self, **options):
        client = Client(self.url, service="test", **options)
        self.addCleanup(client.close)
        return client

    def test_there_and_back(self):
        client = self.connect()
        with self.assertRaises(NotFoundError):
            client.subscribe(BookingCreated, print)
        self.assertEqual("missing", client.provision(dry_run=True))
        self.assertEqual(["created", "unchanged"], [client.provision() for _ in range(2)])
        seen = []

        @client.on(BookingCreated, tenant=TENANT)
        def created(event, delivery):
            client.publish(BookingCancelled(extra=event.extra), TENANT, on_done=lambda r, e: None)

        @client.on(None)
        def everything(event, delivery):
            seen.append((type(event), event.extra["n"]))
            if len(seen) == 200:
                client.stop()

        for n in range(100):
            client.publish(BookingCreated(extra={"n": n}), TENANT, wait=n % 2 == 0)
        client.run()
        for kind in (BookingCreated, BookingCancelled):
            self.assertEqual(list(range(100)), sorted(n for k, n in seen if k is kind))

    def test_two_instances_share_the_work(self):
        clients = [self.connect(node=f"node-{n}") for n in range(2)]
        clients[0].provision()
        seen, lock = set(), threading.Lock()

        def handler(event, delivery):
            with lock:
                seen.add(event.extra["n"])
                if len(seen) == 100:
                    for client in clients:
                        client.stop()

        threads = []
        for client in clients:
            client.subscribe(BookingCreated, handler)
            threads.append(threading.Thread(target=client.run))
        for thread in threads:
            thread.start()
        for n in range(100):
            clients[n % 2].publish(BookingCreated(extra={"n": n}), TENANT)
        for thread in threads:
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive())
        self.assertEqual(set(range(100)), seen)


if __name__ == "__main__":
    unittest.main()
