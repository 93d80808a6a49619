# SPDX-License-Identifier: Apache-2.0
"""Events per second through the Python package, beside those of the C library, in one run.

    bench.py BENCH [--rounds N] [--events N] [--smoke]

BENCH is tests/bench/bench of a build directory; NEXUS_SDK_LIBRARY names the library. Rounds of C and
of Python take turns, since other work on the machine comes and goes. CPU is the process's own, of all
its threads, per event; the server's is not in it.
"""

import argparse
import asyncio
import pathlib
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tests" / "support"))

from server import Server  # noqa: E402

from nexus_sdk import Client, aio  # noqa: E402
from nexus_sdk.events import BookingCreated, IotSensorData  # noqa: E402

TENANT = "salon-001"
NOTE = "x" * 120  # bodies of about 360 bytes, as the bench in C has them


class Rounds:
    """Figures of one kind of work."""

    def __init__(self):
        self.speeds, self.costs = [], []

    def measure(self, count, work):
        started, spent = time.perf_counter(), time.process_time()
        work()
        self.costs.append((time.process_time() - spent) / count * 1e6)
        self.speeds.append(count / (time.perf_counter() - started))

    def line(self, name):
        low, high = min(self.speeds), max(self.speeds)
        return (f"  {name:30} {statistics.median(self.speeds):9.0f}/s ({low:.0f} .. {high:.0f})   "
                f"{statistics.median(self.costs):5.1f} us CPU an event")


def publish(client, count, make):
    for n in range(count):
        client.publish(make(n), TENANT, wait=False)
    client.flush(120)


def told(client, count):
    done = []
    for n in range(count):
        client.publish(open_event(n), TENANT, on_done=lambda receipt, error: done.append(error))
        if n % 512 == 0:
            client.dispatch()
    client.flush(120)
    assert done == [None] * count


def consume(client, count, durable):
    seen = 0

    def handler(event, delivery):
        nonlocal seen
        seen += 1
        if seen == count:
            client.stop()

    with client.subscribe(BookingCreated, handler, durable=durable):
        client.run()
    client.delete_durable(durable)


async def with_asyncio(url, count, rounds):
    async with aio.Client(url, service="bench") as client:
        async def work(first):
            for n in range(first, count, 64):
                await client.publish(open_event(n), TENANT)
        started, spent = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work(first) for first in range(64)))
        rounds.costs.append((time.process_time() - spent) / count * 1e6)
        rounds.speeds.append(count / (time.perf_counter() - started))


def open_event(n):
    return BookingCreated(extra={"booking_id": n, "customer": "c-1", "note": NOTE})


def typed_event(n):
    return IotSensorData(sensor_id="s-1", metric="temperature", value=21.5, unit="C",
                         extra={"note": NOTE})


def in_c(bench, mode, rounds):
    """One round of the library in C, by its own bench."""
    output = subprocess.run([bench, "--rounds", "1", mode], check=True, capture_output=True,
                            encoding="utf-8").stdout
    found = re.search(r"nexus\s+median\s+([\d.]+).*?cpu ([\d.]+) us", output)
    rounds.speeds.append(float(found[1]))
    rounds.costs.append(float(found[2]))


def run(options, url, figures):
    for number in range(options.rounds):
        if not options.smoke:
            in_c(options.bench, "async", figures["C: async publish"])
            in_c(options.bench, "consume", figures["C: handled"])
        with Client(url, service="bench", ack_timeout=10) as client:
            client.provision(memory=False)
            for name, work in (
                    ("Python: async publish, open", lambda: publish(client, options.events,
                                                                    open_event)),
                    ("Python: async publish, typed", lambda: publish(client, options.events,
                                                                     typed_event)),
                    ("Python: … with on_done", lambda: told(client, options.events))):
                figures[name].measure(options.events, work)
            figures["Python: handled"].measure(
                options.events, lambda: consume(client, options.events, f"bench-{number}"))
        asyncio.run(with_asyncio(url, options.events, figures["Python: aio, 64 tasks"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=50000)
    parser.add_argument("--smoke", action="store_true", help="few events, only to see it work")
    options = parser.parse_args()
    if options.smoke:
        options.rounds, options.events = 1, 300
    figures = {name: Rounds() for name in (
        "C: async publish", "C: handled", "Python: async publish, open",
        "Python: async publish, typed", "Python: … with on_done", "Python: handled",
        "Python: aio, 64 tasks")}
    with Server() as server:
        run(options, server.url, figures)
    print(f"Python {sys.version.split()[0]}, {options.rounds} rounds of {options.events} events")
    for name, rounds in figures.items():
        if rounds.speeds:
            print(rounds.line(name))


if __name__ == "__main__":
    main()
