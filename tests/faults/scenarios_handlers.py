# SPDX-License-Identifier: Apache-2.0
"""What handlers do: every verdict at random, and too little in too much time."""

from scenario import scenario

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
