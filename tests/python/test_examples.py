# SPDX-License-Identifier: Apache-2.0
"""The examples do what they say, beside a real server."""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import unittest

from support import PATIENCE, SOURCE

sys.path.insert(0, str(SOURCE / "tests" / "support"))

from server import Server  # noqa: E402

from nexus_sdk import Client  # noqa: E402
from nexus_sdk.events import BookingCreated  # noqa: E402

EXAMPLES = pathlib.Path(SOURCE / "bindings" / "python" / "examples")
TENANT = "salon-001"


def booking(n):
    return BookingCreated(extra={"booking_id": f"b-{n}"})


class Examples(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.environment = {**os.environ, "NEXUS_URL": cls.server.url}

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def start(self, name, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-B", "-X", "faulthandler", EXAMPLES / name, *arguments],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        process.kill()
        process.communicate()

    def finish(self, process, number=None):
        """Ends it with a signal, or waits for its end; what it printed."""
        if number is not None:
            process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual(0, process.returncode, errors)
        return output

    def address(self, process):
        return process.stdout.readline().strip().rpartition("//")[2].rpartition(" ")[2].split(":")

    def test_publisher_and_subscriber(self):
        subscriber = self.start("subscriber.py")
        output = self.finish(self.start("publisher.py", "3"))
        self.assertEqual(3, output.count("stored as number"))
        seen = {subscriber.stdout.readline() for _ in range(3)}
        self.assertEqual({f"{TENANT}: booking b-{n}\n" for n in (1, 2, 3)}, seen)
        self.finish(subscriber, signal.SIGINT)

    def test_bridge(self):
        bridge = self.start("aio_bridge.py", "salon-bridge")
        host, port = self.address(bridge)
        with Client(self.server.url) as client:
            for n in range(3):
                client.publish(booking(n), "salon-bridge")
        seen = []
        for answers in ([b"ok\n"], [b"ok\n", b"again\n", b"ok\n"]):  # the second comes to another
            with socket.create_connection((host, int(port)), PATIENCE) as connection:
                lines = connection.makefile("rwb")
                for answer in answers:
                    seen.append(json.loads(lines.readline())["booking_id"])
                    lines.write(answer)
                    lines.flush()
        self.assertEqual({"b-0", "b-1", "b-2"}, set(seen))
        self.finish(bridge, signal.SIGINT)

    def request(self, address, method, path, body=None, **headers):
        connection = http.client.HTTPConnection(*address, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def test_webhooks(self):
        gateway = self.start("webhook_gateway.py")
        address = self.address(gateway)
        key = {"Idempotency-Key": "hook-1"}
        status, text = self.request(address, "POST", "/salon-002/bookingCreated", '{"a": 1}', **key)
        self.assertEqual((201, "salon-002:hook-1"), (status, json.loads(text)["message_id"]))
        self.assertEqual(200, self.request(address, "POST", "/salon-002/bookingCreated", '{"a": 1}',
                                           **key)[0])
        status, text = self.request(address, "POST", "/salon-002/iotSensorData", '{"value": "warm"}')
        self.assertEqual((422, "NEXUS_E_VALIDATION"), (status, json.loads(text)["code"]))
        self.assertIn("payload", json.loads(text)["where"])
        for expected, path, body in ((404, "/salon-002/noSuchChannel", "{}"), (404, "/x", "{}"),
                                     (400, "/no.dots/bookingCreated", "{}"),
                                     (400, "/salon-002/bookingCreated", "[]"),
                                     (400, "/salon-002/bookingCreated", "{")):
            self.assertEqual(expected, self.request(address, "POST", path, body)[0], path)
        status, text = self.request(address, "GET", "/metrics")
        self.assertEqual(200, status)
        self.assertIn("nexus_client_published_total", text)
        self.finish(gateway, signal.SIGTERM)

    def test_walkthrough(self):
        output = self.finish(self.start("walkthrough.py"))
        self.assertIn("27 channels", output)
        self.assertIn("refused: payload.", output)
        self.assertTrue(output.endswith("done\n"), output)

    def test_reminders(self):
        service = self.start("reminders.py")
        with Client(self.server.url) as client:
            client.provision()
            client.publish(BookingCreated(extra={"booking_id": "b-1", "chat_id": 7}), TENANT)
            seen = []
            client.subscribe(None, lambda e, d: seen.append(e.CHANNEL), durable="see")
            while "telegramMessage" not in seen:
                client.dispatch(PATIENCE)
        self.finish(service, signal.SIGINT)


if __name__ == "__main__":
    unittest.main()
