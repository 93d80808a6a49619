# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python package share."""

import itertools
import logging
import os
import pathlib
import subprocess
import sys
import time
import unittest

from nexus_sdk import Client

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 30.0  # seconds, for what takes milliseconds on an idle machine
_names = itertools.count()

logging.getLogger("nexus_sdk").addHandler(logging.NullHandler())


class Bus(unittest.TestCase):
    """A bus in memory with a stream, and one client on it."""

    def setUp(self):
        self.url = f"memory:test-{os.getpid()}-{next(_names)}"
        self.client = self.connect()
        self.assertEqual("created", self.client.provision())

    def connect(self, **options):
        client = Client(self.url, service="test", **options)
        self.addCleanup(client.close)
        return client

    def until(self, condition, client=None):
        """Dispatches until it is true. The time of the bus runs as fast as it can."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it never came to be")
            (client or self.client).dispatch(0.1)


def run(script, *arguments, **more):
    """Runs a script in an interpreter of its own, with faulthandler, to its end."""
    return subprocess.run([sys.executable, "-B", "-X", "faulthandler", "-c", script, *arguments],
                          capture_output=True, encoding="utf-8", timeout=PATIENCE, **more)
