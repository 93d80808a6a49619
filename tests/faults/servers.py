# SPDX-License-Identifier: Apache-2.0
"""Servers that can be killed and come back on their port and store: one, or three as a cluster."""

import contextlib
import pathlib
import random
import signal
import socket
import subprocess
import time

from bus import Bus, BusError

PATIENCE = 60.0


def wait_for(condition, what, patience=PATIENCE, step=0.02):
    """Asks until the answer is true, and returns it."""
    deadline = time.monotonic() + patience
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still waiting for {what} after {patience} s")
        time.sleep(step)
    return answer


def free_port():
    """Below what the kernel gives to others, so that it is still free after a kill."""
    low = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.SystemRandom().randrange(low - 12000, low)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port


class Server:
    """One process. `extra` is appended to its configuration; `wrapper` is put before its command."""

    def __init__(self, program, directory, extra="", name="one", wrapper=()):
        self.program, self.directory, self.extra, self.name = program, pathlib.Path(directory), extra, name
        self.wrapper = list(wrapper)
        self.directory.mkdir(parents=True)
        self.port = free_port()
        self.process = None
        self.credentials = (None, None)

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def configure(self):
        path = self.directory / "server.conf"
        path.write_text(f'server_name: "{self.name}"\nlisten: "127.0.0.1:{self.port}"\n'
                        f'jetstream {{ store_dir: "{self.directory}/store"{self.storage()} }}\n{self.extra}\n')
        return path

    def storage(self):
        return ""

    def start(self):
        command = [*self.wrapper, self.program, "-c", str(self.configure()), "-l", str(self.directory / "log")]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        return self

    def bus(self, patience=5.0):
        return Bus(self.port, *self.credentials, patience=patience)

    def answers(self):
        if self.process.poll() is not None:
            log = self.directory / "log"
            raise RuntimeError(f"nats-server ended with {self.process.returncode}:\n" +
                               (log.read_text()[-3000:] if log.exists() else ""))
        try:
            with self.bus(1.0):
                return time.monotonic_ns()
        except (OSError, BusError):
            return 0

    def wait(self, step=0.02):
        """Until it answers; the time when it first did."""
        return wait_for(self.answers, f"server {self.name} to answer", step=step)

    def kill(self):
        """As if the power had gone, for the process."""
        self.process.kill()
        self.process.wait()

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self, extra):
        """Another configuration, without a restart."""
        self.extra = extra
        self.configure()
        self.signal(signal.SIGHUP)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


class Cluster:
    """Three servers that keep the stream together."""

    def __init__(self, program, directory):
        self.servers = [Server(program, pathlib.Path(directory) / name, name=name) for name in ("a", "b", "c")]
        ports = [free_port() for _ in self.servers]
        for server, port in zip(self.servers, ports):
            routes = ", ".join(f'"nats://127.0.0.1:{other}"' for other in ports if other != port)
            server.extra = f'cluster {{ name: "three", listen: "127.0.0.1:{port}", routes: [{routes}] }}'

    @property
    def url(self):
        return ",".join(server.url for server in self.servers)

    def start(self):
        for server in self.servers:
            server.start()
        return self

    def alive(self):
        return [server for server in self.servers if server.process.poll() is None]

    def ask(self, name, body=None):
        """The answer of whichever server gives one, or None."""
        for server in self.alive():
            with contextlib.suppress(OSError, BusError, ValueError):
                with server.bus(2.0) as bus:
                    return bus.api(name, body)
        return None

    def wait(self):
        """Until JetStream has a leader."""
        return wait_for(lambda: self.ask("STREAM.NAMES"), "the cluster to elect a leader")

    def leader(self, stream="NEXUS"):
        """The server that leads the stream."""
        def look():
            info = self.ask("STREAM.INFO." + stream)
            name = info and info.get("cluster", {}).get("leader")
            return next((server for server in self.alive() if server.name == name), None)
        return wait_for(look, "the stream to have a leader")

    def in_step(self, stream="NEXUS"):
        """Whether all copies of the stream are current."""
        info = self.ask("STREAM.INFO." + stream)
        replicas = info["cluster"].get("replicas") or [] if info else []
        return len(replicas) == 2 and all(peer.get("current") and not peer.get("offline") for peer in replicas)

    def stop(self):
        for server in self.servers:
            server.stop()
