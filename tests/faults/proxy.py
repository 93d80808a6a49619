# SPDX-License-Identifier: Apache-2.0
"""A bad network on loopback: between clients and a server it delays, stalls, cuts and resets connections, and
loses acknowledgements, which it finds by reading the protocol."""

import asyncio
import contextlib
import random
import re
import socket
import struct
import threading

from servers import free_port

CHUNK = 65536
PUBLISH_ACK = re.compile(rb"H?MSG \S+\.a\d+\.\d+ ")
HANDLED_ACK = re.compile(rb"PUB \$JS\.ACK\.")
WITH_BODY = re.compile(rb"(?:H?MSG|H?PUB) .*?(\d+)$", re.I)


class Frames:
    """Cuts a stream of bytes into whole messages of the protocol."""

    def __init__(self):
        self.buffer = b""

    def feed(self, data):
        self.buffer += data
        at = 0
        while (end := self.buffer.find(b"\r\n", at)) >= 0:
            sized = WITH_BODY.match(self.buffer[at:end])
            end += 2 + (int(sized.group(1)) + 2 if sized else 0)
            if end > len(self.buffer):
                break
            yield self.buffer[at:end]
            at = end
        self.buffer = self.buffer[at:]


class Connection:
    """One client's connection, in two directions."""

    def __init__(self, proxy, client, server):
        self.proxy, self.ends = proxy, (client, server)
        self.dark = False  # bytes are taken and go nowhere
        self.tasks = []

    async def pump(self, source, sink, from_server):
        frames, waiting = Frames(), asyncio.Queue()
        delivery = asyncio.create_task(self.deliver(waiting, sink))
        try:
            while data := await source.read(CHUNK):
                if self.dark:
                    continue
                if self.proxy.lossy:
                    data = b"".join(frame for frame in frames.feed(data) if not self.proxy.loses(frame, from_server))
                waiting.put_nowait((asyncio.get_running_loop().time() + self.proxy.delay, data))
        except OSError:
            pass
        finally:
            delivery.cancel()
            self.close()

    async def deliver(self, waiting, sink):
        with contextlib.suppress(OSError):
            while True:
                when, data = await waiting.get()
                left = when - asyncio.get_running_loop().time()
                if left > 0:
                    await asyncio.sleep(left)
                await self.proxy.flowing.wait()
                sink.write(data)
                await sink.drain()

    def close(self, reset=False):
        for writer in self.ends:
            sock = writer.get_extra_info("socket")
            if reset and sock is not None:
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(RuntimeError):
                writer.transport.abort() if reset else writer.close()
        self.proxy.connections.discard(self)


class Proxy:
    """with Proxy(port, seed) as proxy: … proxy.url"""

    def __init__(self, target, seed=1, lossy=False):
        self.target, self.lossy = target, lossy
        self.random = random.Random(seed)
        self.port = free_port()
        self.connections = set()
        self.delay = 0.0
        self.loss = 0.0
        self.lost = {"publish acks": 0, "consumer acks": 0}
        self.resets = 0
        self.listener = None
        self.loop = asyncio.new_event_loop()
        self.flowing = asyncio.Event()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.call(self.open())

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def open(self):
        self.flowing.set()
        if self.listener is None:
            self.listener = await asyncio.start_server(self.accept, "127.0.0.1", self.port)

    async def shut(self):
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    async def accept(self, reader, writer):
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        connection = Connection(self, writer, up_writer)
        self.connections.add(connection)
        connection.tasks = [asyncio.create_task(connection.pump(reader, up_writer, False)),
                            asyncio.create_task(connection.pump(up_reader, writer, True))]
        await asyncio.wait(connection.tasks)

    def loses(self, frame, from_server):
        if not self.loss:
            return False
        found = PUBLISH_ACK.match(frame) if from_server else HANDLED_ACK.match(frame)
        if not found or self.random.random() >= self.loss:
            return False
        self.lost["publish acks" if from_server else "consumer acks"] += 1
        return True

    # ---- faults

    def cut(self):
        """Ends all connections and takes no new ones, until heal()."""
        async def run():
            await self.shut()
            for connection in list(self.connections):
                connection.close()
        self.call(run())

    def heal(self):
        self.call(self.open())

    def stall(self):
        """Nothing moves, and nothing is lost, until heal()."""
        async def run():
            self.flowing.clear()
        self.call(run())

    def go_dark(self):
        """Connections stay open and what is sent into them is gone, for ever; new ones work."""
        async def run():
            for connection in self.connections:
                connection.dark = True
        self.call(run())

    def reset(self):
        """RST to everybody, in random order, not all at once; new connections work."""
        async def run():
            connections = list(self.connections)
            self.random.shuffle(connections)
            for connection in connections:
                connection.close(reset=True)
                self.resets += 1
                await asyncio.sleep(self.random.random() * 0.05)
        self.call(run())

    def stop(self):
        async def end():
            await self.shut()
            for connection in list(self.connections):
                connection.close(reset=True)
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()
            await asyncio.sleep(0)
        self.call(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()
