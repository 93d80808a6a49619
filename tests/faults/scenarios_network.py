# SPDX-License-Identifier: Apache-2.0
"""The network between clients and server: cut, stalled, half open, slow, reset, and losing acknowledgements."""

import time

from proxy import Proxy
from scenario import scenario, spread


def behind_proxy(world, **more):
    server = world.server()
    world.provision()
    proxy = Proxy(server.port, world.seed, **more)
    world.others.append(proxy)
    world.url = proxy.url
    return proxy


@scenario("network cut and back")
def network_cut(world):
    rounds = 20 if world.long else 5
    proxy = behind_proxy(world)
    world.crew(count=20000 if world.long else 4000, rate=800)
    healed = []
    for _ in range(rounds):
        world.pause(0.2 + world.random.random() * 0.5)
        proxy.cut()
        world.pause(world.random.random() * 0.5)
        proxy.heal()
        healed.append(time.monotonic_ns())
    world.pause(0.6)
    times = [world.after(when)[0] for when in healed]
    return {**world.finish(), "cuts": rounds, "stored after ms": spread(times)}


@scenario("network stalled: nothing moves for longer than an attempt lasts, then all of it arrives")
def network_stalled(world):
    rounds = 6 if world.long else 2
    proxy = behind_proxy(world)
    world.crew(count=12000 if world.long else 4000, rate=600, publisher={"ack_timeout": 500})
    healed = []
    for _ in range(rounds):
        world.pause(0.5)
        proxy.stall()
        world.pause(1.5 + world.random.random())
        proxy.heal()
        healed.append(time.monotonic_ns())
    world.pause(0.6)
    times = [world.after(when)[0] for when in healed]
    return {**world.finish(), "stalls": rounds, "stored after ms": spread(times)}


@scenario("connections half open: they stay, and what is sent into them is gone")
def network_half_open(world):
    rounds = 4 if world.long else 1
    proxy = behind_proxy(world)
    world.crew(count=12000 if world.long else 2500, rate=400)
    times = []
    for _ in range(rounds):
        world.pause(1)
        proxy.go_dark()
        dark = time.monotonic_ns()
        world.pause(0.3)
        before = world.stored()
        world.wait_stored(before + 1)
        times.append(world.after(dark + 300_000_000)[0])
    return {**world.finish(), "rounds": rounds, "stored after ms": spread(times)}


@scenario("every byte 150 ms late")
def network_slow(world):
    proxy = behind_proxy(world)
    proxy.delay = 0.15
    world.crew(count=8000 if world.long else 600, rate=400, publisher={"ack_timeout": 1000})
    return {**world.finish(), "delay ms": 150}


@scenario("connections reset in random order")
def network_reset(world):
    rounds = 60 if world.long else 12
    proxy = behind_proxy(world)
    world.crew(count=20000 if world.long else 4000, rate=800)
    for _ in range(rounds):
        world.pause(world.random.random() * 0.6)
        proxy.reset()
    return {**world.finish(), "resets": proxy.resets}


@scenario("1 % of all acknowledgements lost, both ways")
def acks_lost(world):
    proxy = behind_proxy(world, lossy=True)
    proxy.loss = 0.01
    world.crew(count=40000 if world.long else 4000, rate=1000, publisher={"ack_timeout": 400},
               consumer={"ack_wait": 1000})
    return {**world.finish(), **{f"{name} lost": count for name, count in proxy.lost.items()}}
