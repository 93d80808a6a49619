# SPDX-License-Identifier: Apache-2.0
"""One server: killed, stopped, full, out of disk, and with other ideas of who may connect."""

from scenario import scenario, spread


@scenario("server killed -9 and restarted under load")
def server_killed(world):
    rounds = 20 if world.long else 5
    server = world.server()
    world.provision()
    world.crew(count=24000 if world.long else 5000, rate=600 if world.long else 900)
    recovery = []
    for number in range(rounds):
        world.pause(0.3 + world.random.random() * 0.7)
        server.kill()
        world.pause(world.random.random() * 0.4)
        server.start()
        recovery.append((server.wait(step=0.001), number))
    world.pause(0.5)
    times = [world.after(when) for when, _ in recovery]
    figures = world.finish()
    return {**figures, "kills": rounds, "stored after ms": spread([stored for stored, _ in times]),
            "handled after ms": spread([handled for _, handled in times])}
