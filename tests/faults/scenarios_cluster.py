# SPDX-License-Identifier: Apache-2.0
"""Three servers that each keep a copy of the stream: leaders die and step down, the majority goes and comes back."""

import time

from scenario import scenario, spread
from servers import wait_for


def three(world):
    cluster = world.cluster()
    world.provision("--replicas", "3")
    wait_for(cluster.in_step, "three current copies")
    return cluster


def whole_again(cluster):
    wait_for(cluster.in_step, "three current copies again", patience=90, step=0.1)


@scenario("cluster of three: the stream's leader killed -9, and back")
def leader_killed(world):
    rounds = 6 if world.long else 1
    cluster = three(world)
    world.crew(count=24000 if world.long else 3000, rate=600)
    times = []
    for _ in range(rounds):
        world.pause(1)
        leader = cluster.leader()
        leader.kill()
        killed = time.monotonic_ns()
        world.wait_stored(world.stored() + 50)
        times.append(world.after(killed + 50_000_000))
        leader.start()
        whole_again(cluster)
    return {**world.finish(), "kills": rounds, "stored after ms": spread([stored for stored, _ in times]),
            "handled after ms": spread([handled for _, handled in times])}


@scenario("cluster of three: leaders of stream and consumers step down")
def leader_steps_down(world):
    rounds = 20 if world.long else 3
    cluster = three(world)
    world.crew(count=20000 if world.long else 2500, rate=600)
    times = []
    for number in range(rounds):
        world.pause(0.7)
        cluster.ask("STREAM.LEADER.STEPDOWN.NEXUS")
        times.append(time.monotonic_ns())
        if number % 2:
            for name in (cluster.ask("CONSUMER.NAMES.NEXUS") or {}).get("consumers") or []:
                cluster.ask(f"CONSUMER.LEADER.STEPDOWN.NEXUS.{name}")
        cluster.leader()
    world.pause(1)
    times = [world.after(when)[0] for when in times]
    return {**world.finish(), "step-downs": rounds, "stored after ms": spread(times)}


@scenario("cluster of three: two killed -9, and back")
def majority_lost(world):
    rounds = 5 if world.long else 1
    cluster = three(world)
    world.crew(count=20000 if world.long else 2500, rate=600)
    times = []
    for _ in range(rounds):
        world.pause(1)
        pair = world.random.sample(cluster.servers, 2)
        for server in pair:
            server.kill()
        world.pause(2)
        for server in pair:
            server.start()
        back = max(server.wait(step=0.001) for server in pair)
        world.wait_stored(world.stored() + 50)
        times.append(world.after(back)[0])
        whole_again(cluster)
    return {**world.finish(), "losses": rounds, "stored after ms": spread(times)}
