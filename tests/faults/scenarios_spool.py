# SPDX-License-Identifier: Apache-2.0
"""Publishers with a spool: killed at random moments, and cut off from their power."""

import base64
import os
import re
import shutil

from account import Published, Wrong, some
from power import Record
from scenario import scenario
from servers import wait_for
from world import BUILD, PUBLISHER, Client

MESSAGE_ID = re.compile(rb"Nats-Msg-Id: ?[^:\r]+:([a-z0-9-]+)\r")


def tried(published):
    """The number after the last one that was tried."""
    return max((int(event.rsplit("-", 1)[1]) for event in published.tried), default=-1) + 1


@scenario("publishers killed -9 at random moments with the spool `always`, the server away now and then")
def publisher_killed(world):
    rounds = 100 if world.long else 8
    server = world.server()
    world.provision()
    for name in ("reader1", "reader2"):
        world.consumer(name)
    publishers = [world.publisher(name, spool=world.directory / f"{name}.spool", rate=2000, count=1000000, **more)
                  for name, more in (("async", {}), ("waits", {"threads": 8}))]
    world.survives = {client.name for client in publishers}
    for number in range(rounds):
        world.pause(0.1 + world.random.random() * 0.3)
        if number % 4 == 1:
            server.kill()
        victim = publishers[number % 2]
        victim.kill()
        victim.start(first=tried(world.account().publishers[victim.name]))
        if number % 4 == 2:
            server.start()
            server.wait()
    if server.process.poll() is not None:
        server.start()
        server.wait()
    for client in publishers:
        client.kill()
        client.start(first=tried(world.account().publishers[client.name]), count=0)
    return {**world.finish(), "kills": rounds + 2}


def record(world, server):
    """A publisher whose disk is watched: first without a server, then with one that takes what is spooled."""
    folder = world.directory / "disk1"
    folder.mkdir()
    log = world.directory / "disk1.log"
    server.kill()
    world.environment = {**os.environ, "FAULT_DISK": f"{folder}/spool", "FAULT_DISK_LOG": str(log),
                         "LD_PRELOAD": str(BUILD / "tests" / "faults" / "libfault_disk.so")}
    count = 4000 if world.long else 1200
    client = world.publisher("async", spool=folder / "spool", journal=folder / "spool.journal", count=count, rate=count // 2)
    wait_for(lambda: len(Published(folder / "spool.journal").read().kept) > count * 0.7, "events in the spool")
    server.start()
    server.wait()
    client.wait(60)
    world.environment = None
    return Record(log), folder, in_stream(server)


def in_stream(server):
    """The ids of the events in the stream."""
    ids = set()
    with server.bus() as bus:
        for sequence in range(1, bus.api("STREAM.INFO.NEXUS")["state"]["last_seq"] + 1):
            message = bus.api("STREAM.MSG.GET.NEXUS", {"seq": sequence})["message"]
            ids.update(found.decode() for found in MESSAGE_ID.findall(base64.b64decode(message["hdrs"])))
    return ids


class Listener:
    """Hears which events are published, from a server of its own stream."""

    def __init__(self, server):
        self.bus = server.bus(30)
        self.bus.write(b"SUB nexus.> 9\r\n")
        self.bus.flush()

    def heard(self):
        self.bus.write(b"PING\r\n")
        self.bus.stream.flush()
        data = b""
        while not data.endswith(b"\r\nPONG\r\n") and data != b"PONG\r\n":
            data += self.bus.socket.recv(1 << 20)
        self.bus.close()
        return [found.decode() for found in MESSAGE_ID.findall(data)]


def recover(world, server, image, folder, number):
    """Starts a publisher on what the disk holds, and returns the events that it sends."""
    place = world.directory / f"cut{number}"
    place.mkdir()
    for path, content in image.items():
        (place / path[len(str(folder)) + 1:]).write_bytes(content)
    with server.bus() as bus:
        bus.api("STREAM.PURGE.NEXUS")
    listener = Listener(server)
    client = Client(world, PUBLISHER, "async", {"spool": place / "spool", "journal": place / "journal", "count": 0})
    client.start().wait(60)
    return listener.heard(), Published(place / "journal").read()


@scenario("power cut at any moment: the spool as the disk would hold it, with torn and missing writes")
def power_cut(world):
    cuts = 200 if world.long else 12
    server = world.server()
    world.provision()
    watched, folder, stored = record(world, server)
    journal = str(folder / "spool.journal")
    server.kill()
    shutil.rmtree(world.directory / "server" / "store")
    server.start()
    server.wait()
    world.provision()
    kept = recovered = 0
    steps = len(watched.operations)
    up = next(number for number, step in enumerate(watched.operations) if step[1] == journal and b" connected " in step[3])
    for number in range(cuts):
        # Until the server came up nothing left the spool; from then on what did is in the stream.
        until = world.random.randrange(up) if number % 2 else world.random.randrange(up, steps)
        lines = watched.lines(journal, until)
        safe = {line[1] for line in lines if line[0] == "K"}
        image = watched.image(until, world.random, {journal})
        sent, published = recover(world, server, image, folder, number)
        lost = safe - set(sent) - (stored if until > up else set())
        if lost or published.lost:
            raise Wrong(f"cut {number} before operation {until} of {steps}: lost {some(lost)}; {published.lost} "
                        f"reported as lost")
        shutil.rmtree(world.directory / f"cut{number}")
        kept, recovered = kept + len(safe), recovered + len(safe & set(sent))
    return {"safe before the cuts": kept, "of these sent after them": recovered, "the others sent before": kept - recovered,
            "cuts": cuts, "writes and syncs": steps}
