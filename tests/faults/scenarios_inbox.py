# SPDX-License-Identifier: Apache-2.0
"""Consumers killed while they handle events: what they did must have been done once."""

import collections
import contextlib
import sqlite3
import subprocess

from account import Wrong, some
from scenario import scenario


def keep_alive(world, consumers, finished):
    """Starts again whoever has been killed, until the work is done. How many kills that were."""
    kills = 0
    while not finished():
        for client in consumers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = client.process.wait(0.02)
                if status != -9:
                    client.wait(0)  # says what it said
                    raise RuntimeError(f"{client.name} ended by itself")
                kills += 1
                client.start(seed=world.random.randrange(1 << 30))
    return kills


@scenario("consumers killed -9 between handling and ack, with the inbox in a file: doubles are marked")
def consumer_killed_with_file(world):
    world.server()
    world.provision()
    for service in ("bookkeeping", "stock"):
        for number in (1, 2):
            world.consumer(f"{service}{number}", service=service, inbox=world.directory / f"{service}.inbox",
                           ack_wait=1000, queue=32, seed=world.random.randrange(1 << 30), deadly=200)
    count = 16000 if world.long else 3000
    world.publisher("async", count=count // 2, rate=1000)
    world.publisher("waits", count=count // 2, rate=1000, threads=16)
    kills = keep_alive(world, world.consumers, lambda: world.through() and not world.account().outstanding() and
                       world.quiet())
    return {**world.finish(), "kills": kills}


def in_database(path):
    with contextlib.closing(sqlite3.connect(path, timeout=20)) as database:
        return collections.Counter(dict(database.execute("SELECT id, COUNT(*) FROM effects GROUP BY id")))


@scenario("consumers killed -9 between handling and ack, with the inbox in their own transaction")
def consumer_killed(world):
    world.server()
    world.provision()
    databases = {}
    for service in ("bookkeeping", "stock"):
        databases[service] = world.directory / f"{service}.db"
        for number in (1, 2):
            world.consumer(f"{service}{number}", service=service, effects=databases[service], ack_wait=1000,
                           queue=32, seed=world.random.randrange(1 << 30), deadly=400)
    count = 16000 if world.long else 3000
    world.publisher("async", count=count // 2, rate=1000)
    world.publisher("waits", count=count // 2, rate=1000, threads=16)

    def finished():
        stored = world.account().owed()
        return world.through() and all(len(in_database(path)) >= len(stored) for path in databases.values()) and \
            world.quiet()
    kills = keep_alive(world, world.consumers, finished)
    for client in world.consumers:
        client.stop()
    stored = world.account().owed()
    for service, path in databases.items():
        counts = in_database(path)
        if set(counts) != stored or set(counts.values()) != {1}:
            raise Wrong(f"{service}: lost {some(stored - set(counts))}; strange {some(set(counts) - stored)}; "
                        f"twice {some(event for event, times in counts.items() if times > 1)}")
    figures = world.account().figures()
    return {**figures, "handled": 2 * len(stored), "handled once": 2 * len(stored), "kills": kills}
