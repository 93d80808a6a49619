# SPDX-License-Identifier: Apache-2.0
"""Signals, fork and the interpreter's end, each in an interpreter of its own."""

import signal
import subprocess
import sys
import unittest

from support import PATIENCE, run

START = """
import os, signal, sys, threading, time
from nexus_sdk import *
from nexus_sdk.events import BookingCreated
EVENT, TENANT = BookingCreated(extra={"a": 1}), "salon-001"
client = Client("memory:shared", service="test")
client.provision()
"""


class Interpreter(unittest.TestCase):

    def ends_well(self, script, code=0):
        result = run(START + script)
        self.assertEqual(code, result.returncode, result.stderr)
        self.assertNotIn("Fatal Python error", result.stderr)
        return result


class CtrlC(Interpreter):

    def interrupted(self, script):
        """Starts it, sends SIGINT once it says that it is ready, and returns what it said."""
        process = subprocess.Popen([sys.executable, "-B", "-X", "faulthandler", "-c", START + script],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        try:
            self.assertEqual("ready\n", process.stdout.readline())
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
            process.wait()
        return process.returncode, output, errors

    def test_waiting(self):
        code, output, errors = self.interrupted("""
def ready():
    while client._dispatcher is None:
        time.sleep(0)
    print("ready", flush=True)
threading.Thread(target=ready).start()
try:
    client.run()
except KeyboardInterrupt:
    print("interrupted", client.state)
client.close()
print("handler restored", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
""")
        self.assertEqual((0, "interrupted connected\nhandler restored True\n"), (code, output), errors)

    def test_inside_of_a_handler_the_event_comes_again(self):
        code, output, errors = self.interrupted("""
counts = []
def handler(event, delivery):
    counts.append(delivery.count)
    if delivery.count == 1:
        print("ready", flush=True)
        time.sleep(3600)
client.subscribe(BookingCreated, handler)
client.publish(EVENT, TENANT)
try:
    client.run()
except KeyboardInterrupt:
    print("interrupted", flush=True)
while len(counts) < 2:
    client.dispatch(0.1)
print(counts)
client.close()
""")
        self.assertEqual((0, "interrupted\n[1, 2]\n"), (code, output), errors)

    def test_while_busy(self):
        code, output, errors = self.interrupted("""
done = 0
def handler(event, delivery):
    global done
    done += 1
    client.publish(EVENT, TENANT)
    if done == 200:
        print("ready", flush=True)
client.subscribe(BookingCreated, handler)
client.publish(EVENT, TENANT)
try:
    client.run()
except KeyboardInterrupt:
    print("interrupted", done >= 200)
client.close()
""")
        self.assertEqual((0, "interrupted True\n"), (code, output), errors)
        self.assertNotIn("ignored", errors)

    def test_uncaught_ends_the_program(self):
        code, _, errors = self.interrupted("""
def ready():
    while client._dispatcher is None:
        time.sleep(0)
    print("ready", flush=True)
threading.Thread(target=ready).start()
with client:
    client.run()
""")
        self.assertEqual(-signal.SIGINT, code)
        self.assertIn("KeyboardInterrupt", errors)

    def test_exit_in_a_handler(self):
        self.ends_well("""
client.subscribe(BookingCreated, lambda e, d: sys.exit(7))
client.publish(EVENT, TENANT)
client.run()
""", 7)


class Fork(Interpreter):

    def test_child_gets_clear_exceptions(self):
        self.ends_well("""
client.subscribe(BookingCreated, lambda e, d: None)
kept = []
other = client.subscribe(BookingCreated, lambda e, d: kept.append(d) or DEFER, durable="other")
client.publish(EVENT, TENANT)
while not kept:
    client.dispatch(0.1)
child = os.fork()
if child == 0:
    for call in (client.run, client.dispatch, client.stats, client.fileno,
                 lambda: client.publish(EVENT, TENANT), lambda: client.publish(EVENT, TENANT, wait=False),
                 kept[0].settle, lambda: kept[0].subject):
        try:
            call()
        except ForkError:
            continue
        os._exit(1)
    client.stop()
    other.close()
    client.close()
    del kept[0]
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
kept[0].settle()
client.publish(EVENT, TENANT)
client.close()
""")

    def test_multiprocessing(self):
        self.ends_well("""
import multiprocessing
def work(number):
    try:
        client.publish(EVENT, TENANT)
    except ForkError:
        return number
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(work, [1, 2, 3]) == [1, 2, 3]
client.publish(EVENT, TENANT)
client.close()
""")


class Shutdown(Interpreter):

    def test_client_left_open(self):
        self.ends_well("""
import logging
logging.basicConfig(level=logging.DEBUG)
noisy = Client("memory:shared", log_level=logging.DEBUG)
noisy.subscribe(BookingCreated, lambda e, d: DEFER)
client.subscribe(BookingCreated, lambda e, d: None)
noisy.publish(EVENT, TENANT, on_done=lambda r, e: None)
""")

    def test_daemon_thread_that_runs(self):
        self.ends_well("""
handled = threading.Event()
client.subscribe(BookingCreated, lambda e, d: handled.set())
threading.Thread(target=client.run, daemon=True).start()
client.publish(EVENT, TENANT)
assert handled.wait(30)
""")

    def test_daemon_threads_that_publish(self):
        self.ends_well("""
def work():
    while True:
        client.publish(EVENT, TENANT)
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
while client.stats()["acked"] < 50:
    time.sleep(0)
""")

    def test_clients_in_cycles(self):
        self.ends_well("""
import gc
for _ in range(50):
    one = Client("memory:shared", service="cycle")
    one.self = one
    one.subscribe(BookingCreated, lambda e, d, one=one: None, durable="same")
    one.publish(EVENT, TENANT, wait=False)
    del one
gc.collect()
""")


if __name__ == "__main__":
    unittest.main()
