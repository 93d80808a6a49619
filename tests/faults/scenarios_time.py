# SPDX-License-Identifier: Apache-2.0
"""The wall clock of publishers and consumers jumps, as when somebody sets it or it is set over the network."""

import mmap
import os
import struct

from proxy import Proxy
from scenario import scenario
from world import BUILD

HOUR = 3600


class Clock:
    """How far the clients' wall clock is off, in seconds; see clock_shim.c."""

    def __init__(self, path):
        path.write_bytes(struct.pack("q", 0) + b"\0" * (mmap.PAGESIZE - 8))
        with path.open("r+b") as file:
            self.map = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.environment = {**os.environ, "FAULT_CLOCK": str(path),
                            "LD_PRELOAD": str(BUILD / "tests" / "faults" / "libfault_clock.so")}

    def set(self, seconds):
        self.map[:8] = struct.pack("q", seconds)

    def stop(self):
        self.map.close()


@scenario("time jumping forwards and back by an hour, while connections are cut")
def time_jumps(world):
    rounds = 20 if world.long else 5
    server = world.server()
    world.provision()
    proxy, clock = Proxy(server.port, world.seed), Clock(world.directory / "clock")
    world.others += [proxy, clock]
    world.url, world.environment = proxy.url, clock.environment
    world.crew(count=16000 if world.long else 4000, rate=800, publisher={"ack_timeout": 500})
    for number in range(rounds):
        world.pause(0.4)
        clock.set(world.random.choice([HOUR, -HOUR]) if number % 2 == 0 else 0)
        if number % 3 == 1:
            proxy.reset()
            clock.set(world.random.choice([HOUR, -HOUR, 0]))
        if number % 3 == 2:
            proxy.go_dark()
    return {**world.finish(), "jumps": rounds}
