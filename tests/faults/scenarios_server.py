# SPDX-License-Identifier: Apache-2.0
"""One server: killed, full, out of disk, and with other ideas of who may connect."""

import time

from disk import SmallDisk
from scenario import scenario, spread
from servers import Server, wait_for

USERS = ("publisher", "reader", "admin")


@scenario("server killed -9 and restarted under load")
def server_killed(world):
    rounds = 20 if world.long else 5
    server = world.server()
    world.provision()
    world.crew(count=24000 if world.long else 5000, rate=600 if world.long else 900)
    recovery = []
    for _ in range(rounds):
        world.pause(0.3 + world.random.random() * 0.7)
        server.kill()
        world.pause(world.random.random() * 0.4)
        server.start()
        recovery.append(server.wait(step=0.001))
    world.pause(0.5)
    times = [world.after(when) for when in recovery]
    figures = world.finish()
    return {**figures, "kills": rounds, "stored after ms": spread([stored for stored, _ in times]),
            "handled after ms": spread([handled for _, handled in times])}


@scenario("stream full and refusing, then purged")
def stream_full(world):
    server = world.server()
    rounds = 6 if world.long else 2
    limit = 1000
    with server.bus() as bus:
        bus.api("STREAM.CREATE.NEXUS", {
            "name": "NEXUS", "subjects": ["nexus.>"], "retention": "limits", "storage": "file", "num_replicas": 1,
            "max_msgs": limit, "discard": "new", "max_bytes": -1, "max_age": 0, "max_msg_size": -1,
            "max_consumers": -1, "duplicate_window": 120_000_000_000})
    world.crew(count=limit * (rounds + 1) + 300, rate=1500, publisher={"deadline": 2000})
    purged = []

    def full():
        with server.bus() as bus:
            return bus.api("STREAM.INFO.NEXUS")["state"]["messages"] >= limit

    for number in range(rounds):
        wait_for(lambda: full() or world.through(), "a full stream")
        wait_for(lambda: world.account().outstanding() == 0 and world.quiet(), "all that is in it to be handled")
        world.pause(0.5 if number else 2.5)  # once for longer than a publish may take
        with server.bus() as bus:
            bus.api("STREAM.PURGE.NEXUS")
        purged.append(time.monotonic_ns())
    world.wait_published()
    times = [world.after(when)[0] for when in purged]
    return {**world.finish(), "purges": rounds, "stored after ms": spread(times)}


@scenario("server out of disk: the file system is full, then has room again, and the server is restarted")
def disk_full(world):
    disk = SmallDisk(world.directory / "server", 16)
    world.others.append(disk)
    server = world.server(kind=disk.server)
    world.provision()
    world.crew(count=16000 if world.long else 6000, rate=1500)
    world.wait_stored(1000)
    disk.fill()
    wait_for(lambda: world.standstill(1.0), "the disk to be full")
    world.pause(1)
    server.kill()
    disk.clear()
    server.start()
    back = server.wait(step=0.001)
    world.wait_stored(world.stored() + 1)
    return {**world.finish(), "stored after ms": world.after(back)[0], "by": disk.means}


def users(names):
    entries = ", ".join(f'{{user: "{name}", password: "{name}-secret"}}' for name in names)
    return f"authorization {{ users: [{entries}] }}"


@scenario("credentials revoked and restored")
def auth_revoked(world):
    rounds = 6 if world.long else 2
    world.servers = server = Server(world.program, world.directory / "server", users(USERS))
    server.credentials = ("admin", "admin-secret")
    server.start()
    server.wait()
    world.url = server.url
    world.provision(NEXUS_USER="admin", NEXUS_PASSWORD="admin-secret")
    world.crew(count=16000 if world.long else 5000, rate=700,
               publisher={"user": "publisher", "password": "publisher-secret"},
               consumer={"user": "reader", "password": "reader-secret"})
    times = []
    for number in range(rounds):
        world.pause(0.7)
        gone = "publisher" if number % 2 else "reader"
        server.reload(users(name for name in USERS if name != gone))
        world.pause(2)
        server.reload(users(USERS))
        times.append(time.monotonic_ns())
        world.pause(1.5)
    world.pause(1)
    stored = [world.after(when)[0] for when in times[1::2]]
    handled = [world.after(when)[1] for when in times[::2]]
    return {**world.finish(), "revocations": rounds, "stored after ms": spread(stored),
            "handled after ms": spread(handled)}
