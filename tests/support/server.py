# SPDX-License-Identifier: Apache-2.0
"""A nats-server with JetStream for one test: a free loopback port, a temporary store, ended by pid."""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

PATIENCE = 20.0  # seconds, for what takes milliseconds on an idle machine


def wait_for(condition, what, patience=PATIENCE):
    """Asks until the answer is true, and returns it."""
    deadline = time.monotonic() + patience
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still waiting for {what} after {patience} s")
        time.sleep(0.01)
    return answer


class Server:
    """with Server() as server: … server.url"""

    def __init__(self, config=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="nexus-test-"))
        self.config = config
        self.process = None
        self.url = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        command = [self._program(), "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", str(self.directory / "store"),
                   "--ports_file_dir", str(self.directory), "-l", str(self.directory / "log")]
        if self.config is not None:
            path = self.directory / "server.conf"
            path.write_text(self.config)
            command += ["-c", str(path)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self.url = wait_for(self._address, "nats-server to listen")

    @contextlib.contextmanager
    def _connected(self):
        """A connection that speaks the server's own protocol."""
        host, port = self.url.removeprefix("nats://").split(":")
        with socket.create_connection((host, int(port)), PATIENCE) as connection, connection.makefile("rwb") as stream:
            stream.readline()
            stream.write(b'CONNECT {"verbose":false}\r\n')
            yield stream

    @staticmethod
    def _until(stream, start):
        """The first line that begins so."""
        while not (line := stream.readline()).startswith(start):
            if line.startswith(b"-ERR") or not line:
                raise ConnectionError(line.decode())
        return line

    def publish(self, subject, body):
        """Publishes as anyone could who is not one of ours; returns once the server has it."""
        with self._connected() as stream:
            stream.write(f"PUB {subject} {len(body.encode())}\r\n{body}\r\nPING\r\n".encode())
            stream.flush()
            self._until(stream, b"PONG")

    def api(self, call, **arguments):
        """Asks JetStream: $JS.API.<call>, with the arguments as JSON."""
        body = json.dumps(arguments) if arguments else ""
        with self._connected() as stream:
            stream.write(f"SUB answer 1\r\nPUB $JS.API.{call} answer {len(body)}\r\n{body}\r\n".encode())
            stream.flush()
            size = int(self._until(stream, b"MSG ").split()[-1])
            return json.loads(stream.read(size))

    @staticmethod
    def _program():
        path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
        program = shutil.which("nats-server", path=path)
        if not program:
            raise FileNotFoundError("nats-server is not installed")
        return program

    def _address(self):
        if self.process.poll() is not None:
            raise RuntimeError("nats-server ended:\n" + (self.directory / "log").read_text())
        for path in self.directory.glob("*.ports"):
            with contextlib.suppress(ValueError):  # not written to its end
                return json.loads(path.read_text())["nats"][0]
        return None
