# SPDX-License-Identifier: Apache-2.0
"""A nats-server with JetStream for one test: a free loopback port, a temporary store, ended by pid."""

import contextlib
import json
import os
import pathlib
import shutil
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
