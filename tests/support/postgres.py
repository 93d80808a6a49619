# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL for one test: a cluster in a temporary folder, reached by a Unix socket, ended by pid."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from server import PATIENCE, wait_for


class Postgres:
    """with Postgres() as postgres: … postgres.connection"""

    def __init__(self):
        # Not in TMPDIR: its user has to get there, and a socket's path has to be short.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="nexus-pg-", dir="/tmp"))
        self.programs = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        self.process = None
        self.connection = f"host={self.directory} user=nexus dbname=postgres"

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.send_signal(signal.SIGINT)  # disconnects its clients and ends
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self):
        user = []
        if os.geteuid() == 0:  # which PostgreSQL refuses to run as
            shutil.chown(self.directory, "postgres", "postgres")
            user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        data = self.directory / "data"
        subprocess.run([*user, self.programs / "initdb", "-D", data, "-U", "nexus", "-A", "trust", "-E", "UTF8",
                        "--locale=C", "--no-sync"], check=True, capture_output=True, cwd="/", timeout=120)
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen(
                [*user, self.programs / "postgres", "-D", data, "-k", self.directory, "-c", "listen_addresses="],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        wait_for(self._answers, "PostgreSQL to answer", 120)

    def _answers(self):
        if self.process.poll() is not None:
            raise ChildProcessError((self.directory / "log").read_text())
        return self._psql("SELECT 1").returncode == 0

    def _psql(self, sql):
        return subprocess.run([self.programs / "psql", "-XAtq", "-c", sql, self.connection], capture_output=True,
                              encoding="utf-8", timeout=120)

    def query(self, sql):
        """Rows as lists of texts."""
        done = self._psql(sql)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [line.split("|") for line in done.stdout.splitlines()]
