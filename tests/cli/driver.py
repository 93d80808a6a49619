# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command line share: where the programs are, and how to run them."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["NEXUS_TEST_BUILD"])
EXAMPLES = BUILD / "examples"
NEXUSCTL = EXAMPLES / "nexusctl" / "nexusctl"
DAY = SOURCE / "examples" / "data" / "day.ndjson"

sys.path.insert(0, str(SOURCE / "tests" / "support"))

from server import PATIENCE, Server, wait_for  # noqa: E402

__all__ = ["BUILD", "DAY", "EXAMPLES", "NEXUSCTL", "PATIENCE", "SOURCE", "Offline", "Online", "Running", "Server",
           "environment", "lines_of", "run", "wait_for"]


def environment(url=None, **more):
    """The caller's, without any NEXUS_ variable of theirs."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")}
    env.update(more)
    if url:
        env["NEXUS_URL"] = url
    return env


def run(*arguments, url=None, stdin="", program=NEXUSCTL, **more):
    """Runs a program to its end: .returncode, .stdout, .stderr."""
    return subprocess.run([str(program), *map(str, arguments)], input=stdin, env=environment(url, **more),
                          capture_output=True, encoding="utf-8", timeout=120)


def lines_of(text):
    """The JSON values of NDJSON."""
    return [json.loads(line) for line in text.splitlines()]


class Running:
    """A program that goes on: its output is in files, so that looking at it never blocks."""

    def __init__(self, *arguments, url, program=NEXUSCTL, stdin=subprocess.DEVNULL, stdout=None, stderr=None, **more):
        self.files = [tempfile.TemporaryFile("w+", encoding="utf-8") for _ in range(2)]
        self.process = subprocess.Popen([str(program), *map(str, arguments)], stdin=stdin, stdout=stdout or self.files[0],
                                        stderr=stderr or self.files[1], env=environment(url, **more), encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        for file in self.files:
            file.close()

    def _read(self, file):
        return os.pread(file.fileno(), 1 << 26, 0).decode()

    @property
    def stdout(self):
        return self._read(self.files[0])

    @property
    def stderr(self):
        return self._read(self.files[1])

    def wait_for(self, text):
        """Until the text is in either output. The program must not end before."""
        def seen():
            if text in self.stdout or text in self.stderr:
                return True
            if self.process.poll() is not None and text not in self.stdout + self.stderr:
                raise AssertionError(f"ended with {self.process.returncode} without {text!r}: {self.stderr}")
            return False
        wait_for(seen, repr(text))

    def stop(self, signal):
        """Sends the signal and returns the exit status."""
        self.process.send_signal(signal)
        return self.process.wait(PATIENCE)


class Offline(unittest.TestCase):
    maxDiff = None

    def succeed(self, *arguments, **more):
        done = run(*arguments, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def fail_with(self, status, *arguments, **more):
        done = run(*arguments, **more)
        self.assertEqual(done.returncode, status, f"{arguments}: {done.stdout}{done.stderr}")
        return done


class Online(Offline):
    """Each test has a server of its own, with the stream in it."""

    provisioned = True

    def setUp(self):
        self.server = self.enterContext(Server()) if hasattr(self, "enterContext") else self._enter(Server())
        self.url = self.server.url
        if self.provisioned:
            self.ctl("provision", "--quiet")

    def _enter(self, context):
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def ctl(self, *arguments, **more):
        return self.succeed(*arguments, url=self.url, **more)

    def start(self, *arguments, **more):
        return self._enter(Running(*arguments, url=self.url, **more))

    def events(self):
        """What is in the stream, in order."""
        count = self.server.api("STREAM.INFO.NEXUS")["state"]["messages"]
        return lines_of(self.ctl("sub", "all", "--json", "--quiet", "--count", count).stdout) if count else []
