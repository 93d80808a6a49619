# SPDX-License-Identifier: Apache-2.0
"""What a scenario plays in: servers, publishers, consumers, and their end, whatever happens."""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

from account import Account, Consumed, Published
from bus import BusError
from servers import Cluster, Server, wait_for

BUILD = pathlib.Path(os.environ["NEXUS_TEST_BUILD"])
PUBLISHER = BUILD / "tests" / "faults" / "fault_publisher"
CONSUMER = BUILD / "tests" / "faults" / "fault_consumer"
NEXUSCTL = BUILD / "examples" / "nexusctl" / "nexusctl"
STREAM = "NEXUS"


class Client:
    """A publishing or consuming process that can be killed and started again with the same journal."""

    def __init__(self, world, program, name, settings):
        self.world, self.program, self.name, self.settings = world, program, name, settings
        self.journal = world.directory / f"{name}.journal"
        self.process = None

    def start(self, **changes):
        settings = {"url": self.world.url, "name": self.name, "journal": self.journal,
                    "log": self.world.directory / f"{self.name}.log", **self.settings, **changes}
        with (self.world.directory / f"{self.name}.err").open("a") as errors:
            self.process = subprocess.Popen([str(self.program), *(f"{key}={value}" for key, value in settings.items())],
                                            stdin=subprocess.DEVNULL, stderr=errors, env=self.world.environment)
        return self

    def running(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def memory(self):
        """Kilobytes resident now."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def wait(self, patience):
        """Its end, which must be a good one."""
        status = self.process.wait(patience)
        if status != 0:
            errors = (self.world.directory / f"{self.name}.err").read_text()[-2000:]
            raise RuntimeError(f"{self.name} ended with {status}: {errors}")

    def stop(self, patience=60):
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        self.wait(patience)


class World:
    def __init__(self, program, seed, long, name="scenario"):
        self.program, self.seed, self.long = program, seed, long
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"nexus-fault-{name}-"))
        self.random = random.Random(seed)
        self.servers, self.publishers, self.consumers, self.others = None, [], [], []
        self.services = {}  # name of a service -> names of the processes that share it
        self.url = self.environment = None
        self.notes = {}
        self.survives = set()
        self.keep = False
        self.accounts = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in [*self.publishers, *self.consumers]:
            if client.process and client.running():
                client.kill()
        for other in self.others:
            other.stop()
        if self.servers:
            self.servers.stop()
        if not self.keep:
            shutil.rmtree(self.directory, ignore_errors=True)

    # ---- before

    def server(self, extra="", kind=Server, **more):
        self.servers = kind(self.program, self.directory / "server", extra=extra, **more).start()
        self.servers.wait()
        self.url = self.servers.url
        return self.servers

    def cluster(self):
        self.servers = Cluster(self.program, self.directory / "cluster").start()
        self.servers.wait()
        self.url = self.servers.url
        return self.servers

    def provision(self, *options, url=None, **environment):
        """By the library's own tool; a cluster that has just begun needs a moment."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")}
        env.update(NEXUS_URL=url or self.url, **environment)

        def attempt():
            done = subprocess.run([str(NEXUSCTL), "provision", "--quiet", *options], env=env, capture_output=True,
                                  encoding="utf-8", timeout=60)
            self.notes.pop("provision", None)
            if done.returncode:
                self.notes["provision"] = done.stderr
            return done.returncode == 0
        wait_for(attempt, "the stream", step=0.3)

    def publisher(self, name, **settings):
        client = Client(self, PUBLISHER, name, settings)
        self.publishers.append(client)
        return client.start()

    def consumer(self, name, service=None, start=True, **settings):
        client = Client(self, CONSUMER, name, {"service": service or name, **settings})
        self.consumers.append(client)
        self.services.setdefault(service or name, []).append(client)
        return client.start() if start else client

    def crew(self, count, rate, publisher=None, consumer=None):
        """Two publishers, one of each kind, and two services; `count` events in all. The shares are told apart
        by the publishers' names."""
        publisher, consumer = publisher or {}, consumer or {}
        self.consumer("reader1", **consumer)
        self.consumer("reader2", **consumer)
        self.publisher("async", count=count // 2, rate=rate // 2, **publisher)
        self.publisher("waits", count=count // 2, rate=rate // 2, threads=16, **publisher)

    # ---- meanwhile

    def account(self):
        if self.accounts is None:
            self.accounts = ({client.name: Published(client.journal) for client in self.publishers},
                             {name: [Consumed(client.journal) for client in clients]
                              for name, clients in self.services.items()})
        publishers, services = self.accounts
        for published in publishers.values():
            published.read()
        return Account(publishers, {name: merged([consumed.read() for consumed in parts])
                                    for name, parts in services.items()},
                       [client.name for client in self.publishers if "threads" not in client.settings], self.survives)

    def stored(self):
        return sum(len(published.stored) for published in self.account().publishers.values())

    def wait_stored(self, count, patience=120):
        """Until that many events have been acked, or the publishers are through."""
        wait_for(lambda: self.stored() >= count or self.through(),
                 f"{count} stored events", patience)

    def wait_published(self, patience=120):
        """Until the publishers are through."""
        wait_for(self.through, "the publishers to end", patience)

    def through(self):
        return not any(client.running() for client in self.publishers)

    def standstill(self, seconds):
        """Whether nothing is stored any more."""
        before = self.stored()
        time.sleep(seconds)
        return self.stored() == before

    def pause(self, seconds):
        """Lets the load go on for a while, which is part of the scenario and no waiting for anything."""
        time.sleep(seconds)

    def after(self, when):
        """Milliseconds from a time to the first event that was stored, and to the first that was handled."""
        account = self.account()
        stored = [end[0][1] for published in account.publishers.values() for end in published.ends.values()
                  if end[0][0] == "S" and end[0][1] > when]
        handled = [times[0][0] for service in account.services.values() for times in service.handled.values()
                   if times[0][0] > when]
        return [round((min(times) - when) / 1e6, 1) if times else None for times in (stored, handled)]

    # ---- afterwards

    def quiet(self):
        """Whether no event is on its way to any service."""
        server = self.servers.leader() if isinstance(self.servers, Cluster) else self.servers
        try:
            with server.bus() as bus:
                names = bus.api(f"CONSUMER.NAMES.{STREAM}")["consumers"] or []
                infos = [bus.api(f"CONSUMER.INFO.{STREAM}.{name}") for name in names]
        except (OSError, BusError):
            return False
        return all(info["num_pending"] == 0 and info["num_ack_pending"] == 0 for info in infos)

    def finish(self, patience=180):
        """Waits for the end of the load and of all deliveries, ends everybody, and settles the account."""
        deadline = time.monotonic() + patience
        for client in self.publishers:
            if client.process:
                client.wait(max(1, deadline - time.monotonic()))
        try:
            wait_for(lambda: self.account().outstanding() == 0, "all events to be handled",
                     max(1, deadline - time.monotonic()), 0.05)
            wait_for(self.quiet, "all deliveries to be settled", max(1, deadline - time.monotonic()), 0.1)
        except TimeoutError as late:
            self.account().check()  # says which
            raise late
        for client in self.consumers:
            if client.process:
                client.stop()
        account = self.account()
        account.check()
        return account.figures()


def merged(parts):
    """The processes of a service as one."""
    if len(parts) == 1:
        return parts[0]
    whole = Consumed(os.devnull)
    for part in parts:
        for event, times in part.handled.items():
            whole.handled[event].extend(times)
        for event, times in part.rejected.items():
            whole.rejected[event].extend(times)
        for event, numbers in part.letters.items():
            whole.letters[event] |= numbers
        whole.exhausted += part.exhausted
        whole.uncertain.update(part.uncertain)
        whole.retried += part.retried
        whole.deferred += part.deferred
        whole.poison.update(part.poison)
        whole.errors += part.errors
        whole.strange += part.strange
        whole.memory = max(whole.memory, part.memory)
        for name, value in part.stats.items():
            whole.stats[name] = whole.stats.get(name, 0) + value
    return whole
