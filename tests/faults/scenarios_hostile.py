# SPDX-License-Identifier: Apache-2.0
"""Hostile messages among good ones, in the stream and on the subjects where clients hear answers."""

import collections
import re
import time

from bus import BusError
from hostile import false_answers, messages
from scenario import scenario

INBOX = re.compile(rb"MSG (_INBOX\.[0-9a-f-]+)\.(\S+)")


def inject(world, server, count):
    """At the publishers' pace, so that bad and good ones mix."""
    sent = 0
    with server.bus() as bus:
        for subject, body, headers in messages(world.random, count):
            bus.publish(subject, body, headers)
            sent += 1
            if sent % 200 == 0:
                bus.flush()
                time.sleep(0.02)
        bus.flush()
    return sent


@scenario("10,000 hostile messages among good ones")
def hostile_messages(world):
    count = 10000 if world.long else 3000
    server = world.server()
    world.provision()
    world.crew(count=10000 if world.long else 3000, rate=1000)
    sent = inject(world, server, count)
    figures = world.finish()
    if figures["poison"] != 2 * sent:
        raise AssertionError(f"{2 * sent} hostile messages were delivered, {figures['poison']} reported")
    return {**figures, "hostile": sent}


def snoop(server, seconds):
    """Where clients hear answers: whoever may subscribe to anything learns it."""
    found = collections.defaultdict(set)
    with server.bus() as bus:
        bus.write(b"SUB _INBOX.> 7\r\n")
        bus.flush()
        bus.socket.settimeout(0.2)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                for match in INBOX.finditer(bus.socket.recv(65536)):
                    found[match.group(1).decode()].add(match.group(2).decode())
            except TimeoutError:
                pass
    if not found:
        raise BusError("nobody was heard")
    return {prefix: sorted(places) for prefix, places in found.items()}


@scenario("false answers, none of which is an acknowledgement, to publishers and consumers")
def false_answers_to_all(world):
    count = 20000 if world.long else 3000
    server = world.server()
    world.provision()
    world.crew(count=12000 if world.long else 4000, rate=1000, publisher={"ack_timeout": 500})
    places = snoop(server, 0.7)
    with server.bus() as bus:
        for number, (subject, body, status) in enumerate(false_answers(world.random, places, count)):
            if status is None:
                bus.publish(subject, body)
            else:
                head = b"NATS/1.0 " + status + b"\r\n\r\n"
                bus.write(f"HPUB {subject} {len(head)} {len(head)}\r\n".encode() + head + b"\r\n")
            if number % 100 == 0:
                bus.flush()
                time.sleep(0.02)
        bus.flush()
    return {**world.finish(), "false answers": count}
