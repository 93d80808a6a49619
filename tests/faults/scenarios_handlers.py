# SPDX-License-Identifier: Apache-2.0
"""What handlers do: every verdict at random, and too little in too much time."""

from account import Wrong
from scenario import scenario
from scenarios_hostile import inject

MEMORY_MOST = 48  # MiB, for a process whose queue and window are full


@scenario("a handler that returns every verdict at random, at once or later from another thread")
def every_verdict(world):
    world.server()
    world.provision()
    for name in ("reader1", "reader2"):
        world.consumer(name, verdicts="all", seed=world.random.randrange(1 << 30))
    count = 20000 if world.long else 3000
    world.publisher("async", count=count // 2, rate=1500)
    world.publisher("waits", count=count // 2, rate=1500, threads=16)
    figures = world.finish()
    services = world.account().services.values()
    return {**figures, "sent back": sum(service.retried for service in services),
            "deferred": sum(service.deferred for service in services)}


@scenario("every verdict, hostile messages and a delivery limit, while the server is killed: dead letters")
def dead_letters(world):
    rounds = 12 if world.long else 3
    server = world.server()
    world.provision()
    for name in ("reader1", "reader2"):
        world.consumer(name, verdicts="all", max_deliver=4, seed=world.random.randrange(1 << 30))
    count = 20000 if world.long else 4000
    world.publisher("async", count=count // 2, rate=600)
    world.publisher("waits", count=count // 2, rate=600, threads=16)
    hostile = 0
    for _ in range(rounds):
        hostile += inject(world, server, 100)
        world.pause(0.5)
        server.kill()
        server.start()
        server.wait()
    figures = world.finish()
    with server.bus() as bus:
        there = bus.api("STREAM.INFO.NEXUS_DLQ")["state"]["messages"]
    services = world.account().services.values()
    given_up = {number for service in services for numbers in service.letters.values() for number in numbers}
    if len(given_up) != there or figures["poison"] > 2 * hostile:
        raise Wrong(f"{there} dead letters are in the stream, {len(given_up)} were reported, of {figures}")
    return {**figures, "kills": rounds, "exhausted": sum(service.exhausted for service in services),
            "sent back": sum(service.retried for service in services)}


@scenario("slow consumers against fast publishers, with bounded memory")
def slow_consumer(world):
    world.server()
    world.provision()
    count, slowness = (120000, 1000) if world.long else (8000, 700)
    for name in ("reader1", "reader2"):
        world.consumer(name, handler_us=slowness)
    world.publisher("async", count=count // 2, rate=5000)
    world.publisher("waits", count=count // 2, rate=5000, threads=16)
    figures = world.finish(patience=600)
    if figures["memory MiB"] > MEMORY_MOST:
        raise AssertionError(f"{figures['memory MiB']} MiB are more than {MEMORY_MOST}")
    return figures
